"""Simulated readers side by side: what more workers gain, and that they find what one worker finds."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from benchmarks import inventories
from benchmarks.result import Peer, Result, Row
from benchmarks.suite_runs import SuiteRun, run_pytest

NAME = "side-by-side"
READERS = 8
_ONE = "1 worker"
_SEED = "--seed=1"
_SHORT = ("suites/test_atr.py", "suites/test_reset.py")


def run(directory: Path, *, quick: bool) -> tuple[Result, ...]:
    """All suites on eight readers; quick: two of them, once."""
    suites, rounds = (_SHORT, 1) if quick else (("suites/",), 3)
    return (
        workers(directory, suites, READERS, (1, 2, 4, 8), rounds),
        growth(directory, suites, (1, 2, 4, 8), rounds),
    )


def workers(directory: Path, suites: Sequence[str], readers: int, counts: Sequence[int], rounds: int) -> Result:
    """The same readers with more and more workers; a row's note says whether the outcomes are those of one worker."""
    inventory = inventories.copies(directory, readers, shipped=False)
    runs: dict[int, list[SuiteRun]] = {count: [] for count in counts}
    for _ in range(rounds):
        for count in counts:
            runs[count].append(_timed(directory, inventory, suites, count))
    expected = runs[counts[0]][0].outcomes
    rows = [
        Row(
            _ONE if count == 1 else f"{count} workers",
            tuple(readers * 60 / run.seconds for run in runs[count]),
            _compared(expected, [run.outcomes for run in runs[count]]),
        )
        for count in counts
    ]
    note = f"{' '.join(suites)}: {len(expected) // readers} tests on each of {readers} copies of the first reader"
    return Result(
        NAME,
        f"{readers} simulated readers, one worker a reader at a time",
        "readers a minute",
        tuple(rows),
        (Peer(_ONE, "times one worker"),),
        (note,),
    )


def growth(directory: Path, suites: Sequence[str], sizes: Sequence[int], rounds: int) -> Result:
    """More and more readers, each with a worker of its own."""
    folder = directory / "growth"
    folder.mkdir()
    files = {size: inventories.copies(folder, size, shipped=False) for size in sizes}
    samples: dict[int, list[float]] = {size: [] for size in sizes}
    for _ in range(rounds):
        for size in sizes:
            samples[size].append(_timed(directory, files[size], suites, size).seconds)
    return Result(
        NAME,
        "Readers side by side, a worker each",
        "seconds",
        tuple(Row(f"{size}", tuple(samples[size])) for size in sizes),
        (Peer(f"{sizes[0]}", f"times {sizes[0]} reader's time"),),
    )


def _timed(directory: Path, inventory: Path, suites: Sequence[str], count: int) -> SuiteRun:
    side_by_side = () if count == 1 else ("-n", str(count))
    # A failure would be a finding of the run, told in the row's note: it does not spoil the figure.
    return run_pytest(
        directory,
        *suites,
        *("--backend", "sim", "--inventory", str(inventory), _SEED),
        *side_by_side,
        allowed=(0, 1),
    )


def _compared(expected: dict[str, str], others: Sequence[dict[str, str]]) -> str:
    different = sorted(
        {name for other in others for name in expected.keys() | other.keys() if other.get(name) != expected.get(name)}
    )
    failed = sum(outcome in ("failure", "error") for outcome in expected.values())
    same = f"outcomes of all {len(expected)} tests equal" if not different else f"{len(different)} outcomes differ"
    shown = f": {', '.join(different[:3])}" if different else ""
    return f"{same}{shown}" + (f"; {failed} failed in one worker" if failed else "")
