"""What a run left in an Allure results directory, read back: one outcome a test, and the run's surroundings."""

from __future__ import annotations

import csv
import datetime
import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reports.categories import HUNG, KNOWN_ISSUE, NOT_RECORDED, category_of

SOURCES = ("hardware", "simulated", "replayed")
"""Where a result comes from, the most telling first."""

PASSED = "passed"
FAILED = "failed"
NOT_APPLICABLE = "not applicable"
OUTCOMES = (FAILED, HUNG, KNOWN_ISSUE, NOT_RECORDED, PASSED, NOT_APPLICABLE)
"""How a test ended, the worst first. "not applicable" is a skip: the reader or the card has no such thing."""

RESULT_FILES = "*-result.json"


class ResultsError(ValueError):
    """A directory that holds no results, or results that cannot be read; the text says where and what was expected."""


@dataclass(frozen=True)
class Measurement:
    """A measured value with its unit, and the most it may be in that unit, or None."""

    name: str
    value: float
    unit: str
    limit: float | None


@dataclass(frozen=True)
class Outcome:
    """How one test ended on one reader.

    behaviour: the stable name of what was checked; case: the same with the values of parameters. link: the test's
    place in the Allure report, the part of the address after "#". category: one of reports.categories, or empty.
    date: the day it ran, as 2026-01-31. message: its error or reason in words, masked by the run. known_issues: links
    to them by name.
    """

    reader: str
    reader_name: str
    source: str
    subject: str
    behaviour: str
    case: str
    title: str
    description: str
    outcome: str
    category: str
    message: str
    link: str
    date: str
    firmware: str
    daemon: str
    driver: str
    known_issues: Mapping[str, str]
    measurements: tuple[Measurement, ...] = ()


@dataclass(frozen=True)
class Results:
    """The outcomes of one or more directories, and each directory's environment.properties."""

    outcomes: tuple[Outcome, ...]
    environments: tuple[Mapping[str, str], ...]


def read(directories: Sequence[Path]) -> Results:
    """All results of the directories. A test that ran again in one of them counts by its last run.

    Raises ResultsError.
    """
    outcomes: dict[tuple[str, str, str], tuple[int, Outcome]] = {}
    environments = []
    for directory in directories:
        files = sorted(directory.glob(RESULT_FILES)) if directory.is_dir() else []
        if not files:
            raise ResultsError(f"{directory}: expected a directory with Allure results (files {RESULT_FILES})")
        environments.append(_environment(directory))
        for file in files:
            stop, outcome = _outcome(file)
            if outcome is None:
                continue
            key = outcome.reader, outcome.source, outcome.case
            if key not in outcomes or outcomes[key][0] <= stop:
                outcomes[key] = stop, outcome
    return Results(tuple(outcome for _stop, outcome in outcomes.values()), tuple(environments))


def _environment(directory: Path) -> dict[str, str]:
    file = directory / "environment.properties"
    if not file.exists():
        return {}
    pairs = (line.partition("=") for line in file.read_text(encoding="utf-8").splitlines() if "=" in line)
    return {key: value for key, _sign, value in pairs}


def _outcome(file: Path) -> tuple[int, Outcome | None]:
    """When the test ended, in milliseconds since 1970, and its outcome; None for a test of no reader."""
    try:
        result = json.loads(file.read_text(encoding="utf-8"))
        labels = {label["name"]: str(label.get("value", "")) for label in result["labels"]}
        status = str(result["status"])
        stop = int(result["stop"])
        identity = str(result["uuid"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ResultsError(
            f"{file}: expected a result as Allure writes it ({type(error).__name__}: {error})"
        ) from error
    if not {"reader", "source", "story"} <= labels.keys():
        return stop, None
    if labels["source"] not in SOURCES:
        raise ResultsError(f"{file}: expected a source of {', '.join(SOURCES)}, found {labels['source']!r}")
    message = str((result.get("statusDetails") or {}).get("message") or "")
    category = category_of(status, message, labels)
    return stop, Outcome(
        reader=labels["reader"],
        reader_name=labels.get("epic", labels["reader"]).removesuffix(f" ({labels['source']})"),
        source=labels["source"],
        subject=labels.get("feature", "Other"),
        behaviour=labels["story"],
        case=labels.get("case", labels["story"]),
        title=str(result.get("name", labels["story"])),
        description=str(result.get("description") or ""),
        outcome=_how(status, category),
        category=category,
        message=message,
        link=hashlib.md5(identity.encode(), usedforsecurity=False).hexdigest(),  # as Allure 3 makes its addresses
        date=datetime.datetime.fromtimestamp(stop / 1000, datetime.UTC).date().isoformat(),
        firmware=labels.get("firmware", ""),
        daemon=labels.get("daemon", ""),
        driver=labels.get("driver", ""),
        known_issues=_issues(result),
        measurements=tuple(_measurements(file.parent, result)),
    )


def _how(status: str, category: str) -> str:
    if category in (HUNG, KNOWN_ISSUE, NOT_RECORDED):
        return category
    return {"passed": PASSED, "skipped": NOT_APPLICABLE}.get(status, FAILED)


def _issues(result: Mapping[str, Any]) -> dict[str, str]:
    links = result.get("links") or []
    return {str(link.get("name") or link["url"]): str(link["url"]) for link in links if link.get("type") == "issue"}


def _measurements(directory: Path, result: Mapping[str, Any]) -> Iterator[Measurement]:
    for attachment in result.get("attachments") or []:
        if attachment.get("name") == "Measurements":
            text = (directory / Path(attachment["source"]).name).read_text(encoding="utf-8")
            for row in csv.DictReader(text.splitlines()):
                limit = row["limit"]
                yield Measurement(row["measured"], float(row["value"]), row["unit"], float(limit) if limit else None)


def worst(outcomes: Iterable[str]) -> str:
    """The worst of some outcomes; NOT_APPLICABLE only where there is nothing else."""
    return min(outcomes, key=OUTCOMES.index)
