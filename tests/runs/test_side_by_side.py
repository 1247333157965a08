"""Readers side by side: one worker a reader, and the report of a run in one process."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from fixtures.side_by_side import reader_of
from tests.runs.conftest import SuiteRun, run_suites

OWN = ("-p", "fixtures.plugin", "-c", "tox.ini", "--rootdir", ".")
READERS = ("gemalto", "gemalto-ezio", "ezio")


@pytest.mark.parametrize(
    ("nodeid", "reader"),
    [
        ("suites/a.py::test_x[gemalto]", "gemalto"),
        ("suites/a.py::test_x[gemalto-ezio-warm]", "gemalto-ezio"),
        ("suites/a.py::test_x[warm-ezio]", "ezio"),
        ("suites/a.py::test_x[other]", ""),
        ("suites/a.py::test_x", ""),
    ],
)
def test_a_test_belongs_to_the_reader_of_its_node_id(nodeid: str, reader: str) -> None:
    assert reader_of(nodeid, READERS) == reader


@pytest.fixture(scope="module")
def side_by_side(tmp_path_factory: pytest.TempPathFactory) -> SuiteRun:
    folder = tmp_path_factory.mktemp("side-by-side")
    return run_suites(folder, "suites/test_atr.py", "suites/test_reset.py", "--backend", "replay", "-n", "2")


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> SuiteRun:
    folder = tmp_path_factory.mktemp("alone")
    return run_suites(folder, "suites/test_atr.py", "suites/test_reset.py", "--backend", "replay")


def identities(run: SuiteRun) -> dict[str, tuple[Any, ...]]:
    return {
        result["fullName"] + result["name"]: (result["historyId"], result["testCaseId"], result["status"])
        for result in run.allure
    }


def test_results_are_those_of_a_run_in_one_process(side_by_side: SuiteRun, alone: SuiteRun) -> None:
    assert side_by_side.exit_code == alone.exit_code == 0, side_by_side.output
    assert side_by_side.outcomes == alone.outcomes
    assert identities(side_by_side) == identities(alone)


def test_the_report_names_the_software_that_the_workers_saw(side_by_side: SuiteRun, alone: SuiteRun) -> None:
    def environment(run: SuiteRun) -> str:
        return (run.directory / "allure" / "environment.properties").read_text()

    assert environment(side_by_side) == environment(alone)
    assert "daemon=pcscd" in environment(alone)


def test_each_reader_stays_with_one_worker(tmp_path: Path, own_suite: Path) -> None:
    (own_suite / "test_own.py").write_text(
        "import os, pathlib\n"
        "import pytest\n"
        "@pytest.mark.parametrize('number', range(20))\n"
        "def test_who(reader, number):\n"
        f"    path = pathlib.Path({str(tmp_path)!r}, reader.id)\n"
        "    with path.open('a') as file:\n"
        "        file.write(os.environ['PYTEST_XDIST_WORKER'] + '\\n')\n"
    )
    run = run_suites(tmp_path / "run", str(own_suite), *OWN, "--backend", "replay", "-n", "2")
    assert run.exit_code == 0, run.output
    workers = {path.name: path.read_text().split() for path in tmp_path.iterdir() if path.is_file()}
    assert len(workers) == 3
    assert all(len(lines) == 20 and len(set(lines)) == 1 for lines in workers.values())
    assert len({lines[0] for lines in workers.values()}) == 2
