"""Transactions: a lock is a lock, whoever asks and however they go."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

import pytest

from fixtures import reader_test
from fixtures.pcsc.card import Card
from fixtures.pcsc.constants import (
    SCARD_ATTR_VENDOR_NAME,
    SCARD_LEAVE_CARD,
    SCARD_RESET_CARD,
    SCARD_SHARE_EXCLUSIVE,
    SCARD_SHARE_SHARED,
)
from fixtures.pcsc.context import Context
from fixtures.pcsc.errors import (
    SCARD_E_NOT_TRANSACTED,
    SCARD_E_PROTO_MISMATCH,
    SCARD_E_SHARING_VIOLATION,
    SCARD_W_RESET_CARD,
    PcscError,
)
from fixtures.pcsc.expect import raises_pcsc
from fixtures.pcsc.session import Pcsc
from fixtures.reader_under_test import ReaderUnderTest
from fixtures.states import state_of
from fixtures.threads import start_thread

pytestmark = [pytest.mark.subject("Transactions"), pytest.mark.applet("reader-test")]

SUCCESS = 0x9000
HELD_UP_SECONDS = 0.6
LONG_HELD_UP_SECONDS = 1.0
FREED_SECONDS = 10.0
LOOKS = 100
LOOK_MILLISECONDS = 50


@pytest.mark.behaviour("reset-within-anothers-transaction")
def test_reset_is_refused_while_another_handle_holds_a_transaction(reader: ReaderUnderTest, pcsc: Pcsc) -> None:
    """SCardEndTransaction(RESET) by one who holds no lock: SCARD_E_SHARING_VIOLATION, no reset (unitary tests)."""
    with pcsc.process("other") as process, pcsc.context() as a, process.context() as b:
        holder = a.connect(reader.name)
        intruder = b.connect(reader.name)
        with holder.transaction():
            assert holder.transmit(reader_test.SELECT).sw == SUCCESS
            with raises_pcsc(SCARD_E_SHARING_VIOLATION):
                intruder.end_transaction(SCARD_RESET_CARD)
            assert holder.transmit(reader_test.case_2(8)).data == reader_test.counting(8)


@pytest.mark.behaviour("disconnect-waits-for-anothers-transaction")
def test_disconnect_with_reset_waits_for_anothers_transaction(reader: ReaderUnderTest, pcsc: Pcsc) -> None:
    """pcsc-lite's SCardDisconnect(RESET) waits until the lock is free: the holder works on, undisturbed, until then."""
    with pcsc.process("other") as process, pcsc.context() as a, process.context() as b:
        holder = a.connect(reader.name)
        intruder = b.connect(reader.name)
        with holder.transaction():
            assert holder.transmit(reader_test.SELECT).sw == SUCCESS
            leaving = start_thread("intruder", intruder.disconnect, SCARD_RESET_CARD)
            assert not leaving.ended(within=0.6)
            assert holder.transmit(reader_test.case_2(8)).data == reader_test.counting(8)
        leaving.result(10)
        with raises_pcsc(SCARD_W_RESET_CARD):
            holder.transmit(reader_test.case_2(8))


@pytest.mark.behaviour("end-transaction-without-begin")
def test_end_transaction_without_begin_is_an_error(reader: ReaderUnderTest, pcsc: Pcsc) -> None:
    """SCardEndTransaction by a handle that began none returns SCARD_E_NOT_TRANSACTED (pcsc-lite's unitary tests)."""
    with (
        pcsc.context() as context,
        context.connect(reader.name) as card,
        raises_pcsc(SCARD_E_NOT_TRANSACTED),
    ):
        card.end_transaction(SCARD_LEAVE_CARD)


@pytest.mark.behaviour("two-begins-and-a-disconnect")
def test_disconnect_with_reset_releases_every_lock_of_the_handle(reader: ReaderUnderTest, pcsc: Pcsc) -> None:
    """Two SCardBeginTransaction, one SCardDisconnect(RESET): the next handle gets the card (unitary tests)."""
    with pcsc.process("other") as process, pcsc.context() as a, process.context() as b:
        first = a.connect(reader.name)
        first.begin_transaction()
        first.begin_transaction()
        first.disconnect(SCARD_RESET_CARD)
        second = b.connect(reader.name)
        with second.transaction():
            assert second.transmit(reader_test.SELECT).sw == SUCCESS


@pytest.mark.behaviour("lock-survives-a-bystander")
def test_transaction_survives_a_bystander_that_leaves(reader: ReaderUnderTest, pcsc: Pcsc) -> None:
    """SCardReleaseContext by one who shares the card: the lock stays with its holder (pcsc-lite's unitary tests).

    A third party's SCardBeginTransaction waits for a second and more, and gets the card when the holder gives it up.
    """
    with (
        pcsc.process("bystander") as elsewhere,
        pcsc.process("third") as further,
        pcsc.context() as a,
        elsewhere.context() as b,
        further.context() as c,
    ):
        holder = a.connect(reader.name)
        bystander = b.connect(reader.name)
        third = c.connect(reader.name)
        assert bystander.status().atr == reader.card.atr
        holder.begin_transaction()
        assert holder.transmit(reader_test.SELECT).sw == SUCCESS
        b.release()
        waiting = start_thread("third", third.begin_transaction)
        assert not waiting.ended(within=LONG_HELD_UP_SECONDS)
        assert holder.transmit(reader_test.case_2(8)).data == reader_test.counting(8)
        holder.end_transaction()
        waiting.result(FREED_SECONDS)
        assert third.transmit(reader_test.case_2(8)).data == reader_test.counting(8)
        third.end_transaction()


def begin(_context: Context, card: Card, _reader: str) -> None:
    """SCardBeginTransaction, and its end."""
    card.begin_transaction()
    card.end_transaction()


def reconnect(_context: Context, card: Card, _reader: str) -> None:
    """SCardReconnect with a reset."""
    card.reconnect(initialization=SCARD_RESET_CARD)


def transmit(_context: Context, card: Card, _reader: str) -> None:
    """SCardTransmit."""
    assert card.transmit(reader_test.case_2(8)).data == reader_test.counting(8)


def status(_context: Context, card: Card, _reader: str) -> None:
    """SCardStatus."""
    card.status()


def connect(context: Context, _card: Card, reader: str) -> None:
    """SCardConnect."""
    context.connect(reader).disconnect()


@pytest.mark.behaviour("held-up-by-a-transaction")
@pytest.mark.parametrize("call", [begin, reconnect, transmit, status, connect], ids=lambda call: call.__name__)
def test_call_waits_while_another_handle_holds_the_card(
    reader: ReaderUnderTest, pcsc: Pcsc, call: Callable[[Context, Card, str], None]
) -> None:
    """pcsc-lite holds these calls up until the lock is free, and carries them out then (its unitary tests)."""
    with pcsc.process("other") as process, pcsc.context() as a, process.context() as b:
        holder = a.connect(reader.name)
        other = b.connect(reader.name)
        holder.begin_transaction()
        assert holder.transmit(reader_test.SELECT).sw == SUCCESS
        waiting = start_thread("other", call, b, other, reader.name)
        assert not waiting.ended(within=HELD_UP_SECONDS)
        assert holder.transmit(reader_test.case_2(4)).data == reader_test.counting(4)
        holder.end_transaction()
        waiting.result(FREED_SECONDS)


@pytest.mark.behaviour("attribute-despite-a-transaction")
def test_attribute_is_not_held_up_by_another_handles_transaction(reader: ReaderUnderTest, pcsc: Pcsc) -> None:
    """SCardGetAttrib does not wait for the lock: the value, or SCARD_E_SHARING_VIOLATION at once (unitary tests)."""
    with pcsc.process("other") as process, pcsc.context() as a, process.context() as b:
        holder = a.connect(reader.name)
        other = b.connect(reader.name)
        with holder.transaction():
            asking = start_thread("other", other.get_attrib, SCARD_ATTR_VENDOR_NAME)
            try:
                assert asking.result(FREED_SECONDS)
            except PcscError as error:
                assert error.code == SCARD_E_SHARING_VIOLATION  # noqa: PT017 - the value is as good an answer
        assert other.get_attrib(SCARD_ATTR_VENDOR_NAME)


@pytest.mark.behaviour("nested-transactions")
def test_lock_that_was_taken_twice_is_given_up_twice(reader: ReaderUnderTest, pcsc: Pcsc) -> None:
    """SCardBeginTransaction counts: after one SCardEndTransaction of two, the card is still held (pcsc-lite)."""
    with pcsc.process("other") as process, pcsc.context() as a, process.context() as b:
        holder = a.connect(reader.name)
        other = b.connect(reader.name)
        holder.begin_transaction()
        holder.begin_transaction()
        holder.end_transaction()
        waiting = start_thread("other", begin, b, other, reader.name)
        assert not waiting.ended(within=HELD_UP_SECONDS)
        holder.end_transaction()
        waiting.result(FREED_SECONDS)
        with raises_pcsc(SCARD_E_NOT_TRANSACTED):
            holder.end_transaction()


def look_until(context: Context, reader: str, attempt: Callable[[], bool]) -> None:
    """Tries until it works out, and looks at the reader for a moment in between."""
    known = state_of(context, reader)
    for _look in range(LOOKS):
        if attempt():
            return
        with suppress(PcscError):
            context.get_status_change(LOOK_MILLISECONDS, [known])
    pytest.fail(f"nothing came of it within {LOOKS * LOOK_MILLISECONDS / 1000:.0f} s")


@pytest.mark.behaviour("death-with-the-lock")
def test_client_that_dies_with_the_lock_frees_it_and_the_card_is_reset(reader: ReaderUnderTest, pcsc: Pcsc) -> None:
    """A process that holds a transaction is killed: the next one gets the card, and is told of its reset (pcsc-lite).

    What the dead one had selected or verified must not be there for whoever comes next. pcscd frees the lock first and
    resets then, so for a moment others may meet a card that is being reset.
    """
    with pcsc.process("victim") as victim, pcsc.context() as a, victim.context() as b:
        survivor = a.connect(reader.name)
        doomed = b.connect(reader.name)
        assert doomed.transmit(reader_test.SELECT).sw == SUCCESS
        doomed.begin_transaction()

        def is_told_of_the_reset() -> bool:
            try:
                survivor.begin_transaction()
            except PcscError as error:
                if error.code != SCARD_W_RESET_CARD:
                    raise
                return True
            survivor.end_transaction()
            return False

        def selected(command: bytes) -> bool | None:
            """Whether the applet answers; None while the card is being reset."""
            survivor.reconnect()
            try:
                return survivor.transmit(command).sw == SUCCESS
            except PcscError as error:
                if error.code not in (SCARD_W_RESET_CARD, SCARD_E_PROTO_MISMATCH):
                    raise
                return None

        victim.kill()
        look_until(a, reader.name, is_told_of_the_reset)
        look_until(a, reader.name, lambda: selected(reader_test.case_2(8)) is False)
        look_until(a, reader.name, lambda: selected(reader_test.SELECT) is True)


@pytest.mark.behaviour("death-without-the-lock")
def test_client_that_dies_without_the_lock_leaves_the_card_alone(reader: ReaderUnderTest, pcsc: Pcsc) -> None:
    """A process that shares the card is killed: the others' applet stays selected, and no reset is told (pcsc-lite)."""
    with pcsc.process("victim") as victim, pcsc.context() as a, victim.context() as b:
        survivor = a.connect(reader.name)
        doomed = b.connect(reader.name)
        assert doomed.status().atr == reader.card.atr
        assert survivor.transmit(reader_test.SELECT).sw == SUCCESS

        def is_alone() -> bool:
            try:
                survivor.reconnect(share=SCARD_SHARE_EXCLUSIVE)
            except PcscError as error:
                if error.code != SCARD_E_SHARING_VIOLATION:
                    raise
                return False
            return True

        victim.kill()
        look_until(a, reader.name, is_alone)
        survivor.reconnect(share=SCARD_SHARE_SHARED)
        assert survivor.transmit(reader_test.case_2(8)).data == reader_test.counting(8)
