"""Makes the conformance matrix of one or more runs: a page, and matrix.json beside it."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from reports.matrix.cells import FILE_NAME, matrix_of
from reports.matrix.page import AllureReport, as_page
from reports.results import ResultsError, read

EXIT_BAD_INPUT = 2
PAGE = "index.html"


def main(arguments: Sequence[str] | None = None) -> int:
    """Make the page. Returns 0, or 2 with one line on stderr for what holds no results or cannot be written."""
    parser = argparse.ArgumentParser(prog="python -m reports.matrix", description=__doc__)
    parser.add_argument("results", nargs="+", type=Path, metavar="RESULTS", help="a directory of Allure results")
    parser.add_argument("--output", type=Path, required=True, metavar="DIR", help=f"where {PAGE} and {FILE_NAME} go")
    parser.add_argument("--name", default="Cardloop", help="the page's title")
    parser.add_argument(
        "--allure", metavar="ADDRESS", help="the Allure report's address (default: allure/index.html, if it is in DIR)"
    )
    given = parser.parse_args(arguments)
    address = given.allure
    if address is None and (given.output / "allure" / PAGE).exists():
        address = f"allure/{PAGE}"
    try:
        write(given.results, given.output, AllureReport(address) if address else None, given.name)
    except (ResultsError, OSError) as error:
        print(f"reports.matrix: {error}", file=sys.stderr)
        return EXIT_BAD_INPUT
    print(f"reports.matrix: {given.output / PAGE}, {given.output / FILE_NAME}")
    return 0


def write(results: Sequence[Path], output: Path, allure: AllureReport | None, name: str) -> None:
    """Writes the page and the JSON. Raises ResultsError or OSError."""
    matrix = matrix_of(read(results))
    output.mkdir(parents=True, exist_ok=True)
    (output / FILE_NAME).write_text(matrix.as_json(), encoding="utf-8")
    (output / PAGE).write_text(as_page(matrix, allure, name=name), encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
