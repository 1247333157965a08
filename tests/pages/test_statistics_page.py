"""The page of ATR statistics in a browser: it reads well, and its charts change their scale."""

from __future__ import annotations

from pathlib import Path

import pytest

from reports.atr_statistics.__main__ import main
from tests.pages.conftest import LOOKS, Window
from tests.reports.conftest import SAMPLE


@pytest.mark.parametrize("look", LOOKS, indirect=True)
def test_charts_change_their_scale(window: Window, look: str, tmp_path: Path) -> None:
    pytest.importorskip("pygal", reason="the page is drawn with pygal, which is not installed")
    cards, file = tmp_path / "list.txt", tmp_path / "atr.html"
    cards.write_text(SAMPLE, encoding="utf-8")
    assert main([str(cards), "--html", str(file)]) == 0
    page = window.page
    page.goto(file.as_uri())
    assert page.evaluate("document.documentElement.scrollWidth") <= LOOKS[look]["viewport"]["width"]  # type: ignore[index]
    linear, logarithmic = page.locator("svg.chart.linear").first, page.locator("svg.chart.logarithmic").first
    assert linear.is_visible()
    assert logarithmic.is_hidden()
    page.locator("#logarithmic").check()
    assert linear.is_hidden()
    assert logarithmic.is_visible()
    page.get_by_role("link", name="TD1").first.click()
    window.picture(f"atr-statistics-{look}")
