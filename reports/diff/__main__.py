"""Tells what changed between two runs, as of firmware, driver or system; exits non-zero on a regression."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from reports.diff.changes import LOST, NEW_FAILURE, REGRESSION, compare, told
from reports.matrix.cells import load
from reports.results import ResultsError

EXIT_SAME_OR_BETTER = 0
EXIT_REGRESSION = 1
EXIT_BAD_INPUT = 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Compare two runs.

    Returns 0 when nothing got worse, 1 on a regression (with --strict also on a test that fails and was not run
    before, or is no longer tested), 2 with one line on stderr when the runs cannot be read or compared.
    """
    parser = argparse.ArgumentParser(prog="python -m reports.diff", description=__doc__)
    what = "matrix.json, or a directory with one, or a directory of Allure results"
    for name in ("before", "after"):
        parser.add_argument(name, type=Path, metavar=name.upper(), help=what)
    parser.add_argument("--strict", action="store_true", help="count new failures and lost tests as regressions")
    parser.add_argument("--output", type=Path, metavar="FILE", help="where the words go as well")
    given = parser.parse_args(arguments)
    try:
        before, after = load(given.before), load(given.after)
        changes = compare(before, after)
        words = told(before, after, changes)
        if given.output is not None:
            given.output.write_text(f"{words}\n", encoding="utf-8")
    except (ResultsError, OSError) as error:
        print(f"reports.diff: {error}", file=sys.stderr)
        return EXIT_BAD_INPUT
    print(words)
    worse = {REGRESSION, *((NEW_FAILURE, LOST) if given.strict else ())}
    return EXIT_REGRESSION if any(change.kind in worse for change in changes) else EXIT_SAME_OR_BETTER


if __name__ == "__main__":
    sys.exit(main())
