"""The suites on simulated readers and on recordings of them: green, and of one mind."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from benchmarks import inventories
from tests.runs.conftest import ROOT, SuiteRun, run_suites

READERS = ("gemalto-ezio-shield", "omnikey-cardman-3121", "kobil-kaan-base")


def test_simulated_readers_pass_every_suite(simulated_run: SuiteRun) -> None:
    outcomes = simulated_run.outcomes
    assert simulated_run.exit_code == 0, simulated_run.output[-3000:]
    for reader in READERS:
        passed = {name for name, outcome in outcomes.items() if reader in name and outcome == "passed"}
        for suite in ("test_atr", "test_reset", "test_truncation", "test_pinpad", "test_contexts"):
            at_least = 4 if suite == "test_pinpad" else 5
            assert sum(suite in name for name in passed) >= at_least, f"{suite} on {reader}: {sorted(passed)}"


def test_recordings_and_simulated_readers_agree(simulated_run: SuiteRun, replayed_run: SuiteRun) -> None:
    """A recording that says something else than the reader does would judge users wrongly."""
    assert replayed_run.exit_code == 0, replayed_run.output[-3000:]

    not_recorded = {
        name for name, reason in replayed_run.skips.items() if "a recording" in reason or "needs a reader" in reason
    }
    simulated, replayed = simulated_run.outcomes, replayed_run.outcomes
    assert simulated.keys() == replayed.keys()
    # What a known issue shows now and then, it need not have shown when it was recorded.
    intermittent = {name for name, reason in simulated_run.skips.items() if "known issue" in reason}
    compared = simulated.keys() - not_recorded - intermittent
    assert {name: simulated[name] for name in compared} == {name: replayed[name] for name in compared}
    assert len(not_recorded) < len(replayed) / 4


def test_header_names_backend_versions_and_readers(simulated_run: SuiteRun, replayed_run: SuiteRun) -> None:
    assert re.search(r"^cardloop: backend sim, pcscd \d+\.\d+\S*, libccid \d+\.\d+\S*", simulated_run.output, re.M)
    assert "readers: Gemalto Ezio Shield [gemalto-ezio-shield]" in simulated_run.output
    assert re.search(r"^cardloop: backend replay, recordings in ", replayed_run.output, re.M)


def test_header_tells_the_seed_of_random_lengths(tmp_path: Path, replayed_run: SuiteRun) -> None:
    arguments = ("suites/test_atr.py", "-k", "three_calls", "--backend", "sim", "--reader", "ezio")
    assert "lengths: a selection (--full takes all), random ones by --seed 1\n" in replayed_run.output
    assert "random ones by --seed 4711\n" in run_suites(tmp_path / "seed", *arguments, "--seed", "4711").output
    assert re.search(r"random ones by --seed \d+\n", run_suites(tmp_path / "none", *arguments).output)


def test_end_says_where_the_results_lie(simulated_run: SuiteRun) -> None:
    assert f"Allure results in {simulated_run.directory / 'allure'}" in simulated_run.output
    assert f"JUnit in {simulated_run.directory / 'junit.xml'}" in simulated_run.output


def test_auto_replays_one_reader_when_no_hardware_answers(tmp_path: Path) -> None:
    run = run_suites(
        tmp_path / "run",
        *("suites/", "--reader", "Gemalto Ezio"),
        environment={"PCSCLITE_CSOCK_NAME": str(tmp_path / "nobody")},
    )
    assert run.exit_code == 0, run.output[-3000:]
    assert "backend replay" in run.output
    control = "suites.test_pkcs11_control"  # needs no reader
    assert all("gemalto-ezio-shield" in name for name in run.outcomes if not name.startswith(control))


def test_replay_needs_no_pcsc_and_no_posix(tmp_path: Path) -> None:
    """As on a Windows machine with nothing but Python: what is not there cannot be imported."""
    absent = ("smartcard", "usb", "fcntl", "termios", "pwd", "grp", "resource", "pty", "tty", "syslog")
    arguments = ["suites/test_atr.py", "--backend", "replay", "--reader", "kobil", "-o", f"cache_dir={tmp_path}"]
    program = (
        f"import sys; sys.modules.update(dict.fromkeys({absent})); import pytest; sys.exit(pytest.main({arguments}))"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    assert " passed" in done.stdout


def test_replay_leaves_out_readers_without_recordings_unless_one_is_asked_for(tmp_path: Path) -> None:
    inventory = inventories.copies(tmp_path, 5, shipped=True)
    arguments = ("suites/test_atr.py", "--collect-only", "-q", "--backend", "replay", "--inventory", str(inventory))
    run = run_suites(tmp_path / "all", *arguments)
    assert all(reader in run.output for reader in READERS)
    assert "shield-1]" not in run.output
    asked = run_suites(tmp_path / "asked", *arguments, "--reader", "gemalto-ezio-shield-1")
    assert "shield-1]" in asked.output
