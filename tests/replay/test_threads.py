"""Threads run freely on replay, and are held back only where the recording is certain of an order."""

from __future__ import annotations

import threading
import time

import pytest

from fixtures.pcsc import constants
from fixtures.pcsc.errors import SCARD_E_CANCELLED
from fixtures.pcsc.provider import Provider, ReaderState
from fixtures.replay.divergence import ReplayDivergence
from fixtures.replay.ordering import Interval, order
from fixtures.replay.player import ReplayPcsc
from fixtures.replay.recording import Step, StepReference, stuck_step
from tests.replay.scenarios import (
    T1,
    blocked_begin,
    cancelled_wait,
    connected,
    every_call,
    run_threads,
    sixteen_contexts,
)
from tests.replay.small_stack import AGAIN, READER, SECRETS, SmallStack, play, record


def test_sixteen_contexts_replay_however_they_are_scheduled() -> None:
    recording = record(sixteen_contexts)
    for _ in range(5):
        play(sixteen_contexts, recording)


def test_a_wait_is_held_until_its_cancel() -> None:
    recording = record(cancelled_wait)
    waits = [step for step in recording.steps if step.error == SCARD_E_CANCELLED]
    assert [step.until for step in waits] == [StepReference("main", 3)]
    for _ in range(5):
        play(cancelled_wait, recording)


def test_a_cancel_that_comes_first_is_remembered() -> None:
    """On replay the waiter may come late: its wait ends at once."""
    recording = record(cancelled_wait)
    replay = ReplayPcsc(recording, SECRETS, AGAIN)
    original = replay.get_status_change
    cancelled = threading.Event()

    class Late:
        def __getattr__(self, name: str) -> object:
            return getattr(replay, name)

        def get_status_change(self, *arguments: object) -> object:
            if threading.current_thread().name == "waiter":
                cancelled.wait(10)
            return original(*arguments)  # type: ignore[arg-type]

        def cancel(self, context: int) -> None:
            replay.cancel(context)
            cancelled.set()

    cancelled_wait(Late(), None)  # type: ignore[arg-type]
    replay.finish()


def test_a_begin_that_was_held_up_waits_for_the_end_that_freed_it() -> None:
    recording = record(blocked_begin)
    begins = [step for step in recording.steps if step.method == "begin_transaction" and step.role == "other"]
    assert [step.until for step in begins] == [StepReference("main", 4)]
    play(blocked_begin, recording)


def test_a_wait_for_time_alone_takes_none() -> None:
    recording = record(every_call)
    began = time.monotonic()
    play(every_call, recording)
    assert time.monotonic() - began < 1.0


def test_a_shared_contexts_order_is_kept() -> None:
    """A thread that comes early waits for its turn on a context that another thread has to use first."""

    def scenario(pcsc: Provider, stack: SmallStack | None) -> None:
        context = pcsc.establish_context(constants.SCARD_SCOPE_SYSTEM)
        first_done = threading.Event()

        def first() -> None:
            time.sleep(0.05)
            pcsc.list_readers(context)
            first_done.set()

        def second() -> None:
            if stack is not None:
                first_done.wait(10)
            pcsc.is_valid_context(context)
            assert first_done.wait(10)

        run_threads({"first": first, "second": second})
        pcsc.release_context(context)

    recording = record(scenario)
    after = {(step.role, step.method): step.after for step in recording.steps}
    assert after["second", "is_valid_context"] == (StepReference("first", 1), StepReference("main", 1))
    play(scenario, recording)


def test_an_awaited_call_that_never_comes_is_named() -> None:
    recording = record(cancelled_wait)
    replay = ReplayPcsc(recording, SECRETS, AGAIN, patience=0.05)
    steps = recording.by_role()["main"]
    context = replay.establish_context(constants.SCARD_SCOPE_SYSTEM)
    known = replay.get_status_change(context, 0, [ReaderState(READER)])[0].event_state
    failures: list[BaseException] = []

    def wait() -> None:
        try:
            replay.get_status_change(context, constants.INFINITE, [ReaderState(READER, known)])
        except ReplayDivergence as error:
            failures.append(error)

    waiter = threading.Thread(target=wait, name="waiter")
    waiter.start()
    waiter.join()
    assert "step 1 of thread waiter waits for calls that did not come within 0.05 s" in str(failures[0])
    assert "expected step 3 of thread main: SCardCancel(context 1)" in str(failures[0])
    assert steps[2].method == "cancel"
    with pytest.raises(ReplayDivergence, match="did not come"):
        replay.finish()


def test_a_divergence_in_one_thread_wakes_the_waiting_ones() -> None:
    replay = ReplayPcsc(record(blocked_begin), SECRETS, AGAIN, patience=30)
    _, card = connected(replay)
    replay.begin_transaction(card)
    woken: list[str] = []

    def other() -> None:
        _, mine = connected(replay)
        try:
            replay.begin_transaction(mine)
        except ReplayDivergence as error:
            woken.append(str(error))

    thread = threading.Thread(target=other, name="other")
    thread.start()
    with pytest.raises(ReplayDivergence) as caught:
        replay.transmit(card, T1, b"\x80\x30\x00\x00", 2)
    thread.join(10)
    assert not thread.is_alive()
    assert woken == [str(caught.value)]


def test_a_thread_that_was_not_recorded_is_named() -> None:
    replay = ReplayPcsc(record(every_call), SECRETS, AGAIN)

    def call() -> None:
        replay.establish_context(constants.SCARD_SCOPE_SYSTEM)

    with pytest.raises(ReplayDivergence, match="thread stranger made a call, but nothing is recorded of it"):
        run_threads({"stranger": call})


def interval(role: str, number: int, method: str, began: int, ended: int, seconds: float = 0.0) -> Interval:
    return Interval(StepReference(role, number), method, 1, began, ended, seconds, None)


def test_overlapping_calls_are_not_ordered() -> None:
    calls = [interval("a", 1, "status", 1, 4), interval("b", 1, "status", 2, 3), interval("b", 2, "status", 5, 6)]
    orders = order(calls)
    assert [orders[call.reference].after for call in calls] == [(), (), (StepReference("a", 1),)]


def test_turns_taken_by_several_threads_are_chance() -> None:
    """With more than one other thread giving up the lock, none is named as the one that was waited for."""
    held = interval("a", 1, "begin_transaction", 1, 9, seconds=2.0)
    one = interval("b", 1, "end_transaction", 2, 3)
    another = interval("c", 1, "end_transaction", 4, 5)
    assert order([held, one])[held.reference].until == one.reference
    assert order([held, one, another])[held.reference].until is None


def step(role: str, *after: StepReference, until: StepReference | None = None) -> Step:
    return Step(role, "cancel", after=after, until=until)


def test_steps_that_wait_for_each_other_are_found() -> None:
    a, b = StepReference("a", 1), StepReference("b", 1)
    assert stuck_step({"a": [step("a", b)], "b": [step("b", a)]}) is not None
    assert stuck_step({"a": [step("a", until=b)], "b": [step("b", a)]}) is not None
    assert stuck_step({"a": [step("a", until=StepReference("c", 1))], "b": [step("b")]}) == a
    assert stuck_step({"a": [step("a", until=b)], "b": [step("b", until=a)]}) is None
    assert stuck_step({"a": [step("a", b), step("a")], "b": [step("b"), step("b", StepReference("a", 2))]}) is None


def test_a_long_chain_of_threads_is_checked_in_no_time() -> None:
    count = 20000
    chain = {str(n): [step(str(n), *([StepReference(str(n + 1), 1)] if n < count else []))] for n in range(count + 1)}
    began = time.monotonic()
    assert stuck_step(chain) is None
    assert time.monotonic() - began < 5
