"""The pages as a browser shows them: made once, served on this machine, looked at in the system's Chromium."""

from __future__ import annotations

import functools
import http.server
import os
import shutil
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.reports.made_results import MadeRun, one_of_each
from tests.runs.conftest import run_suites

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

ROOT = Path(__file__).parents[2]
CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
PATIENCE_MS = 60_000
FAULT = "response-one-byte-short"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--screenshots", type=Path, metavar="DIR", help="keep pictures of the pages in DIR")


@dataclass
class Site:
    """Pages in a directory and their address on this machine."""

    directory: Path
    address: str

    @property
    def file(self) -> str:
        return (self.directory / "index.html").as_uri()


@dataclass
class Seen:
    """What a browser's page complained of, and what it asked of other machines."""

    complaints: list[str] = field(default_factory=list)
    strangers: list[str] = field(default_factory=list)


@dataclass
class Window:
    """A page of the browser, and where its pictures go."""

    page: Page
    seen: Seen
    pictures: Path | None

    def picture(self, name: str) -> None:
        if self.pictures is not None:
            self.pictures.mkdir(parents=True, exist_ok=True)
            self.page.screenshot(path=self.pictures / f"{name}.png")


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        """Nothing: the tests tell what was wrong."""


def _made(results: Path, directory: Path) -> None:
    from reports.pages.__main__ import main

    if shutil.which("node") is None or shutil.which("npm") is None:
        pytest.skip("node and npm make the report and are not installed: ./bootstrap run -e pages")
    history = directory.parent / f"{directory.name}-history.jsonl"
    arguments = ["--output", str(directory), "--history", str(history)]
    assert main([str(results), *arguments, "--tools", str(ROOT / ".results" / "cache" / "allure")]) == 0


@pytest.fixture(scope="session")
def serve() -> Iterator[Any]:
    servers = []

    def start(directory: Path) -> Site:
        handler = functools.partial(_Quiet, directory=directory)
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        servers.append(server)
        return Site(directory, f"http://127.0.0.1:{server.server_port}/")

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.fixture(scope="session")
def made_site(tmp_path_factory: pytest.TempPathFactory, serve: Any) -> Site:
    """Pages of two nights; in the second there is a result of every category."""
    place = tmp_path_factory.mktemp("made")
    for day in (20, 21):
        run = MadeRun(place / f"run-{day}", day=day)
        one_of_each(run)
        _made(run.directory, place / "pages")
    return serve(place / "pages")


@pytest.fixture(scope="session")
def planted_site(tmp_path_factory: pytest.TempPathFactory, serve: Any) -> Site:
    """Pages of a real run on a simulated reader in which a fault was planted."""
    place = tmp_path_factory.mktemp("planted")
    suites = ("suites/test_truncation.py", "suites/test_timing.py", "suites/test_atr.py")
    run = run_suites(place / "run", *suites, "--backend", "sim", "--reader", "omnikey", "--fault", FAULT)
    assert run.exit_code == 1, run.output
    _made(place / "run" / "allure", place / "pages")
    return serve(place / "pages")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    playwright = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed: tox run -e pages")
    program = next(filter(None, map(shutil.which, CHROMIUM)), None)
    if program is None:
        pytest.skip("Chromium is not installed: ./bootstrap run -e pages")
    # Chromium's sandbox does not run as root, as which containers run.
    arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
    with playwright.sync_playwright() as started:
        opened = started.chromium.launch(executable_path=program, args=arguments, timeout=PATIENCE_MS)
        yield opened
        opened.close()


LOOKS = {
    "light-1280": {"viewport": {"width": 1280, "height": 900}, "color_scheme": "light"},
    "light-400": {"viewport": {"width": 400, "height": 800}, "color_scheme": "light"},
    "dark-1280": {"viewport": {"width": 1280, "height": 900}, "color_scheme": "dark"},
    "dark-400": {"viewport": {"width": 400, "height": 800}, "color_scheme": "dark"},
}


@pytest.fixture(params=["light-1280"])
def look(request: pytest.FixtureRequest) -> str:
    """How wide the window is, and in which colours."""
    return str(request.param)


@pytest.fixture
def window(request: pytest.FixtureRequest, browser: Browser, look: str) -> Iterator[Window]:
    """A new window. A page that complained on its console, or asked anything of another machine, fails the test."""
    context = browser.new_context(**LOOKS[look])  # type: ignore[arg-type]
    page = context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    seen = Seen()
    page.on("console", lambda told: seen.complaints.append(told.text) if told.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: seen.complaints.append(str(error)))
    page.on("requestfailed", lambda asked: seen.complaints.append(f"not loaded: {asked.url[:200]}"))
    page.on("request", lambda asked: None if _is_ours(asked.url) else seen.strangers.append(asked.url))
    yield Window(page, seen, request.config.getoption("--screenshots", None))
    context.close()
    assert seen == Seen()


def _is_ours(address: str) -> bool:
    return address.startswith(("http://127.0.0.1:", "file:", "data:", "blob:"))
