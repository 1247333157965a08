"""What changed between two matrices: tests that ended in another way, and the versions that differ."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from reports.categories import HUNG, KNOWN_ISSUE, NOT_RECORDED
from reports.matrix.cells import Case, Matrix
from reports.results import FAILED, NOT_APPLICABLE, PASSED, ResultsError

NOT_RUN = "not run"
REGRESSION = "regression"
NEW_FAILURE = "new failure"
LOST = "lost"
FIXED = "fixed"
OTHER = "other"
_BAD = (FAILED, HUNG)
_TOLD_WHOLE = (REGRESSION, NEW_FAILURE)
_HEADINGS = {
    REGRESSION: "Regressions",
    NEW_FAILURE: "Failing, and not run before",
    LOST: "No longer tested",
    FIXED: "Fixed",
    OTHER: "Otherwise changed",
}

Key = tuple[str, str, str]
"""A reader's id, a source, a case."""


@dataclass(frozen=True)
class Change:
    """A test that ended in another way. message: what it says now."""

    kind: str
    key: Key
    title: str
    before: str
    after: str
    message: str


def compare(before: Matrix, after: Matrix) -> list[Change]:
    """Every test whose outcome differs, those that matter most first.

    A test regresses that failed or hung and did not before; one that was not run before does not. Raises ResultsError
    when the runs have no reader and source in common.
    """
    old, new = dict(_cases(before)), dict(_cases(after))
    common = {key[:2] for key in old} & {key[:2] for key in new}
    if not common:
        raise ResultsError(f"the runs have nothing in common: {_named(old)} before, {_named(new)} after")
    changes = []
    for key in dict.fromkeys([*old, *new]):
        if key[:2] not in common:
            continue
        one, other = old.get(key), new.get(key)
        was, now = one.outcome if one else NOT_RUN, other.outcome if other else NOT_RUN
        shown = other or one
        if was != now and shown is not None:
            words = other.message if other is not None else ""
            changes.append(Change(_kind(was, now), key, shown.title, was, now, words))
    order = list(_HEADINGS)
    return sorted(changes, key=lambda change: (order.index(change.kind), change.key))


def _kind(was: str, now: str) -> str:
    if now in _BAD:
        return NEW_FAILURE if was in (NOT_RUN, NOT_RECORDED) else OTHER if was in _BAD else REGRESSION
    if was == PASSED and now in (NOT_RUN, NOT_APPLICABLE, NOT_RECORDED):
        return LOST
    if was in (*_BAD, KNOWN_ISSUE) and now == PASSED:
        return FIXED
    return OTHER


def _cases(matrix: Matrix) -> Iterator[tuple[Key, Case]]:
    for cell in matrix.cells:
        for case in cell.cases:
            yield (cell.reader, cell.source, case.case), case


def _named(cases: Mapping[Key, Case]) -> str:
    return ", ".join(sorted({f"{reader} ({source})" for reader, source, _case in cases})) or "nothing"


def _versions(before: Matrix, after: Matrix) -> Iterator[str]:
    """What differs in the surroundings, a line each."""
    old = {(tally.reader.id, tally.source): tally for tally in before.tallies}
    for tally in after.tallies:
        earlier = old.get((tally.reader.id, tally.source))
        if earlier is None:
            continue
        for what in ("firmware", "daemon", "driver"):
            one, other = getattr(earlier, what), getattr(tally, what)
            if one != other:
                yield f"{tally.reader.name} ({tally.source}): {what} {one or 'unknown'} -> {other or 'unknown'}"
    one, other = (", ".join(sorted({run.get("os", "") for run in matrix.environments})) for matrix in (before, after))
    if one != other:
        yield f"operating system {one or 'unknown'} -> {other or 'unknown'}"


def told(before: Matrix, after: Matrix, changes: Sequence[Change]) -> str:
    """The comparison in words, for a terminal or a mail."""
    lines = [f"{words}" for words in _versions(before, after)]
    if lines:
        lines.append("")
    for kind, heading in _HEADINGS.items():
        some = [change for change in changes if change.kind == kind]
        if some:
            lines.append(f"{heading}: {len(some)}")
        for change in some:
            reader, source, case = change.key
            lines.append(f"  {change.title} ({source}): {change.before} -> {change.after}  [{reader} {case}]")
            said = change.message.splitlines()
            lines += [f"      {line}" for line in (said if change.kind in _TOLD_WHOLE else said[:1])]
    return "\n".join(lines) if changes else "\n".join([*lines, "No test ended in another way."])
