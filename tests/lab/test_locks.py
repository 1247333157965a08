"""The lock of an attached reader: one run at a time, given back by whatever end its holder comes to."""

from __future__ import annotations

import json
import os
import signal
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from fixtures.lab import locks

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no flock")

READER = "Gemalto Ezio Shield 00 00"
HOLDER = """
import sys
from fixtures.lab import locks
with locks.held(sys.argv[1], 0, print):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    place = tmp_path / "locks"
    monkeypatch.setenv(locks.FOLDER_VARIABLE, str(place))
    monkeypatch.delenv("PCSCLITE_CSOCK_NAME", raising=False)
    return place


class Holder:
    """Another run on this host, which has the reader."""

    def __init__(self, reader: str = READER) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", HOLDER, reader],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=Path(__file__).parents[2],
            text=True,
        )
        assert self.process.stdout is not None
        assert self.process.stdout.readline() == "held\n"

    def end(self) -> None:
        self.process.communicate()

    def crash(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.communicate()


def test_a_second_run_is_told_who_has_the_reader_and_since_when() -> None:
    holder = Holder()
    with pytest.raises(locks.ReaderInUseError) as refusal, locks.held(READER, 0, print):
        pass
    holder.end()
    said = str(refusal.value)
    assert said.startswith("Gemalto Ezio Shield 00 is in use, by ")
    assert f"(process {holder.process.pid}) since 20" in said


def test_a_crashed_run_leaves_the_reader_free_and_its_words_are_not_believed(folder: Path) -> None:
    holder = Holder()
    holder.crash()
    (file,) = folder.iterdir()
    assert json.loads(file.read_text())["pid"] == holder.process.pid
    with locks.held(READER, 0, print):
        assert json.loads(file.read_text())["pid"] == os.getpid()
    assert file.read_text() == ""


def test_waiting_ends_when_the_other_run_does() -> None:
    holder, said = Holder(), list[str]()

    def say(sentence: str) -> None:
        said.append(sentence)
        threading.Thread(target=holder.crash).start()

    with locks.held(READER, 60, say), pytest.raises(locks.ReaderInUseError), locks.held(READER, 0, print):
        pass
    assert said[0].endswith("Waiting up to 60 s.")


def test_waiting_in_vain_says_how_long_and_keeps_nothing() -> None:
    holder = Holder()
    with pytest.raises(locks.ReaderInUseError, match=r"waited 0 s"), locks.held(READER, 0.05, lambda _: None):
        pass
    holder.end()
    with locks.held(READER, 10, print):
        pass


def test_slots_share_their_readers_lock_and_readers_of_one_make_do_not() -> None:
    with locks.held("Reader 00 00", 0, print):
        with pytest.raises(locks.ReaderInUseError), locks.held("Reader 00 01", 0, print):
            pass
        with locks.held("Reader 01 00", 0, print):
            pass


def test_two_services_have_readers_of_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    with locks.held(READER, 0, print):
        monkeypatch.setenv("PCSCLITE_CSOCK_NAME", "/nonexistent/pcscd.comm")
        with locks.held(READER, 0, print):
            pass


def test_every_user_of_the_host_can_take_the_lock(folder: Path) -> None:
    before = os.umask(0o077)
    try:
        with locks.held(READER, 0, print):
            pass
    finally:
        os.umask(before)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o1777
    assert [stat.S_IMODE(file.stat().st_mode) for file in folder.iterdir()] == [0o666]


@pytest.mark.parametrize("words", [b"", b"{", b"[1]", b'{"user": "a", "pid": -1, "since": 5}', b"\xff" * 2000])
def test_a_holder_whose_words_make_no_sense_is_still_a_holder(folder: Path, words: bytes) -> None:
    holder = Holder()
    (file,) = folder.iterdir()
    file.write_bytes(words)
    with pytest.raises(locks.ReaderInUseError, match="does not say whose"), locks.held(READER, 0, print):
        pass
    holder.end()


def test_nothing_but_a_file_is_taken_for_a_lock(folder: Path, tmp_path: Path) -> None:
    with locks.held(READER, 0, print):
        pass
    (file,) = folder.iterdir()
    file.unlink()
    file.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(OSError, match="symbolic links"), locks.held(READER, 0, print):
        pass
    assert not (tmp_path / "elsewhere").exists()
