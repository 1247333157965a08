"""PIN entry: what ends it, what it ends with, how long it may take, and what the card hears of it."""

from __future__ import annotations

import pytest

from fixtures import reader_test
from fixtures.hands import CANCEL, CORRECT, ENTER, TIMEOUT, Hands
from fixtures.pcsc.pin_structures import EntryValidation, PinVerifyStructure
from fixtures.pcsc.session import Pcsc
from fixtures.pin_forms import DIGITS, VERIFY
from fixtures.pinpad import CANCELLED, SUCCESS, TIMED_OUT, WRONG_LENGTH, Pinpad
from fixtures.reader_under_test import ReaderUnderTest

pytestmark = [
    pytest.mark.subject("Pinpad: entry"),
    pytest.mark.pinpad("verify"),
    pytest.mark.applet("reader-test"),
    pytest.mark.spends_pin_tries,
]

PIN = reader_test.PIN.decode()
TEMPLATE = VERIFY + b"\x08" + b"\xff" * 8
WHOLE = VERIFY + b"\x08" + reader_test.PIN
SHORT = VERIFY + b"\x08" + reader_test.SHORT_PIN_BLOCK
MAX_SIZE, KEY, TIME = EntryValidation.MAX_SIZE_REACHED, EntryValidation.VALIDATION_KEY, EntryValidation.TIMEOUT


@pytest.mark.behaviour("verify-pads-a-short-pin")
def test_short_pin_is_padded_as_the_template_says(reader: ReaderUnderTest, pcsc: Pcsc, hands: Hands) -> None:
    """Four digits in a block of eight keep the template's FF behind them; the card answers 6A04 and counts one try."""
    with pcsc.context() as context, context.connect(reader.name) as card:
        pad = Pinpad(card)
        hands.press(PIN[:4], ENTER)
        assert pad.verify(PinVerifyStructure(abData=TEMPLATE)) == 0x6A04
        pad.assert_received(SHORT)
        pad.assert_tries(pad.tries - 1)
        pad.restore_tries()


@pytest.mark.behaviour("verify-wrong-pin")
@pytest.mark.parametrize(
    ("digits", "answer"), [("0000", 0x6A00), ("1000", 0x6A01), ("12345670", 0x6A07)], ids=["first", "second", "last"]
)
def test_wrong_pin_brings_the_card_s_own_answer(
    reader: ReaderUnderTest, pcsc: Pcsc, hands: Hands, digits: str, answer: int
) -> None:
    """PC/SC part 10, 2.5.2: the status word is the card's, 63Cx on most, 6A00 plus the wrong place on this one."""
    with pcsc.context() as context, context.connect(reader.name) as card:
        pad = Pinpad(card)
        hands.press(digits, ENTER)
        assert pad.verify(PinVerifyStructure(abData=TEMPLATE)) == answer
        pad.assert_tries(pad.tries - 1)
        pad.restore_tries()


@pytest.mark.behaviour("verify-without-digits")
def test_entry_without_digits_asks_the_card_for_its_counter(reader: ReaderUnderTest, pcsc: Pcsc, hands: Hands) -> None:
    """ISO/IEC 7816-4, VERIFY without data: with no digit as the least, the key alone sends Lc 0; 63Cx comes back."""
    with pcsc.context() as context, context.connect(reader.name) as card:
        pad = Pinpad(card)
        hands.press("", ENTER)
        structure = PinVerifyStructure(abData=VERIFY + b"\x00", bmPINBlockString=0x00, wPINMaxExtraDigit=0x0008)
        assert pad.verify(structure) == 0x63C0 | pad.tries
        pad.assert_tries(pad.tries)


@pytest.mark.behaviour("verify-blocked-pin")
def test_pin_without_tries_left_brings_the_card_s_own_answer(reader: ReaderUnderTest, pcsc: Pcsc, hands: Hands) -> None:
    """All tries are spent on the pad, then one more: the reader passes on the card's answer, and keeps no count itself.

    The applet never blocks: its counter stays at 0, and the right PIN brings the tries back.
    """
    with pcsc.context() as context, context.connect(reader.name) as card:
        pad = Pinpad(card)
        try:
            for left in (*reversed(range(pad.tries)), 0):
                hands.press("0000", ENTER)
                assert pad.verify(PinVerifyStructure(abData=TEMPLATE)) == 0x6A00
                pad.assert_tries(left)
            hands.press(PIN, ENTER)
            assert pad.verify(PinVerifyStructure(abData=TEMPLATE)) == SUCCESS
            pad.assert_tries(reader_test.MAX_TRIES)
        finally:
            pad.restore_tries()


@pytest.mark.behaviour("verify-too-short")
def test_pin_below_the_smallest_length_is_6403_and_not_sent(reader: ReaderUnderTest, pcsc: Pcsc, hands: Hands) -> None:
    """PC/SC part 10, 2.5.2: three digits where four are the least; the card sees no command, its counter stands."""
    with pcsc.context() as context, context.connect(reader.name) as card:
        pad = Pinpad(card)
        hands.press(PIN[:3], ENTER)
        assert pad.verify(PinVerifyStructure(abData=TEMPLATE)) == WRONG_LENGTH
        pad.assert_nothing_sent()


@pytest.mark.behaviour("verify-takes-no-more-than-the-longest")
def test_digits_beyond_the_greatest_length_are_not_taken(reader: ReaderUnderTest, pcsc: Pcsc, hands: Hands) -> None:
    """PC/SC part 10, 2.5.2: eight digits where six are the most; the card receives six."""
    with pcsc.context() as context, context.connect(reader.name) as card:
        pad = Pinpad(card)
        hands.press(PIN, ENTER)
        assert pad.verify(PinVerifyStructure(abData=TEMPLATE, wPINMaxExtraDigit=0x0406)) == 0x6A06
        pad.assert_received(VERIFY + b"\x08" + reader_test.SIX_DIGIT_BLOCK)
        pad.restore_tries()


@pytest.mark.behaviour("verify-corrected")
def test_correct_key_clears_what_was_typed(reader: ReaderUnderTest, pcsc: Pcsc, hands: Hands) -> None:
    """Digits, CORRECT, other digits: the card receives those typed after it."""
    with pcsc.context() as context, context.connect(reader.name) as card:
        pad = Pinpad(card)
        hands.press("9876", CORRECT)
        hands.press(PIN[:4], ENTER)
        pad.verify(PinVerifyStructure(abData=TEMPLATE))
        pad.assert_received(SHORT)
        pad.restore_tries()


@pytest.mark.behaviour("verify-cancelled")
@pytest.mark.parametrize("digits", ["", PIN[:5], PIN], ids=["at-once", "in-between", "all-typed"])
def test_cancelled_entry_is_6401_and_sends_nothing(
    reader: ReaderUnderTest, pcsc: Pcsc, hands: Hands, digits: str
) -> None:
    """PC/SC part 10, 2.5.2: SCardControl succeeds with 6401; the card sees no command and its counter stands."""
    with pcsc.context() as context, context.connect(reader.name) as card:
        pad = Pinpad(card)
        hands.press(digits, CANCEL)
        assert pad.verify(PinVerifyStructure(abData=TEMPLATE)) == CANCELLED
        pad.assert_nothing_sent()


@pytest.mark.behaviour("verify-timed-out")
@pytest.mark.parametrize("digits", ["", PIN[:2], PIN], ids=["nothing", "two-digits", "all-typed"])
def test_entry_that_times_out_is_6400(reader: ReaderUnderTest, pcsc: Pcsc, hands: Hands, digits: str) -> None:
    """PC/SC part 10, 2.5.2: nobody finishes within bTimerOut; SCardControl succeeds with 6400, the counter stands."""
    with pcsc.context() as context, context.connect(reader.name) as card:
        pad = Pinpad(card)
        hands.press(digits, TIMEOUT)
        assert pad.verify(PinVerifyStructure(abData=TEMPLATE, bTimerOut=15)) == TIMED_OUT
        pad.assert_nothing_sent()


@pytest.mark.behaviour("verify-given-timeout")
@pytest.mark.parametrize(("pause", "ends_with"), [(5, SUCCESS), (12, TIMED_OUT)], ids=["within", "beyond"])
def test_given_timeout_counts(reader: ReaderUnderTest, pcsc: Pcsc, hands: Hands, pause: int, ends_with: int) -> None:
    """PC/SC part 10, 2.5.2: bTimerOut 8; a pause of 5 s between two digits is endured, one of 12 s is not."""
    with pcsc.context() as context, context.connect(reader.name) as card:
        pad = Pinpad(card)
        hands.press(PIN[:4])
        hands.pause(pause)
        hands.press(PIN[4:], ENTER)
        assert pad.verify(PinVerifyStructure(abData=TEMPLATE, bTimerOut=8)) == ends_with
        if ends_with == SUCCESS:
            pad.assert_received(WHOLE)
        else:
            pad.assert_nothing_sent()


@pytest.mark.behaviour("verify-default-timeout")
@pytest.mark.parametrize("patient", [True, False], ids=["within", "beyond"])
def test_default_timeout_is_long_enough_and_ends(
    reader: ReaderUnderTest, pcsc: Pcsc, hands: Hands, patient: bool
) -> None:
    """PC/SC part 10, 2.5.2: bTimerOut 0 is the reader's own time: longer than a pause of 10 s, and not for ever."""
    with pcsc.context() as context, context.connect(reader.name) as card:
        pad = Pinpad(card)
        hands.press(PIN[:4])
        hands.pause(10)
        if patient:
            hands.press(PIN[4:], ENTER)
            assert pad.verify(PinVerifyStructure(abData=TEMPLATE)) == SUCCESS
            pad.assert_received(WHOLE)
        else:
            hands.press("", TIMEOUT)
            assert pad.verify(PinVerifyStructure(abData=TEMPLATE)) == TIMED_OUT
            pad.assert_nothing_sent()


@pytest.mark.behaviour("verify-second-timeout-is-of-no-effect")
def test_second_timeout_changes_nothing(reader: ReaderUnderTest, pcsc: Pcsc, hands: Hands) -> None:
    """PC/SC part 10, 2.6.8: IFD_PIN_PROPERTIES says bTimeOut2 0, so bTimerOut2 is not told from bTimerOut (libccid)."""
    with pcsc.context() as context, context.connect(reader.name) as card:
        pad = Pinpad(card)
        hands.press(PIN[:4])
        hands.pause(5)
        hands.press(PIN[4:], ENTER)
        assert pad.verify(PinVerifyStructure(abData=TEMPLATE, bTimerOut=20, bTimerOut2=1)) == SUCCESS
        pad.assert_received(WHOLE)


@pytest.mark.behaviour("verify-validated-by-length")
@pytest.mark.parametrize("condition", [MAX_SIZE, MAX_SIZE | KEY, MAX_SIZE | KEY | TIME], ids=["alone", "or-key", "any"])
def test_longest_pin_validates_itself(
    reader: ReaderUnderTest, pcsc: Pcsc, hands: Hands, condition: EntryValidation
) -> None:
    """PC/SC part 10, 2.5.2, bEntryValidationCondition bit 0: the eighth of at most eight digits ends the entry."""
    with pcsc.context() as context, context.connect(reader.name) as card:
        pad = Pinpad(card)
        pad.require_validation(condition)
        hands.press(PIN)
        structure = PinVerifyStructure(abData=TEMPLATE, bEntryValidationCondition=condition)
        assert pad.verify(structure) == SUCCESS
        pad.assert_received(WHOLE)


@pytest.mark.behaviour("verify-validated-by-key")
@pytest.mark.parametrize("condition", [KEY, KEY | MAX_SIZE, KEY | TIME], ids=["alone", "or-length", "or-time"])
def test_key_validates_a_shorter_pin(
    reader: ReaderUnderTest, pcsc: Pcsc, hands: Hands, condition: EntryValidation
) -> None:
    """PC/SC part 10, 2.5.2, bEntryValidationCondition bit 1: four of at most eight digits, and the key."""
    with pcsc.context() as context, context.connect(reader.name) as card:
        pad = Pinpad(card)
        pad.require_validation(condition)
        hands.press(PIN[:4], ENTER)
        assert pad.verify(PinVerifyStructure(abData=TEMPLATE, bEntryValidationCondition=condition)) == 0x6A04
        pad.assert_received(SHORT)
        pad.restore_tries()


@pytest.mark.behaviour("verify-validated-by-timeout")
@pytest.mark.parametrize("condition", [TIME, TIME | KEY], ids=["alone", "or-key"])
def test_timeout_validates_what_was_typed(
    reader: ReaderUnderTest, pcsc: Pcsc, hands: Hands, condition: EntryValidation
) -> None:
    """PC/SC part 10, 2.5.2, bEntryValidationCondition bit 2: four digits, and then time passes; they are sent."""
    with pcsc.context() as context, context.connect(reader.name) as card:
        pad = Pinpad(card)
        pad.require_validation(condition)
        hands.press(PIN[:4], TIMEOUT)
        structure = PinVerifyStructure(abData=TEMPLATE, bTimerOut=5, bEntryValidationCondition=condition)
        assert pad.verify(structure) == 0x6A04
        pad.assert_received(SHORT)
        pad.restore_tries()


@pytest.mark.behaviour("verify-timeout-validates-no-short-pin")
def test_timeout_does_not_validate_what_is_too_short(reader: ReaderUnderTest, pcsc: Pcsc, hands: Hands) -> None:
    """Two digits where four are the least, and time passes: no command, whether that is called 6400 or 6403."""
    with pcsc.context() as context, context.connect(reader.name) as card:
        pad = Pinpad(card)
        pad.require_validation(TIME)
        hands.press(PIN[:2], TIMEOUT)
        structure = PinVerifyStructure(abData=TEMPLATE, bTimerOut=5, bEntryValidationCondition=TIME)
        assert pad.verify(structure) in (TIMED_OUT, WRONG_LENGTH)
        pad.assert_nothing_sent()


@pytest.mark.behaviour("verify-key-validates-only-where-asked")
def test_key_that_was_not_asked_for_validates_nothing(reader: ReaderUnderTest, pcsc: Pcsc, hands: Hands) -> None:
    """PC/SC part 10, 2.5.2: where length alone ends the entry, the key after four digits does not."""
    with pcsc.context() as context, context.connect(reader.name) as card:
        pad = Pinpad(card)
        pad.require_validation(MAX_SIZE)
        hands.press(PIN[:4], ENTER)
        hands.press(PIN[4:])
        structure = PinVerifyStructure(abData=TEMPLATE, bEntryValidationCondition=MAX_SIZE)
        assert pad.verify(structure) == SUCCESS
        pad.assert_received(WHOLE)


@pytest.mark.behaviour("verify-again-and-again")
def test_nothing_of_an_entry_is_left_for_the_next_one(reader: ReaderUnderTest, pcsc: Pcsc, hands: Hands) -> None:
    """A cancelled entry, a long PIN, a short one: each begins with nothing typed, and the padding is the template's."""
    with pcsc.context() as context, context.connect(reader.name) as card:
        pad = Pinpad(card)
        for digits, key, ends_with in ((DIGITS, CANCEL, CANCELLED), (PIN, ENTER, SUCCESS), (PIN[:4], ENTER, 0x6A04)):
            hands.press(digits, key)
            assert pad.verify(PinVerifyStructure(abData=TEMPLATE)) == ends_with
        pad.assert_received(SHORT)
        pad.restore_tries()
