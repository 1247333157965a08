"""APDUs that reach every length and every error of the reader-test applet, and hypothesis's way to make more."""

from __future__ import annotations

from collections.abc import Iterator

from hypothesis import strategies as st

from fixtures.simulator.cards.reader_test import AID, counting

SELECT = bytes((0x00, 0xA4, 0x04, 0x00, len(AID))) + AID
RESET = b""
"""Stands for a warm reset among the commands; an empty command is no command."""

COMMANDS = (
    *((0x00, ins) for ins in (0xA4, 0x20, 0x24, 0x40)),
    *((0x80, ins) for ins in (0x30, 0x34, 0x22, 0x3C, 0x32, 0x21, 0x3A, 0x36, 0x23, 0x3E, 0x38, 0x00, 0x12)),
)
LENGTHS = (0, 1, 2, 127, 128, 129, 254, 255, 256, 257, 0x7FFF, 0x8000, 0xFFFF)
EXTENDED_LENGTHS = (1, 2, 31, 32, 33, 255, 256, 257, 1958, 1959, 16384, 32766, 32767, 32768, 65535)


def pin(length: int) -> bytes:
    """That many bytes 31 32 33 ..., the PIN's rule carried on."""
    return bytes(0x31 + index & 0xFF for index in range(length))


def spoilt(data: bytes, place: int) -> bytes:
    """The data with one wrong byte."""
    return data[:place] + bytes((data[place] ^ 0x01,)) + data[place + 1 :]


def short(header: bytes, data: bytes) -> bytes:
    """Header, Lc and 1 to 255 bytes of data."""
    return header + bytes((len(data),)) + data


def long(header: bytes, data: bytes) -> bytes:
    """Header, an extended Lc and 1 to 65535 bytes of data."""
    return header + b"\x00" + len(data).to_bytes(2, "big") + data


def proprietary(ins: int, length: int = 0) -> bytes:
    """CLA 80, INS, and a length in P1 and P2."""
    return bytes((0x80, ins)) + length.to_bytes(2, "big")


def every_header() -> Iterator[bytes]:
    """Every INS of the two classes, and every class, with and without a selected applet."""
    for selected in (b"", SELECT):
        yield RESET
        if selected:
            yield selected
        for cla in (0x00, 0x80):
            yield from (bytes((cla, ins, 0, 0)) for ins in range(256))
        yield from (bytes((cla, 0x30, 0, 0)) for cla in range(256))
        yield from (bytes((cla, 0xA4, 4, 0)) for cla in range(256))


def selections() -> Iterator[bytes]:
    """SELECT with every P1, P2, length of name, near miss and length field."""
    for value in range(256):
        yield from (RESET, bytes((0x00, 0xA4, value, 0, len(AID))) + AID, b"\x80\x30\x00\x00")
        yield from (RESET, bytes((0x00, 0xA4, 4, value, len(AID))) + AID, b"\x80\x30\x00\x00")
    name = AID + bytes(248)
    for first in (RESET, SELECT):
        for length in range(1, 256):
            yield from (first, short(SELECT[:4], name[:length]), b"\x80\x30\x00\x00")
        for place in range(len(AID)):
            yield from (first, short(SELECT[:4], spoilt(AID, place)), b"\x80\x30\x00\x00")
        yield from (
            first,
            SELECT[:4],
            SELECT[:4] + b"\x07",
            SELECT + b"\x00",
            long(SELECT[:4], AID),
            b"\x80\x30\x00\x00",
        )


def cases() -> Iterator[bytes]:
    """The commands of cases 1 to 4 and their twins at every length, with right and wrong bytes and length fields."""
    yield SELECT
    for p3 in range(256):
        yield b"\x80\x30\x00\x00" + bytes((p3,))
        yield from (b"\x80\x30\x00\x00" + bytes((p3,)) + counting(p3), b"\x80\x38\x00" + bytes((p3,)))
    for ins in (0x34, 0x22, 0x3C):
        for length in (*range(258), *LENGTHS):
            header = proprietary(ins, length)
            expected = (length - 1, length, length + 1, 0, 1, 255)
            yield from (header, *(header + bytes((le & 0xFF,)) for le in expected))
            yield from (short(header, b"\x00"), short(header, b"\x00") + b"\x00")
    for ins in (0x32, 0x21, 0x3A):
        header = proprietary(ins)
        yield from (header, header + b"\x00", header + b"\x05")
        for length in range(1, 256):
            data = counting(length)
            yield from (short(header, data), short(header, data) + bytes((length,)))
            yield from (
                short(header, spoilt(data, length - 1)),
                short(header, spoilt(counting(255), length - 1)) + b"\x00",
            )
    for ins in (0x36, 0x23, 0x3E):
        for length in (*range(258), *LENGTHS):
            header, data = proprietary(ins, length), counting(length % 255 + 1)
            yield from (header, header + b"\x00", header + bytes((length & 0xFF,)), short(header, data))
            yield from (short(header, data) + bytes((le & 0xFF,)) for le in (0, length - 1, length, length + 1))
            yield short(header, spoilt(data, length % len(data))) + b"\x00"


def pins() -> Iterator[bytes]:
    """VERIFY and CHANGE REFERENCE DATA of every length, each dumped with every wrong Le and the right one."""
    right, dump = short(b"\x00\x20\x00\x80", pin(8)), b"\x00\x40\x00\x00"
    yield from (SELECT, dump, dump + b"\x00", dump + b"\x05", dump + b"\x01\x00")
    for length in range(256):
        for header in (b"\x00\x20\x12\xfe", b"\x00\x24\x01\x81"):
            command = short(header, pin(length)) if length else header
            yield from (command, command + b"\x00", dump + bytes((min(length + 5, 256) & 0xFF,)), dump + b"\x00")
            yield from (dump, dump + bytes((length,)), b"\x00\x20\x00\x00", RESET, SELECT)
    for length in (1, 8, 255):
        for place in range(length):
            wrong = short(b"\x00\x20\x00\x80", spoilt(pin(length), place))
            yield from (wrong, b"\x00\x20\x00\x80", dump + bytes((min(length + 5, 256) & 0xFF,)))
            yield from (right, b"\x00\x20\x00\x80\x00") if place % 5 == 4 else (RESET, SELECT, b"\x00\x20\x00\x80")
    yield from (dump + bytes((le,)) for le in range(256))
    yield from (short(dump, b"\x00"), short(dump, b"\x00") + b"\x0d", b"\x00\x40\xff\xff\x0d")


def extended() -> Iterator[bytes]:
    """The extended form: of the two commands at many lengths, of all others, and where its fields do not fit."""
    read, write = b"\x80\x00\x04\xa5", b"\x80\x12\x01\x80"
    for first in (RESET, SELECT):
        yield first
        for length in EXTENDED_LENGTHS:
            size = length.to_bytes(2, "big")
            yield from (read + b"\x00" + size, long(write, bytes(length)), long(write, bytes(length)) + size)
        yield from (read + bytes((le,)) for le in range(256))
        yield from (short(write, bytes(length)) for length in range(1, 256))
        yield from (
            read,
            read + b"\x00\x00\x00",
            b"\x80\x00\x03\xa5\x01",
            b"\x80\x12\x01\x81\x01\x00",
            write,
            write + b"\x00",
        )
        yield from (
            short(read, b"\x00"),
            short(read, b"\x00") + b"\x01",
            long(read, b"\x00"),
            long(read, b"\x00") + bytes(2),
        )
        for cla, ins in (*COMMANDS, (0x00, 0x00), (0x90, 0x00), (0x80, 0xFF)):
            header = bytes((cla, ins, 0x01, 0x00))
            yield from (
                header + b"\x00\x01\x00",
                header + bytes(3),
                long(header, counting(3)),
                long(header, counting(300)),
            )
            yield long(header, counting(3)) + b"\x01\x00"
        for header in (read, write, b"\x80\x30\x00\x00", b"\x90\x00\x00\x00"):
            yield from (header[:length] for length in range(4))
            yield from (header + bytes(size) for size in (2, 4, 5, 6, 300))
            yield from (header + b"\x02" + bytes(size) for size in (0, 1, 2, 3, 4))
            yield from (header + b"\x00\x00\x02" + bytes(size) for size in (0, 1, 2, 3, 4, 5))
            yield from (header + b"\x00\x80\x00" + bytes(size) for size in (32767, 32768, 32769, 32770))


_BODIES = st.one_of(
    st.binary(max_size=300),
    st.integers(0, 260).map(lambda size: bytes((size & 0xFF,)) + counting(size)),
    st.integers(0, 260).map(lambda size: bytes((size & 0xFF,)) + pin(size)),
    st.tuples(st.integers(0, 255), st.integers(0, 255)).map(
        lambda pair: bytes((pair[0],)) + pin(pair[0]) + bytes((pair[1],))
    ),
    st.integers(0, 0xFFFF).map(lambda le: b"\x00" + le.to_bytes(2, "big")),
    st.sampled_from(EXTENDED_LENGTHS).map(lambda size: b"\x00" + size.to_bytes(2, "big") + counting(size)),
)
_HEADERS = st.one_of(
    st.tuples(st.sampled_from(COMMANDS), st.binary(min_size=2, max_size=2)).map(lambda pair: bytes(pair[0]) + pair[1]),
    st.tuples(st.sampled_from(COMMANDS), st.integers(0, 257)).map(
        lambda pair: bytes(pair[0]) + pair[1].to_bytes(2, "big")
    ),
    st.binary(min_size=4, max_size=4),
)
_COMMAND = st.tuples(_HEADERS, _BODIES).map(b"".join)
_DUMP = st.integers(0, 255).map(lambda le: b"\x00\x40\x00\x00" + bytes((le,)))
SEQUENCES = st.lists(
    st.one_of(_COMMAND, _COMMAND, _DUMP, st.sampled_from((SELECT, RESET)), st.binary(min_size=1, max_size=8)),
    max_size=40,
).map(lambda commands: [SELECT, *commands])
