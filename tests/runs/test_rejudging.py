"""Recordings that somebody sent are judged again by today's suites; the project's own are held to, call by call."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from fixtures.replay import store
from fixtures.replay.masked_text import clear
from fixtures.replay.reading import load
from fixtures.replay.recording import Step
from fixtures.replay.writing import write
from fixtures.run import OWN_RECORDINGS, SUITE_VERSION
from tests.runs.conftest import run_suites

READER = "kobil-kaan-base"
SUITE = "suites/test_truncation.py"
MISSING, OTHER_CALLS, WRONG_ANSWER = "case-1", "case-2-lengths.t1", "case-3-lengths.t1"


def change(root: Path, case: str, changed: Callable[[tuple[Step, ...]], tuple[Step, ...]]) -> None:
    path = store.path_for(root, READER, case)
    recording = load(path)
    write(replace(recording, steps=changed(recording.steps)), path)


def without_the_second_transmit(steps: tuple[Step, ...]) -> tuple[Step, ...]:
    second = [place for place, step in enumerate(steps) if step.method == "transmit"][1]
    return steps[:second] + steps[second + 1 :]


def with_a_wrong_last_answer(steps: tuple[Step, ...]) -> tuple[Step, ...]:
    last = [place for place, step in enumerate(steps) if step.method == "transmit"][-1]
    return (*steps[:last], replace(steps[last], results=(clear(b"\x6f\x00"),)), *steps[last + 1 :])


@pytest.fixture
def sent(tmp_path: Path) -> Path:
    """One reader's recordings, as a user might send them: one missing, one by an older suite, one of a bad reader."""
    root = tmp_path / "sent"
    shutil.copytree(OWN_RECORDINGS / READER, root / READER)
    store.path_for(root, READER, MISSING).unlink()
    change(root, OTHER_CALLS, without_the_second_transmit)
    change(root, WRONG_ANSWER, with_a_wrong_last_answer)
    return root


def test_what_a_recording_cannot_answer_is_neither_pass_nor_fail(tmp_path: Path, sent: Path) -> None:
    run = run_suites(tmp_path / "run", SUITE, "--recordings", str(sent))
    assert run.exit_code == 1, run.output
    assert f"backend replay, recordings in {sent}, judged again by suites {SUITE_VERSION}" in run.output
    outcomes = list(run.outcomes.values())
    assert outcomes.count("failure") == 1
    assert outcomes.count("error") == 0
    missing, other = sorted(run.not_recorded.values(), key=lambda reason: "another call" in reason)
    assert f"NotRecorded: {MISSING} was not recorded on {READER}: expected " in missing
    assert "is another call" in other
    assert "record again with: pytest suites/ --backend sim --record " in other
    assert "2 not recorded" in run.output.splitlines()[-1]
    assert f"1 failed, {outcomes.count('passed')} passed" in run.output.splitlines()[-1]

    unknown = [result for result in run.allure if result["status"] == "unknown"]
    assert len(unknown) == 2
    for result in unknown:
        assert {"name": "tag", "value": "not recorded"} in result["labels"]
        assert result["statusDetails"]["message"].startswith("not recorded: ")
        assert {"name": "backend", "value": "replay"} in result["parameters"]
    assert sum(result["status"] == "failed" for result in run.allure) == 1


def test_the_same_held_to_its_recordings_fails(tmp_path: Path, sent: Path) -> None:
    run = run_suites(tmp_path / "run", SUITE, "--recordings", str(sent), "--rejudge", "never")
    outcomes = list(run.outcomes.values())
    assert (run.exit_code, outcomes.count("failure"), outcomes.count("error")) == (1, 2, 1)
    assert run.not_recorded == {}
    assert f"{MISSING} was not recorded on {READER}" in run.output
    assert 'make it with: pytest suites/ --backend sim --record --reader "kobil-kaan-base" --recordings ' in run.output


def test_a_recording_that_no_test_asks_for_is_an_error(tmp_path: Path) -> None:
    """At the end of all the suites, on several workers: only together do they know what was used."""
    pytest.importorskip("xdist")
    root = tmp_path / "recordings"
    shutil.copytree(OWN_RECORDINGS / READER, root / READER)
    recording = load(store.path_for(root, READER, MISSING))
    left = store.keep(root, replace(recording, header=replace(recording.header, case="gone")))
    arguments = ("--backend", "replay", "--recordings", str(root), "--rejudge", "never")

    run = run_suites(tmp_path / "whole", "suites/", "-n", "2", *arguments)
    assert run.exit_code == 1, run.output[-2000:]
    errors = [line for line in run.output.splitlines() if line.startswith("ERROR ")]
    assert errors == [f"ERROR {left}: no test of these suites asks for this recording: delete it"]
    assert " failed" not in run.output.splitlines()[-1]
    assert f"{len(run.not_recorded)} not recorded" in run.output.splitlines()[-1]

    run = run_suites(tmp_path / "some", "suites/", "-k", "test_truncation", *arguments)
    assert (run.exit_code, "unused recordings" in run.output) == (0, False), run.output[-2000:]
