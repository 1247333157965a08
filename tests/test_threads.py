"""Threads with roles: their ends, their errors, and waits that are known to last."""

from __future__ import annotations

import threading

import pytest

from fixtures.pcsc.held_up import held_up
from fixtures.threads import run_in_threads, start_thread


def test_a_thread_gives_what_its_call_gives() -> None:
    assert start_thread("worker", divmod, 7, 2).result(30) == (3, 1)


def test_an_error_comes_out_where_the_result_is_asked_for() -> None:
    with pytest.raises(ZeroDivisionError):
        start_thread("worker", divmod, 7, 0).result(30)


def test_a_thread_that_works_is_waited_for_and_one_that_is_held_up_is_not() -> None:
    """The second wait would last ten minutes if nothing were known."""
    go_on = threading.Event()

    def hold() -> None:
        with held_up():
            assert go_on.wait(60)

    thread = start_thread("held", hold)
    assert not thread.ended(within=600)
    go_on.set()
    thread.result(60)
    assert thread.ended(within=0)


def test_a_thread_that_has_not_ended_in_time_is_named() -> None:
    go_on = threading.Event()
    thread = start_thread("slow", go_on.wait, 60)
    with pytest.raises(TimeoutError, match="thread slow"):
        thread.result(0.05)
    go_on.set()
    assert thread.result(60)


def test_all_are_waited_for_before_the_first_error_comes_out() -> None:
    done: list[int] = []
    together = threading.Barrier(3)

    def work(number: int) -> None:
        together.wait(30)
        if number == 0:
            raise ValueError("first")
        done.append(number)

    with pytest.raises(ValueError, match="first"):
        run_in_threads(work, 3)
    assert sorted(done) == [1, 2]
