"""Files of recordings: their names and places, what is missing, what nobody used."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fixtures.replay import store
from fixtures.replay.recording import RecordingError
from fixtures.replay.store import RecordingMissing
from tests.replay.scenarios import pin_dump
from tests.replay.small_stack import AGAIN, HEADER, record


def test_a_plain_id_is_its_own_name() -> None:
    assert store.path_for(Path("r"), "gemalto-ezio", "atr.equal") == Path("r/gemalto-ezio/atr.equal.yaml")


@given(st.text(max_size=200))
def test_every_id_has_a_safe_name(identifier: str) -> None:
    name = store.file_name(identifier)
    assert Path(name).name == name
    assert len(name) <= 120
    assert not name.startswith(".")
    assert name.isascii()
    assert name.split(".")[0].lower() not in {"con", "prn", "aux", "nul"}


@given(st.text(max_size=20), st.text(max_size=20))
def test_other_ids_have_other_names(one: str, other: str) -> None:
    assert (store.file_name(one) == store.file_name(other)) == (one == other)


def test_a_missing_recording_says_how_to_make_it(tmp_path: Path) -> None:
    with pytest.raises(RecordingMissing) as caught:
        store.fetch(tmp_path, "acme", "x.case", AGAIN)
    path = tmp_path / "acme" / "x.case.yaml"
    assert str(caught.value) == f"x.case was not recorded on acme: expected {path}; make it with: {AGAIN}"


def test_what_was_kept_is_fetched(tmp_path: Path) -> None:
    recording = record(pin_dump)
    store.keep(tmp_path, recording)
    assert store.fetch(tmp_path, "acme", "x.case", AGAIN) == recording


def test_a_recording_in_anothers_place_is_refused(tmp_path: Path) -> None:
    store.keep(tmp_path, record(pin_dump)).rename(tmp_path / "acme" / "y.yaml")
    with pytest.raises(RecordingError, match=r"expected this recording as acme/x\.case\.yaml"):
        store.fetch(tmp_path, "acme", "y", AGAIN)


def test_files_that_no_test_used_are_listed(tmp_path: Path) -> None:
    recording = record(pin_dump)
    used = store.keep(tmp_path, recording)
    left = store.keep(tmp_path, replace(recording, header=replace(HEADER, case="gone")))
    store.keep(tmp_path, replace(recording, header=replace(HEADER, reader="not-run")))
    assert store.unused(tmp_path, ["acme"], [used]) == [left]
    assert store.unused(tmp_path, ["acme", "none"], [used, left]) == []
