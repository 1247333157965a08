"""Known issues in a run: an expected failure by name, and a failure where one did not show or has expired."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.runs.conftest import SuiteRun, run_suites

OWN = ("-p", "fixtures.plugin", "-c", "tox.ini", "--rootdir", ".")
SUITE = """
import pytest

@pytest.mark.behaviour("fails")
def test_fails(reader, pcsc):
    assert pcsc.context().readers() == ["something else"]

@pytest.mark.behaviour("fails-otherwise")
def test_fails_otherwise(reader, pcsc):
    raise AssertionError("another symptom")

@pytest.mark.behaviour("fails-long-since")
def test_fails_long_since(reader, pcsc):
    raise AssertionError("old")

@pytest.mark.behaviour("was-repaired")
def test_was_repaired(reader, pcsc):
    assert reader.name in pcsc.context().readers()

@pytest.mark.behaviour("comes-and-goes")
def test_comes_and_goes(reader, pcsc):
    assert reader.name in pcsc.context().readers()
"""
ENTRY = """
  - id: issue-{0}
    behaviours: [{0}]
    stack: ["pcscd >= 1.0"]
    symptom: "{1}"
    intermittent: {2}
    reason: Something is broken.
    link: https://example.org/{0}
    owner: somebody
    added: "2026-01-01"
    expires: "{3}"
"""


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory) -> SuiteRun:
    folder = tmp_path_factory.mktemp("known")
    (folder / "test_own.py").write_text(SUITE)
    entries = [
        ("fails", "something else", "false", "2099-12-31"),
        ("fails-otherwise", "one symptom", "false", "2099-12-31"),
        ("fails-long-since", "old", "false", "2026-01-02"),
        ("was-repaired", "x", "false", "2099-12-31"),
        ("comes-and-goes", "x", "true", "2099-12-31"),
    ]
    (folder / "known.yaml").write_text("known_issues:" + "".join(ENTRY.format(*entry) for entry in entries))
    arguments = (str(folder), *OWN, "--backend", "sim", "--reader", "omnikey")
    return run_suites(folder / "run", *arguments, "--known-issues", str(folder / "known.yaml"))


def test_a_known_failure_is_expected_and_named_with_its_link(known: SuiteRun) -> None:
    result = next(result for result in known.allure if result["fullName"].endswith("#test_fails"))
    assert result["status"] == "skipped"
    assert "known issue issue-fails: Something is broken." in result["statusDetails"]["message"]
    assert [(link["url"], link["name"]) for link in result["links"]] == [
        ("https://example.org/fails", "known issue issue-fails")
    ]


@pytest.mark.parametrize(
    ("test", "words"),
    [
        ("test_fails_otherwise", "another symptom"),
        ("test_fails_long_since", "known issue issue-fails-long-since expired on 2026-01-02"),
        ("test_was_repaired", "known issue issue-was-repaired did not show"),
    ],
)
def test_a_failure_that_is_not_excused_says_why(known: SuiteRun, test: str, words: str) -> None:
    assert {name.partition("::")[2].partition("[")[0]: outcome for name, outcome in known.outcomes.items()}[
        test
    ] == "failure"
    assert words in known.output


def test_an_intermittent_one_may_stay_away(known: SuiteRun) -> None:
    assert "3 failed, 1 passed, 1 xfailed" in known.output


def test_a_mistake_in_the_file_ends_the_run_before_it_begins(tmp_path: Path) -> None:
    (tmp_path / "known.yaml").write_text("known_issues:\n  - id: x\n")
    run = run_suites(tmp_path / "run", "suites", "--backend", "replay", "--known-issues", str(tmp_path / "known.yaml"))
    assert run.exit_code == 4
    assert 'known.yaml:2:5: missing key "behaviours" in known issue' in run.output
