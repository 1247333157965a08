"""What the harness's own Card costs beside a bare pyscard loop, on one emulated reader in one process."""

from __future__ import annotations

from pathlib import Path

from benchmarks import limit
from benchmarks.client_process import CARD, PYSCARD, TRACED_CARD
from benchmarks.peers import all_cases
from benchmarks.result import Peer, Result, Row
from benchmarks.rounds import Contender, Pace, connected, exchanges_per_second
from benchmarks.setup import Setup

NAME = "seam"
_BARE = "bare pyscard loop"


def run(directory: Path, *, quick: bool) -> tuple[Result, ...]:
    """On the emulated USB reader, which is what suites run on, and on the limit, where the seam weighs most."""
    pace = Pace(rounds=5, seconds=0.3) if quick else Pace(rounds=15, seconds=0.7)
    wanted = [setup for setup in all_cases(directory, serial=False).setups if setup.case != "vpcd"]
    return tuple(measure(setup, directory, pace) for setup in wanted)


def measure(setup: Setup, directory: Path, pace: Pace) -> Result:
    """The three loops in turn, on one connection."""
    with connected(setup, directory) as client:
        samples = exchanges_per_second(
            [
                Contender(_BARE, setup, client, PYSCARD),
                Contender("Card, tracing off", setup, client, CARD),
                Contender("Card, tracing on", setup, client, TRACED_CARD),
            ],
            pace,
        )
    # Time an exchange, not rate: the seam is judged by how many times pyscard's time it takes.
    rows = tuple(Row(case, tuple(1e6 / rate for rate in rates)) for case, rates in samples.items())
    where = "limit" if setup.case == limit.CASE else setup.case
    return Result(
        name=NAME,
        title=f"An APDU through the harness's Card, {where}",
        unit="µs an exchange",
        rows=rows,
        peers=(Peer(_BARE, "times pyscard's time"),),
        notes=(setup.note,),
    )
