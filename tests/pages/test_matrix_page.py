"""The conformance matrix in a browser: it reads well, filters, remembers, and leads to the tests."""

from __future__ import annotations

import pytest

from tests.pages.conftest import LOOKS, Site, Window

ENOUGH_CONTRAST = 4.5
"""WCAG 2.1, 1.4.3, level AA."""

CONTRAST = """
() => {
  const parse = (text) => (text.match(/[\\d.]+/g) || []).map(Number);
  const luminance = ([r, g, b]) => [r, g, b].map((v) => v / 255)
    .map((v) => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const behind = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const colour = parse(getComputedStyle(at).backgroundColor);
      if (colour.length === 3 || colour[3] === 1) return colour;
    }
    return [255, 255, 255];
  };
  const found = [];
  for (const element of document.querySelectorAll("body *")) {
    const own = [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim());
    if (!own || !element.checkVisibility()) continue;
    if (["SCRIPT", "STYLE", "OPTION"].includes(element.tagName)) continue;
    const [one, other] = [parse(getComputedStyle(element).color), behind(element)].map(luminance);
    const ratio = (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
    found.push([ratio, parseFloat(getComputedStyle(element).fontSize), element.outerHTML.slice(0, 80)]);
  }
  return found;
}
"""


def rows(window: Window) -> list[str]:
    return window.page.locator("tr.behaviour:visible").evaluate_all("rows => rows.map(row => row.id)")


@pytest.mark.parametrize("look", LOOKS, indirect=True)
def test_page_reads_well(window: Window, look: str, made_site: Site) -> None:
    window.page.goto(made_site.address)
    assert window.page.evaluate("document.documentElement.scrollWidth") <= LOOKS[look]["viewport"]["width"]  # type: ignore[index]
    texts = window.page.evaluate(CONTRAST)
    assert len(texts) > 50
    for ratio, size, text in texts:
        assert ratio >= ENOUGH_CONTRAST, f"{look}: contrast {ratio:.1f} of {text}"
        assert size >= 10.5, f"{look}: {size} px in {text}"


@pytest.mark.parametrize("look", LOOKS, indirect=True)
def test_what_failed_is_in_sight_with_reader_and_bytes(window: Window, look: str, planted_site: Site) -> None:
    """What a person sees who opens the page and does nothing."""
    window.page.goto(planted_site.address)
    first = window.page.locator("#failures article").first
    assert "OMNIKEY CardMan 3121" in first.inner_text()
    assert "reader fault" in first.inner_text()
    words = first.locator("pre")
    assert "came" in words.inner_text()
    assert "--" in words.inner_text()
    box = words.bounding_box()
    assert box is not None
    assert box["y"] + box["height"] < LOOKS[look]["viewport"]["height"]  # type: ignore[index]
    told = words.inner_text().splitlines()
    shown = words.evaluate("pre => pre.clientHeight / parseFloat(getComputedStyle(pre).lineHeight)")
    assert shown <= len(told) + 1.5, "one line of words may be wrapped, and no line of bytes"
    window.picture(f"matrix-{look}")


def test_filters_leave_what_was_asked_for(window: Window, made_site: Site) -> None:
    page = window.page
    page.goto(made_site.address)
    everything = rows(window)
    assert len(everything) == 11
    page.get_by_label("Outcome").select_option("failed")
    assert set(rows(window)) == {"case-2", "atr", "crowd", "reset", "order"}
    page.locator("select[name=reader]").select_option("omnikey")
    assert rows(window) == ["case-2"]
    assert page.locator("th[data-reader=ezio]").is_hidden()
    page.get_by_label("Outcome").select_option("")
    page.locator("select[name=reader]").select_option("")
    page.get_by_label("Search").fill("RESET")
    assert rows(window) == ["reset"]
    page.get_by_label("Search").fill("")
    page.get_by_label("Subject").select_option("ATR")
    assert rows(window) == ["atr"]
    page.get_by_label("Subject").select_option("")
    page.locator("select[name=source]").select_option("replayed")
    assert rows(window) == ["new"]
    page.locator("select[name=source]").select_option("")
    assert rows(window) == everything
    assert page.locator("output").inner_text() == "11 of 11 behaviours"


def test_filtered_view_is_an_address(window: Window, made_site: Site) -> None:
    window.page.goto(made_site.address)
    window.page.get_by_label("Outcome").select_option("hung")
    address = window.page.url
    window.page.goto("about:blank")
    window.page.goto(address)
    assert rows(window) == ["wait"]


def test_cell_leads_to_the_test_in_allure(window: Window, planted_site: Site) -> None:
    page = window.page
    page.goto(planted_site.address)
    page.locator("tr#case-2-lengths a.chip.failed").click()
    page.get_by_role("heading", name="Case 2 returns every byte").wait_for()
    assert "/allure/index.html#" in page.url
    page.get_by_text("missing from byte").first.wait_for()
    page.get_by_text("Category: Reader fault").wait_for()


def test_page_on_a_disk_leads_to_the_report_in_one_file(window: Window, planted_site: Site) -> None:
    """From a disk a browser loads no parts of a page; the links lead to the single file there."""
    page = window.page
    page.goto(planted_site.file)
    page.locator("tr#case-2-lengths a.chip.failed").click()
    page.get_by_role("heading", name="Case 2 returns every byte").wait_for()
    assert page.url.startswith("file:")
    assert "cardloop-report.html#" in page.url


def test_measurements_have_units_and_limits(window: Window, planted_site: Site) -> None:
    window.page.goto(planted_site.address)
    row = window.page.locator("#measurements tbody tr", has_text="256 bytes from the card").inner_text()
    value, limit = row.split("\t")[-2:]
    assert value.split()[1] in ("ms", "s")
    assert limit == "2.5 s"
