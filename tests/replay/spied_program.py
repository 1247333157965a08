"""A program that makes every PC/SC call through the system's client library, for pcsc-spy to look at.

It hands SCardTransmit a structure for the answer's protocol: libpcscspy 1.9.9 crashes without one.
"""

from __future__ import annotations

import ctypes
import threading
from ctypes import byref, c_char_p, c_long, c_ubyte, c_ulong

PCSC = ctypes.CDLL("libpcsclite.so.1")
SHARED, ANY, LEAVE, RESET, UNPOWER = 2, 3, 0, 1, 2
FOR_EVER = 0xFFFFFFFF


class Pci(ctypes.Structure):
    _fields_ = [("protocol", c_ulong), ("length", c_ulong)]


class State(ctypes.Structure):
    _fields_ = [
        ("reader", c_char_p),
        ("user_data", ctypes.c_void_p),
        ("current", c_ulong),
        ("event", c_ulong),
        ("atr_length", c_ulong),
        ("atr", c_ubyte * 33),
    ]


def established() -> c_long:
    context = c_long()
    assert PCSC.SCardEstablishContext(c_ulong(2), None, None, byref(context)) == 0
    return context


def first_reader(context: c_long) -> bytes:
    length = c_ulong()
    assert PCSC.SCardListReaders(context, None, None, byref(length)) == 0
    names = ctypes.create_string_buffer(length.value)
    assert PCSC.SCardListReaders(context, None, names, byref(length)) == 0
    return names.raw.split(b"\0")[0]


def connected(context: c_long, reader: bytes) -> tuple[c_long, c_ulong]:
    card, protocol = c_long(), c_ulong()
    assert PCSC.SCardConnect(context, reader, c_ulong(SHARED), c_ulong(ANY), byref(card), byref(protocol)) == 0
    return card, protocol


def transmitted(card: c_long, protocol: c_ulong, command: bytes, size: int = 264) -> bytes:
    answer, length, received = ctypes.create_string_buffer(size), c_ulong(size), Pci(0, 16)
    arguments = (command, c_ulong(len(command)), byref(received), answer, byref(length))
    code = PCSC.SCardTransmit(card, byref(Pci(protocol.value, 16)), *arguments)
    return answer.raw[: length.value] if code == 0 else b""


def waited(context: c_long, reader: bytes, known: int, timeout: int) -> int:
    state = State(reader=reader, current=known)
    PCSC.SCardGetStatusChange(context, c_ulong(timeout), byref(state), c_ulong(1))
    return int(state.event) & ~2


def asked(card: c_long) -> None:
    name, size, state, now = ctypes.create_string_buffer(200), c_ulong(200), c_ulong(), c_ulong()
    atr, atr_size, answer = ctypes.create_string_buffer(33), c_ulong(33), ctypes.create_string_buffer(264)
    PCSC.SCardStatus(card, name, byref(size), byref(state), byref(now), atr, byref(atr_size))
    returned, length = c_ulong(), c_ulong()
    PCSC.SCardControl(card, c_ulong(0x42000D48), None, c_ulong(0), answer, c_ulong(264), byref(returned))
    PCSC.SCardGetAttrib(card, c_ulong(0x90303), None, byref(length))
    length = c_ulong(264)
    PCSC.SCardGetAttrib(card, c_ulong(0x90303), answer, byref(length))
    PCSC.SCardGetAttrib(card, c_ulong(0x12345), answer, byref(length))
    PCSC.SCardSetAttrib(card, c_ulong(0x7A007), b"\x01", c_ulong(1))


def other_thread(reader: bytes) -> None:
    context = established()
    card, protocol = connected(context, reader)
    transmitted(card, protocol, bytes.fromhex("00A4040007A000000018FF01"))
    PCSC.SCardDisconnect(card, c_ulong(LEAVE))
    PCSC.SCardReleaseContext(context)


def main() -> None:
    context = established()
    assert PCSC.SCardIsValidContext(context) == 0
    assert PCSC.SCardIsValidContext(c_long(1)) != 0
    reader = first_reader(context)
    known = waited(context, reader, 0, 0)
    waited(context, reader, known, 100)
    PCSC.SCardConnect(context, b"No such reader", c_ulong(SHARED), c_ulong(ANY), byref(c_long()), byref(c_ulong()))
    card, protocol = connected(context, reader)
    PCSC.SCardBeginTransaction(card)
    transmitted(card, protocol, bytes.fromhex("00A4040007A000000018FF01"))
    transmitted(card, protocol, bytes.fromhex("0020008008") + b"87654321")
    transmitted(card, protocol, bytes.fromhex("0020008008") + b"12345678")
    transmitted(card, protocol, bytes.fromhex("004000000D"))
    transmitted(card, protocol, bytes.fromhex("8034000808"))
    transmitted(card, protocol, bytes.fromhex("8034000808"), 3)
    PCSC.SCardEndTransaction(card, c_ulong(LEAVE))
    asked(card)
    PCSC.SCardReconnect(card, c_ulong(SHARED), c_ulong(ANY), c_ulong(RESET), byref(protocol))
    worker = threading.Thread(target=other_thread, args=(reader,))
    worker.start()
    worker.join()
    waiting = established()
    waiter = threading.Thread(target=waited, args=(waiting, reader, known, FOR_EVER))
    waiter.start()
    while waiter.is_alive():
        PCSC.SCardCancel(waiting)
        waiter.join(0.2)
    PCSC.SCardReleaseContext(waiting)
    PCSC.SCardDisconnect(card, c_ulong(UNPOWER))
    PCSC.SCardDisconnect(card, c_ulong(LEAVE))
    PCSC.SCardReleaseContext(context)


if __name__ == "__main__":
    main()
