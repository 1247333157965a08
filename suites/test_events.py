"""Events: cards and readers that come and go are seen, told apart, and leave the daemon standing."""

from __future__ import annotations

from contextlib import suppress

import pytest

from fixtures import reader_test
from fixtures.hands import Hands
from fixtures.pcsc.constants import (
    INFINITE,
    PNP_NOTIFICATION,
    SCARD_RESET_CARD,
    SCARD_SHARE_DIRECT,
    SCARD_SHARE_SHARED,
    SCARD_STATE_CHANGED,
    SCARD_STATE_EMPTY,
    SCARD_STATE_MUTE,
    SCARD_STATE_PRESENT,
    SCARD_STATE_UNAVAILABLE,
    SCARD_STATE_UNAWARE,
    SCARD_STATE_UNKNOWN,
    SCARD_UNPOWER_CARD,
)
from fixtures.pcsc.errors import (
    SCARD_E_INVALID_HANDLE,
    SCARD_E_INVALID_VALUE,
    SCARD_E_NO_SMARTCARD,
    SCARD_E_NOT_TRANSACTED,
    SCARD_E_READER_UNAVAILABLE,
    SCARD_E_UNKNOWN_READER,
    SCARD_F_COMM_ERROR,
    SCARD_W_REMOVED_CARD,
    SCARD_W_UNPOWERED_CARD,
    SCARD_W_UNRESPONSIVE_CARD,
    PcscError,
)
from fixtures.pcsc.expect import raises_pcsc
from fixtures.pcsc.provider import ReaderState
from fixtures.pcsc.session import Pcsc
from fixtures.reader_under_test import ReaderUnderTest
from fixtures.states import state_of, wait_for
from fixtures.threads import start_thread

pytestmark = pytest.mark.subject("Events")

SUCCESS = 0x9000
NOT_THERE = SCARD_STATE_UNKNOWN | SCARD_STATE_UNAVAILABLE


@pytest.mark.behaviour("card-removal-and-insertion-are-seen")
def test_card_removal_and_insertion_are_seen(reader: ReaderUnderTest, pcsc: Pcsc, hands: Hands) -> None:
    """SCardGetStatusChange tells EMPTY, then PRESENT with the same ATR; the upper word counts events (pcsc-lite)."""
    with pcsc.context() as context:
        before = state_of(context, reader.name)
        assert before.current_state & SCARD_STATE_PRESENT
        hands.remove()
        gone = wait_for(context, before, SCARD_STATE_EMPTY, hands)
        hands.insert()
        back = wait_for(context, gone, SCARD_STATE_PRESENT, hands)
        assert back.current_state >> 16 > gone.current_state >> 16 > before.current_state >> 16
        (state,) = context.get_status_change(0, [ReaderState(reader.name, SCARD_STATE_UNAWARE)])
        assert state.atr == reader.card.atr


@pytest.mark.behaviour("removed-card-is-not-a-reset-card")
@pytest.mark.applet("reader-test")
def test_card_that_was_away_is_reported_as_removed_not_as_reset(
    reader: ReaderUnderTest, pcsc: Pcsc, hands: Hands
) -> None:
    """macOS (radars 23900844, 44638067, 44672548) confused them: SCARD_W_REMOVED_CARD, never SCARD_W_RESET_CARD."""
    with (
        pcsc.process("other") as process,
        pcsc.context() as context,
        process.context() as elsewhere,
        context.connect(reader.name) as card,
        elsewhere.connect(reader.name) as shared,
    ):
        assert card.transmit(reader_test.SELECT).sw == SUCCESS
        before = state_of(context, reader.name)
        hands.remove()
        gone = wait_for(context, before, SCARD_STATE_EMPTY, hands)
        hands.insert()
        wait_for(context, gone, SCARD_STATE_PRESENT, hands)
        with raises_pcsc(SCARD_W_REMOVED_CARD):
            shared.transmit(reader_test.SELECT)
        with raises_pcsc(SCARD_W_REMOVED_CARD):
            card.transmit(reader_test.SELECT)
        with raises_pcsc(SCARD_W_REMOVED_CARD):
            card.begin_transaction()
        with raises_pcsc(SCARD_W_REMOVED_CARD):
            card.status()
        with raises_pcsc(SCARD_W_REMOVED_CARD, SCARD_E_NOT_TRANSACTED):
            card.end_transaction()
        card.reconnect()
        assert card.transmit(reader_test.SELECT).sw == SUCCESS


@pytest.mark.behaviour("removed-card-within-a-transaction")
@pytest.mark.applet("reader-test")
def test_card_that_goes_within_a_transaction_is_reported_as_removed(
    reader: ReaderUnderTest, pcsc: Pcsc, hands: Hands
) -> None:
    """SCardEndTransaction with a reset, of a card that is gone: SCARD_W_REMOVED_CARD, and no lock stays behind."""
    with pcsc.process("other") as process, pcsc.context() as context, process.context() as another:
        card = context.connect(reader.name)
        assert card.transmit(reader_test.SELECT).sw == SUCCESS
        known = state_of(context, reader.name)
        card.begin_transaction()
        hands.remove()
        known = wait_for(context, known, SCARD_STATE_EMPTY, hands)
        with raises_pcsc(SCARD_W_REMOVED_CARD):
            card.transmit(reader_test.case_2(8))
        with raises_pcsc(SCARD_W_REMOVED_CARD):
            card.end_transaction(SCARD_RESET_CARD)
        card.disconnect(SCARD_RESET_CARD)
        hands.insert()
        wait_for(context, known, SCARD_STATE_PRESENT, hands)
        with another.connect(reader.name) as next_one, next_one.transaction():
            assert next_one.transmit(reader_test.SELECT).sw == SUCCESS


@pytest.mark.behaviour("connect-without-card")
def test_connecting_to_an_empty_reader_needs_direct_mode(reader: ReaderUnderTest, pcsc: Pcsc, hands: Hands) -> None:
    """SCARD_SHARE_SHARED without a card is SCARD_E_NO_SMARTCARD; SCARD_SHARE_DIRECT works (PC/SC part 5)."""
    with pcsc.context() as context:
        before = state_of(context, reader.name)
        hands.remove()
        wait_for(context, before, SCARD_STATE_EMPTY, hands)
        with raises_pcsc(SCARD_E_NO_SMARTCARD):
            context.connect(reader.name, share=SCARD_SHARE_SHARED)
        with context.connect(reader.name, share=SCARD_SHARE_DIRECT, protocols=0) as direct:
            assert direct.status().atr == b""


@pytest.mark.behaviour("mute-card")
def test_mute_card_is_unresponsive(reader: ReaderUnderTest, pcsc: Pcsc, hands: Hands) -> None:
    """A card that answers no reset: MUTE in its state, and no connection (CCID 1.1, 6.2.6, ICC_MUTE).

    Windows says SCARD_W_UNRESPONSIVE_CARD, pcsc-lite SCARD_W_UNPOWERED_CARD, since the power-up that failed left none.
    """
    with pcsc.context() as context:
        known = state_of(context, reader.name)
        hands.remove()
        known = wait_for(context, known, SCARD_STATE_EMPTY, hands)
        hands.insert_upside_down()
        wait_for(context, known, SCARD_STATE_MUTE, hands)
        with raises_pcsc(SCARD_W_UNRESPONSIVE_CARD, SCARD_W_UNPOWERED_CARD):
            context.connect(reader.name)


@pytest.mark.behaviour("card-goes-mute-in-an-exchange")
@pytest.mark.applet("reader-test")
def test_card_that_goes_mute_fails_the_call_and_no_more(reader: ReaderUnderTest, pcsc: Pcsc, hands: Hands) -> None:
    """A card that answers no more: SCardTransmit fails, the daemon lives, and the card works once it is put back."""
    with pcsc.context() as context, context.connect(reader.name) as card:
        assert card.transmit(reader_test.SELECT).sw == SUCCESS
        hands.silence_card()
        with pytest.raises(PcscError):
            card.transmit(reader_test.case_2(16))
        card.disconnect(SCARD_UNPOWER_CARD)
        known = state_of(context, reader.name)
        hands.remove()
        known = wait_for(context, known, SCARD_STATE_EMPTY, hands)
        hands.insert()
        wait_for(context, known, SCARD_STATE_PRESENT, hands)
        with context.connect(reader.name) as again:
            assert again.transmit(reader_test.SELECT).sw == SUCCESS


@pytest.mark.behaviour("reader-unplugged-and-plugged")
@pytest.mark.applet("reader-test")
def test_reader_that_is_unplugged_is_gone_and_comes_back(reader: ReaderUnderTest, pcsc: Pcsc, hands: Hands) -> None:
    """pcsc-lite: the waiter gets UNKNOWN|UNAVAILABLE, and the reader works again once it is plugged in.

    An open handle gets SCARD_E_READER_UNAVAILABLE while the reader goes, and SCARD_E_INVALID_VALUE when it is gone.
    """
    with pcsc.context() as context, context.connect(reader.name) as card:
        known = state_of(context, reader.name)
        hands.unplug()
        try:
            wait_for(context, known, NOT_THERE, hands)
        except PcscError as error:
            if error.code != SCARD_E_UNKNOWN_READER:  # which a waiter is told that comes too late
                raise
        with raises_pcsc(SCARD_E_READER_UNAVAILABLE, SCARD_E_INVALID_VALUE):
            card.transmit(reader_test.SELECT)
        with raises_pcsc(SCARD_E_UNKNOWN_READER):
            context.connect(reader.name)
        hands.plug()
        with context.connect(reader.name) as again:
            assert again.transmit(reader_test.SELECT).sw == SUCCESS


@pytest.mark.behaviour("second-reader-of-the-same-make")
@pytest.mark.applet("reader-test")
def test_second_reader_of_the_same_make_has_a_name_of_its_own(
    reader: ReaderUnderTest, pcsc: Pcsc, hands: Hands
) -> None:
    """Two identical readers are two readers: other names, and each answers for its own card (pcsc-lite)."""
    with pcsc.context() as context:
        before = context.readers()
        hands.plug_second()
        second = min(set(context.readers()) - set(before))
        with context.connect(reader.name) as first, context.connect(second) as other:
            assert first.transmit(reader_test.SELECT).sw == SUCCESS
            assert other.transmit(reader_test.case_2(16)).sw != SUCCESS
            assert other.transmit(reader_test.SELECT).sw == SUCCESS
            assert other.transmit(reader_test.case_2(16)).data == reader_test.counting(16)


@pytest.mark.behaviour("reader-unplugged-within-an-exchange")
@pytest.mark.applet("reader-test")
def test_reader_that_is_unplugged_within_an_exchange_fails_the_call_and_no_more(
    reader: ReaderUnderTest, pcsc: Pcsc, hands: Hands
) -> None:
    """The cable is pulled while the card works: the call fails soon, and the daemon serves the next one (pcsc-lite)."""
    hands.require_cable()
    with pcsc.context() as context, context.connect(reader.name) as card:
        assert card.transmit(reader_test.SELECT).sw == SUCCESS
        working = start_thread("worker", card.transmit, reader_test.busy(255))
        working.ended(within=0.3)  # the command is on its way to the card, which takes seconds for it
        hands.unplug()
        with pytest.raises(PcscError):
            working.result()
        assert context.is_valid()


@pytest.mark.behaviour("card-removed-within-an-exchange")
@pytest.mark.applet("reader-test")
def test_card_that_is_removed_within_an_exchange_fails_the_call_and_no_more(
    reader: ReaderUnderTest, pcsc: Pcsc, hands: Hands
) -> None:
    """The card is pulled while it works: the call fails soon, and the card works again once it is back.

    SCARD_E_NO_SMARTCARD or SCARD_W_REMOVED_CARD say so; libccid tells it as SCARD_E_NOT_TRANSACTED.
    """
    with pcsc.context() as context, context.connect(reader.name) as card:
        assert card.transmit(reader_test.SELECT).sw == SUCCESS
        known = state_of(context, reader.name)
        working = start_thread("worker", card.transmit, reader_test.busy(255))
        working.ended(within=0.3)  # the command is on its way to the card, which takes seconds for it
        hands.remove()
        with raises_pcsc(SCARD_E_NO_SMARTCARD, SCARD_W_REMOVED_CARD, SCARD_E_NOT_TRANSACTED, SCARD_F_COMM_ERROR):
            working.result()
        known = wait_for(context, known, SCARD_STATE_EMPTY, hands)
        hands.insert()
        wait_for(context, known, SCARD_STATE_PRESENT, hands)
        card.disconnect()
        with context.connect(reader.name) as again:
            assert again.transmit(reader_test.SELECT).sw == SUCCESS


@pytest.mark.behaviour("state-of-an-unknown-reader")
def test_state_of_a_reader_that_does_not_exist_is_an_error(reader: ReaderUnderTest, pcsc: Pcsc) -> None:
    """SCardGetStatusChange for a name that nobody has: SCARD_E_UNKNOWN_READER, and none of the wait (pcsc-lite)."""
    with pcsc.context() as context:
        with raises_pcsc(SCARD_E_UNKNOWN_READER):
            context.get_status_change(10_000, [ReaderState("A reader that does not exist 00 00")])
        assert state_of(context, reader.name).current_state & SCARD_STATE_PRESENT


@pytest.mark.behaviour("reader-arrival-is-notified")
def test_reader_that_arrives_ends_a_wait_for_readers(reader: ReaderUnderTest, pcsc: Pcsc, hands: Hands) -> None:
    r"""A wait on \\?PnP?\Notification ends when a reader arrives, and the list has it then (PC/SC part 5)."""
    with pcsc.context() as context, pcsc.context() as another:
        before = context.readers()
        waiting = start_thread("waiter", another.get_status_change, INFINITE, [ReaderState(PNP_NOTIFICATION)])
        waiting.ended(within=0.2)  # the wait is under way when the reader comes
        hands.plug_second()
        (state,) = waiting.result(hands.patience)
        assert state.event_state & SCARD_STATE_CHANGED
        assert set(before) < set(context.readers())
        assert reader.name in before


@pytest.mark.behaviour("reader-change-before-the-wait")
def test_reader_that_came_or_went_before_the_wait_is_not_missed(
    reader: ReaderUnderTest, pcsc: Pcsc, hands: Hands
) -> None:
    r"""A wait on \\?PnP?\Notification with the last event's state ends at once where a reader has moved since.

    Whoever handles one event would miss the next one else. The upper word counts (pcsc-lite 2.3.0).
    """
    with pcsc.process("other") as process, pcsc.context() as context, process.context() as another:
        before = context.readers()
        waiting = start_thread("waiter", another.get_status_change, INFINITE, [ReaderState(PNP_NOTIFICATION)])
        waiting.ended(within=0.2)  # the wait is under way when the reader comes
        hands.plug_second()
        (came,) = waiting.result(hands.patience)
        hands.unplug_second()
        while context.readers() != before:
            with suppress(PcscError):
                context.get_status_change(100, [ReaderState(PNP_NOTIFICATION)])
        assert reader.name in before
        (went,) = another.get_status_change(500, [ReaderState(PNP_NOTIFICATION, came.event_state)])
        assert went.event_state & SCARD_STATE_CHANGED


@pytest.mark.behaviour("disconnect-after-unplug")
def test_disconnect_after_the_reader_is_gone_works_once(reader: ReaderUnderTest, pcsc: Pcsc, hands: Hands) -> None:
    """SCardDisconnect gives the handle of a reader that is gone back; a second one is SCARD_E_INVALID_HANDLE."""
    with pcsc.context() as context:
        card = context.connect(reader.name)
        known = state_of(context, reader.name)
        hands.unplug()
        try:
            wait_for(context, known, NOT_THERE, hands)
        except PcscError as error:
            if error.code != SCARD_E_UNKNOWN_READER:  # which a waiter is told that comes too late
                raise
        card.disconnect(SCARD_RESET_CARD)
        with raises_pcsc(SCARD_E_INVALID_HANDLE):
            card.disconnect()
