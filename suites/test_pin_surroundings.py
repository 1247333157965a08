"""What goes on around a PIN entry: other readers, other clients, cards and cables that go, and who sees the digits."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from fixtures import reader_test
from fixtures.hands import ENTER, Hands
from fixtures.pcsc.constants import SCARD_STATE_EMPTY, SCARD_STATE_PRESENT
from fixtures.pcsc.errors import SCARD_E_SHARING_VIOLATION, PcscError
from fixtures.pcsc.expect import raises_pcsc
from fixtures.pcsc.pin_structures import PinVerifyStructure
from fixtures.pcsc.session import Pcsc
from fixtures.pin_forms import VERIFY
from fixtures.pinpad import SUCCESS, Pinpad
from fixtures.reader_under_test import ReaderUnderTest
from fixtures.states import state_of, wait_for
from fixtures.threads import start_thread

pytestmark = [
    pytest.mark.subject("Pinpad: surroundings"),
    pytest.mark.pinpad("verify"),
    pytest.mark.applet("reader-test"),
    pytest.mark.spends_pin_tries,
]

PIN = reader_test.PIN.decode()
STRUCTURE = PinVerifyStructure(abData=VERIFY + b"\x08" + b"\xff" * 8, bTimerOut=60)
WHOLE = VERIFY + b"\x08" + reader_test.PIN
BEGUN = 0.3
"""Seconds after which an entry has begun that nobody has answered."""


@pytest.mark.behaviour("verify-on-two-readers-at-once")
def test_two_readers_ask_at_once_and_each_card_gets_its_own_pin(
    reader: ReaderUnderTest, pcsc: Pcsc, hands: Hands
) -> None:
    """Two identical pinpads: the second one's entry ends first, and neither card receives the other's digits."""
    with pcsc.context() as a, pcsc.context() as b:
        before = a.readers()
        hands.plug_second()
        other = min(set(a.readers()) - set(before))
        with a.connect(reader.name) as card, b.connect(other) as second_card:
            pad, second = Pinpad(card), Pinpad(second_card)
            first_entry = start_thread("first", pad.verify, STRUCTURE)
            first_entry.ended(within=BEGUN)
            second_entry = start_thread("second", second.verify, STRUCTURE)
            hands.press_second(PIN[:4], ENTER)
            assert second_entry.result() == 0x6A04
            hands.press(PIN, ENTER)
            assert first_entry.result() == SUCCESS
            pad.assert_received(WHOLE)
            second.assert_received(VERIFY + b"\x08" + reader_test.SHORT_PIN_BLOCK)
            second.restore_tries()


@pytest.mark.behaviour("verify-within-a-transaction")
def test_entry_within_ones_own_transaction_works(reader: ReaderUnderTest, pcsc: Pcsc, hands: Hands) -> None:
    """SCardControl belongs to the transaction: the PIN is verified within it, with nobody in between."""
    with pcsc.context() as context, context.connect(reader.name) as card, card.transaction():
        pad = Pinpad(card)
        hands.press(PIN, ENTER)
        assert pad.verify(STRUCTURE) == SUCCESS
        pad.assert_received(WHOLE)


@pytest.mark.behaviour("verify-within-anothers-transaction")
def test_entry_within_anothers_transaction_is_refused(reader: ReaderUnderTest, pcsc: Pcsc, hands: Hands) -> None:
    """pcsc-lite: SCARD_E_SHARING_VIOLATION while another handle holds the card; afterwards the entry works."""
    with (
        pcsc.context() as a,
        pcsc.context() as b,
        a.connect(reader.name) as holder,
        b.connect(reader.name) as card,
    ):
        pad = Pinpad(card)
        with holder.transaction(), raises_pcsc(SCARD_E_SHARING_VIOLATION):
            pad.verify(STRUCTURE)
        hands.press(PIN, ENTER)
        assert pad.verify(STRUCTURE) == SUCCESS
        pad.assert_received(WHOLE)


@pytest.mark.behaviour("card-removed-during-entry")
def test_card_that_is_removed_during_the_entry_ends_it(reader: ReaderUnderTest, pcsc: Pcsc, hands: Hands) -> None:
    """The card leaves while digits are typed: SCardControl fails, and the next card is asked for its PIN afresh."""
    with pcsc.context() as a, pcsc.context() as b:
        known = state_of(b, reader.name)
        with a.connect(reader.name) as card:
            pad = Pinpad(card)
            hands.press(PIN[:4])
            entry = start_thread("entry", pad.verify, STRUCTURE)
            entry.ended(within=BEGUN)
            hands.remove()
            with pytest.raises(PcscError):
                entry.result()
        gone = wait_for(b, known, SCARD_STATE_EMPTY, hands)
        hands.insert()
        wait_for(b, gone, SCARD_STATE_PRESENT, hands)
        with a.connect(reader.name) as card:
            pad = Pinpad(card)
            hands.press(PIN, ENTER)
            assert pad.verify(STRUCTURE) == SUCCESS
            pad.assert_received(WHOLE)


@pytest.mark.behaviour("reader-unplugged-during-entry")
def test_reader_that_is_unplugged_during_the_entry_fails_the_call_and_no_more(
    reader: ReaderUnderTest, pcsc: Pcsc, hands: Hands
) -> None:
    """The cable is pulled while digits are typed: the call fails, the daemon lives, and the reader comes back."""
    with pcsc.context() as context, context.connect(reader.name) as card:
        pad = Pinpad(card)
        hands.press(PIN[:4])
        entry = start_thread("entry", pad.verify, STRUCTURE)
        entry.ended(within=BEGUN)
        hands.unplug()
        with pytest.raises(PcscError):
            entry.result()
        assert context.is_valid()


@pytest.mark.behaviour("context-cancelled-during-entry")
def test_cancelling_the_context_does_not_end_the_entry(reader: ReaderUnderTest, pcsc: Pcsc, hands: Hands) -> None:
    """SCardCancel ends a wait for events, not SCardControl (PC/SC part 5): the PIN is typed to its end and verified."""
    with pcsc.context() as context, context.connect(reader.name) as card:
        pad = Pinpad(card)
        entry = start_thread("entry", pad.verify, STRUCTURE)
        entry.ended(within=BEGUN)
        context.cancel()
        entry.ended(within=BEGUN)
        hands.press(PIN, ENTER)
        assert entry.result() == SUCCESS
        pad.assert_received(WHOLE)


@pytest.mark.behaviour("pinpad-keeps-the-secret")
def test_digits_reach_nobody_but_the_card(
    reader: ReaderUnderTest, pcsc: Pcsc, hands: Hands, watch: Callable[[str], Callable[[], list[str]]]
) -> None:
    """A keyboard with a slot sent the digits to the host as well (M. Paljak, "insecure HP USB smart card keyboard").

    The card says 9000 to the right PIN only, so it has the digits; nothing that the reader sends to the host, nor the
    daemon's log at its fullest, holds them as text, as BCD or as numbers.
    """
    with pcsc.context() as context, context.connect(reader.name) as card:
        pad = Pinpad(card)
        seen = watch(PIN)
        hands.press(PIN, ENTER)
        assert card.control(pad.verify_code, STRUCTURE.to_bytes()) == b"\x90\x00"
        pad.assert_tries(reader_test.MAX_TRIES)
        assert seen() == []
