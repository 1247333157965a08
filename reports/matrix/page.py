"""The matrix as one HTML page: what failed first, then versions, the matrix with its filters, and measurements."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import resources

import jinja2
from markupsafe import Markup

from reports.categories import HUNG
from reports.matrix.cells import Case, Cell, Matrix, Reader
from reports.results import FAILED, OUTCOMES, SOURCES, Measurement

_BAD = (FAILED, HUNG)


@dataclass(frozen=True)
class AllureReport:
    """Where the Allure report lies, seen from the page: as a directory for a server, as one file for a disk."""

    address: str
    single_file: str = ""


@dataclass(frozen=True)
class Failure:
    """A test that failed, for the top of the page."""

    reader: str
    cell: Cell
    case: Case


@dataclass(frozen=True)
class Link:
    """A link of the page's head; offline: what it is where the page is opened from a disk."""

    words: str
    address: str
    offline: str = ""


@dataclass(frozen=True)
class Row:
    """A measurement, for the table at the end."""

    reader: str
    source: str
    name: str
    value: str
    limit: str
    link: str


def as_page(matrix: Matrix, allure: AllureReport | None, *, name: str = "Cardloop") -> str:
    """The page, which needs no other file. allure: where the tests' own pages are; None where there are none."""
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("reports.matrix", ""), autoescape=True, undefined=jinja2.StrictUndefined
    )
    script = _file("page.js")
    names = {reader.id: reader.name for reader in matrix.readers}
    failures = [
        Failure(names[cell.reader], cell, case) for cell in matrix.cells for case in cell.cases if case.outcome in _BAD
    ]

    def address(link: str) -> Markup:
        if allure is None:
            return Markup("")
        offline = Markup(' data-offline="{}#{}"').format(allure.single_file, link) if allure.single_file else ""
        return Markup('href="{}#{}"{}').format(allure.address, link, offline)

    return environment.get_template("page.html.jinja").render(
        name=name,
        matrix=matrix,
        failures=failures,
        verdict=_verdict(matrix, failures),
        faults=", ".join(sorted({run["faults"] for run in matrix.environments if run.get("faults")})),
        links=list(_links(allure)),
        measured=list(_measured(matrix, names)),
        subjects=list(dict.fromkeys(behaviour.subject for behaviour in matrix.behaviours)),
        sources=SOURCES,
        outcomes=OUTCOMES,
        address=address,
        telling=_telling,
        hint=_hint,
        count=_count,
        style=_file("page.css"),
        script=script,
        script_hash=f"sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}",
    )


def _file(name: str) -> str:
    return resources.files("reports.matrix").joinpath(name).read_text(encoding="utf-8")


def _verdict(matrix: Matrix, failures: list[Failure]) -> str:
    total = sum(len(cell.cases) for cell in matrix.cells)
    if not failures:
        return f"None of {total} tests failed."
    readers = list(dict.fromkeys(f"{failure.reader} ({failure.cell.source})" for failure in failures))
    where = ", ".join(readers[:4]) + (f" and {len(readers) - 4} more" if len(readers) > 4 else "")
    return f"{len(failures)} of {total} tests failed, on {where}."


def _links(allure: AllureReport | None) -> Iterator[Link]:
    if allure is not None:
        yield Link("All tests, step by step (Allure)", allure.address, allure.single_file)
        if allure.single_file:
            yield Link("The same in one file, for mailing", allure.single_file)
    yield Link("matrix.json", "matrix.json")


def _measured(matrix: Matrix, names: dict[str, str]) -> Iterator[Row]:
    """A row for each thing measured; where a test measured it more than once, the largest value."""
    for cell in matrix.cells:
        for case in cell.cases:
            largest: dict[str, Measurement] = {}
            for one in case.measurements:
                if one.name not in largest or largest[one.name].value < one.value:
                    largest[one.name] = one
            for one in largest.values():
                limit = "" if one.limit is None else _amount(one.limit, one.unit)
                yield Row(names[cell.reader], cell.source, one.name, _amount(one.value, one.unit), limit, case.link)


def _amount(value: float, unit: str) -> str:
    """A value with its unit, fractions of a second in milliseconds."""
    return f"{value * 1000:.3g} ms" if unit == "s" and value < 1 else f"{value:.3g} {unit}"


def _telling(cell: Cell) -> Case:
    """The case that a click on the cell leads to: the worst one."""
    return min(cell.cases, key=lambda case: OUTCOMES.index(case.outcome))


def _count(cell: Cell) -> str:
    same = sum(case.outcome == cell.outcome for case in cell.cases)
    return f"{same}/{len(cell.cases)}"


def _hint(reader: Reader, cell: Cell, case: Case) -> str:
    issues = ", ".join(case.known_issues)
    parts = [
        f"{reader.name}, {cell.source}, {cell.date}",
        ", ".join(filter(None, [f"firmware {cell.firmware}" if cell.firmware else "", cell.daemon, cell.driver])),
        case.message.partition("\n")[0],
        f"known issue: {issues}" if issues else "",
    ]
    return "\n".join(filter(None, parts))
