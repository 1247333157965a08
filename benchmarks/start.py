"""From nothing to the first ATR through PC/SC: an emulated reader beside vsmartcard's and a bare pcscd."""

from __future__ import annotations

import time
from contextlib import ExitStack
from pathlib import Path

from benchmarks import limit, vpcd
from benchmarks.client import Client
from benchmarks.peers import all_cases
from benchmarks.result import Peer, Result, Row
from benchmarks.rounds import private_directory
from benchmarks.setup import Setup

NAME = "start"


def run(directory: Path, *, quick: bool) -> tuple[Result, ...]:
    """Each stack in turn, several times over."""
    return (measure(directory, 3 if quick else 15),)


def measure(directory: Path, starts: int) -> Result:
    """A client that has loaded its PC/SC library stands ready; what it connects to is started from nothing."""
    cases = all_cases(directory, serial=True)
    samples: dict[str, list[float]] = {setup.case: [] for setup in cases.setups}
    with ExitStack() as clients:
        sockets = {setup.case: private_directory(directory) / "pcscd.comm" for setup in cases.setups}
        ready = {setup.case: clients.enter_context(Client(sockets[setup.case])) for setup in cases.setups}
        for number in range(starts + 1):
            for setup in cases.setups:
                seconds = start_once(setup, ready[setup.case], directory, sockets[setup.case])
                if number:  # the first one reads programs and libraries from disk
                    samples[setup.case].append(seconds)
    return Result(
        name=NAME,
        title="Start of a reader until its ATR reads through PC/SC",
        unit="seconds",
        rows=tuple(Row(setup.case, tuple(samples[setup.case]), setup.note) for setup in cases.setups),
        peers=(Peer(vpcd.CASE, "times vpcd's time"), Peer(limit.CASE, "times the limit's time")),
        notes=cases.missing,
    )


def start_once(setup: Setup, client: Client, directory: Path, socket_path: Path) -> float:
    """Seconds from the first process to the ATR; the stack is ended again."""
    own = private_directory(directory)
    began = time.perf_counter()
    with setup.stack(own, socket_path):
        client.connect(setup)
        seconds = time.perf_counter() - began
        client.disconnect()
    return seconds
