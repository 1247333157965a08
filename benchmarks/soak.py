"""Many exchanges without an error and with flat memory, beside the limit. By hand and nightly."""

from __future__ import annotations

import os
import statistics
from pathlib import Path

from benchmarks import limit
from benchmarks.client import Client
from benchmarks.peers import usb_reader
from benchmarks.procfs import command_name, descendants, parent, resident_kib
from benchmarks.result import Result, Row
from benchmarks.rounds import connected
from benchmarks.setup import PeerMissingError, Setup

NAME = "soak"
_SAMPLES = 20
_DAEMON = "pcscd"


def run(directory: Path, *, quick: bool) -> tuple[Result, ...]:
    """20,000 exchanges, after enough to fill the bounded record of frames (10,000 exchanges)."""
    return (measure(directory, warm_up=1_000, exchanges=2_000) if quick else measure(directory, 12_000, 20_000),)


def measure(directory: Path, warm_up: int, exchanges: int) -> Result:
    """How each process's memory grows, by a line through samples taken between equal parts of the exchanges."""
    setups, missing = [usb_reader()], []
    try:
        setups.append(limit.limit(directory))
    except PeerMissingError as error:
        missing.append(str(error))
    rows: list[Row] = []
    for setup in setups:
        rows += _memory(setup, directory, warm_up, exchanges)
    return Result(
        name=NAME,
        title=f"Growth of resident memory over {exchanges:,} exchanges without an error",
        unit="KiB a thousand exchanges",
        rows=tuple(rows),
        notes=(f"after {warm_up:,} exchanges that do not count", *missing),
    )


def _memory(setup: Setup, directory: Path, warm_up: int, exchanges: int) -> list[Row]:
    before = descendants(os.getpid())
    with connected(setup, directory) as client:
        processes = _processes(client, before)
        client.loop(setup, warm_up)
        part = exchanges // _SAMPLES
        resident = {name: [resident_kib(process)] for name, process in processes.items()}
        for _ in range(_SAMPLES):
            client.loop(setup, part)
            for name, process in processes.items():
                resident[name].append(resident_kib(process))
    thousands = [part * number / 1000 for number in range(_SAMPLES + 1)]
    return [
        Row(
            f"{setup.case}: {name}",
            (statistics.linear_regression(thousands, values).slope,),
            f"{values[0]:,} KiB at the start, {values[-1]:,} at the end, at most {max(values):,}",
        )
        for name, values in resident.items()
    ]


def _processes(client: Client, before: set[int]) -> dict[str, int]:
    """The daemon, the simulator that started it, if one did, and the client."""
    daemon = next(process for process in descendants(os.getpid()) - before if command_name(process) == _DAEMON)
    found = {"client": client.process_id, _DAEMON: daemon}
    if parent(daemon) != os.getpid():
        found["simulator"] = parent(daemon)
    return found
