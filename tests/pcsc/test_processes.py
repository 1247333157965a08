"""A second process's calls: made there, answered here, and a death there is told and ends nothing else.

The process's PC/SC is the machine's own: without a daemon it answers SCARD_E_NO_SERVICE, which is an answer.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fixtures.pcsc import caller
from fixtures.pcsc.client_process import ClientProcess
from fixtures.pcsc.errors import SCARD_E_INVALID_HANDLE, SCARD_E_NO_SERVICE, SCARD_F_COMM_ERROR, PcscError
from fixtures.pcsc.processes import RealProcesses
from fixtures.pcsc.provider import CardStatus, ReaderState
from fixtures.pcsc.session import Pcsc
from fixtures.pcsc.wire import decoded, encoded
from tests.pcsc.fake import FakePcsc

pytest.importorskip("smartcard.scard", reason="pyscard is not installed: the other process needs it")

NUMBERS = st.integers(min_value=0, max_value=(1 << 64) - 1)
VALUES = st.one_of(
    st.none(),
    st.booleans(),
    NUMBERS,
    st.text(),
    st.binary(max_size=300),
    st.builds(ReaderState, st.text(), NUMBERS, NUMBERS, st.binary(max_size=33)),
    st.builds(CardStatus, st.text(), NUMBERS, NUMBERS, st.binary(max_size=33)),
)


@given(st.one_of(VALUES, st.lists(VALUES), st.tuples(VALUES, VALUES)))
def test_every_value_of_a_call_comes_through(value: object) -> None:
    assert decoded(encoded(value)) == value


@pytest.mark.parametrize("value", [{"bytes": 1}, {"reader state": []}, {"a": 1, "b": 2}, 1.5])
def test_what_is_no_value_of_a_call_is_refused(value: object) -> None:
    with pytest.raises((ValueError, TypeError)):
        decoded(value)


@pytest.fixture
def other(monkeypatch: pytest.MonkeyPatch) -> Iterator[ClientProcess]:
    """A process whose PC/SC library finds no daemon."""
    monkeypatch.setenv("PCSCLITE_CSOCK_NAME", "/nonexistent/pcscd.comm")
    process = ClientProcess("other", 1)
    yield process
    process.stop()


def test_a_call_is_made_there_and_its_error_comes_back(other: ClientProcess) -> None:
    with pytest.raises(PcscError) as caught:
        other.provider.establish_context(2)
    assert (caught.value.code, caught.value.call) == (SCARD_E_NO_SERVICE, "SCardEstablishContext")
    with pytest.raises(PcscError) as caught:
        other.provider.release_context(0)
    assert caught.value.code == SCARD_E_INVALID_HANDLE


def test_a_crash_there_is_told_with_its_signal(other: ClientProcess) -> None:
    os.kill(other.process_id, signal.SIGSEGV)
    with pytest.raises(PcscError) as caught:
        while True:
            other.provider.is_valid_context(0)
    assert caught.value.code == SCARD_F_COMM_ERROR
    assert "client process other died: SIGSEGV" in str(caught.value)
    other.stop()
    assert "SIGSEGV" in other.death()


def test_an_end_that_was_asked_for_is_no_death(other: ClientProcess) -> None:
    other.kill()
    assert other.death() == ""
    with pytest.raises(PcscError, match="is gone"):
        other.provider.is_valid_context(0)


def test_stacks_tell_what_its_threads_do(other: ClientProcess) -> None:
    other.provider.is_valid_context(0)
    stacks = other.stacks()
    assert "in main" in stacks
    assert "in _work" in stacks


class _Answering:
    """Processes that are only noted, and a provider in memory."""

    def __init__(self) -> None:
        self.pcsc = FakePcsc()
        self.started: list[str] = []
        self.ended: list[str] = []

    def start(self, name: str) -> None:
        self.started.append(name)

    def kill(self, name: str) -> None:
        self.ended.append(f"killed {name}")

    def process_id(self, name: str) -> int:
        return self.started.index(name) + 1

    def stop(self, name: str) -> None:
        self.ended.append(f"stopped {name}")


def test_a_session_of_another_process_is_ended_with_the_test() -> None:
    answering = _Answering()
    with Pcsc(answering.pcsc, answering) as pcsc:
        other = pcsc.process("other")
        context = other.context()
        assert context.is_valid()
    assert answering.started == ["other"]
    assert answering.ended == ["stopped other"]
    assert not answering.pcsc.contexts


def test_a_killed_process_gives_nothing_back() -> None:
    answering = _Answering()
    with Pcsc(answering.pcsc, answering) as pcsc:
        other = pcsc.process("other")
        other.context()
        other.kill()
    assert answering.ended == ["killed other"]
    assert len(answering.pcsc.contexts) == 1


def test_the_caller_is_named_by_process_and_thread() -> None:
    names: list[str] = []

    def note() -> None:
        with caller.through("other"):
            names.append(caller.name())

    note()
    thread = threading.Thread(target=note, name="worker-3")
    thread.start()
    thread.join()
    assert names == ["process other", "process other, worker-3"]
    assert caller.name() == "MainThread"


def test_a_process_of_the_same_name_is_refused() -> None:
    processes = RealProcesses(FakePcsc(), lambda provider: provider)
    try:
        processes.start("other")
        with pytest.raises(ValueError, match="other"):
            processes.start("other")
    finally:
        processes.close()
