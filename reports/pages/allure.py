"""Allure 3, the program that makes the pages of the tests: installed from its lock, run, and kept from the network."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from importlib import resources
from pathlib import Path

from reports.categories import as_allure
from reports.results import RESULT_FILES

OLDEST_NODE = 18
HIDDEN_LABELS = ("host", "thread", "framework", "language", "package", "parentSuite", "suite", "subSuite")
"""What says nothing of readers, or something of the machine."""

_LOCK_FILES = ("package.json", "package-lock.json")
_STAMP = "installed"
_SECONDS = 900
_TRACKER = re.compile(
    r"\s*<script[^>]*googletagmanager[^>]*></script>\s*<script>\s*window\.dataLayer.*?</script>", re.DOTALL
)
_TRACKERS_HOST = "googletagmanager.com"
_NO_METRICS = '{"current": [], "history": []}'


class ReportError(RuntimeError):
    """The pages cannot be made; the text says what is missing or what the program said."""


def install(tools: Path) -> Path:
    """Installs Allure below a directory, as package-lock.json has it, unless it is there; returns its command file.

    Raises ReportError.
    """
    _require_node()
    lock = {name: resources.files("reports.pages").joinpath(name).read_bytes() for name in _LOCK_FILES}
    version = hashlib.sha256(b"".join(lock.values())).hexdigest()
    command = tools / "node_modules" / "allure" / "cli.js"
    stamp = tools / _STAMP
    if command.exists() and stamp.exists() and stamp.read_text(encoding="utf-8") == version:
        return command
    tools.mkdir(parents=True, exist_ok=True)
    for name, content in lock.items():
        (tools / name).write_bytes(content)
    _run(["npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts"], tools)
    stamp.write_text(version, encoding="utf-8")
    return command


def generate(
    command: Path,
    results: Sequence[Path],
    output: Path,
    work: Path,
    *,
    name: str,
    single_file: bool,
    history: Path | None,
) -> None:
    """Makes one report from directories of results; output must not be there yet. work: a directory for its settings.

    history: the file that earlier runs are read from and this one is added to. Raises ReportError.
    """
    settings = work / "allurerc.json"
    settings.write_text(json.dumps(_settings(output, name, single_file=single_file, history=history)), encoding="utf-8")
    places = [str(_staged(directory, work / f"results-{number}")) for number, directory in enumerate(results, start=1)]
    _run(["node", str(command.resolve()), "generate", "--config", str(settings.resolve()), *places], work)
    page = output / "index.html"
    if not page.exists():
        raise ReportError(f"Allure made no report of {', '.join(str(directory) for directory in results)}")
    _keep_off_the_network(page)
    metrics = output / "widgets" / "metrics.json"
    if not single_file and not metrics.exists():
        # The page asks for it in any case, and says so on the browser's console where it is not.
        metrics.write_text(_NO_METRICS, encoding="utf-8")


def _staged(results: Path, place: Path) -> Path:
    """A copy of the results without HIDDEN_LABELS, and without what pytest's fixtures did.

    Of fixtures a test's page would show more than of the test. Allure can hide labels, but its history keeps them.
    """
    if not place.exists():
        shutil.copytree(results, place, ignore=shutil.ignore_patterns("*-container.json"))
        for file in place.glob(RESULT_FILES):
            result = json.loads(file.read_text(encoding="utf-8"))
            result["labels"] = [label for label in result["labels"] if label["name"] not in HIDDEN_LABELS]
            file.write_text(json.dumps(result), encoding="utf-8")
    return place.resolve()


def _settings(output: Path, name: str, *, single_file: bool, history: Path | None) -> Mapping[str, object]:
    return {
        "name": name,
        "output": str(output.resolve()),
        "categories": as_allure(),
        **({"historyPath": str(history.resolve()), "appendHistory": True} if history is not None else {}),
        "plugins": {
            "awesome": {
                "options": {
                    "reportName": name,
                    "singleFile": single_file,
                    "reportLanguage": "en",
                    "groupBy": ["epic", "feature"],
                    "defaultSortBy": "status,asc",
                }
            }
        },
    }


def _keep_off_the_network(page: Path) -> None:
    """Takes out what tells a third party of every look at the report. Raises ReportError where it cannot be found."""
    text, count = _TRACKER.subn("", page.read_text(encoding="utf-8"))
    if _TRACKERS_HOST in text:
        raise ReportError(f"{page} loads {_TRACKERS_HOST}, and this version of Allure has it in an unknown place")
    if count:
        page.write_text(text, encoding="utf-8")


def _require_node() -> None:
    if shutil.which("node") is None or shutil.which("npm") is None:
        raise ReportError("node and npm are needed; ./bootstrap run -e report installs them on Debian and Ubuntu")
    version = _run(["node", "--version"], Path.cwd()).strip()
    number = re.match(r"v(\d+)\.", version)
    if number is None or int(number[1]) < OLDEST_NODE:
        raise ReportError(f"node {OLDEST_NODE} or newer is needed, found {version or 'no version'}")


def _run(words: Sequence[str], where: Path) -> str:
    """What a program printed. Raises ReportError with its last lines when it fails."""
    try:
        done = subprocess.run(
            words, cwd=where, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, timeout=_SECONDS
        )
    except subprocess.TimeoutExpired as error:
        raise ReportError(f"{words[0]} did not end within {_SECONDS} s") from error
    if done.returncode != 0:
        last = "\n".join((done.stdout + done.stderr).strip().splitlines()[-12:])
        raise ReportError(f"{' '.join(words[:3])} failed with status {done.returncode}:\n{last}")
    return done.stdout
