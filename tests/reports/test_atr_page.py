"""The page of ATR statistics: its charts in the file, and how it reads in a browser."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from fixtures.pcsc.card_list import CardEntry, read_list
from reports.atr_statistics.counting import count

pytest.importorskip("pygal", reason="the page is drawn with pygal, which is not installed")

from reports.atr_statistics.charts import bar_chart
from reports.atr_statistics.counting import Table
from reports.atr_statistics.page import as_page

SVG = "{http://www.w3.org/2000/svg}"
MANY = Table("TA1", "TA1", {f"{value:02X}": 4000 // (value + 1) for value in range(60)})


def bars(table: Table, *, logarithmic: bool) -> list[float]:
    """The lengths of a chart's bars, from the top."""
    root = ET.fromstring(bar_chart(table, logarithmic=logarithmic))  # noqa: S314  # what pygal has just written
    lengths = [(float(bar.attrib["y"]), float(bar.attrib["width"])) for bar in root.iter(f"{SVG}rect")]
    return [length for _, length in sorted(lengths)]


def test_linear_bars_are_as_long_as_the_counts() -> None:
    first, second, third = bars(Table("x", "x", {"none": 1000, "11": 100, "12": 1}), logarithmic=False)
    assert (first / second, second / third) == (pytest.approx(10), pytest.approx(100))


def test_logarithmic_bars_show_a_single_atr() -> None:
    lengths = bars(Table("x", "x", {"none": 1000, "11": 100, "12": 10, "13": 1}), logarithmic=True)
    steps = [longer - shorter for longer, shorter in pairwise(lengths)]
    assert lengths[-1] > 10
    assert steps == [pytest.approx(steps[0])] * 3


def test_a_chart_brings_no_script_style_or_identifier() -> None:
    chart = bar_chart(MANY, logarithmic=True)
    assert not re.search(r"<script|<style|<!--|\bid=|\bstyle=|href", chart)
    assert chart == bar_chart(MANY, logarithmic=True)


class Outside(HTMLParser):
    """What a page would load or run."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        links = [
            value for name, value in attrs if name in ("src", "href") and not (value or "").startswith(("#", "data:"))
        ]
        if tag in ("script", "iframe", "img", "object") or links or any(name.startswith("on") for name, _ in attrs):
            self.found.append(f"{tag} {attrs}")


def test_the_page_needs_nothing_else_and_lets_nothing_through(sample: Path) -> None:
    entries = [*read_list(str(sample)), CardEntry(99, "3B <script>alert(1)</script>", ())]
    page = as_page(count(entries), "<img src=x>")
    outside = Outside()
    outside.feed(page)
    assert outside.found == []
    assert "&lt;img src=x&gt;: 7 entries" in page
    assert "&lt;script&gt;alert(1)" in page


def test_a_list_of_which_nothing_counts_makes_a_page() -> None:
    assert "In no ATR." in as_page(count([CardEntry(1, "3B 02", ())]), "list")


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    program = shutil.which("chromium")
    if program is None:
        pytest.skip("no chromium on PATH: apt-get install chromium")
    root = hasattr(os, "geteuid") and os.geteuid() == 0
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=program, args=["--no-sandbox"] if root else [])
        yield browser
        browser.close()


UNREADABLE = """() => {
  const luminance = colour => {
    const [r, g, b] = colour.match(/[\\d.]+/g).map(Number).map(v => v / 255)
      .map(v => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const wrong = [];
  for (const text of document.querySelectorAll('svg text')) {
    const box = text.getBoundingClientRect(), frame = text.closest('svg').getBoundingClientRect();
    if (!box.width) continue;
    const style = getComputedStyle(text);
    const [light, dark] = [style.fill, getComputedStyle(text.closest('section')).backgroundColor]
      .map(luminance).sort((a, b) => b - a);
    if ((light + 0.05) / (dark + 0.05) < 4.5) wrong.push('contrast: ' + text.textContent);
    const scale = frame.width / text.closest('svg').viewBox.baseVal.width;
    if (parseFloat(style.fontSize) * scale < 11) wrong.push('small: ' + text.textContent);
    if (box.left < frame.left - 1 || box.right > frame.right + 1 || box.bottom > frame.bottom + 1)
      wrong.push('cut off: ' + text.textContent);
  }
  if (document.documentElement.scrollWidth > innerWidth) wrong.push('wider than the window');
  return wrong;
}"""


@pytest.mark.parametrize("width", [1280, 400])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_in_a_browser(chromium: Any, width: int, scheme: str, tmp_path: Path) -> None:
    patterns = ["3B 80 81 1F C7", "3B 80 81 1F C3", *(f"3B 10 {value:02X}" for value in range(40))]
    patterns += ["3B 00"] * 2500 + ["3B 90 11 80 1F 06", "3B 80 80 01 81", "3B 82 80 01 80 31 0"]
    statistics = count([CardEntry(line, pattern, ()) for line, pattern in enumerate(patterns, start=1)])
    path = tmp_path / "atr.html"
    path.write_text(as_page(statistics, "list.txt"), encoding="utf-8")
    context = chromium.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
    page = context.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.goto(path.as_uri())
    background = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert background == {"light": "rgb(255, 255, 255)", "dark": "rgb(21, 24, 28)"}[scheme]
    chart = page.locator("#TA1 svg")
    for scale, hidden in (("linear", "logarithmic"), ("logarithmic", "linear")):
        page.check(f"#{scale}")
        assert chart.locator(f"xpath=self::*[contains(@class, '{scale}')]").is_visible()
        assert not chart.locator(f"xpath=self::*[contains(@class, '{hidden}')]").is_visible()
        assert page.evaluate(UNREADABLE) == []
    page.click("#TA1 summary")
    assert page.locator("#TA1 tbody tr").count() == 41
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.click("footer summary")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    context.close()
    assert said == []
