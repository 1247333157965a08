"""The statistics as text for a terminal and as JSON."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator

from reports.atr_statistics.counting import Statistics, Table


def as_json(statistics: Statistics) -> str:
    """The statistics as JSON: entries, counted, skipped (line, pattern, reason), tables (name to value to number)."""
    document = {
        "entries": statistics.entries,
        "counted": statistics.counted,
        "skipped": [
            {"line": skipped.line, "pattern": skipped.pattern, "reason": skipped.reason}
            for skipped in statistics.skipped
        ],
        "tables": {table.key: table.counts for table in statistics.tables},
    }
    return json.dumps(document, indent=2) + "\n"


def as_text(statistics: Statistics) -> Iterator[str]:
    """The statistics as lines: a summary, and each table with its values, the most frequent first."""
    yield summary(statistics)
    for table in statistics.tables:
        yield ""
        yield from _table_lines(table, statistics.counted)


def summary(statistics: Statistics) -> str:
    """One sentence: how many entries, how many counted, why others were not."""
    said = f"{statistics.entries} entries, {statistics.counted} counted"
    if statistics.skipped:
        reasons = Counter(skipped.reason for skipped in statistics.skipped)
        told = ", ".join(f"{reason} {number}" for reason, number in reasons.most_common())
        said += f", {len(statistics.skipped)} left out ({told})"
    return said


def share(number: int, of: int) -> str:
    """A part of a whole in percent, with one decimal; "<0.1 %" rather than nothing."""
    percent = 100 * number / of
    return "<0.1 %" if percent < 0.05 else f"{percent:.1f} %"


def _table_lines(table: Table, counted: int) -> Iterator[str]:
    yield table.title
    width = max((len(value) for value in table.counts), default=0)
    for value, number in table.counts.items():
        yield f"  {value:<{width}}  {number:>6}  {share(number, counted):>7}"
