"""Allure results read back: what each test is counted as, and what cannot be read."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from reports.categories import CATEGORIES, as_allure
from reports.results import ResultsError, read
from tests.reports.made_results import MadeRun, one_of_each


def test_each_result_has_its_outcome_and_category(tmp_path: Path) -> None:
    run = MadeRun(tmp_path / "run")
    one_of_each(run)
    found = {(one.behaviour, one.reader): (one.outcome, one.category) for one in read([run.directory]).outcomes}
    assert found["fits", "ezio"] == ("passed", "")
    assert found["case-2", "omnikey"] == ("failed", "reader fault")
    assert found["atr", "ezio"] == ("failed", "card fault")
    assert found["crowd", "ezio"] == ("failed", "stack fault")
    assert found["reset", "ezio"] == ("failed", "stack fault")
    assert found["order", "ezio"] == ("failed", "harness fault")
    assert found["wait", "ezio"] == ("hung", "hung")
    assert found["late", "ezio"] == ("known issue", "known issue")
    assert found["new", "ezio"] == ("not recorded", "not recorded")
    assert found["pinpad", "omnikey"] == ("not applicable", "")


@pytest.mark.parametrize(
    "message",
    ["AssertionError: said 'hung: never'", "Skipped: a known issue", "ValueError: the pcscd died: see above"],
)
def test_categories_are_told_by_how_a_message_begins(tmp_path: Path, message: str) -> None:
    run = MadeRun(tmp_path / "run")
    run.add("b", "failed", message, suspect="reader")
    assert read([run.directory]).outcomes[0].category == "reader fault"


def test_failure_that_says_nothing_of_a_suspect_is_the_harness_s(tmp_path: Path) -> None:
    run = MadeRun(tmp_path / "run")
    run.add("b", "failed", "")
    assert read([run.directory]).outcomes[0].category == "harness fault"


def test_outcome_knows_where_when_and_with_which_versions(tmp_path: Path) -> None:
    run = MadeRun(tmp_path / "run")
    identity = run.add(
        "late",
        "skipped",
        "XFAIL known issue x: y",
        links=[("x", "https://example.org")],
        measurements="256 bytes,0.0123,s,2.5\nwork,4.5,s,",
    )
    (one,) = read([run.directory]).outcomes
    assert one.link == hashlib.md5(identity.encode(), usedforsecurity=False).hexdigest()
    assert (one.reader, one.reader_name, one.source) == ("ezio", "Gemalto Ezio Shield", "simulated")
    assert (one.date, one.firmware, one.daemon, one.driver) == ("2026-11-20", "1.02", "pcscd 1.9.9", "libccid 1.5.2")
    assert one.known_issues == {"x": "https://example.org"}
    assert [(m.name, m.value, m.unit, m.limit) for m in one.measurements] == [
        ("256 bytes", 0.0123, "s", 2.5),
        ("work", 4.5, "s", None),
    ]


def test_last_run_of_a_test_counts(tmp_path: Path) -> None:
    first, second = MadeRun(tmp_path / "a", day=20), MadeRun(tmp_path / "b", day=21)
    second.add("b", "failed", "no", suspect="reader")
    first.add("b")
    for order in ([first, second], [second, first]):
        (one,) = read([run.directory for run in order]).outcomes
        assert (one.outcome, one.date) == ("failed", "2026-11-21")


def test_results_of_no_reader_are_left_out(tmp_path: Path) -> None:
    run = MadeRun(tmp_path / "run")
    run.add("b")
    (run.directory / "x-result.json").write_text('{"labels": [], "status": "passed", "stop": 1, "uuid": "u"}')
    assert len(read([run.directory]).outcomes) == 1


@pytest.mark.parametrize("text", ["", "{", "[]", '{"labels": [{}], "status": "passed", "stop": 1, "uuid": "u"}'])
def test_file_that_is_no_result_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / "x-result.json").write_text(text)
    with pytest.raises(ResultsError, match=r"x-result\.json: expected a result as Allure writes it"):
        read([tmp_path])


def test_directory_without_results_is_named(tmp_path: Path) -> None:
    for place in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(ResultsError, match=f"{place}: expected a directory with Allure results"):
            read([place])


def test_allure_is_given_the_same_rules_in_the_same_order() -> None:
    given = as_allure()
    assert [str(rule["name"]).lower() for rule in given] == [category.name for category in CATEGORIES]
    assert given[0]["matchers"] == {
        "statuses": ["skipped", "failed", "broken"],
        "message": r"^(XFAIL )?([A-Za-z_][\w.]*: )*known issue ",
    }
