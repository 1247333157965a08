"""Counts every interface byte and what it means over a list of ATRs; prints tables, or writes JSON or an HTML page."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from fixtures.pcsc.card_list import DEBIAN_LIST, STANDARD_INPUT, CardListError, printable, read_list
from reports.atr_statistics.counting import Statistics, count
from reports.atr_statistics.text import as_json, as_text

EXIT_BAD_INPUT = 4
"""The exit code for a list that cannot be read, or a file that cannot be written."""

STANDARD_OUTPUT = "-"


class OutputError(Exception):
    """A file that cannot be written."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Count. Returns 0, or 4 with one line on stderr for a list that cannot be read or a file that cannot be written.

    An output file's name has to end in .json or .html: a list named after an option in error is not overwritten.
    """
    parser = argparse.ArgumentParser(prog="python -m reports.atr_statistics", description=__doc__)
    parser.add_argument(
        "list", nargs="?", default=str(DEBIAN_LIST), metavar="LIST", help=f"a file, or - (default: {DEBIAN_LIST})"
    )
    parser.add_argument(
        "--json", nargs="?", const=STANDARD_OUTPUT, metavar="FILE", help="write JSON to a file, or to standard output"
    )
    parser.add_argument("--html", metavar="FILE", help="write a page with tables and plots")
    parser.add_argument("--logarithmic", action="store_true", help="the page opens with the logarithmic scale")
    given = parser.parse_args(arguments)
    for option, name in ((".json", given.json), (".html", given.html)):
        if name not in (None, STANDARD_OUTPUT) and not name.endswith(option):
            parser.error(f"--{option[1:]}: expected - or a file name that ends in {option}, found {printable(name)}")
    try:
        statistics = count(read_list(given.list))
        if given.json is not None:
            _write(given.json, as_json(statistics))
        if given.html is not None:
            shown = "standard input" if given.list == STANDARD_INPUT else Path(given.list).name
            _write(given.html, _page(statistics, printable(shown), logarithmic=given.logarithmic))
    except (CardListError, OutputError) as error:
        print(f"reports.atr_statistics: {error}", file=sys.stderr)
        return EXIT_BAD_INPUT
    if given.json is None and given.html is None:
        print("\n".join(as_text(statistics)))
    return 0


def _page(statistics: Statistics, source: str, *, logarithmic: bool) -> str:
    try:
        from reports.atr_statistics.page import as_page
    except ModuleNotFoundError as error:
        if error.name != "pygal":
            raise
        raise OutputError("--html needs pygal: run it in the tests' environment, or install pygal") from error
    return as_page(statistics, source, logarithmic=logarithmic)


def _write(name: str, content: str) -> None:
    if name == STANDARD_OUTPUT:
        print(content, end="")
        return
    try:
        Path(name).write_text(content, encoding="utf-8")
    except OSError as error:
        raise OutputError(f"{printable(name)}: {error.strerror}") from error


if __name__ == "__main__":
    sys.exit(main())
