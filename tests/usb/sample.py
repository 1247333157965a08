"""Descriptor bytes of a Gemalto Ezio Shield, and pieces to make other devices of."""

from __future__ import annotations

from collections.abc import Sequence

DEVICE = bytes.fromhex("12 01 00 02 00 00 00 40 E6 08 C0 34 02 01 01 02 00 01")
CCID = bytes.fromhex(
    "36 21 10 01 00 01 03 00 00 00 A0 0F 00 00 A0 0F 00 00 00 00 2A 00 00 16 40 05 00 00 FE 00 00 00"
    "00 00 00 00 00 00 00 00 BA 04 02 00 0F 01 00 00 00 00 11 02 03 01"
)
BULK_OUT = bytes.fromhex("07 05 02 02 40 00 00")
BULK_IN = bytes.fromhex("07 05 81 02 40 00 00")
INTERRUPT_IN = bytes.fromhex("07 05 83 03 08 00 18")
ENDPOINTS = BULK_OUT + BULK_IN + INTERRUPT_IN


def interface(
    body: bytes = CCID + ENDPOINTS, *, number: int = 0, setting: int = 0, endpoints: int = 3, class_code: int = 0x0B
) -> bytes:
    return bytes((9, 4, number, setting, endpoints, class_code, 0, 0, 0)) + body


def configuration(interfaces: Sequence[bytes] = (interface(),)) -> bytes:
    body = b"".join(interfaces)
    return bytes((9, 2)) + (9 + len(body)).to_bytes(2, "little") + bytes((len(interfaces), 1, 0, 0x80, 50)) + body
