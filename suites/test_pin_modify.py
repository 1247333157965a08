"""PIN modification: which PINs are asked for, where they stand in the command, and how the entries end."""

from __future__ import annotations

import pytest

from fixtures import pin_forms, reader_test
from fixtures.card_choice import BOTH_PROTOCOLS
from fixtures.hands import CANCEL, CORRECT, ENTER, TIMEOUT, Hands
from fixtures.pcsc.pin_structures import ConfirmPin, EntryValidation, PinModifyStructure
from fixtures.pcsc.session import Pcsc
from fixtures.pin_forms import CHANGE, FORMS, PIN_BLOCKS
from fixtures.pinpad import CANCELLED, MISMATCH, SUCCESS, TIMED_OUT, WRONG_LENGTH, Pinpad
from fixtures.reader_under_test import ReaderUnderTest

pytestmark = [
    pytest.mark.subject("Pinpad: modification"),
    pytest.mark.pinpad("modify"),
    pytest.mark.applet("reader-test"),
    pytest.mark.spends_pin_tries,
]

PIN = reader_test.PIN.decode()
FOUR, FIVE = PIN[:4], PIN[:5]
EIGHT_FF = b"\xff" * 8
CONFIRM, CURRENT = ConfirmPin.CONFIRMATION, ConfirmPin.CURRENT_PIN
OLD_AND_NEW = PinModifyStructure(abData=CHANGE + b"\x10" + EIGHT_FF * 2)
"""Asks for the old PIN, the new one and its confirmation."""
STAGES = ("current", "new", "confirmation")


@pytest.mark.behaviour("modify-sends-old-and-new")
def test_old_and_new_pin_stand_where_they_belong(reader: ReaderUnderTest, pcsc: Pcsc, hands: Hands) -> None:
    """PC/SC part 10, 2.5.3: CHANGE REFERENCE DATA with the old PIN at its offset and the confirmed new one at its."""
    with pcsc.context() as context, context.connect(reader.name) as card:
        pad = Pinpad(card)
        hands.press(FOUR, ENTER)
        hands.press(PIN, ENTER)
        hands.press(PIN, ENTER)
        assert pad.modify(OLD_AND_NEW) == SUCCESS
        pad.assert_received(CHANGE + b"\x10" + reader_test.SHORT_PIN_BLOCK + reader_test.PIN)


@pytest.mark.behaviour("modify-form")
@pytest.mark.parametrize("form", [form for form in FORMS if form.bmPINBlockString], ids=lambda form: form.id)
@BOTH_PROTOCOLS
def test_both_pins_have_the_form(
    reader: ReaderUnderTest, pcsc: Pcsc, hands: Hands, protocol: int, form: pin_forms.PinForm
) -> None:
    """PC/SC part 10, 2.5.3: the two PINs' offsets are added to the form's positions (CCID 1.1, 6.1.12)."""
    with pcsc.context() as context, context.connect(reader.name, protocols=protocol) as card:
        pad = Pinpad(card)
        hands.press(FIVE, ENTER)
        hands.press(PIN, ENTER)
        hands.press(PIN, ENTER)
        assert pad.modify(form.modify()) == SUCCESS
        data = form.data(FIVE) + form.data(PIN)
        pad.assert_received(CHANGE + bytes((len(data),)) + data)


@pytest.mark.behaviour("modify-variable-length")
def test_blocks_of_no_fixed_size_follow_each_other(reader: ReaderUnderTest, pcsc: Pcsc, hands: Hands) -> None:
    """CCID 1.1, 6.1.12: PIN block size 0; Lc counts the digits of both PINs, 5 and 4."""
    with pcsc.context() as context, context.connect(reader.name) as card:
        pad = Pinpad(card)
        hands.press(FIVE, ENTER)
        hands.press(FOUR, ENTER)
        hands.press(FOUR, ENTER)
        structure = PinModifyStructure(abData=CHANGE + b"\x00", bmPINBlockString=0x00, bInsertionOffsetNew=0)
        assert pad.modify(structure) == SUCCESS
        pad.assert_received(CHANGE + b"\x09" + PIN_BLOCKS["variable-5"] + PIN_BLOCKS["variable-4"])


@pytest.mark.behaviour("modify-new-before-old")
def test_offsets_say_which_pin_comes_first(reader: ReaderUnderTest, pcsc: Pcsc, hands: Hands) -> None:
    """PC/SC part 10, 2.5.3: bInsertionOffsetOld 8 and bInsertionOffsetNew 0 put the new PIN before the old one."""
    with pcsc.context() as context, context.connect(reader.name) as card:
        pad = Pinpad(card)
        hands.press(FOUR, ENTER)
        hands.press(PIN, ENTER)
        hands.press(PIN, ENTER)
        structure = PinModifyStructure(
            abData=CHANGE + b"\x10" + EIGHT_FF * 2, bInsertionOffsetOld=8, bInsertionOffsetNew=0
        )
        assert pad.modify(structure) == SUCCESS
        pad.assert_received(CHANGE + b"\x10" + reader_test.PIN + reader_test.SHORT_PIN_BLOCK)


@pytest.mark.behaviour("modify-asks-for-what-is-wanted")
@pytest.mark.parametrize(
    ("wanted", "entries", "data"),
    [
        pytest.param(ConfirmPin(0), (PIN,), reader_test.PIN + EIGHT_FF, id="new"),
        pytest.param(CONFIRM, (PIN, PIN), reader_test.PIN + EIGHT_FF, id="new-twice"),
        pytest.param(CURRENT, (FOUR, PIN), reader_test.SHORT_PIN_BLOCK + reader_test.PIN, id="old-new"),
        pytest.param(CURRENT | CONFIRM, (FOUR, PIN, PIN), reader_test.SHORT_PIN_BLOCK + reader_test.PIN, id="all"),
    ],
)
@BOTH_PROTOCOLS
def test_as_many_entries_as_are_wanted(
    reader: ReaderUnderTest,
    pcsc: Pcsc,
    hands: Hands,
    protocol: int,
    wanted: ConfirmPin,
    entries: tuple[str, ...],
    data: bytes,
) -> None:
    """PC/SC part 10, 2.5.3: bConfirmPIN bit 0 asks for the new PIN again, bit 1 for the old one before it.

    Where the old one is not asked for, the template's bytes stay in its place, here behind the new one.
    """
    structure = PinModifyStructure(
        abData=CHANGE + b"\x10" + EIGHT_FF * 2,
        bConfirmPIN=wanted,
        bInsertionOffsetOld=0 if wanted & CURRENT else 8,
        bInsertionOffsetNew=8 if wanted & CURRENT else 0,
        bNumberMessage=len(entries),
    )
    with pcsc.context() as context, context.connect(reader.name, protocols=protocol) as card:
        pad = Pinpad(card)
        for digits in entries:
            hands.press(digits, ENTER)
        assert pad.modify(structure) == SUCCESS
        pad.assert_received(CHANGE + b"\x10" + data)


@pytest.mark.behaviour("modify-mismatch")
@pytest.mark.parametrize("wanted", [CONFIRM, CURRENT | CONFIRM], ids=["new-twice", "all"])
@pytest.mark.parametrize("second", [FIVE, "1235"], ids=["longer", "other-digit"])
def test_new_pin_that_is_confirmed_by_another_is_6402(
    reader: ReaderUnderTest, pcsc: Pcsc, hands: Hands, wanted: ConfirmPin, second: str
) -> None:
    """PC/SC part 10, 2.5.3: new PIN and confirmation differ; the reader says so, and the card sees no command."""
    structure = PinModifyStructure(abData=OLD_AND_NEW.abData, bConfirmPIN=wanted)
    with pcsc.context() as context, context.connect(reader.name) as card:
        pad = Pinpad(card)
        for digits in (*((PIN,) if wanted & CURRENT else ()), FOUR, second):
            hands.press(digits, ENTER)
        assert pad.modify(structure) == MISMATCH
        pad.assert_nothing_sent()


@pytest.mark.behaviour("modify-cancelled")
@pytest.mark.parametrize("stage", range(3), ids=STAGES)
def test_cancelled_change_is_6401(reader: ReaderUnderTest, pcsc: Pcsc, hands: Hands, stage: int) -> None:
    """PC/SC part 10, 2.5.3: cancelled in any of the three entries; SCardControl succeeds with 6401, nothing is sent."""
    with pcsc.context() as context, context.connect(reader.name) as card:
        pad = Pinpad(card)
        for _entry in range(stage):
            hands.press(PIN, ENTER)
        hands.press(PIN[:2], CANCEL)
        assert pad.modify(OLD_AND_NEW) == CANCELLED
        pad.assert_nothing_sent()


@pytest.mark.behaviour("modify-timed-out")
@pytest.mark.parametrize("stage", range(3), ids=STAGES)
def test_change_that_times_out_is_6400(reader: ReaderUnderTest, pcsc: Pcsc, hands: Hands, stage: int) -> None:
    """PC/SC part 10, 2.5.3: time runs out in any of the three entries; SCardControl succeeds with 6400."""
    with pcsc.context() as context, context.connect(reader.name) as card:
        pad = Pinpad(card)
        for _entry in range(stage):
            hands.press(PIN, ENTER)
        hands.press(PIN[:2], TIMEOUT)
        assert pad.modify(PinModifyStructure(abData=OLD_AND_NEW.abData, bTimerOut=15)) == TIMED_OUT
        pad.assert_nothing_sent()


@pytest.mark.behaviour("modify-too-short")
@pytest.mark.parametrize("stage", range(2), ids=STAGES[:2])
def test_short_pin_in_a_change_is_6403(reader: ReaderUnderTest, pcsc: Pcsc, hands: Hands, stage: int) -> None:
    """PC/SC part 10, 2.5.3: three digits where four are the least, as the old PIN or as the new one."""
    with pcsc.context() as context, context.connect(reader.name) as card:
        pad = Pinpad(card)
        for _entry in range(stage):
            hands.press(PIN, ENTER)
        hands.press(PIN[:3], ENTER)
        assert pad.modify(OLD_AND_NEW) == WRONG_LENGTH
        pad.assert_nothing_sent()


@pytest.mark.behaviour("modify-corrected")
def test_correct_key_clears_one_entry_only(reader: ReaderUnderTest, pcsc: Pcsc, hands: Hands) -> None:
    """CORRECT in the midst of the new PIN: the old one, typed before, stays."""
    with pcsc.context() as context, context.connect(reader.name) as card:
        pad = Pinpad(card)
        hands.press(FOUR, ENTER)
        hands.press("98", CORRECT)
        hands.press(PIN, ENTER)
        hands.press(PIN, ENTER)
        assert pad.modify(OLD_AND_NEW) == SUCCESS
        pad.assert_received(CHANGE + b"\x10" + reader_test.SHORT_PIN_BLOCK + reader_test.PIN)


@pytest.mark.behaviour("modify-validated-by-length")
def test_longest_pins_validate_themselves(reader: ReaderUnderTest, pcsc: Pcsc, hands: Hands) -> None:
    """PC/SC part 10, 2.5.3, bEntryValidationCondition bit 0: three times eight digits and no key."""
    structure = PinModifyStructure(
        abData=OLD_AND_NEW.abData, bEntryValidationCondition=EntryValidation.MAX_SIZE_REACHED
    )
    with pcsc.context() as context, context.connect(reader.name) as card:
        pad = Pinpad(card)
        pad.require_validation(EntryValidation.MAX_SIZE_REACHED)
        hands.press(PIN * 3)
        assert pad.modify(structure) == SUCCESS
        pad.assert_received(CHANGE + b"\x10" + reader_test.PIN * 2)
