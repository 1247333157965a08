"""Calls that do not return: the test fails with everybody's stacks, and the next one starts clean."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.runs.conftest import SuiteRun, run_suites

OWN = ("-p", "fixtures.plugin", "-c", "tox.ini", "--rootdir", ".")
SUITE = """
import os, signal
from fixtures import reader_test

def test_a_daemon_is_stopped(reader, pcsc, bench):
    with pcsc.context() as context:
        os.kill(bench.daemon_process_id, signal.SIGSTOP)
        context.readers()

def test_b_is_healthy(reader, pcsc):
    with pcsc.context() as context, context.connect(reader.name) as card:
        assert card.transmit(reader_test.SELECT).sw == 0x9000

def test_c_card_never_answers(reader, pcsc):
    with pcsc.context() as context, context.connect(reader.name) as card:
        card.transmit(reader_test.SELECT)
        card.transmit(reader_test.busy(255))

def test_d_lock_is_never_released(reader, pcsc):
    with pcsc.context() as context, context.connect(reader.name) as card:
        holder = pcsc.process("holder").context().connect(reader.name)
        holder.begin_transaction()
        card.begin_transaction()

def test_e_is_healthy_again(reader, pcsc):
    with pcsc.context() as context, context.connect(reader.name) as card:
        assert card.transmit(reader_test.SELECT).sw == 0x9000
"""


@pytest.fixture(scope="module")
def hung(tmp_path_factory: pytest.TempPathFactory) -> SuiteRun:
    folder = tmp_path_factory.mktemp("hung")
    (folder / "test_own.py").write_text(SUITE)
    arguments = (str(folder), *OWN, "--backend", "sim", "--reader", "omnikey", "--deadline", "4")
    return run_suites(folder / "run", *arguments)


def results(run: SuiteRun) -> dict[str, dict[str, Any]]:
    return {result["fullName"].rpartition("#")[2]: result for result in run.allure}


def test_only_the_tests_with_a_hanging_call_fail(hung: SuiteRun) -> None:
    assert hung.exit_code == 1, hung.output
    assert {name: result["status"] for name, result in results(hung).items()} == {
        "test_a_daemon_is_stopped": "broken",
        "test_b_is_healthy": "passed",
        "test_c_card_never_answers": "broken",
        "test_d_lock_is_never_released": "broken",
        "test_e_is_healthy_again": "passed",
    }


@pytest.mark.parametrize(
    ("test", "call"),
    [
        ("test_a_daemon_is_stopped", "list_readers"),
        ("test_c_card_never_answers", "transmit"),
        ("test_d_lock_is_never_released", "begin_transaction"),
    ],
)
def test_the_report_says_what_hung_and_what_everybody_was_doing(hung: SuiteRun, test: str, call: str) -> None:
    result = results(hung)[test]
    sentence = f"hung: {call} of MainThread did not return within 4 s"
    assert sentence in result["statusDetails"]["message"]
    broke = hung.attachment(result, "what broke")
    assert sentence in broke
    assert f"in {test}" in broke  # this process's stacks
    assert "pcscd, process " in broke  # the daemon's threads, with their stacks
    assert "libc.so.6" in broke
    assert hung.attachment(result, "pcscd log")


def test_a_stopped_daemon_is_told_to_be_stopped(hung: SuiteRun) -> None:
    assert "T (stopped)" in hung.attachment(results(hung)["test_a_daemon_is_stopped"], "what broke")


def test_the_other_process_tells_its_stacks(hung: SuiteRun) -> None:
    broke = hung.attachment(results(hung)["test_d_lock_is_never_released"], "what broke")
    assert "process holder:" in broke
    assert "fixtures/pcsc/client_program.py" in broke


def test_a_crash_of_a_second_process_fails_the_test_and_not_the_run(tmp_path: Path, own_suite: Path) -> None:
    (own_suite / "test_own.py").write_text(
        "import os, signal\n"
        "def test_crashes(reader, pcsc):\n"
        "    with pcsc.process('crowd') as crowd:\n"
        "        context = crowd.context()\n"
        "        os.kill(crowd.process_id, signal.SIGSEGV)\n"
        "        while context.is_valid():\n"
        "            pass\n"
        "def test_next(reader, pcsc):\n"
        "    assert reader.name in pcsc.context().readers()\n"
    )
    run = run_suites(tmp_path / "run", str(own_suite), *OWN, "--backend", "sim", "--reader", "omnikey")
    assert run.exit_code == 1, run.output
    found = results(run)
    assert "client process crowd died: SIGSEGV" in found["test_crashes"]["statusDetails"]["message"]
    assert found["test_next"]["status"] == "passed"
