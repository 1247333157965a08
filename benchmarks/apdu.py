"""APDU round trips per second through PC/SC: emulated readers beside vsmartcard's, and as a share of the limit."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

from benchmarks import limit, vpcd
from benchmarks.peers import all_cases
from benchmarks.result import Peer, Result, Row
from benchmarks.rounds import Contender, Pace, connected, exchanges_per_second

NAME = "apdu"
PEERS = (Peer(vpcd.CASE, "times vpcd"), Peer(limit.CASE, "of the limit", share=True))


def run(directory: Path, *, quick: bool) -> tuple[Result, ...]:
    """A bare pyscard loop on each stack, logs off; a response has 18 bytes unless a remark says otherwise."""
    return (measure(directory, Pace(rounds=3, seconds=0.3) if quick else Pace(rounds=9, seconds=1.0)),)


def measure(directory: Path, pace: Pace) -> Result:
    """All stacks up at once, rounds in turn."""
    cases = all_cases(directory, serial=True)
    with ExitStack() as stacks:
        contenders = [
            Contender(setup.case, setup, stacks.enter_context(connected(setup, directory))) for setup in cases.setups
        ]
        samples = exchanges_per_second(contenders, pace)
    return Result(
        name=NAME,
        title="APDU round trips through PC/SC",
        unit="exchanges a second",
        rows=tuple(Row(setup.case, samples[setup.case], setup.note) for setup in cases.setups),
        peers=PEERS,
        notes=cases.missing,
    )
