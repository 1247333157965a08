"""How long a user waits before the first test: an empty run, and collection with a growing inventory."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from benchmarks import inventories
from benchmarks.result import Peer, Result, Row
from benchmarks.suite_runs import run_pytest

NAME = "collecting"
_BARE = "pytest alone, no test"
_EMPTY = "empty run"
_NOTHING = 5
"""Pytest's exit code of a run without tests."""


def run(directory: Path, *, quick: bool) -> tuple[Result, ...]:
    """10, 100 and 700 readers."""
    return (measure(directory, (10, 100, 700), 2 if quick else 9),)


def measure(directory: Path, sizes: Sequence[int], rounds: int) -> Result:
    """Whole processes, in turn, after a round that does not count: it compiles and reads from disk."""
    nothing = directory / "nothing"
    nothing.mkdir()
    (nothing / "pytest.ini").write_text("[pytest]\n")
    commands: dict[str, tuple[str, ...]] = {
        _BARE: ("-c", str(nothing / "pytest.ini"), "--rootdir", str(nothing), str(nothing)),
        _EMPTY: ("suites/", "--backend", "replay", "-k", "no_such_test"),
    }
    for size in sizes:
        inventory = inventories.copies(directory, size, shipped=True)
        commands[f"collection, {size} readers"] = ("suites/", "--collect-only", "--inventory", str(inventory))
    samples: dict[str, list[float]] = {case: [] for case in commands}
    for number in range(rounds + 1):
        for case, command in commands.items():
            seconds = run_pytest(directory, *command, judged=False, allowed=(0, _NOTHING)).seconds
            if number:
                samples[case].append(seconds)
    return Result(
        NAME,
        "Before the first test",
        "seconds",
        tuple(Row(case, tuple(values)) for case, values in samples.items()),
        (Peer(_BARE, "times pytest alone"),),
        ("`pytest suites/ --collect-only`: the tests of the readers that are attached, or else recorded",),
    )
