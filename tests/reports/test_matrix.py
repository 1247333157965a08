"""The conformance matrix: cells, sources kept apart, its JSON and its page."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

pytest.importorskip("jinja2", reason="the page is made with Jinja2, which is not installed")
import jsonschema

from reports.matrix import __main__ as command
from reports.matrix.cells import Matrix, load, matrix_of, schema
from reports.matrix.page import AllureReport, as_page
from reports.results import ResultsError, read
from tests.reports.made_results import MadeRun, one_of_each


def made(*runs: MadeRun) -> Matrix:
    return matrix_of(read([run.directory for run in runs]))


@pytest.fixture
def run(tmp_path: Path) -> MadeRun:
    made_run = MadeRun(tmp_path / "run")
    one_of_each(made_run)
    return made_run


def test_cell_has_the_worst_outcome_of_its_cases(tmp_path: Path) -> None:
    run = MadeRun(tmp_path / "run")
    run.add("fits", case="fits.1")
    run.add("fits", "failed", "no", case="fits.2", suspect="reader")
    run.add("fits", "skipped", "Skipped: no", case="fits.3")
    (cell,) = made(run).cells
    assert cell.outcome == "failed"
    assert [case.case for case in cell.cases] == ["fits.1", "fits.2", "fits.3"]


def test_sources_stand_side_by_side_and_hardware_comes_first(tmp_path: Path) -> None:
    run = MadeRun(tmp_path / "run")
    for source in ("replayed", "simulated", "hardware"):
        run.add("fits", source=source)
    matrix = made(run)
    assert [cell.source for cell in matrix.at("ezio", "fits")] == ["hardware", "simulated", "replayed"]
    assert matrix.at("ezio", "other") == []
    assert [tally.source for tally in matrix.tallies] == ["hardware", "simulated", "replayed"]


def test_rows_are_sentences_without_values_and_reader(run: MadeRun) -> None:
    (row,) = [behaviour for behaviour in made(run).behaviours if behaviour.id == "fits"]
    assert (row.title, row.subject) == ("Fits", "Lengths")


def test_json_fits_its_schema_and_comes_back_as_it_was(run: MadeRun, tmp_path: Path) -> None:
    matrix = made(run)
    (tmp_path / "matrix.json").write_text(matrix.as_json())
    jsonschema.validate(json.loads(matrix.as_json()), schema())
    assert load(tmp_path / "matrix.json") == load(tmp_path) == load(run.directory) == matrix


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "expected JSON"),
        ("[]", "expected a matrix of version 1; at the top"),
        ('{"version": 2, "runs": [], "readers": [], "behaviours": [], "cells": []}', "at version"),
        ('{"version": 1, "runs": [], "readers": [{"id": 1}], "behaviours": [], "cells": []}', "at readers/0"),
    ],
)
def test_file_that_is_no_matrix_is_one_clear_error(tmp_path: Path, text: str, words: str) -> None:
    (tmp_path / "matrix.json").write_text(text)
    with pytest.raises(ResultsError, match=words):
        load(tmp_path / "matrix.json")


def test_page_shows_failures_first_and_links_each_cell(run: MadeRun) -> None:
    page = as_page(made(run), AllureReport("allure/index.html", "one.html"))
    assert page.index("What failed") < page.index("Readers and versions") < page.index("Conformance matrix")
    assert "6 of 18 tests failed, on Gemalto Ezio Shield (simulated), OMNIKEY CardMan 3121 (simulated)." in page
    assert "came      ... F0 F1 F2 F3 --" in page
    chips = re.findall(r'<a class="chip[^>]*>', page)
    assert len(chips) == len(made(run).cells)
    assert all(re.search(r'href="allure/index.html#[0-9a-f]{32}" data-offline="one.html#', chip) for chip in chips)
    assert page.count('data-outcome="not run"') == 22 - len({(c.reader, c.behaviour) for c in made(run).cells})


def test_page_escapes_what_results_say(run: MadeRun) -> None:
    page = as_page(made(run), AllureReport("allure/index.html"))
    assert "3B &lt;02&gt;" in page
    assert "guards &lt;against&gt;." in page
    assert "<02>" not in page


def test_page_without_an_allure_report_has_no_dead_links(run: MadeRun) -> None:
    page = as_page(made(run), None)
    assert "allure/index.html" not in page
    assert set(re.findall(r'href="([^"]*)"', page)) == {"data:,", "matrix.json"}


def test_page_says_which_faults_were_planted(tmp_path: Path) -> None:
    run = MadeRun(tmp_path / "run")
    run.environment({"faults": "response-one-byte-short"})
    run.add("fits")
    page = as_page(made(run), None)
    assert "Faults planted on purpose: <strong>response-one-byte-short</strong>" in page
    assert "None of 1 tests failed." in page


def test_command_writes_page_and_json(run: MadeRun, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    output = tmp_path / "out"
    assert command.main([str(run.directory), "--output", str(output), "--name", "Night"]) == 0
    assert sorted(path.name for path in output.iterdir()) == ["index.html", "matrix.json"]
    assert "<h1>Night</h1>" in (output / "index.html").read_text()
    assert command.main([str(tmp_path / "none"), "--output", str(output)]) == 2
    assert "expected a directory with Allure results" in capsys.readouterr().err


def test_large_matrix_is_made_at_once(tmp_path: Path) -> None:
    """A hundred readers and a hundred behaviours are looked up, not searched for."""
    run = MadeRun(tmp_path / "run")
    run.add("fits")
    small = made(run)
    cell = small.cells[0]
    many = [
        type(cell)(**{**cell.__dict__, "reader": f"r{reader}", "behaviour": f"b{row}"})
        for reader in range(100)
        for row in range(100)
    ]
    matrix = Matrix(small.readers, small.behaviours, tuple(many), ())
    assert sum(len(matrix.at(f"r{reader}", f"b{row}")) for reader in range(100) for row in range(100)) == 10_000
