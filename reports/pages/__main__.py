"""Makes the pages of one or more runs: the conformance matrix, the Allure report, and the report in one file."""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from reports.matrix.__main__ import PAGE, write
from reports.matrix.page import AllureReport
from reports.pages import allure, history
from reports.pages.allure import ReportError
from reports.results import RESULT_FILES, ResultsError

EXIT_BAD_INPUT = 2
ALLURE = "allure"
SINGLE_FILE = "cardloop-report.html"
MOST_RUNS = 90
"""How many runs the history keeps."""

_OWN = (PAGE, "matrix.json", ALLURE, SINGLE_FILE)


def main(arguments: Sequence[str] | None = None) -> int:
    """Make the pages. Returns 0, or 2 with the reason on stderr."""
    parser = argparse.ArgumentParser(prog="python -m reports.pages", description=__doc__)
    parser.add_argument(
        "results",
        nargs="*",
        type=Path,
        metavar="RESULTS",
        help="directories of Allure results (default: .results/*/allure)",
    )
    parser.add_argument("--output", type=Path, default=Path(".results/report"), metavar="DIR")
    parser.add_argument("--name", default="Cardloop", help="the pages' title")
    parser.add_argument(
        "--history", type=Path, default=Path(".results/history.jsonl"), metavar="FILE", help="the runs before this one"
    )
    parser.add_argument(
        "--tools", type=Path, default=Path(".results/cache/allure"), metavar="DIR", help="Allure itself"
    )
    given = parser.parse_args(arguments)
    try:
        results = given.results or _found()
        _make(results, given.output, given.tools, given.history, given.name)
    except (ResultsError, ReportError, OSError) as error:
        print(f"reports.pages: {error}", file=sys.stderr)
        return EXIT_BAD_INPUT
    print(f"reports.pages: {given.output / PAGE}; to mail: {given.output / SINGLE_FILE}")
    return 0


def _found() -> list[Path]:
    places = sorted(Path(".results").glob("*/allure"))
    found = [place for place in places if next(place.glob(RESULT_FILES), None) is not None]
    if not found:
        raise ResultsError("there are no results in .results/*/allure; run the suites first: tox run -e replay")
    return found


def _make(results: Sequence[Path], output: Path, tools: Path, runs: Path, name: str) -> None:
    """Makes everything in a directory beside the output and puts it in place when it is whole."""
    foreign = [entry.name for entry in output.iterdir() if entry.name not in _OWN] if output.is_dir() else []
    if foreign:
        raise ReportError(f"{output} holds {foreign[0]}, which is none of the report's; name another --output")
    command = allure.install(tools)
    output.parent.mkdir(parents=True, exist_ok=True)
    runs.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=output.parent, prefix=f".{output.name}-") as place:
        work = Path(place)
        new = work / "new"
        report = AllureReport(f"{ALLURE}/{PAGE}", SINGLE_FILE)
        write(results, new, report, name)
        allure.generate(command, results, new / ALLURE, work, name=name, single_file=False, history=runs)
        history.forget_repetition(runs)
        history.shorten(runs, MOST_RUNS)
        allure.generate(command, results, work / "single", work, name=name, single_file=True, history=None)
        (work / "single" / PAGE).replace(new / SINGLE_FILE)
        if output.exists():
            shutil.move(output, work / "old")
        shutil.move(new, output)
        output.chmod(0o755)


if __name__ == "__main__":
    sys.exit(main())
