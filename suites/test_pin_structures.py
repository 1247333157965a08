"""PIN structures: what the driver lets through to the reader, what it refuses, and what the reader refuses."""

from __future__ import annotations

import contextlib
from collections.abc import Callable

import pytest

from fixtures import reader_test
from fixtures.hands import ENTER, Hands
from fixtures.pcsc.errors import PcscError
from fixtures.pcsc.pin_structures import ConfirmPin, PinModifyStructure, PinVerifyStructure
from fixtures.pcsc.session import Pcsc
from fixtures.pin_forms import CHANGE, VERIFY
from fixtures.pinpad import CANCELLED, SUCCESS, Pinpad
from fixtures.reader_under_test import ReaderUnderTest

pytestmark = [
    pytest.mark.subject("Pinpad: structures"),
    pytest.mark.pinpad("verify"),
    pytest.mark.applet("reader-test"),
    pytest.mark.spends_pin_tries,
]

PIN = reader_test.PIN.decode()
TEMPLATE = VERIFY + b"\x08" + b"\xff" * 8
WHOLE = VERIFY + b"\x08" + reader_test.PIN
CHANGE_TEMPLATE = CHANGE + b"\x10" + b"\xff" * 16
VERIFY_BYTES = PinVerifyStructure(abData=TEMPLATE).to_bytes()
MODIFY_BYTES = PinModifyStructure(abData=CHANGE_TEMPLATE).to_bytes()
ENGLISH, GERMAN, FRENCH, TURKISH = 0x0409, 0x0407, 0x040C, 0x041F


def assert_pad_works(pad: Pinpad, hands: Hands) -> None:
    """An entry that follows is as if nothing had been before it."""
    hands.press(PIN, ENTER)
    assert pad.verify(PinVerifyStructure(abData=TEMPLATE)) == SUCCESS
    pad.assert_received(WHOLE)


def secure_messages(messages: list[str]) -> list[bytes]:
    """The abData of each PC_to_RDR_Secure (0x69) that went to the reader: CCID 1.1, 6.1.11, from offset 10 on."""
    return [bytes.fromhex(text)[10:] for text in messages if text.startswith("69")]


@pytest.mark.behaviour("verify-structure-inconsistent")
@pytest.mark.parametrize(
    "structure",
    [
        pytest.param(b"", id="empty"),
        pytest.param(VERIFY_BYTES[:18], id="cut-in-the-fields"),
        pytest.param(VERIFY_BYTES[:15] + b"\x03\0\0\0" + TEMPLATE[:3], id="too-short"),
        pytest.param(VERIFY_BYTES[:-1], id="wrong-data-length"),
        pytest.param(VERIFY_BYTES + b"\xff", id="byte-too-many"),
        pytest.param(VERIFY_BYTES[:15] + b"\x0d\0\0\x01" + TEMPLATE, id="enormous-data-length"),
        pytest.param(VERIFY_BYTES[:15] + b"\0\0\0\x0d" + TEMPLATE, id="big-endian-data-length"),
    ],
)
def test_inconsistent_structure_is_refused(reader: ReaderUnderTest, pcsc: Pcsc, hands: Hands, structure: bytes) -> None:
    """Under 23 bytes, or ulDataLength is not the rest: an error and no PIN entry (libccid); the next entry works.

    Numbers are little-endian (PC/SC part 10, 2.5.2); libccid takes the other order on big-endian machines only.
    """
    with pcsc.context() as context, context.connect(reader.name) as card:
        pad = Pinpad(card)
        with pytest.raises(PcscError):
            card.control(pad.verify_code, structure)
        assert_pad_works(pad, hands)


@pytest.mark.behaviour("modify-structure-inconsistent")
@pytest.mark.pinpad("modify")
@pytest.mark.parametrize(
    "structure",
    [
        pytest.param(MODIFY_BYTES[:20] + b"\x03\0\0\0" + CHANGE_TEMPLATE[:3], id="too-short"),
        pytest.param(MODIFY_BYTES[:-1], id="wrong-data-length"),
        pytest.param(MODIFY_BYTES[:11] + b"\x04" + MODIFY_BYTES[12:], id="four-messages"),
        pytest.param(VERIFY_BYTES, id="of-a-verify"),
    ],
)
def test_inconsistent_modification_is_refused(
    reader: ReaderUnderTest, pcsc: Pcsc, hands: Hands, structure: bytes
) -> None:
    """Under 28 bytes, ulDataLength not the rest, bNumberMessage over 3: an error and no PIN entry (libccid)."""
    with pcsc.context() as context, context.connect(reader.name) as card:
        pad = Pinpad(card)
        with pytest.raises(PcscError):
            card.control(pad.modify_code, structure)
        assert_pad_works(pad, hands)


@pytest.mark.behaviour("verify-structure-refused-by-the-reader")
@pytest.mark.parametrize(
    "structure",
    [
        pytest.param(PinVerifyStructure(abData=TEMPLATE, bmFormatString=0x83), id="pin-type-3"),
        pytest.param(PinVerifyStructure(abData=TEMPLATE, wPINMaxExtraDigit=0x0804), id="least-over-most"),
        pytest.param(PinVerifyStructure(abData=TEMPLATE, bmFormatString=0xBA), id="block-beyond-the-data"),
        pytest.param(PinVerifyStructure(abData=VERIFY + b"\x09" + b"\xff" * 8), id="lc-beyond-the-data"),
    ],
)
def test_structure_that_makes_no_sense_is_refused_by_the_reader(
    reader: ReaderUnderTest, pcsc: Pcsc, hands: Hands, structure: PinVerifyStructure
) -> None:
    """CCID 1.1, 6.2.6: the reader names the byte at fault; SCardControl fails or gives 6B80, no PIN is asked for."""
    with pcsc.context() as context, context.connect(reader.name) as card:
        pad = Pinpad(card)
        with contextlib.suppress(PcscError):
            assert pad.verify(structure) == 0x6B80
        pad.assert_nothing_sent()
        assert_pad_works(pad, hands)


@pytest.mark.behaviour("verify-languages-and-messages")
@pytest.mark.parametrize(
    ("language", "number", "index"),
    [
        pytest.param(ENGLISH, 1, 0, id="english"),
        pytest.param(GERMAN, 1, 0, id="german"),
        pytest.param(FRENCH, 1, 1, id="french"),
        pytest.param(TURKISH, 1, 2, id="turkish"),
        pytest.param(0x0000, 1, 0, id="no-language"),
        pytest.param(ENGLISH, 0, 0, id="no-message"),
        pytest.param(ENGLISH, 0xFF, 0, id="reader-s-own-message"),
    ],
)
def test_language_and_message_do_not_touch_the_entry(
    reader: ReaderUnderTest, pcsc: Pcsc, hands: Hands, language: int, number: int, index: int
) -> None:
    """PC/SC part 10, 2.5.2: wLangId, bNumberMessage and bMsgIndex choose what the display says, and nothing else."""
    structure = PinVerifyStructure(abData=TEMPLATE, wLangId=language, bNumberMessage=number, bMsgIndex=index)
    with pcsc.context() as context, context.connect(reader.name) as card:
        pad = Pinpad(card)
        hands.press(PIN, ENTER)
        assert pad.verify(structure) == SUCCESS
        pad.assert_received(WHOLE)


@pytest.mark.behaviour("modify-languages-and-messages")
@pytest.mark.pinpad("modify")
@pytest.mark.parametrize(
    ("language", "number"),
    [
        pytest.param(ENGLISH, 3, id="english"),
        pytest.param(GERMAN, 2, id="german-two-messages"),
        pytest.param(FRENCH, 1, id="french-one-message"),
        pytest.param(ENGLISH, 0, id="no-message"),
        pytest.param(TURKISH, 0xFF, id="reader-s-own-messages"),
    ],
)
def test_number_of_messages_does_not_touch_the_modification(
    reader: ReaderUnderTest, pcsc: Pcsc, hands: Hands, language: int, number: int
) -> None:
    """CCID 1.1, 6.1.12: bMsgIndex2 and 3 are there or not by bNumberMessage; readers took them for the template."""
    structure = PinModifyStructure(
        abData=CHANGE_TEMPLATE, wLangId=language, bNumberMessage=number, bConfirmPIN=ConfirmPin.CURRENT_PIN
    )
    with pcsc.context() as context, context.connect(reader.name) as card:
        pad = Pinpad(card)
        hands.press(PIN[:4], ENTER)
        hands.press(PIN, ENTER)
        assert pad.modify(structure) == SUCCESS
        pad.assert_received(CHANGE + b"\x10" + reader_test.SHORT_PIN_BLOCK + reader_test.PIN)


@pytest.mark.behaviour("verify-bad-validation-is-mended")
@pytest.mark.parametrize("condition", [0x00, 0x08, 0xFF])
def test_validation_condition_out_of_range_becomes_the_key(
    reader: ReaderUnderTest, pcsc: Pcsc, hands: Hands, condition: int
) -> None:
    """libccid: 00 and more than 07 crash a reader, so the driver sends 02; the key ends the entry."""
    structure = bytearray(VERIFY_BYTES)
    structure[7] = condition
    with pcsc.context() as context, context.connect(reader.name) as card:
        pad = Pinpad(card)
        hands.press(PIN, ENTER)
        assert int.from_bytes(card.control(pad.verify_code, bytes(structure)), "big") == SUCCESS
        pad.assert_received(WHOLE)


@pytest.mark.behaviour("secure-message-of-a-verify")
def test_verification_reaches_the_reader_field_by_field(
    reader: ReaderUnderTest, pcsc: Pcsc, hands: Hands, messages: Callable[[], list[str]]
) -> None:
    """CCID 1.1, 6.1.11: bPINOperation 0, then the structure without bTimerOut2 and ulDataLength, byte for byte."""
    structure = PinVerifyStructure(
        abData=TEMPLATE,
        bTimerOut=21,
        bTimerOut2=33,
        bmFormatString=0x82,
        bmPINBlockString=0x08,
        bmPINLengthFormat=0x04,
        wPINMaxExtraDigit=0x0507,
        bEntryValidationCondition=0x03,
        wLangId=GERMAN,
        bMsgIndex=2,
        bTeoPrologue=b"\x01\x40\x0d",
    )
    with pcsc.context() as context, context.connect(reader.name) as card:
        pad = Pinpad(card)
        hands.press("", "cancel")
        assert pad.verify(structure) == CANCELLED
        if reader.features.exchange_level == "tpdu":
            pytest.skip("at the TPDU level the driver writes its own bTeoPrologue (readers.yaml: exchange_level)")
        fields = "00 15 82 08 04 07 05 03 01 07 04 02 01 40 0D"
        assert secure_messages(messages()) == [bytes.fromhex(fields) + TEMPLATE]


@pytest.mark.behaviour("secure-message-of-a-modify")
@pytest.mark.pinpad("modify")
@pytest.mark.parametrize(
    ("number", "indexes"), [(0, "05"), (1, "05 06"), (2, "05 06"), (3, "05 06 07")], ids=["none", "1", "2", "3"]
)
def test_modification_reaches_the_reader_field_by_field(
    reader: ReaderUnderTest,
    pcsc: Pcsc,
    hands: Hands,
    messages: Callable[[], list[str]],
    number: int,
    indexes: str,
) -> None:
    """CCID 1.1, 6.1.12: bMsgIndex2 is there unless bNumberMessage is 0, bMsgIndex3 where it is 3."""
    structure = PinModifyStructure(
        abData=CHANGE_TEMPLATE,
        bTimerOut=21,
        bTimerOut2=33,
        bInsertionOffsetOld=0,
        bInsertionOffsetNew=8,
        wPINMaxExtraDigit=0x0507,
        bConfirmPIN=0x03,
        bEntryValidationCondition=0x02,
        bNumberMessage=number,
        wLangId=GERMAN,
        bMsgIndex1=5,
        bMsgIndex2=6,
        bMsgIndex3=7,
    )
    with pcsc.context() as context, context.connect(reader.name) as card:
        pad = Pinpad(card)
        hands.press("", "cancel")
        assert pad.modify(structure) == CANCELLED
        if reader.features.exchange_level == "tpdu":
            pytest.skip("at the TPDU level the driver writes its own bTeoPrologue (readers.yaml: exchange_level)")
        fields = f"01 15 82 08 00 00 08 07 05 03 02 {number:02X} 07 04 {indexes} 00 00 00"
        assert secure_messages(messages()) == [bytes.fromhex(fields) + CHANGE_TEMPLATE]
