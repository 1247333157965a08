"""Two runs compared: what is a regression, what is not, and what is said of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from reports.diff.__main__ import main
from tests.reports.made_results import MadeRun

STATES = {
    "passed": ("passed", ""),
    "failed": ("failed", "AssertionError: no\nmore"),
    "hung": ("broken", "Hang: hung: SCardTransmit"),
    "known issue": ("skipped", "XFAIL known issue x: y"),
    "not recorded": ("skipped", "Skipped: not recorded: z"),
    "not applicable": ("skipped", "Skipped: no pinpad"),
}


def diff(before: MadeRun, after: MadeRun, *options: str) -> int:
    return main([str(before.directory), str(after.directory), *options])


@pytest.fixture
def before(tmp_path: Path) -> MadeRun:
    run = MadeRun(tmp_path / "before", day=20)
    run.add("always")
    return run


@pytest.fixture
def after(tmp_path: Path) -> MadeRun:
    run = MadeRun(tmp_path / "after", day=21, driver="libccid 1.6.0")
    run.add("always")
    return run


@pytest.mark.parametrize(
    ("was", "now", "code", "strict", "heading"),
    [
        ("passed", "failed", 1, 1, "Regressions: 1"),
        ("passed", "hung", 1, 1, "Regressions: 1"),
        ("known issue", "failed", 1, 1, "Regressions: 1"),
        ("not applicable", "failed", 1, 1, "Regressions: 1"),
        ("failed", "hung", 0, 0, "Otherwise changed: 1"),
        ("failed", "passed", 0, 0, "Fixed: 1"),
        ("known issue", "passed", 0, 0, "Fixed: 1"),
        ("passed", "known issue", 0, 0, "Otherwise changed: 1"),
        ("passed", "not applicable", 0, 1, "No longer tested: 1"),
        ("passed", None, 0, 1, "No longer tested: 1"),
        (None, "passed", 0, 0, "Otherwise changed: 1"),
        (None, "failed", 0, 1, "Failing, and not run before: 1"),
        ("not recorded", "failed", 0, 1, "Failing, and not run before: 1"),
        ("failed", "failed", 0, 0, "No test ended in another way."),
    ],
)
def test_only_what_got_worse_is_a_regression(
    before: MadeRun,
    after: MadeRun,
    capsys: pytest.CaptureFixture[str],
    was: str | None,
    now: str | None,
    code: int,
    strict: int,
    heading: str,
) -> None:
    for run, state in ((before, was), (after, now)):
        if state is not None:
            run.add("it", *STATES[state])
    assert diff(before, after) == code
    assert diff(before, after, "--strict") == strict
    assert heading in capsys.readouterr().out


def test_change_is_told_with_reader_versions_and_its_words(
    before: MadeRun, after: MadeRun, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before.add("it", case="it.1")
    after.add("it", *STATES["failed"], case="it.1")
    assert diff(before, after, "--output", str(tmp_path / "changes.txt")) == 1
    said = capsys.readouterr().out
    assert (tmp_path / "changes.txt").read_text() == said
    assert said == (
        "Gemalto Ezio Shield (simulated): driver libccid 1.5.2 -> libccid 1.6.0\n\n"
        "Regressions: 1\n"
        "  It [1] - Gemalto Ezio Shield (simulated): passed -> failed  [ezio it.1]\n"
        "      AssertionError: no\n"
        "      more\n"
    )


def test_sources_are_not_mixed(before: MadeRun, after: MadeRun, capsys: pytest.CaptureFixture[str]) -> None:
    """What passes on a recording says nothing of what fails on hardware."""
    before.add("it", source="replayed")
    after.add("it", *STATES["failed"], source="hardware")
    assert diff(before, after) == 0
    assert "No test ended" in capsys.readouterr().out


def test_readers_of_one_run_only_are_left_out(before: MadeRun, after: MadeRun) -> None:
    before.add("it", reader="omnikey")
    assert diff(before, after, "--strict") == 0


def test_runs_with_nothing_in_common_are_bad_input(
    before: MadeRun, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = MadeRun(tmp_path / "other")
    other.add("it", reader="omnikey", source="hardware")
    assert diff(before, other) == 2
    assert capsys.readouterr().err == (
        "reports.diff: the runs have nothing in common: ezio (simulated) before, omnikey (hardware) after\n"
    )


def test_what_cannot_be_read_is_bad_input(before: MadeRun, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(before.directory), str(tmp_path / "nothing.json")]) == 2
    assert "there is no such file" in capsys.readouterr().err
    with pytest.raises(SystemExit) as stopped:
        main([str(before.directory)])
    assert stopped.value.code == 2
