"""The statistics as one HTML page that needs nothing else: no script, no file beside it, no network."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from importlib import resources

from reports.atr_statistics.charts import MOST_BARS, bar_chart
from reports.atr_statistics.counting import ABSENT, Statistics, Table
from reports.atr_statistics.text import share, summary


def as_page(statistics: Statistics, source: str, *, logarithmic: bool = False) -> str:
    """The page. source: the list's name as the page shows it. logarithmic: which scale is shown at first."""
    style = resources.files("reports.atr_statistics").joinpath("page.css").read_text(encoding="utf-8")
    tables = "\n".join(_section(table, statistics.counted) for table in statistics.tables)
    links = "\n".join(
        f'<a href="#{table.key}">{escape(table.key.replace("_", " "))}</a>' for table in statistics.tables
    )
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<link rel="icon" href="data:,">
<title>ATR statistics</title>
<style>
{style}</style>
</head>
<body>
<header>
<h1>ATR statistics</h1>
<p>{escape(source)}: {escape(summary(statistics))}.</p>
<nav aria-label="Tables">
{links}
</nav>
</header>
<fieldset>
<legend>Scale</legend>
<label><input type="radio" name="scale" id="linear"{"" if logarithmic else " checked"}> linear</label>
<label><input type="radio" name="scale" id="logarithmic"{" checked" if logarithmic else ""}> logarithmic</label>
</fieldset>
<main>
{tables}
</main>
<footer>
{_skipped(statistics)}<p>Every chart counts each ATR once; "{ABSENT}" are the ATRs without that byte. A wildcard in the
list counts as the digit 0. Bytes as in ISO/IEC 7816-3, clause 8; categories as in ISO/IEC 7816-4.</p>
</footer>
</body>
</html>
"""


def _section(table: Table, counted: int) -> str:
    present = [value for value in table.counts if value != ABSENT]
    lines = [f'<section id="{table.key}">', f"<h2>{escape(table.title)}</h2>"]
    if not present:
        return "\n".join([*lines, "<p>In no ATR.</p>", "</section>"])
    lines += [bar_chart(table, logarithmic=False), bar_chart(table, logarithmic=True)]
    rarer = len(table.counts) - MOST_BARS
    if rarer > 0:
        lines.append(f"<p>{rarer} rarer {'value is' if rarer == 1 else 'values are'} in the table only.</p>")
    lines += [
        f"<details><summary>{len(table.counts)} {'row' if len(table.counts) == 1 else 'rows'}</summary>",
        "<table>",
        '<thead><tr><th scope="col">Value</th><th scope="col">ATRs</th><th scope="col">Share</th></tr></thead>',
        "<tbody>",
        *_rows(table, counted),
        "</tbody>",
        "</table>",
        "</details>",
        "</section>",
    ]
    return "\n".join(lines)


def _rows(table: Table, counted: int) -> Iterator[str]:
    for value, number in table.counts.items():
        part = escape(share(number, counted))
        yield f'<tr><th scope="row">{escape(value)}</th><td>{number}</td><td>{part}</td></tr>'


def _skipped(statistics: Statistics) -> str:
    if not statistics.skipped:
        return ""
    rows = "\n".join(
        f"<tr><td>{skipped.line}</td><td>{escape(skipped.pattern)}</td><td>{escape(skipped.reason)}</td></tr>"
        for skipped in statistics.skipped
    )
    return f"""<details class="skipped"><summary>{len(statistics.skipped)} entries left out</summary>
<table>
<thead><tr><th scope="col">Line</th><th scope="col">Entry</th><th scope="col">Why</th></tr></thead>
<tbody>
{rows}
</tbody>
</table>
</details>
"""
