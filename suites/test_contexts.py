"""Contexts and threads: a context a thread, no answer crossed, and a wait that can be ended."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pytest

from fixtures import reader_test
from fixtures.hands import Hands
from fixtures.measurement import Measure
from fixtures.pcsc.constants import (
    INFINITE,
    SCARD_SHARE_EXCLUSIVE,
    SCARD_SHARE_SHARED,
    SCARD_STATE_EMPTY,
    SCARD_STATE_PRESENT,
    SCARD_STATE_UNAWARE,
)
from fixtures.pcsc.errors import (
    SCARD_E_CANCELLED,
    SCARD_E_INVALID_HANDLE,
    SCARD_E_SHARING_VIOLATION,
    SCARD_E_TIMEOUT,
    SCARD_E_UNKNOWN_READER,
    PcscError,
)
from fixtures.pcsc.expect import raises_pcsc
from fixtures.pcsc.provider import ReaderState
from fixtures.pcsc.session import Pcsc
from fixtures.reader_under_test import ReaderUnderTest
from fixtures.states import state_of, wait_for
from fixtures.threads import run_in_threads, start_thread

pytestmark = [pytest.mark.subject("Contexts and threads"), pytest.mark.suspect("stack")]

SUCCESS = 0x9000
THREADS = 16
ROUNDS = 4
SHARED_WAIT_MILLISECONDS = 1000
MANY_CONTEXTS = 16
MOST_CONTEXTS = 300
FORKED = ("SCARD_E_INVALID_HANDLE", "SCARD_E_NO_SERVICE", "SCARD_F_COMM_ERROR", "SCARD_S_SUCCESS")


@pytest.mark.behaviour("context-a-thread")
@pytest.mark.applet("reader-test")
def test_threads_with_a_context_each_never_get_anothers_answer(reader: ReaderUnderTest, pcsc: Pcsc) -> None:
    """One context a thread, all transmitting in transactions: every answer belongs to its question (pcsc-lite).

    The threads are those of another process: a PC/SC library that cannot bear them must not take the run with it.
    """
    together = threading.Barrier(THREADS)

    def exchange(number: int) -> None:
        with crowd.context() as context, context.connect(reader.name) as card:
            together.wait(30)
            for round_number in range(ROUNDS):
                length = 1 + number + THREADS * round_number
                with card.transaction():
                    assert card.transmit(reader_test.SELECT).sw == SUCCESS
                    response = card.transmit(reader_test.case_2(length))
                assert (response.sw, response.data) == (SUCCESS, reader_test.counting(length))

    with pcsc.process("crowd") as crowd:
        run_in_threads(exchange, THREADS)


@pytest.mark.behaviour("context-churn")
def test_contexts_are_established_and_released_without_error(reader: ReaderUnderTest, pcsc: Pcsc) -> None:
    """100 threads with ten contexts each, then ten with ten connections: none fails (pcsc-lite's unitary tests).

    Those of pcsc-lite before 2.4.0 can crash here: its list of contexts had no lock (fe6ca582).
    """

    def establish(_number: int) -> None:
        for _round in range(10):
            with crowd.context() as context:
                assert context.is_valid()

    def connect(_number: int) -> None:
        for _round in range(10):
            with crowd.context() as context, context.connect(reader.name):
                pass

    with pcsc.process("crowd") as crowd:
        run_in_threads(establish, 100)
        run_in_threads(connect, 10)


@pytest.mark.behaviour("cancel-from-another-thread")
def test_cancel_from_another_thread_ends_the_wait(reader: ReaderUnderTest, pcsc: Pcsc) -> None:
    """SCardCancel on the same context: the waiter gets SCARD_E_CANCELLED, and the next call works (unitary tests)."""
    with pcsc.context() as context:
        (known,) = context.get_status_change(0, [ReaderState(reader.name, SCARD_STATE_UNAWARE)])
        waiting = start_thread(
            "waiter", context.get_status_change, INFINITE, [ReaderState(reader.name, known.event_state)]
        )
        context.cancel()
        while not waiting.ended(within=0.05):
            context.cancel()  # again: the wait had not begun, and a cancel with nothing pending is lost
        with raises_pcsc(SCARD_E_CANCELLED):
            waiting.result()
        (now,) = context.get_status_change(0, [ReaderState(reader.name, SCARD_STATE_UNAWARE)])
        assert now.event_state & SCARD_STATE_PRESENT


@pytest.mark.behaviour("event-after-a-cancelled-wait")
def test_event_after_a_cancelled_wait_is_reported(reader: ReaderUnderTest, pcsc: Pcsc, hands: Hands) -> None:
    """A wait that was cancelled leaves nothing behind: the next one tells of the card's removal (unitary tests)."""
    with pcsc.context() as context:
        known = state_of(context, reader.name)
        waiting = start_thread("waiter", context.get_status_change, INFINITE, [known])
        context.cancel()
        while not waiting.ended(within=0.05):
            context.cancel()
        with raises_pcsc(SCARD_E_CANCELLED):
            waiting.result()
        hands.remove()
        assert wait_for(context, known, SCARD_STATE_EMPTY, hands).reader == reader.name


@pytest.mark.behaviour("cancel-with-nothing-pending")
def test_cancel_with_nothing_pending_has_no_later_effect(reader: ReaderUnderTest, pcsc: Pcsc) -> None:
    """SCardCancel when nobody waits succeeds, and the next wait is not cancelled by it (pcsc-lite's unitary tests)."""
    with pcsc.context() as context:
        context.cancel()
        (known,) = context.get_status_change(0, [ReaderState(reader.name, SCARD_STATE_UNAWARE)])
        with raises_pcsc(SCARD_E_TIMEOUT):
            context.get_status_change(50, [ReaderState(reader.name, known.event_state)])


@pytest.mark.behaviour("exclusive-refused-after-shared")
def test_exclusive_connection_is_refused_while_another_is_open(reader: ReaderUnderTest, pcsc: Pcsc) -> None:
    """SCARD_SHARE_EXCLUSIVE over an open shared connection: SCARD_E_SHARING_VIOLATION (pcsc-lite's unitary tests)."""
    with (
        pcsc.process("other") as process,
        pcsc.context() as a,
        process.context() as b,
        a.connect(reader.name, share=SCARD_SHARE_SHARED),
        raises_pcsc(SCARD_E_SHARING_VIOLATION),
    ):
        b.connect(reader.name, share=SCARD_SHARE_EXCLUSIVE)


@pytest.mark.behaviour("shared-refused-after-exclusive")
def test_shared_connection_is_refused_while_an_exclusive_one_is_open(reader: ReaderUnderTest, pcsc: Pcsc) -> None:
    """The other order is refused as well, and the reader is free again afterwards (pcsc-lite's unitary tests)."""
    with pcsc.process("other") as process, pcsc.context() as a, process.context() as b:
        with a.connect(reader.name, share=SCARD_SHARE_EXCLUSIVE), raises_pcsc(SCARD_E_SHARING_VIOLATION):
            b.connect(reader.name, share=SCARD_SHARE_SHARED)
        with b.connect(reader.name, share=SCARD_SHARE_SHARED) as card:
            assert card.status().atr


@pytest.mark.behaviour("unknown-reader")
def test_reader_that_does_not_exist_is_unknown(pcsc: Pcsc, reader: ReaderUnderTest) -> None:  # noqa: ARG001 - chooses the stack
    """SCardConnect to a name that nobody has: SCARD_E_UNKNOWN_READER (PC/SC part 5)."""
    with pcsc.context() as context, raises_pcsc(SCARD_E_UNKNOWN_READER):
        context.connect("A reader that does not exist 00 00")


@pytest.mark.behaviour("released-context")
def test_released_context_is_invalid_and_its_cards_too(reader: ReaderUnderTest, pcsc: Pcsc) -> None:
    """After SCardReleaseContext neither the context nor a handle made with it is known (pcsc-lite)."""
    context = pcsc.context()
    card = context.connect(reader.name)
    context.release()
    assert not context.is_valid()
    with raises_pcsc(SCARD_E_INVALID_HANDLE):
        context.connect(reader.name)
    with raises_pcsc(SCARD_E_INVALID_HANDLE):
        card.transmit(reader_test.SELECT)


@pytest.mark.behaviour("context-shared-by-two-threads")
def test_context_that_two_threads_share_is_measured(reader: ReaderUnderTest, pcsc: Pcsc, measure: Measure) -> None:
    """One context, a wait in one thread and SCardListReaders in another: how long does the list take?

    pcsc-lite answers after the wait, for which the context is locked; a context of its own is answered at once. That
    is why each thread needs its own. javax.smartcardio has one for all.
    """
    with pcsc.context() as shared, pcsc.context() as own:
        known = state_of(shared, reader.name)
        begun = time.monotonic()
        waiting = start_thread("waiter", shared.get_status_change, SHARED_WAIT_MILLISECONDS, [known])
        waiting.ended(within=0.1)
        asking = start_thread("asker", shared.readers)
        waiting.ended(within=0.1)
        assert reader.name in own.readers()
        alone = time.monotonic() - begun
        with raises_pcsc(SCARD_E_TIMEOUT):
            waiting.result()
        assert reader.name in asking.result()
        measure("SCardListReaders on a context of its own", alone - 0.2, "s")
        measure("SCardListReaders on a context that waits", time.monotonic() - begun - 0.1, "s")


@pytest.mark.behaviour("context-limit")
@pytest.mark.not_recorded("hundreds of contexts say nothing on paper")
def test_too_many_contexts_are_refused_and_the_others_live(
    reader: ReaderUnderTest, pcsc: Pcsc, measure: Measure
) -> None:
    """pcscd serves 200 contexts unless told otherwise: one too many is an error, and a released one makes room.

    A service whose limit is beyond 300 shows none here.
    """
    contexts = [pcsc.context() for _number in range(MANY_CONTEXTS)]
    refused = None
    while refused is None and len(contexts) < MOST_CONTEXTS:
        try:
            contexts.append(pcsc.context())
        except PcscError as error:
            refused = error
    measure("contexts of one client", len(contexts), "contexts")
    assert all(context.is_valid() for context in contexts[:: MANY_CONTEXTS // 4])
    for context in contexts:
        context.close()
    with pcsc.context() as context:
        assert reader.name in context.readers()


@pytest.mark.behaviour("context-after-a-fork")
def test_childs_use_of_its_parents_context_is_defined_and_leaves_the_parent_alone(
    reader: ReaderUnderTest, forked: Callable[[str], str], record_property: Callable[[str, object], None]
) -> None:
    """SCARD_E_INVALID_HANDLE for a child (pcsc-lite's unitary tests), and the parent's context works on.

    pcsc-lite looks at the process only where it is built to (DO_CHECK_SAME_PROCESS); else the child has a share in the
    parent's context, and its call succeeds.
    """
    code = forked(reader.name)
    record_property("SCardListReaders in a child", code)
    assert code in FORKED
