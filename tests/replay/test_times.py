"""Relative times: kept where they mean something, and no noise when a reader is recorded again."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from fixtures.replay import store
from fixtures.replay.entries import Entry, Opened, steps
from fixtures.replay.player import ReplayPcsc
from fixtures.replay.reading import parse
from fixtures.replay.recording import Recording, RecordingError, Step
from fixtures.replay.times import kept, settled
from fixtures.replay.writing import dump, seal
from tests.replay.scenarios import pin_dump
from tests.replay.small_stack import AGAIN, HEADER, SECRETS, record


@pytest.mark.parametrize(
    ("seconds", "as_kept"), [(-3.0, 0.0), (0.49, 0.0), (0.5, 0.5), (4.4712, 4.5), (1e12, 9_999_999.0)]
)
def test_only_what_lasts_is_kept(seconds: float, as_kept: float) -> None:
    assert kept(seconds) == as_kept


def called(role: str, began: int, began_at: float, seconds: float, context: Opened) -> Entry:
    return Entry(role, "is_valid_context", context, (), began, began_at, began + 1, seconds, (True,), failure="")


def test_times_are_those_between_a_threads_calls() -> None:
    context = Opened()
    opening = Entry("main", "establish_context", None, (2,), 1, 100.0, 2, 0.01, (), context, failure="")
    entries = [
        opening,
        called("main", 3, 101.5, 4.5, context),
        called("worker", 5, 103.0, 0.2, context),
        called("main", 7, 106.1, 0.1, context),
    ]
    recorded = steps(entries)
    assert [(step.role, step.pause, step.took) for step in recorded] == [
        ("main", 0.0, 0.0),
        ("main", 1.5, 4.5),
        ("main", 0.0, 0.0),
        ("worker", 3.0, 0.0),
    ]
    text = dump(Recording(HEADER, recorded))
    assert text.count("      pause: 1.5\n      took: 4.5\n") == 1
    assert parse(text).steps == recorded
    with pytest.raises(RecordingError, match=r"took: expected seconds such as 1\.5, found 'long'"):
        parse(seal(text.replace("took: 4.5", "took: long")))


def timed(*times: tuple[float, float]) -> Recording:
    recording = record(pin_dump)
    own = recording.steps
    changed = [replace(step, pause=pause, took=took) for step, (pause, took) in zip(own, times, strict=False)]
    return replace(recording, steps=(*changed, *own[len(changed) :]))


def test_steps_that_stayed_keep_their_times_when_others_came() -> None:
    old = timed((0.0, 0.0), (0.0, 4.5), (2.0, 0.0))
    new = timed((0.0, 0.0), (0.6, 4.9), (2.2, 0.0))
    extra: Step = replace(new.steps[1], took=0.7)
    longer = replace(new, steps=(new.steps[0], extra, *new.steps[1:]))
    assert [(step.pause, step.took) for step in settled(longer, old).steps[:4]] == [
        (0.0, 0.0),
        (0.6, 0.7),
        (0.0, 4.5),
        (2.0, 0.0),
    ]


def test_a_file_whose_times_wavered_is_not_written_again(tmp_path: Path) -> None:
    path = store.keep(tmp_path, timed((0.0, 0.6)))
    before = path.read_bytes()
    later = timed((0.5, 7.1))
    store.keep(tmp_path, replace(later, header=replace(later.header, date="2031-01-01")))
    assert path.read_bytes() == before
    path.unlink()
    store.keep(tmp_path, later)
    assert b"      took: 7.1\n" in path.read_bytes()


def test_replay_takes_none_of_it() -> None:
    replay = ReplayPcsc(timed((900.0, 900.0)), SECRETS, AGAIN, patience=0.2)
    pin_dump(replay, None)
    replay.finish()
