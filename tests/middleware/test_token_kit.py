"""CryptoTokenKit's PIN format, vector by vector: the structure, and where a pinpad then puts the digits."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fixtures.middleware.token_kit import (
    Charset,
    Completion,
    Confirmation,
    Encoding,
    Justification,
    SmartCardPinFormat,
    modify_structure,
    verify_structure,
)
from fixtures.pcsc.pin_structures import PinModifyStructure, PinStructureError, PinVerifyStructure
from fixtures.simulator.ccid.pin_block import Digits, parse_modify, parse_verify

VERIFY = bytes.fromhex("0020008008") + b"\xff" * 8
FORMAT_2 = bytes.fromhex("0020008008 20") + b"\xff" * 7
CHANGE = bytes.fromhex("0024008010") + b"\xff" * 16

VECTORS = [
    # The defaults are the reference structure of part 10's pinpads.
    (SmartCardPinFormat(), VERIFY, 5, "00 00 82 08 00 08 04 02 01 09 04 00 00 00 00 0D 00 00 00"),
    (
        SmartCardPinFormat(encoding=Encoding.BINARY),
        VERIFY,
        5,
        "00 00 80 08 00 08 04 02 01 09 04 00 00 00 00 0D 00 00 00",
    ),
    (
        SmartCardPinFormat(minPINLength=6, maxPINLength=8),
        VERIFY,
        5,
        "00 00 82 08 00 08 06 02 01 09 04 00 00 00 00 0D 00 00 00",
    ),
    (
        SmartCardPinFormat(PINJustification=Justification.RIGHT),
        VERIFY,
        5,
        "00 00 86 08 00 08 04 02 01 09 04 00 00 00 00 0D 00 00 00",
    ),
    # ISO 9564-1 format 2: the length in the second nibble, the digits from the second byte on.
    (
        SmartCardPinFormat(
            encoding=Encoding.BCD, PINBlockByteLength=7, PINBitOffset=8, PINLengthBitOffset=4, PINLengthBitSize=4
        ),
        FORMAT_2,
        5,
        "00 00 89 47 04 08 04 02 01 09 04 00 00 00 00 0D 00 00 00",
    ),
    # The block begins two bytes behind the header.
    (
        SmartCardPinFormat(maxPINLength=6, PINBlockByteLength=6),
        VERIFY,
        7,
        "00 00 92 06 00 06 04 02 01 09 04 00 00 00 00 0D 00 00 00",
    ),
    # Off a byte's boundary, positions are in bits.
    (
        SmartCardPinFormat(encoding=Encoding.BCD, PINBitOffset=4, PINBlockByteLength=7),
        VERIFY,
        5,
        "00 00 21 07 00 08 04 02 01 09 04 00 00 00 00 0D 00 00 00",
    ),
    # A length on a byte's boundary is in bytes.
    (
        SmartCardPinFormat(PINBitOffset=8, PINBlockByteLength=7, maxPINLength=7, PINLengthBitSize=8),
        VERIFY,
        5,
        "00 00 8A 87 10 07 04 02 01 09 04 00 00 00 00 0D 00 00 00",
    ),
]


@pytest.mark.parametrize(("pin_format", "apdu", "offset", "expected"), VECTORS)
def test_each_format_has_its_structure(pin_format: SmartCardPinFormat, apdu: bytes, offset: int, expected: str) -> None:
    assert verify_structure(pin_format, apdu, offset).to_bytes() == bytes.fromhex(expected) + apdu


def test_completion_and_timeouts_go_into_their_fields() -> None:
    structure = verify_structure(
        SmartCardPinFormat(),
        VERIFY,
        5,
        completion=Completion.KEY | Completion.MAX_LENGTH | Completion.TIMEOUT,
        initial_timeout=30,
        interaction_timeout=15,
    )
    assert (structure.bTimerOut, structure.bTimerOut2, structure.bEntryValidationCondition) == (30, 15, 7)


@pytest.mark.parametrize(
    ("confirmation", "expected"),
    [
        (Confirmation.NEW | Confirmation.CURRENT, "00 00 82 08 00 00 08 08 04 03 02 03"),
        (Confirmation.NEW, "00 00 82 08 00 00 08 08 04 01 02 02"),
        (Confirmation.CURRENT, "00 00 82 08 00 00 08 08 04 02 02 02"),
        (Confirmation(0), "00 00 82 08 00 00 08 08 04 00 02 01"),
    ],
)
def test_a_change_has_two_offsets_and_its_confirmation(confirmation: Confirmation, expected: str) -> None:
    raw = modify_structure(SmartCardPinFormat(), CHANGE, 5, 13, confirmation=confirmation).to_bytes()
    assert raw[:12] == bytes.fromhex(expected)
    assert raw == PinModifyStructure.from_bytes(raw).to_bytes()


@pytest.mark.parametrize(
    ("pin_format", "offset", "said"),
    [
        (SmartCardPinFormat(charset=Charset.ALPHANUMERIC), 5, "digits only"),
        (SmartCardPinFormat(), 4, "PINByteOffset: expected at least 5"),
        (SmartCardPinFormat(PINBlockByteLength=16), 5, "PIN block size: expected 0 to 15"),
        (SmartCardPinFormat(PINBitOffset=17), 5, "PIN position: expected 0 to 15"),
        (SmartCardPinFormat(PINBitOffset=128), 5, "PIN position: expected 0 to 15"),
        (SmartCardPinFormat(PINLengthBitSize=16), 5, "PIN length size: expected 0 to 15"),
    ],
)
def test_what_part_10_has_no_room_for_is_refused(pin_format: SmartCardPinFormat, offset: int, said: str) -> None:
    with pytest.raises(PinStructureError, match=said):
        verify_structure(pin_format, VERIFY, offset)


def filled(pin_format: SmartCardPinFormat, apdu: bytes, offset: int, digits: list[int]) -> bytes:
    """What the framework's own words say of the command: bits of the PIN block, counted from its first byte."""
    width = 4 if pin_format.encoding is Encoding.BCD else 8
    base = 0x30 if pin_format.encoding is Encoding.ASCII else 0
    bits = [int(bit) for byte in apdu[5:] for bit in f"{byte:08b}"]
    start = (offset - 5) * 8 + pin_format.PINBitOffset
    if pin_format.PINJustification is Justification.RIGHT:
        start += pin_format.PINBlockByteLength * 8 - width * len(digits)
    coded = "".join(f"{base + digit:0{width}b}" for digit in digits)
    length_start = (offset - 5) * 8 + pin_format.PINLengthBitOffset
    size = pin_format.PINLengthBitSize
    for place, bit in enumerate(coded):
        bits[start + place] = int(bit)
    for place, bit in enumerate(f"{len(digits):0{size}b}" if size else ""):
        bits[length_start + place] = int(bit)
    text = "".join(map(str, bits))
    return apdu[:5] + bytes(int(text[place : place + 8], 2) for place in range(0, len(text), 8))


def keyed_in(structure: PinVerifyStructure, digits: list[int]) -> bytes:
    """The command that a pinpad makes of the structure and the digits: CCID 1.1, 6.1.11."""
    raw = structure.to_bytes()
    # CCID's structure lacks bTimerOut2 and ulDataLength.
    return parse_verify(raw[:1] + raw[2:15] + raw[19:]).command(None, Digits(digits))


@pytest.mark.parametrize(("pin_format", "apdu", "offset"), [vector[:3] for vector in VECTORS])
def test_the_pinpad_puts_the_digits_where_the_format_says(
    pin_format: SmartCardPinFormat, apdu: bytes, offset: int
) -> None:
    digits = [1, 2, 3, 4, 5, 6]
    assert keyed_in(verify_structure(pin_format, apdu, offset), digits) == filled(pin_format, apdu, offset, digits)


@st.composite
def fitting(draw: st.DrawFn) -> tuple[SmartCardPinFormat, int, list[int]]:
    """A format, PINByteOffset and digits that have room in eight bytes of data, where part 10 can say the position."""
    encoding = draw(st.sampled_from(Encoding))
    digits = draw(st.lists(st.integers(0, 9), min_size=4, max_size=8))
    width = 4 if encoding is Encoding.BCD else 8
    block = draw(st.integers((width * len(digits) + 7) // 8, 8))
    positions = [bits for bits in range(64 - 8 * block + 1) if bits % 8 == 0 or bits <= 15]
    position = draw(st.sampled_from(positions))
    in_front = draw(st.integers(0, position // 8))
    pin_format = SmartCardPinFormat(
        encoding=encoding,
        PINJustification=draw(st.sampled_from(Justification)),
        PINBlockByteLength=block,
        PINBitOffset=position - 8 * in_front,
    )
    return pin_format, 5 + in_front, digits


@given(case=fitting())
def test_any_format_that_fits_puts_the_digits_there(case: tuple[SmartCardPinFormat, int, list[int]]) -> None:
    pin_format, byte_offset, digits = case
    structure = verify_structure(pin_format, VERIFY, byte_offset)
    assert keyed_in(structure, digits) == filled(pin_format, VERIFY, byte_offset, digits)


def test_the_pinpad_changes_a_pin_where_the_format_says() -> None:
    raw = modify_structure(SmartCardPinFormat(), CHANGE, 5, 13).to_bytes()
    request = parse_modify(raw[:1] + raw[2:20] + raw[24:])
    command = request.command(Digits([1, 2, 3, 4]), Digits([5, 6, 7, 8, 9]))
    assert command == CHANGE[:5] + b"1234\xff\xff\xff\xff56789\xff\xff\xff"
