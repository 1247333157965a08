"""Command APDUs by case, and status words by name."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fixtures.pcsc.apdu import ApduError, CommandApdu
from fixtures.pcsc.status_words import status_word_name

byte = st.integers(0, 255)


@pytest.mark.parametrize(
    ("raw", "case", "data", "ne"),
    [
        ("80300000", "1", 0, None),
        ("8034001010", "2S", 0, 16),
        ("8034010000", "2S", 0, 256),
        ("8032000003 000102", "3S", 3, None),
        ("8036000803 000102 08", "4S", 3, 8),
        ("8036000803 000102 00", "4S", 3, 256),
        ("80040000 00 0100", "2E", 0, 256),
        ("80040000 00 0000", "2E", 0, 65_536),
        ("80120180 00 0003 000102", "3E", 3, None),
        ("80120180 00 0003 000102 0000", "4E", 3, 65_536),
        ("80120180 00 0003 000102 0001", "4E", 3, 1),
    ],
)
def test_each_case_is_read_and_written(raw: str, case: str, data: int, ne: int | None) -> None:
    apdu = CommandApdu.from_bytes(bytes.fromhex(raw))
    assert (apdu.case, len(apdu.data), apdu.ne) == (case, data, ne)
    assert apdu.to_bytes() == bytes.fromhex(raw)


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        ("", "at least the 4 bytes CLA INS P1 P2, found 0"),
        ("00A404", "found 3"),
        ("00A4040003 0001", "Lc says 3 bytes of data, found 2"),
        ("00A4040001 00 0000", "1 bytes of Le after 1 bytes of data, found 2"),
        ("00A40400 00 00", "two bytes of extended length after 00 at byte 4, found 1"),
        ("00A40400 00 0000 01", "extended Lc is 0, but 1 bytes follow it"),
        ("00A40400 00 0002 01", "Lc says 2 bytes of data, found 1"),
        ("00A40400 00 0001 01 00", "2 bytes of Le after 1 bytes of data, found 1"),
    ],
)
def test_bytes_that_are_no_command_are_refused_with_the_reason(raw: str, message: str) -> None:
    with pytest.raises(ApduError, match=message):
        CommandApdu.from_bytes(bytes.fromhex(raw))


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"cla": 256, "ins": 0}, "cla: expected a byte"),
        ({"cla": 0, "ins": -1}, "ins: expected a byte"),
        ({"cla": 0, "ins": 0, "ne": 0}, "ne: expected 1 to 65536"),
        ({"cla": 0, "ins": 0, "ne": 65_537}, "ne: expected 1 to 65536"),
        ({"cla": 0, "ins": 0, "data": bytes(65_536)}, "data: expected at most 65535"),
    ],
)
def test_fields_out_of_range_are_refused(fields: dict[str, int], message: str) -> None:
    with pytest.raises(ApduError, match=message):
        CommandApdu(**fields)  # type: ignore[arg-type]


@pytest.mark.parametrize(("length", "ne", "extended"), [(255, 256, False), (256, None, True), (0, 257, True)])
def test_form_is_extended_where_the_short_one_cannot_hold_the_lengths(
    length: int, ne: int | None, extended: bool
) -> None:
    assert CommandApdu(0, 0xB0, data=bytes(length), ne=ne).extended is extended


def test_case_1_has_no_extended_form() -> None:
    assert CommandApdu(0, 0x30, extended=True) == CommandApdu(0, 0x30)


@given(byte, byte, byte, byte, st.binary(max_size=300), st.none() | st.integers(1, 65_536), st.booleans())
def test_reading_gives_back_what_was_written(
    cla: int, ins: int, p1: int, p2: int, data: bytes, ne: int | None, extended: bool
) -> None:
    apdu = CommandApdu(cla, ins, p1, p2, data, ne, extended)
    assert CommandApdu.from_bytes(apdu.to_bytes()) == apdu


@given(st.binary(max_size=40))
def test_writing_gives_back_what_was_read(raw: bytes) -> None:
    try:
        apdu = CommandApdu.from_bytes(raw)
    except ApduError:
        return
    assert apdu.to_bytes() == raw


@pytest.mark.parametrize(
    ("sw", "name"),
    [
        (0x9000, "success"),
        (0x6112, "18 bytes waiting"),
        (0x6100, "256 or more bytes waiting"),
        (0x6C10, "wrong Le, 16 bytes available"),
        (0x6C00, "wrong Le, 256 bytes available"),
        (0x63C0, "0 tries left"),
        (0x63C1, "1 try left"),
        (0x63CF, "15 tries left"),
        (0x6400, "execution error; from a pinpad: time-out"),
        (0x6401, "immediate response required; from a pinpad: cancelled"),
        (0x6402, "from a pinpad: the new PINs differ"),
        (0x6403, "from a pinpad: PIN too short or too long"),
        (0x6B80, "from a pinpad: wrong PIN structure"),
        (0x6410, "execution error, memory unchanged, the card asks for a query of 16 bytes"),
        (0x6A82, "file or application not found"),
        (0x6A04, "wrong parameters"),
        (0x6D12, "instruction not supported"),
        (0x9101, "unknown"),
    ],
)
def test_status_word_name(sw: int, name: str) -> None:
    assert status_word_name(sw) == name


@given(st.integers(0, 0xFFFF))
def test_every_status_word_has_some_name(sw: int) -> None:
    assert status_word_name(sw)
