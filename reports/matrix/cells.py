"""The matrix itself: readers, behaviours, and a cell for each source of results; as JSON and back."""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from importlib import resources
from pathlib import Path
from typing import Any

import jsonschema

from reports.results import OUTCOMES, SOURCES, Measurement, Outcome, Results, ResultsError, read, worst

VERSION = 1
FILE_NAME = "matrix.json"
_LINES = 8


@dataclass(frozen=True)
class Case:
    """One test in a cell. message: its first lines, empty for one that passed. link: its place in the Allure report."""

    case: str
    title: str
    outcome: str
    category: str
    message: str
    link: str
    known_issues: Mapping[str, str]
    measurements: tuple[Measurement, ...]


@dataclass(frozen=True)
class Cell:
    """What is known of a behaviour on a reader from one source. outcome: the worst of its cases."""

    reader: str
    behaviour: str
    source: str
    outcome: str
    date: str
    firmware: str
    daemon: str
    driver: str
    cases: tuple[Case, ...]


@dataclass(frozen=True)
class Reader:
    """A column."""

    id: str
    name: str


@dataclass(frozen=True)
class Behaviour:
    """A row. title: what is checked, as a sentence. description: the defect or rule that the test guards."""

    id: str
    subject: str
    title: str
    description: str


@dataclass(frozen=True)
class Tally:
    """What one source says of one reader: when, with which versions, and how many cells ended how."""

    reader: Reader
    source: str
    dates: tuple[str, ...]
    firmware: str
    daemon: str
    driver: str
    counts: Mapping[str, int]


@dataclass(frozen=True)
class Matrix:
    """Readers and behaviours in the order of the results; no cell for what was not run."""

    readers: tuple[Reader, ...]
    behaviours: tuple[Behaviour, ...]
    cells: tuple[Cell, ...]
    environments: tuple[Mapping[str, str], ...]

    @property
    def tallies(self) -> list[Tally]:
        """A line for each reader and source that has results."""
        found = []
        for reader in self.readers:
            for source in SOURCES:
                cells = [cell for cell in self.cells if (cell.reader, cell.source) == (reader.id, source)]
                if cells:
                    counts = Counter(cell.outcome for cell in cells)
                    found.append(
                        Tally(
                            reader,
                            source,
                            tuple(sorted({cell.date for cell in cells})),
                            _joined(cell.firmware for cell in cells),
                            _joined(cell.daemon for cell in cells),
                            _joined(cell.driver for cell in cells),
                            {outcome: counts[outcome] for outcome in OUTCOMES if counts[outcome]},
                        )
                    )
        return found

    def at(self, reader: str, behaviour: str) -> list[Cell]:
        """The cells of a reader and a behaviour, the most telling source first; empty for what was not run."""
        return self._by_place.get((reader, behaviour), [])

    @cached_property
    def _by_place(self) -> dict[tuple[str, str], list[Cell]]:
        found: defaultdict[tuple[str, str], list[Cell]] = defaultdict(list)
        for cell in sorted(self.cells, key=lambda cell: SOURCES.index(cell.source)):
            found[cell.reader, cell.behaviour].append(cell)
        return dict(found)

    def as_json(self) -> str:
        """The matrix as matrix.schema.json has it."""
        document = {
            "version": VERSION,
            "runs": [dict(environment) for environment in self.environments],
            "readers": [asdict(reader) for reader in self.readers],
            "behaviours": [asdict(behaviour) for behaviour in self.behaviours],
            "cells": [asdict(cell) for cell in self.cells],
        }
        return json.dumps(document, indent=1, ensure_ascii=False) + "\n"


def schema() -> dict[str, Any]:
    """The JSON schema of matrix.json."""
    found: dict[str, Any] = json.loads(
        resources.files("reports.matrix").joinpath("matrix.schema.json").read_text(encoding="utf-8")
    )
    return found


def matrix_of(results: Results) -> Matrix:
    """The matrix of some results."""
    grouped: defaultdict[tuple[str, str, str], list[Outcome]] = defaultdict(list)
    readers: dict[str, Reader] = {}
    behaviours: dict[str, Behaviour] = {}
    ordered = sorted(results.outcomes, key=lambda outcome: (outcome.subject, outcome.behaviour, outcome.case))
    for outcome in ordered:
        grouped[outcome.reader, outcome.behaviour, outcome.source].append(outcome)
        readers.setdefault(outcome.reader, Reader(outcome.reader, outcome.reader_name))
        behaviours.setdefault(
            outcome.behaviour,
            Behaviour(outcome.behaviour, outcome.subject, _sentence(outcome), " ".join(outcome.description.split())),
        )
    return Matrix(
        tuple(sorted(readers.values(), key=lambda reader: reader.name)),
        tuple(behaviours.values()),
        tuple(_cell(*key, outcomes) for key, outcomes in grouped.items()),
        results.environments,
    )


def load(path: Path) -> Matrix:
    """A matrix from its JSON file, from a directory with one, or from a directory of Allure results.

    Raises ResultsError.
    """
    file = path / FILE_NAME if path.is_dir() else path
    if not file.exists():
        if path.is_dir():
            return matrix_of(read([path]))
        raise ResultsError(f"{path}: there is no such file; expected {FILE_NAME} or a directory of Allure results")
    try:
        document = json.loads(file.read_text(encoding="utf-8"))
        jsonschema.validate(document, schema())
    except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise ResultsError(f"{file}: expected JSON ({error})") from error
    except jsonschema.ValidationError as error:
        place = "/".join(str(part) for part in error.absolute_path) or "the top"
        raise ResultsError(f"{file}: expected a matrix of version {VERSION}; at {place}: {error.message}") from error
    return Matrix(
        tuple(Reader(**reader) for reader in document["readers"]),
        tuple(Behaviour(**behaviour) for behaviour in document["behaviours"]),
        tuple(_cell_from(cell) for cell in document["cells"]),
        tuple(document["runs"]),
    )


def _cell_from(cell: Mapping[str, Any]) -> Cell:
    cases = tuple(
        Case(**{**case, "measurements": tuple(Measurement(**one) for one in case["measurements"])})
        for case in cell["cases"]
    )
    return Cell(**{**cell, "cases": cases})


def _cell(reader: str, behaviour: str, source: str, outcomes: list[Outcome]) -> Cell:
    cases = tuple(
        Case(
            outcome.case,
            outcome.title,
            outcome.outcome,
            outcome.category,
            "\n".join(outcome.message.splitlines()[:_LINES]),
            outcome.link,
            outcome.known_issues,
            outcome.measurements,
        )
        for outcome in outcomes
    )
    return Cell(
        reader,
        behaviour,
        source,
        worst(case.outcome for case in cases),
        max(outcome.date for outcome in outcomes),
        _joined(outcome.firmware for outcome in outcomes),
        _joined(outcome.daemon for outcome in outcomes),
        _joined(outcome.driver for outcome in outcomes),
        cases,
    )


def _sentence(outcome: Outcome) -> str:
    """The test's title without the values of its parameters and the reader's name."""
    return re.sub(r" \[[^\]]*\]$", "", outcome.title.removesuffix(f" - {outcome.reader_name}"))


def _joined(values: Iterable[str]) -> str:
    return ", ".join(sorted({value for value in values if value}))
