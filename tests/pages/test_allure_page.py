"""The Allure report in a browser: categories, environment, history, steps, trace, measurements."""

from __future__ import annotations

import json
import re

import pytest

from tests.pages.conftest import LOOKS, Site, Window

CATEGORIES = {
    "Known issue",
    "Hung",
    "Not recorded",
    "Stack fault",
    "Card fault",
    "Reader fault",
    "Harness fault",
}


def test_address(site: Site, behaviour: str) -> str:
    """The page of the first case of a behaviour that did not pass."""
    matrix = json.loads((site.directory / "matrix.json").read_text())
    cells = [cell for cell in matrix["cells"] if cell["behaviour"] == behaviour]
    cases = [case for cell in cells for case in cell["cases"]]
    case = next((case for case in cases if case["outcome"] != "passed"), cases[0])
    return f"{site.address}allure/index.html#{case['link']}"


test_address.__test__ = False  # type: ignore[attr-defined]


def test_every_category_is_there(window: Window, made_site: Site) -> None:
    page = window.page
    page.goto(f"{made_site.address}allure/index.html")
    page.get_by_role("tab", name=re.compile("Categories")).or_(page.get_by_text("Categories").first).first.click()
    for name in CATEGORIES:
        page.get_by_text(name, exact=True).first.wait_for()
    assert page.get_by_text("Product errors").count() == page.get_by_text("Test errors").count() == 0


def test_known_issue_has_its_link(window: Window, made_site: Site) -> None:
    window.page.goto(test_address(made_site, "late"))
    link = window.page.get_by_role("link", name="known issue reset-late")
    link.wait_for()
    assert link.get_attribute("href") == "https://example.org/1"


def test_environment_is_on_the_first_page(window: Window, planted_site: Site) -> None:
    page = window.page
    page.goto(f"{planted_site.address}allure/index.html")
    for fact in ("response-one-byte-short", "simulated"):
        page.get_by_text(fact, exact=True).first.wait_for()


def test_earlier_runs_of_a_test_are_its_history(window: Window, made_site: Site) -> None:
    page = window.page
    page.goto(test_address(made_site, "fits"))
    page.get_by_role("heading", name="Fits").wait_for()
    page.get_by_text(re.compile("^History")).first.click()
    page.get_by_text(re.compile("11/20/2026")).first.wait_for()


def test_machine_is_not_named(made_site: Site) -> None:
    """The host's name is in the results and not in what is published."""
    for file in (made_site.directory / "allure").rglob("*.json"):
        assert "machine-of-the-lab" not in file.read_text(), file
    assert "machine-of-the-lab" not in (made_site.directory / "index.html").read_text()


def test_measurements_are_a_section_of_their_own(window: Window, planted_site: Site) -> None:
    page = window.page
    page.goto(f"{planted_site.address}allure/index.html")
    page.get_by_text("Report", exact=True).first.click()
    page.get_by_text("Metrics", exact=True).first.click()
    page.get_by_text("256 bytes from the card (at most 2.5 s)").first.wait_for()
    window.picture("allure-measurements")


@pytest.mark.parametrize("look", LOOKS, indirect=True)
def test_failed_test_shows_the_bytes_and_marks_the_call(window: Window, look: str, planted_site: Site) -> None:
    page = window.page
    page.goto(test_address(planted_site, "case-2-lengths"))
    page.get_by_role("heading", name="Case 2 returns every byte").wait_for()
    error = page.get_by_text("missing from byte").first
    error.wait_for()
    box = error.bounding_box()
    assert box is not None
    assert box["y"] < LOOKS[look]["viewport"]["height"]  # type: ignore[index]
    assert page.evaluate("document.documentElement.scrollWidth") <= LOOKS[look]["viewport"]["width"]  # type: ignore[index]
    window.picture(f"allure-failed-{look}")
    call = page.get_by_text(re.compile(r"SCardTransmit 80 34 00 .*: \d+ bytes, success")).last
    call.scroll_into_view_if_needed()
    window.picture(f"allure-call-{look}")
    page.get_by_text("APDU trace").first.click()
    page.get_by_text(re.compile("the test failed here: ")).first.wait_for()
