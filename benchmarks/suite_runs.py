"""Runs of the suites as a user starts them, timed from the outside, and what became of each test."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass
from pathlib import Path

_ROOT = Path(__file__).parents[1]
_NOT_OURS = "PYTEST_", "CARDLOOP_", "PYTHONDONTWRITEBYTECODE"


class RunError(Exception):
    """A run ended with another exit code than a figure of it may have; the text holds its last lines."""


@dataclass(frozen=True)
class SuiteRun:
    """seconds: of the whole process. outcomes: passed, failure, error or skipped, by test; empty without JUnit."""

    seconds: float
    outcomes: dict[str, str]


def run_pytest(directory: Path, *arguments: str, judged: bool = True, allowed: tuple[int, ...] = (0,)) -> SuiteRun:
    """Runs pytest in the checkout, compiled code kept below directory. judged: with a JUnit file, to know outcomes.

    hypothesis's plugin stays out: it belongs to the harness's own tests, and only those have it installed elsewhere.
    Raises RunError for an exit code that is not allowed.
    """
    own = Path(tempfile.mkdtemp(prefix="run-", dir=directory))
    junit = own / "junit.xml"
    environment = {name: value for name, value in os.environ.items() if not name.startswith(_NOT_OURS)}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:hypothesispytest", "-o", f"cache_dir={own / 'cache'}"]
    command += [*(("--junitxml", str(junit)) if judged else ()), *arguments]
    began = time.perf_counter()
    done = subprocess.run(
        command,
        cwd=_ROOT,
        env={**environment, "PYTHONPYCACHEPREFIX": str(directory / "pycache")},
        capture_output=True,
        text=True,
        check=False,
    )
    seconds = time.perf_counter() - began
    if done.returncode not in allowed:
        raise RunError(
            f"{' '.join(arguments)} ended with {done.returncode}:\n{done.stdout[-2000:]}{done.stderr[-500:]}"
        )
    return SuiteRun(seconds, _outcomes(junit) if judged else {})


def _outcomes(junit: Path) -> dict[str, str]:
    found = {}
    for case in ElementTree.parse(junit).getroot().iter("testcase"):  # noqa: S314 - the run's own
        kinds = {child.tag for child in case} & {"failure", "error", "skipped"}
        found[f"{case.get('classname')}::{case.get('name')}"] = kinds.pop() if kinds else "passed"
    return found
