"""Results as a table for the terminal, as markdown and as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from benchmarks.machine import Machine
from benchmarks.result import Peer, Result, Row

BEGIN = "<!-- figures: written by python -m benchmarks --markdown -->"
END = "<!-- end of figures -->"


def table(result: Result) -> str:
    """For the terminal: columns aligned, remarks below."""
    lines = _cells(result)
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    text = [f"{result.name}: {result.title} ({result.unit})"]
    for line in lines:
        first = line[0].ljust(widths[0])
        text.append(
            "  " + "  ".join([first, *(cell.rjust(width) for cell, width in zip(line[1:], widths[1:], strict=True))])
        )
    text += [f"  {remark}" for remark in _remarks(result)]
    return "\n".join(text)


def markdown(results: Sequence[Result], machine: Machine) -> str:
    """Machine, date and command, then a section for each result."""
    parts = [f"{machine.date}, `{machine.command}`, on {machine.description}."]
    for result in results:
        head, *rows = _cells(result)
        lines = [f"| {' | '.join(head)} |", "|---" + "|--:" * (len(head) - 1) + "|"]
        lines += [f"| {' | '.join(row)} |" for row in rows]
        parts += [f"### {result.title} (`{result.name}`, {result.unit})", "\n".join(lines)]
        parts += ["\n".join(f"- {remark}" for remark in _remarks(result))] if _remarks(result) else []
    return "\n\n".join(parts) + "\n"


def write_markdown(path: Path, results: Sequence[Result], machine: Machine) -> None:
    """Replaces what stands between the two marks of an existing page, else writes a page of its own."""
    figures = f"{BEGIN}\n\n{markdown(results, machine)}\n{END}"
    page = path.read_text("utf-8") if path.exists() else ""
    before, begin, rest = page.partition(BEGIN)
    _old, end, after = rest.partition(END)
    path.write_text(f"{before}{figures}{after}" if begin and end else f"{figures}\n", "utf-8")


def to_json(results: Sequence[Result], machine: Machine) -> dict[str, object]:
    """Everything, every sample included."""
    return {
        "machine": machine.to_json(),
        "benchmarks": [
            {
                "name": result.name,
                "title": result.title,
                "unit": result.unit,
                "rows": [_row(result, row) for row in result.rows],
                "notes": list(result.notes),
            }
            for result in results
        ],
    }


def _row(result: Result, row: Row) -> dict[str, object]:
    return {
        "case": row.case,
        "median": row.median,
        "samples": list(row.samples),
        "ratios": {peer.case: result.ratio(row, peer) for peer in result.peers},
        "note": row.note,
    }


def _cells(result: Result) -> list[list[str]]:
    head = ["case", "median", "range", *(peer.heading for peer in result.peers)]
    return [head, *([row.case, _number(row.median), _range(row), *_ratios(result, row)] for row in result.rows)]


def _remarks(result: Result) -> list[str]:
    return [f"{row.case}: {row.note}" for row in result.rows if row.note] + list(result.notes)


def _ratios(result: Result, row: Row) -> list[str]:
    return [_ratio(result.ratio(row, peer), peer) for peer in result.peers]


def _ratio(ratio: float | None, peer: Peer) -> str:
    if ratio is None:
        return "-"
    return f"{_number(ratio * 100)} %" if peer.share else f"{_number(ratio)}x"


def _range(row: Row) -> str:
    return f"{_number(min(row.samples))}-{_number(max(row.samples))}" if len(row.samples) > 1 else ""


def _number(value: float) -> str:
    """Three significant digits, whole above 100."""
    if value == 0:
        return "0"
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}"
