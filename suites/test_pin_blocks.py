"""PIN blocks: the forms that cards in the field ask for, the limits of an entry, and the change of a PIN."""

from __future__ import annotations

import pytest

from fixtures import reader_test, safety
from fixtures.hands import CANCEL, ENTER, Hands
from fixtures.pcsc.card import Card, Response
from fixtures.pcsc.constants import CM_IOCTL_GET_FEATURE_REQUEST
from fixtures.pcsc.part10 import Feature, parse_features
from fixtures.pcsc.pin_structures import PinModifyStructure, PinVerifyStructure
from fixtures.pcsc.session import Pcsc
from fixtures.reader_under_test import ReaderUnderTest

pytestmark = [
    pytest.mark.subject("Pinpad"),
    pytest.mark.applet("reader-test"),
    pytest.mark.spends_pin_tries,
]

SUCCESS = 0x9000
CANCELLED = 0x6401
MISMATCH = 0x6402
WRONG_LENGTH = 0x6403
PIN = reader_test.PIN.decode()
VERIFY = bytes.fromhex("00200080")
CHANGE = bytes.fromhex("00240080")
EIGHT_FF = b"\xff" * 8
FORMAT_2 = bytes.fromhex("20FFFFFFFFFFFFFF")


def pinpad(reader: ReaderUnderTest, card: Card, feature: Feature) -> int:
    """The feature's control code, with the applet selected and a try to spend; skips a reader without it."""
    has = {
        Feature.VERIFY_PIN_DIRECT: reader.features.verify_pin_direct,
        Feature.MODIFY_PIN_DIRECT: reader.features.modify_pin_direct,
    }
    if not has[feature]:
        pytest.skip(f"{reader.id} has no pinpad (readers.yaml: features.{feature.name.lower()})")
    assert card.transmit(reader_test.SELECT).sw == SUCCESS
    safety.require_tries(card)
    return parse_features(card.control(CM_IOCTL_GET_FEATURE_REQUEST))[feature]


def status(card: Card, code: int, structure: PinVerifyStructure | PinModifyStructure) -> int:
    """The status word that the entry ends with."""
    return int.from_bytes(card.control(code, structure.to_bytes()), "big")


def assert_received(card: Card, expected: bytes) -> None:
    """Compares the command that the card remembers without showing it: it holds digits."""
    __tracebackhide__ = True
    dump: Response = card.transmit(reader_test.pin_dump(len(expected)))
    if dump.sw != SUCCESS or dump.data != expected:
        wrong = [place for place, byte in enumerate(expected) if dump.data[place : place + 1] != bytes([byte])]
        pytest.fail(
            f"the card did not receive the expected command: status {dump.sw:04X}, {len(dump.data)} bytes for "
            f"{len(expected)}, wrong at offsets {wrong or 'none'}",
            pytrace=False,
        )


def restore_tries(card: Card) -> None:
    """Verifies the right PIN from the host, which sets the counter to its start again."""
    assert card.transmit(VERIFY + b"\x08" + reader_test.PIN).sw == SUCCESS


@pytest.mark.behaviour("verify-format-2")
def test_format_2_block_has_length_and_bcd_digits(reader: ReaderUnderTest, pcsc: Pcsc, hands: Hands) -> None:
    """ISO 9564-1, format 2: 2L, the digits in BCD, F behind them; four digits are 24 12 34 FF FF FF FF FF."""
    with pcsc.context() as context, context.connect(reader.name) as card:
        code = pinpad(reader, card, Feature.VERIFY_PIN_DIRECT)
        hands.press(PIN[:4], ENTER)
        structure = PinVerifyStructure(
            abData=VERIFY + b"\x08" + FORMAT_2, bmFormatString=0x89, bmPINBlockString=0x47, bmPINLengthFormat=0x04
        )
        assert status(card, code, structure) != SUCCESS
        assert_received(card, VERIFY + b"\x08" + reader_test.FORMAT_2_BLOCK)
        restore_tries(card)


@pytest.mark.behaviour("verify-right-justified")
def test_right_justified_digits_end_the_block(reader: ReaderUnderTest, pcsc: Pcsc, hands: Hands) -> None:
    """PC/SC part 10, 2.5.2, bmFormatString bit 2: four ASCII digits stand in the last four bytes of eight."""
    with pcsc.context() as context, context.connect(reader.name) as card:
        code = pinpad(reader, card, Feature.VERIFY_PIN_DIRECT)
        hands.press(PIN[:4], ENTER)
        structure = PinVerifyStructure(abData=VERIFY + b"\x08" + EIGHT_FF, bmFormatString=0x86)
        assert status(card, code, structure) != SUCCESS
        assert_received(card, VERIFY + b"\x08" + reader_test.RIGHT_JUSTIFIED_BLOCK)
        restore_tries(card)


@pytest.mark.behaviour("verify-variable-length")
def test_block_of_no_fixed_size_lets_lc_count_the_digits(reader: ReaderUnderTest, pcsc: Pcsc, hands: Hands) -> None:
    """CCID 1.1, 6.1.11: PIN block size 0 is a command that is as long as the PIN; five digits, Lc 05."""
    with pcsc.context() as context, context.connect(reader.name) as card:
        code = pinpad(reader, card, Feature.VERIFY_PIN_DIRECT)
        hands.press(PIN[:5], ENTER)
        structure = PinVerifyStructure(abData=VERIFY + b"\x00", bmPINBlockString=0x00)
        assert status(card, code, structure) == SUCCESS
        assert_received(card, VERIFY + b"\x05" + reader_test.FIVE_DIGITS)


@pytest.mark.behaviour("verify-too-short")
def test_pin_below_the_smallest_length_is_6403_and_not_sent(reader: ReaderUnderTest, pcsc: Pcsc, hands: Hands) -> None:
    """PC/SC part 10, 2.5.2: three digits where four are the least; the card sees no command, its counter stands."""
    with pcsc.context() as context, context.connect(reader.name) as card:
        code = pinpad(reader, card, Feature.VERIFY_PIN_DIRECT)
        before = safety.require_tries(card)
        hands.press(PIN[:3], ENTER)
        assert status(card, code, PinVerifyStructure(abData=VERIFY + b"\x08" + EIGHT_FF)) == WRONG_LENGTH
        assert card.transmit(reader_test.tries_left()).sw == 0x63C0 | before


@pytest.mark.behaviour("verify-takes-no-more-than-the-longest")
def test_digits_beyond_the_greatest_length_are_not_taken(reader: ReaderUnderTest, pcsc: Pcsc, hands: Hands) -> None:
    """PC/SC part 10, 2.5.2: eight digits where six are the most; the card receives six."""
    with pcsc.context() as context, context.connect(reader.name) as card:
        code = pinpad(reader, card, Feature.VERIFY_PIN_DIRECT)
        hands.press(PIN, ENTER)
        structure = PinVerifyStructure(abData=VERIFY + b"\x08" + EIGHT_FF, wPINMaxExtraDigit=0x0406)
        assert status(card, code, structure) != SUCCESS
        assert_received(card, VERIFY + b"\x08" + reader_test.SIX_DIGIT_BLOCK)
        restore_tries(card)


@pytest.mark.behaviour("modify-sends-old-and-new")
def test_old_and_new_pin_stand_where_they_belong(reader: ReaderUnderTest, pcsc: Pcsc, hands: Hands) -> None:
    """PC/SC part 10, 2.5.3: CHANGE REFERENCE DATA with the old PIN at its offset and the confirmed new one at its."""
    with pcsc.context() as context, context.connect(reader.name) as card:
        code = pinpad(reader, card, Feature.MODIFY_PIN_DIRECT)
        hands.press(PIN[:4], ENTER)
        hands.press(PIN, ENTER)
        hands.press(PIN, ENTER)
        assert status(card, code, PinModifyStructure(abData=CHANGE + b"\x10" + EIGHT_FF * 2)) == SUCCESS
        assert_received(card, CHANGE + b"\x10" + reader_test.SHORT_PIN_BLOCK + reader_test.PIN)


@pytest.mark.behaviour("modify-mismatch")
def test_new_pin_that_is_confirmed_by_another_is_6402(reader: ReaderUnderTest, pcsc: Pcsc, hands: Hands) -> None:
    """PC/SC part 10, 2.5.3: new PIN and confirmation differ; the reader says so, and the card sees no command."""
    with pcsc.context() as context, context.connect(reader.name) as card:
        code = pinpad(reader, card, Feature.MODIFY_PIN_DIRECT)
        hands.press(PIN, ENTER)
        hands.press(PIN[:4], ENTER)
        hands.press(PIN[:5], ENTER)
        assert status(card, code, PinModifyStructure(abData=CHANGE + b"\x10" + EIGHT_FF * 2)) == MISMATCH


@pytest.mark.behaviour("modify-cancelled")
def test_cancelled_change_is_6401(reader: ReaderUnderTest, pcsc: Pcsc, hands: Hands) -> None:
    """PC/SC part 10, 2.5.3: cancelled at the new PIN; SCardControl succeeds with 6401."""
    with pcsc.context() as context, context.connect(reader.name) as card:
        code = pinpad(reader, card, Feature.MODIFY_PIN_DIRECT)
        hands.press(PIN, ENTER)
        hands.press(PIN[:2], CANCEL)
        assert status(card, code, PinModifyStructure(abData=CHANGE + b"\x10" + EIGHT_FF * 2)) == CANCELLED
