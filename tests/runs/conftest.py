"""Runs of the suites as a user starts them: pytest in a process of its own, its report read back."""

from __future__ import annotations

import fcntl
import json
import os
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
SUITES = tuple(f"suites/test_{name}.py" for name in ("atr", "reset", "truncation", "pinpad", "contexts"))


@dataclass(frozen=True)
class SuiteRun:
    """A finished run: exit code, what it printed, each test's outcome, and its Allure results."""

    exit_code: int
    output: str
    directory: Path

    @property
    def outcomes(self) -> dict[str, str]:
        """passed, failed, error or skipped for each test."""
        found = {}
        # Written by the run itself, not by strangers.
        for case in ElementTree.parse(self.directory / "junit.xml").getroot().iter("testcase"):  # noqa: S314
            kinds = {child.tag for child in case} & {"failure", "error", "skipped"}
            found[f"{case.get('classname')}::{case.get('name')}"] = kinds.pop() if kinds else "passed"
        return found

    @property
    def skips(self) -> dict[str, str]:
        """Why each skipped test was skipped."""
        found = {}
        for case in ElementTree.parse(self.directory / "junit.xml").getroot().iter("testcase"):  # noqa: S314
            for skipped in case.iter("skipped"):
                found[f"{case.get('classname')}::{case.get('name')}"] = skipped.get("message") or ""
        return found

    @property
    def not_recorded(self) -> dict[str, str]:
        """Why each test that its recording could not answer was not judged."""
        found = {}
        for case in ElementTree.parse(self.directory / "junit.xml").getroot().iter("testcase"):  # noqa: S314
            if any(p.get("name") == "outcome" and p.get("value") == "not recorded" for p in case.iter("property")):
                found[f"{case.get('classname')}::{case.get('name')}"] = next(case.iter("skipped")).get("message") or ""
        return found

    @property
    def allure(self) -> list[dict[str, Any]]:
        """Allure's results, one a test."""
        return [json.loads(path.read_text()) for path in sorted((self.directory / "allure").glob("*-result.json"))]

    def attachment(self, result: dict[str, Any], name: str) -> str:
        """The text of a result's attachment; empty when it has none of that name."""
        for attachment in result.get("attachments", []):
            if attachment["name"] == name:
                return (self.directory / "allure" / attachment["source"]).read_text()
        return ""

    def everything(self) -> str:
        """All that the run wrote: terminal, JUnit, Allure."""
        files = sorted(path for path in self.directory.rglob("*") if path.is_file())
        return self.output + "".join(path.read_text("utf-8", "replace") for path in files)


def run_suites(directory: Path, *arguments: str, environment: dict[str, str] | None = None) -> SuiteRun:
    """Runs pytest in the checkout with these arguments; reports go to the directory."""
    directory.mkdir(parents=True, exist_ok=True)
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    finished = subprocess.run(
        [
            *(sys.executable, "-m", "pytest", *arguments, "-o", f"cache_dir={directory / 'cache'}"),
            *("--alluredir", str(directory / "allure"), "--junitxml", str(directory / "junit.xml")),
        ],
        cwd=ROOT,
        env={**inherited, **(environment or {})},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    return SuiteRun(finished.returncode, finished.stdout + finished.stderr, directory)


def run_once(tmp_path_factory: pytest.TempPathFactory, name: str, *arguments: str) -> SuiteRun:
    """A run that the workers of one session share: the first to ask makes it, the others wait and read it."""
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    directory, kept = shared / name, shared / f"{name}.json"
    with (shared / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not kept.exists():
            run = run_suites(directory, *arguments)
            kept.write_text(json.dumps([run.exit_code, run.output]))
        exit_code, output = json.loads(kept.read_text())
    return SuiteRun(exit_code, output, directory)


@pytest.fixture(scope="session")
def simulated_run(tmp_path_factory: pytest.TempPathFactory) -> SuiteRun:
    """The five first suites on all simulated readers."""
    return run_once(tmp_path_factory, "sim", *SUITES, "--backend", "sim", "-v", "-n", "3")


@pytest.fixture(scope="session")
def replayed_run(tmp_path_factory: pytest.TempPathFactory) -> SuiteRun:
    """The same on the recordings that are shipped."""
    return run_once(tmp_path_factory, "replay", *SUITES, "--backend", "replay")


@pytest.fixture
def own_suite(tmp_path: Path) -> Path:
    """A folder for a suite written by the test, outside the checkout."""
    folder = tmp_path / "own"
    folder.mkdir()
    return folder
