"""ATRs taken apart: interface bytes, protocols, historical bytes, TCK."""

from __future__ import annotations

from functools import reduce
from operator import xor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fixtures.pcsc.atr import Atr, AtrError, InterfaceBytes


def test_t0_card_without_interface_bytes() -> None:
    atr = Atr.parse(bytes.fromhex("3B021450"))
    assert (atr.historical, atr.interface, atr.protocols, atr.tck) == (b"\x14\x50", (), (0,), None)
    assert atr.tck_correct
    assert (atr.clock_rate_conversion, atr.baud_rate_adjustment, atr.extra_guard_time) == (372, 1, 0)


def test_t1_card_with_interface_bytes_of_three_levels() -> None:
    atr = Atr.parse(bytes.fromhex("3BF81300008131FE454A434F5076323431B7"))
    assert atr.interface == (
        InterfaceBytes(1, 0x13, 0x00, 0x00, 0x81),
        InterfaceBytes(2, td=0x31),
        InterfaceBytes(3, ta=0xFE, tb=0x45),
    )
    assert (atr.protocols, atr.historical, atr.tck) == ((1,), b"JCOPv241", 0xB7)
    assert atr.tck_correct
    assert (atr.clock_rate_conversion, atr.baud_rate_adjustment) == (372, 4)


@pytest.mark.parametrize(
    ("body", "protocols", "required"),
    [
        ("00", (0,), False),
        ("8000", (0,), False),
        ("800F", (0,), True),  # nothing but T=15 leaves T=0 offered
        ("8001", (1,), True),
        ("808001", (0, 1), True),
        ("80801F00", (0,), True),  # T=15 alone demands a TCK
        ("80818131FE45", (1,), True),
    ],
)
def test_protocols_and_the_need_for_tck(body: str, protocols: tuple[int, ...], required: bool) -> None:
    raw = bytes.fromhex(body)
    tck = bytes((reduce(xor, raw),)) if required else b""
    atr = Atr.parse(b"\x3b" + raw + tck)
    assert (atr.protocols, atr.tck_required, atr.tck_correct) == (protocols, required, True)


def test_wrong_missing_and_needless_tck_are_told_not_raised() -> None:
    assert not Atr.parse(bytes.fromhex("3B800180")).tck_correct
    assert not Atr.parse(bytes.fromhex("3B8001")).tck_correct
    needless = Atr.parse(bytes.fromhex("3B0000"))
    assert (needless.tck, needless.tck_correct) == (0, False)


def test_inverse_convention_and_specific_mode() -> None:
    assert Atr.parse(bytes.fromhex("3F00")).inverse
    negotiable = Atr.parse(bytes.fromhex("3B800181"))
    specific = Atr.parse(bytes.fromhex("3B80110190"))
    assert not specific.inverse
    assert (negotiable.specific_protocol, specific.specific_protocol) == (None, 1)


@pytest.mark.parametrize(
    ("raw", "position", "message"),
    [
        ("", 0, "expected TS, found nothing"),
        ("3C00", 0, "expected TS 3B or 3F, found 3C"),
        ("3B", 1, "expected T0, found the end"),
        ("3BF01300", 4, "expected TC1, found the end"),
        ("3B03AABB", 4, "expected 3 historical bytes, found 2"),
        ("3B00AABB", 3, "expected the end after TCK, found 1 more bytes"),
        ("3B" + "00" * 33, 33, "expected at most 33 bytes, found 34"),
    ],
)
def test_bytes_that_are_no_atr_are_refused_with_the_position(raw: str, position: int, message: str) -> None:
    with pytest.raises(AtrError, match=f"^ATR byte {position}: {message}") as caught:
        Atr.parse(bytes.fromhex(raw))
    assert caught.value.position == position


def test_longest_atr_is_taken() -> None:
    body = bytes.fromhex("FF" + "110000F1" * 2 + "11000071" + "110000") + bytes(range(15))
    raw = b"\x3b" + body + bytes((reduce(xor, body),))
    atr = Atr.parse(raw)
    assert (len(raw), len(atr.interface), len(atr.historical), atr.tck_correct) == (33, 4, 15, True)


@given(st.binary(max_size=40))
def test_any_bytes_give_an_atr_of_the_same_bytes_or_an_atr_error(raw: bytes) -> None:
    try:
        atr = Atr.parse(b"\x3b" + raw)
    except AtrError as error:
        assert 0 <= error.position <= len(raw) + 1
        return
    rebuilt = bytes((atr.ts, atr.t0))
    for level in atr.interface:
        rebuilt += bytes(part for part in (level.ta, level.tb, level.tc, level.td) if part is not None)
    rebuilt += atr.historical + (b"" if atr.tck is None else bytes((atr.tck,)))
    assert rebuilt == atr.raw == b"\x3b" + raw
