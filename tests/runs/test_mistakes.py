"""What a user gets wrong ends with one clear sentence and exit code 4, and nothing is run."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.runs.conftest import run_suites

USAGE_ERROR = 4


def test_live_with_nothing_attached_stops_at_once(tmp_path: Path) -> None:
    run = run_suites(
        tmp_path / "run",
        *("suites/", "--backend", "live", "--reader", "Gemalto Ezio"),
        environment={"PCSCLITE_CSOCK_NAME": str(tmp_path / "nobody")},
    )
    assert run.exit_code == USAGE_ERROR
    assert run.output.strip() == (
        "ERROR: --backend live: no attached reader matches 'Gemalto Ezio': "
        "the PC/SC service cannot be reached (SCARD_E_NO_SERVICE)"
    )


def test_reader_that_the_inventory_does_not_know(tmp_path: Path) -> None:
    run = run_suites(tmp_path / "run", "suites/", "--backend", "sim", "--reader", "Gemalot Ezio")
    assert run.exit_code == USAGE_ERROR
    assert run.output.strip() == (
        'ERROR: no reader of the inventory matches "Gemalot Ezio"; did you mean "gemalto-ezio-shield"?'
    )


def test_mistake_in_the_inventory(tmp_path: Path) -> None:
    wrong = tmp_path / "readers.yaml"
    wrong.write_text("readers:\n  - id: one\n    nme: One\n")
    run = run_suites(tmp_path / "run", "suites/", "--backend", "sim", "--inventory", str(wrong))
    assert run.exit_code == USAGE_ERROR
    assert run.output.startswith(f'ERROR: {wrong}:3:5: unknown key "nme" in reader; expected one of id, name,')
    assert run.output.strip().endswith('did you mean "name"?')
    assert len(run.output.strip().splitlines()) == 1


def test_daemon_missing(tmp_path: Path) -> None:
    run = run_suites(tmp_path / "run", "suites/", "--backend", "sim", "--pcscd", "/nonexistent/pcscd")
    assert run.exit_code == USAGE_ERROR
    assert run.output.strip() == (
        "ERROR: simulated readers cannot run: /nonexistent/pcscd is not a program that can be run"
    )


def test_driver_missing(tmp_path: Path) -> None:
    run = run_suites(tmp_path / "run", "suites/", "--backend", "sim", "--driver", "/nonexistent/libccid.so")
    assert run.exit_code == USAGE_ERROR
    assert "/nonexistent/libccid.so does not exist; expected a driver bundle" in run.output


def test_other_daemon_on_recordings_makes_no_sense(tmp_path: Path) -> None:
    run = run_suites(tmp_path / "run", "suites/", "--backend", "replay", "--pcscd", "/usr/sbin/pcscd")
    assert run.exit_code == USAGE_ERROR
    assert "--pcscd is for simulated readers" in run.output


def test_folder_without_recordings_of_these_readers(tmp_path: Path) -> None:
    run = run_suites(tmp_path / "run", "suites/", "--reader", "ezio", "--recordings", str(tmp_path / "none"))
    assert run.exit_code == USAGE_ERROR
    assert run.output.startswith(f"ERROR: {tmp_path / 'none'}: expected recordings of a reader of ")
    assert run.output.strip().endswith("as READER-ID/CASE-ID.yaml: gemalto-ezio-shield; there are none")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--full",), "--full is for readers: recordings hold the telling selection of lengths, not all of them"),
        (("--seed", "7"), "--seed 7 is for readers: recordings hold the lengths of --seed 1"),
    ],
)
def test_recordings_hold_one_choice_of_lengths(tmp_path: Path, arguments: tuple[str, ...], sentence: str) -> None:
    run = run_suites(tmp_path / "run", "suites/", "--backend", "replay", *arguments)
    assert run.exit_code == USAGE_ERROR
    assert run.output.strip() == f"ERROR: {sentence}"


def test_list_readers_needs_no_reader(tmp_path: Path) -> None:
    run = run_suites(tmp_path / "run", "suites/", "--list-readers")
    assert run.exit_code == 0
    lines = run.output.strip().splitlines()
    assert lines[0].split()[:2] == ["ID", "NAME"]
    assert any(line.startswith("gemalto-ezio-shield ") and "08E6:34C0" in line for line in lines[1:])
