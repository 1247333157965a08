"""Many starts and stops leave nothing behind: no process, socket, file or descriptor. By hand and nightly."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import astuple, dataclass
from pathlib import Path

from benchmarks import limit
from benchmarks.client import Client
from benchmarks.peers import usb_reader
from benchmarks.procfs import descendants, open_files, unix_sockets
from benchmarks.result import Peer, Result, Row
from benchmarks.rounds import private_directory
from benchmarks.setup import PeerMissingError, Setup

NAME = "cycles"


@dataclass(frozen=True)
class Holdings:
    """What a run holds: processes below this one, its open files, Unix sockets and entries in its folder."""

    processes: int
    open_files: int
    sockets: int
    temporary: int

    @classmethod
    def now(cls, directory: Path) -> Holdings:
        """The present state; directory is the run's own."""
        return cls(
            processes=len(descendants(os.getpid())),
            open_files=open_files(os.getpid()),
            sockets=unix_sockets(directory),
            temporary=len(os.listdir(directory)),
        )


def run(directory: Path, *, quick: bool) -> tuple[Result, ...]:
    """100 cycles of the emulated USB reader, and of the limit beside it."""
    return measure(directory, 10 if quick else 100)


def measure(directory: Path, cycles: int) -> tuple[Result, ...]:
    """What is left after the cycles, and how long one takes."""
    setups, missing = [usb_reader()], []
    try:
        setups.append(limit.limit(directory))
    except PeerMissingError as error:
        missing.append(str(error))
    left, took = [], []
    for setup in setups:
        change, seconds = _cycle(setup, directory, cycles)
        words = "processes", "open files", "sockets", "files and folders"
        note = ", ".join(f"{word}: {number:+d}" for word, number in zip(words, change, strict=True))
        left.append(Row(setup.case, (float(sum(abs(number) for number in change)),), note))
        took.append(Row(setup.case, tuple(seconds)))
    return (
        Result(NAME, f"Left behind by {cycles} starts and stops", "things", tuple(left), notes=tuple(missing)),
        Result(
            NAME, "A start, an ATR and a stop", "seconds", tuple(took), (Peer(limit.CASE, "times the limit's time"),)
        ),
    )


def _cycle(setup: Setup, directory: Path, cycles: int) -> tuple[tuple[int, ...], list[float]]:
    socket_path = private_directory(directory) / "pcscd.comm"
    seconds = []
    with _temporary_files_in(directory), Client(socket_path) as client:
        _start_and_stop(setup, client, directory, socket_path)
        before = Holdings.now(directory)
        for _ in range(cycles):
            began = time.perf_counter()
            _start_and_stop(setup, client, directory, socket_path)
            seconds.append(time.perf_counter() - began)
        after = Holdings.now(directory)
    change = tuple(now - then for then, now in zip(astuple(before), astuple(after), strict=True))
    return change, seconds


@contextmanager
def _temporary_files_in(directory: Path) -> Iterator[None]:
    """What this process and its children call temporary goes into a directory, where others put nothing."""
    before = os.environ.get("TMPDIR")
    os.environ["TMPDIR"] = str(directory)
    try:
        yield
    finally:
        if before is None:
            del os.environ["TMPDIR"]
        else:
            os.environ["TMPDIR"] = before


def _start_and_stop(setup: Setup, client: Client, directory: Path, socket_path: Path) -> None:
    with tempfile.TemporaryDirectory(prefix="b-", dir=directory) as own, setup.stack(Path(own), socket_path):
        client.connect(setup)
        client.disconnect()
