"""Rounds of exchanges: the contenders take turns, so that what disturbs the machine disturbs them all."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.client import Client
from benchmarks.client_process import PYSCARD
from benchmarks.setup import Setup

_FIRST_LOOK = 5
"""Exchanges from which a round's length is guessed."""


@dataclass(frozen=True)
class Pace:
    """rounds: samples a contender. seconds: length of a round, from which its number of exchanges follows."""

    rounds: int
    seconds: float


@dataclass(frozen=True)
class Contender:
    """A connected client and the loop it runs."""

    case: str
    setup: Setup
    client: Client
    kind: str = PYSCARD


@contextmanager
def connected(setup: Setup, run: Path) -> Iterator[Client]:
    """The setup's stack with a client connected to its card, the setup's SELECT sent; all of it ends on exit."""
    directory = private_directory(run)
    socket_path = directory / "pcscd.comm"
    with setup.stack(directory, socket_path), Client(socket_path) as client:
        client.connect(setup)
        client.select(setup)
        yield client
        client.disconnect()


def private_directory(run: Path) -> Path:
    """A new directory of mode 0700, with a path short enough for a socket in it."""
    return Path(tempfile.mkdtemp(prefix="b-", dir=run))


def exchanges_per_second(contenders: Sequence[Contender], pace: Pace) -> dict[str, tuple[float, ...]]:
    """Each contender's samples, by case, after a round that does not count."""
    counts = {contender.case: _count(contender, pace.seconds) for contender in contenders}
    samples: dict[str, list[float]] = {contender.case: [] for contender in contenders}
    for number in range(pace.rounds + 1):
        for contender in contenders:
            count = counts[contender.case]
            seconds = contender.client.loop(contender.setup, count, contender.kind)
            if number:
                samples[contender.case].append(count / seconds)
    return {case: tuple(values) for case, values in samples.items()}


def _count(contender: Contender, seconds: float) -> int:
    each = contender.client.loop(contender.setup, _FIRST_LOOK, contender.kind) / _FIRST_LOOK
    return max(_FIRST_LOOK, int(seconds / each))
