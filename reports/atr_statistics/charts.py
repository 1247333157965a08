"""A table as a bar chart in SVG, linear or logarithmic. Pygal draws it; the page's style sheet colours it."""

from __future__ import annotations

from xml.etree import ElementTree as ET

import pygal
from pygal.style import Style

from reports.atr_statistics.counting import Table

MOST_BARS = 20
"""Rarer values stand in the page's tables only."""

WIDTH = 360
"""In CSS pixels: fits a telephone, so that no letter is scaled down."""

_ROW, _AXIS = 18, 24
_SVG = "http://www.w3.org/2000/svg"
_DROPPED = ("defs", "title", "desc")
_EMPTY_OVERLAYS = ("plot overlay", "plot tooltip-overlay", "titles", "background")
_SIZES = Style(label_font_size=12, major_label_font_size=12, value_font_size=12)


def bar_chart(table: Table, *, logarithmic: bool) -> str:
    """The table's most frequent values as an SVG element without styles, scripts or identifiers of its own."""
    shown = list(table.counts.items())[:MOST_BARS]
    highest = max(number for _, number in shown)
    lowest = 0.5 if logarithmic else 0  # on a logarithmic axis that starts at 1, a single ATR would have no bar
    marks = _marks(highest, logarithmic=logarithmic)
    chart = pygal.HorizontalBar(
        style=_SIZES,
        js=[],
        width=WIDTH,
        height=len(shown) * _ROW + _AXIS,
        margin=2,
        margin_left=14,
        margin_right=44,
        spacing=5,
        show_legend=False,
        logarithmic=logarithmic,
        zero=lowest,
        range=(lowest, highest),
        print_values=True,
        print_values_position="top",
        truncate_label=-1,
        y_labels=marks,
    )
    chart.x_labels = [value for value, _ in reversed(shown)]
    chart.add(table.key, [number for _, number in reversed(shown)])
    root = ET.fromstring(chart.render())  # noqa: S314  # what pygal has just written
    kind = "logarithmic" if logarithmic else "linear"
    return _pruned(root, f"{table.title}, {kind} bar chart", kind)


def _marks(highest: int, *, logarithmic: bool) -> list[int]:
    """Where the axis of numbers is labelled."""
    if logarithmic:
        return [10**power for power in range(len(str(highest)))]
    step = 10 ** (len(str(highest)) - 1)
    while highest / step < 2 and step > 1:
        step //= 2
    while highest / step > 5:
        step *= 2
    return list(range(0, highest + 1, step))


def _pruned(root: ET.Element, label: str, kind: str) -> str:
    """Pygal's drawing without its styles, script, tooltips and comments, which the page has no use for."""
    for parent in list(root.iter()):
        for child in list(parent):
            tag = child.tag.removeprefix(f"{{{_SVG}}}")
            if tag in _DROPPED or child.get("class") in _EMPTY_OVERLAYS:
                parent.remove(child)
    root.attrib.pop("id", None)
    root.set("class", f"chart {kind}")
    root.set("role", "img")
    root.set("aria-label", label)
    root.set("width", str(WIDTH))
    ET.register_namespace("", _SVG)
    return ET.tostring(root, encoding="unicode")
