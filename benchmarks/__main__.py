"""`python -m benchmarks [NAME...] [--quick] [--json FILE] [--markdown FILE]`: measures, and shows tables."""

from __future__ import annotations

import argparse
import json
import shlex
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from benchmarks import apdu, collecting, cycles, report, seam, side_by_side, soak, start
from benchmarks.machine import this_machine
from benchmarks.result import Result
from fixtures.selection import RunDirectory


class Run(Protocol):
    """Measures in a private directory; quick: fewer and shorter samples."""

    def __call__(self, directory: Path, *, quick: bool) -> tuple[Result, ...]:
        """The tables."""
        ...


@dataclass(frozen=True)
class Benchmark:
    """A benchmark; by_hand: only when it is named."""

    run: Run
    by_hand: bool = False


BENCHMARKS = {
    start.NAME: Benchmark(start.run),
    apdu.NAME: Benchmark(apdu.run),
    seam.NAME: Benchmark(seam.run),
    collecting.NAME: Benchmark(collecting.run),
    side_by_side.NAME: Benchmark(side_by_side.run, by_hand=True),
    soak.NAME: Benchmark(soak.run, by_hand=True),
    cycles.NAME: Benchmark(cycles.run, by_hand=True),
}


def main(arguments: Sequence[str]) -> int:
    """Runs the benchmarks that were named, or all but those by hand."""
    options = _parser().parse_args(arguments)
    names = options.names or [name for name, benchmark in BENCHMARKS.items() if not benchmark.by_hand]
    machine = this_machine(shlex.join(["python", "-m", "benchmarks", *_without_files(arguments)]))
    print(machine.description, end="\n\n")
    results: list[Result] = []
    for name in names:
        for result in _measured(BENCHMARKS[name].run, options.quick):
            results.append(result)
            print(report.table(result), end="\n\n", flush=True)
    if options.json:
        options.json.parent.mkdir(parents=True, exist_ok=True)
        options.json.write_text(json.dumps(report.to_json(results, machine), indent=2) + "\n", "utf-8")
    if options.markdown:
        report.write_markdown(options.markdown, results, machine)
    return 0


def _measured(run: Run, quick: bool) -> tuple[Result, ...]:
    directory = RunDirectory()
    try:
        return run(directory.path, quick=quick)
    finally:
        directory.close()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description="Speed and steadiness beside peers that do the same work in the same run.",
        epilog="By hand only: " + ", ".join(name for name, benchmark in BENCHMARKS.items() if benchmark.by_hand),
    )
    known = f"one of {', '.join(BENCHMARKS)}"
    parser.add_argument("names", nargs="*", metavar="NAME", type=_name, help=known)
    parser.add_argument("--quick", action="store_true", help="fewer and shorter samples, for a first look")
    parser.add_argument("--json", type=Path, metavar="FILE", help="every sample, and the machine")
    parser.add_argument(
        "--markdown", type=Path, metavar="FILE", help="the tables; into an existing page, between its two marks"
    )
    return parser


def _name(text: str) -> str:
    if text not in BENCHMARKS:
        raise argparse.ArgumentTypeError(f"there is no benchmark {text!r}; there are {', '.join(BENCHMARKS)}")
    return text


def _without_files(arguments: Sequence[str]) -> list[str]:
    """The command line but for where results go, which another machine need not know."""
    kept = iter(arguments)
    return [word for word in kept if not (word in ("--json", "--markdown") and next(kept, ""))]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
