"""Faults planted in a run: a sample is noticed end to end, the page's own example too, and mistakes end in one line."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

from fixtures.faults import outcomes, trial

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "faults.md"
USAGE_ERROR = 4


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Runs the suites from a folder as its user would."""
    return subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "--tb", "no", "--junitxml", str(folder / "junit.xml")),
            *("-o", f"cache_dir={folder / 'cache'}", *arguments),
        ],
        cwd=folder,
        env={name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.mark.parametrize(
    ("fault", "reader", "noticed", "healthy"),
    [
        ("response-one-byte-short", "omnikey", "case-2-lengths", "case-3-lengths"),
        ("pin-padded-with-zero", "ezio", "verify-pads-a-short-pin", "verify-sends-what-was-keyed-in"),
        ("pin-digits-to-the-host", "ezio", "pinpad-keeps-the-secret", "verify-sends-what-was-keyed-in"),
        ("warm-reset-ignored", "ezio", "reset-reported-to-the-other-handle", "leave-keeps-the-applet"),
    ],
)
def test_fault_is_noticed_by_its_test_and_not_by_its_neighbour(
    tmp_path: Path, fault: str, reader: str, noticed: str, healthy: str
) -> None:
    tests = " or ".join(trial.tests_of((noticed, healthy)))
    done = run(tmp_path, str(ROOT / "suites"), "-k", tests, *("--backend", "sim", "--reader", reader, "--fault", fault))
    assert f"FAULTS PLANTED: {fault}" in done.stdout
    found = outcomes.read(tmp_path / "junit.xml")
    assert (found[noticed], found[healthy]) == ("failed", "passed")


def test_example_of_the_page_is_caught_when_the_page_is_followed(tmp_path: Path) -> None:
    page = PAGE.read_text()
    code = re.search(r"```python\n(.*?)```", page, re.DOTALL)
    assert code is not None
    assert len(code.group(1).strip().splitlines()) <= 12
    (tmp_path / "my_faults.py").write_text(code.group(1))
    command = next(line for line in page.splitlines() if line.startswith("pytest") and "my_faults:" in line)
    options = command.removeprefix("pytest suites/").split()
    run(tmp_path, str(ROOT / "suites" / "test_truncation.py"), "-k", "case_", *options)
    assert "failed" in outcomes.read(tmp_path / "junit.xml").values()


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (
            ("--backend", "sim", "--fault", "pin-snet-twice"),
            'there is no fault "pin-snet-twice"; did you mean "pin-sent-twice"?',
        ),
        (("--backend", "sim", "--fault", "nowhere:Fault"), "nowhere: cannot be imported"),
        (("--backend", "replay", "--fault", "pin-sent-twice"), "--fault is for simulated readers"),
        (("--backend", "sim", "--record", "--fault", "pin-sent-twice"), "--fault and --record exclude each other"),
    ],
)
def test_mistake_ends_in_one_line(tmp_path: Path, arguments: tuple[str, ...], sentence: str) -> None:
    done = run(tmp_path, str(ROOT / "suites"), *arguments)
    assert done.returncode == USAGE_ERROR
    said = (done.stdout + done.stderr).strip()
    assert sentence in said
    assert len(said.splitlines()) == 1


def test_list_of_faults_needs_no_reader(tmp_path: Path) -> None:
    done = run(tmp_path, str(ROOT / "suites"), "--list-faults")
    assert done.returncode == 0
    assert re.search(r"(?m)^pin-sent-twice +gemalto-ezio-shield +A wrong PIN", done.stdout)


def test_healthy_run_has_no_faults_in_its_header(tmp_path: Path) -> None:
    done = run(tmp_path, str(ROOT / "suites"), "-k", "three_calls", "--backend", "replay", "--reader", "ezio")
    assert "FAULTS" not in done.stdout
    assert ElementTree.parse(tmp_path / "junit.xml").getroot().find(".//testcase") is not None  # noqa: S314
