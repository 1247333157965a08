"""A call past its deadline: reported with the stacks, made to return, and an error even if it succeeds late."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from fixtures.pcsc import daemon_link
from fixtures.pcsc.constants import INFINITE
from fixtures.pcsc.deadline import Deadlines, Hang
from fixtures.pcsc.errors import SCARD_E_NO_SERVICE, SCARD_F_WAITED_TOO_LONG, PcscError
from tests.pcsc.fake import FakePcsc


class SlowPcsc(FakePcsc):
    """Its SCardBeginTransaction returns when it is let go, with a code or with success."""

    def __init__(self, code: int) -> None:
        super().__init__()
        self.let_go = threading.Event()
        self._code = code

    def begin_transaction(self, card: int) -> None:
        assert self.let_go.wait(30)
        if self._code:
            raise PcscError(self._code, "SCardBeginTransaction")


@pytest.fixture(params=[SCARD_E_NO_SERVICE, 0])
def slow(request: pytest.FixtureRequest) -> SlowPcsc:
    return SlowPcsc(request.param)


@pytest.fixture
def deadlines(slow: SlowPcsc) -> Iterator[Deadlines]:
    def end(hang: Hang) -> None:
        hang.others.append("the daemon was asleep")
        slow.let_go.set()

    watch = Deadlines(0.5, end)
    yield watch
    watch.close()


def test_a_call_past_its_deadline_fails_in_words(slow: SlowPcsc, deadlines: Deadlines) -> None:
    watched = deadlines.watched(slow)
    with pytest.raises(PcscError, match="hung: begin_transaction of MainThread did not return within") as caught:
        watched.begin_transaction(1)
    assert caught.value.code in (SCARD_E_NO_SERVICE, SCARD_F_WAITED_TOO_LONG)
    report = str(deadlines.hang)
    assert "test_a_call_past_its_deadline_fails_in_words" in report
    assert report.endswith("the daemon was asleep")


def test_calls_in_time_are_left_alone(slow: SlowPcsc, deadlines: Deadlines) -> None:
    watched = deadlines.watched(slow)
    slow.let_go.set()
    context = watched.establish_context(2)
    assert watched.is_valid_context(context)
    assert deadlines.hang is None


def test_a_wait_that_is_asked_for_does_not_count() -> None:
    watch = Deadlines(5.0, lambda _hang: None)
    try:
        assert watch.limit("get_status_change", (1, 90_000, [])) == 95.0
        assert watch.limit("get_status_change", (1, INFINITE, [])) == 5.0
        assert watch.limit("transmit", (1, 90_000, b"", 258)) == 5.0
    finally:
        watch.close()


def test_cut_ends_the_connections_to_the_daemon_and_no_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    daemon, other = socket.socket(socket.AF_UNIX), socket.socket(socket.AF_UNIX)
    with daemon, other:
        for listener, name in ((daemon, "d"), (other, "o")):
            listener.bind(str(tmp_path / name))
            listener.listen()
        monkeypatch.setenv("PCSCLITE_CSOCK_NAME", str(tmp_path / "d"))
        with socket.socket(socket.AF_UNIX) as to_daemon, socket.socket(socket.AF_UNIX) as to_other:
            to_daemon.connect(str(tmp_path / "d"))
            to_other.connect(str(tmp_path / "o"))
            assert daemon_link.cut() == 1
            assert to_daemon.recv(1) == b""
            assert to_other.send(b"x") == 1
