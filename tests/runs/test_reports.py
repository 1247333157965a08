"""What a run leaves in Allure and JUnit: who was tested, every call, the bytes, and no secret."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from fixtures import reader_test
from tests.runs.conftest import SuiteRun, run_once, run_suites

DIGITS = re.compile(r"12345678|31[ ,]?32[ ,]?33[ ,]?34[ ,]?35[ ,]?36[ ,]?37[ ,]?38")
OWN = ("-p", "fixtures.plugin", "-c", "tox.ini", "--rootdir", ".")


def labels(result: dict[str, Any]) -> dict[str, str]:
    return {label["name"]: label.get("value", "") for label in result["labels"]}


def parameters(result: dict[str, Any]) -> dict[str, str]:
    return {parameter["name"]: parameter["value"] for parameter in result["parameters"]}


def pinpad_result(run: SuiteRun) -> dict[str, Any]:
    return next(
        r
        for r in run.allure
        if r["name"].startswith("Card receives the PIN") and parameters(r)["card"] == "reader-test-t0"
    )


def test_results_carry_subject_behaviour_reader_and_card(simulated_run: SuiteRun) -> None:
    result = pinpad_result(simulated_run)
    found = labels(result)
    assert (found["feature"], found["story"]) == ("Pinpad", "verify-sends-what-was-keyed-in")
    assert found["epic"] == "Gemalto Ezio Shield (simulated)"
    assert (found["reader"], found["source"]) == ("gemalto-ezio-shield", "simulated")
    assert found["case"] == "verify-sends-what-was-keyed-in.t0"
    assert found["daemon"].startswith("pcscd ")
    assert found["driver"].startswith("libccid ")
    assert found["firmware"]
    assert "suspect" not in found
    assert parameters(result) == {
        "reader": "Gemalto Ezio Shield (simulated)",
        "card": "reader-test-t0",
        "backend": "sim",
        "variant": "t0",
    }


def test_each_pcsc_call_is_a_step_with_its_time(simulated_run: SuiteRun) -> None:
    result = pinpad_result(simulated_run)
    names = [step["name"] for step in result["steps"]]
    assert names[0].startswith("SCardEstablishContext")
    assert "SCardTransmit 00 A4 04 00 07 ...: success" in names
    assert names[-1].startswith("SCardReleaseContext")
    for step in result["steps"]:
        assert result["start"] - 1000 <= step["start"] <= step["stop"] <= result["stop"] + 1000


def test_threads_stand_apart(simulated_run: SuiteRun) -> None:
    result = next(r for r in simulated_run.allure if "#test_threads_with_a_context_each" in r["fullName"])
    threads = [step for step in result["steps"] if step["name"].startswith("process crowd, worker-")]
    assert len(threads) == 16
    assert all(step["steps"] for step in threads)


def test_trace_shows_bytes_times_and_status_words(simulated_run: SuiteRun) -> None:
    trace = simulated_run.attachment(pinpad_result(simulated_run), "APDU trace")
    assert re.search(r"^ +\d+\.\d+ ms  -> 00 A4 04 00 07 A0 00 00 00 18 FF 01$", trace, re.M)
    assert re.search(r"^ +\d+\.\d+ ms  <- 90 00  success", trace, re.M)
    assert "00 20 00 80 08 ** ** ** ** ** ** ** **" in trace


def test_skips_say_what_was_not_tested_and_on_which_reader(simulated_run: SuiteRun) -> None:
    """A test that is skipped before it reaches the bench has a place in the matrix all the same."""
    skipped = [result for result in simulated_run.allure if result["status"] == "skipped"]
    assert len(skipped) > 5
    for result in skipped:
        assert {"feature", "story", "case", "reader", "source"} <= labels(result).keys()
        assert "bench" not in parameters(result)


def test_environment_says_what_was_tested(simulated_run: SuiteRun) -> None:
    lines = (simulated_run.directory / "allure" / "environment.properties").read_text().splitlines()
    facts = dict(line.split("=", 1) for line in lines)
    assert facts["backend"] == "sim"
    assert facts["source"] == "simulated"
    assert facts["daemon"].startswith("pcscd ")
    assert facts["driver"].startswith("libccid ")
    assert facts["os"]
    assert facts["commit"]


def test_junit_properties_say_what_was_tested(simulated_run: SuiteRun) -> None:
    text = (simulated_run.directory / "junit.xml").read_text()
    assert '<property name="backend" value="sim"' in text
    assert '<property name="reader" value="gemalto-ezio-shield"' in text
    assert '<property name="case" value="verify-sends-what-was-keyed-in.t0"' in text


def test_pin_stands_nowhere_in_what_the_pinpad_suite_wrote(simulated_run: SuiteRun) -> None:
    """Other suites send counting bytes on purpose, which hold the same digits; the pinpad's results must not."""
    results = [r for r in simulated_run.allure if "test_pinpad" in r["fullName"] and r["status"] == "passed"]
    assert len(results) >= 8
    for result in results:
        assert not DIGITS.search(str(result))
        assert not DIGITS.search(simulated_run.attachment(result, "APDU trace"))


def test_failure_comes_with_trace_frames_and_log_and_without_the_pin(tmp_path: Path, own_suite: Path) -> None:
    (own_suite / "test_own.py").write_text(
        "from fixtures import reader_test\n"
        "def test_fails(reader, pcsc):\n"
        "    with pcsc.context() as context, context.connect(reader.name) as card:\n"
        "        card.transmit(reader_test.SELECT)\n"
        "        card.transmit(bytes.fromhex('0020008008') + reader_test.PIN)\n"
        "        dump = card.transmit(reader_test.pin_dump(13))\n"
        "        assert dump.data == b'' and reader_test.PIN.hex(' ') in repr(dump)\n"
    )
    run = run_suites(tmp_path / "run", str(own_suite), *OWN, "--backend", "sim", "--reader", "ezio")
    assert run.exit_code == 1, run.output
    (result,) = run.allure
    assert result["status"] == "failed"
    assert "00 20 00 80 08 ** ** ** ** ** ** ** **" in run.attachment(result, "APDU trace")
    assert "PC_to_RDR_XfrBlock" in run.attachment(result, "CCID frames")
    assert "SCardTransmit" in run.attachment(result, "pcscd log")
    assert not DIGITS.search(run.everything())
    assert reader_test.PIN.decode() not in run.everything()


FAILING = """
import pytest
from fixtures import reader_test
pytestmark = pytest.mark.suspect("card")
def test_bytes(reader, pcsc, measure):
    with pcsc.context() as context, context.connect(reader.name) as card:
        assert card.transmit(reader_test.SELECT).sw == 0x9000
        measure("a second, at most", 0.5, "s", limit=1)
        assert card.transmit(reader_test.case_2(3)).data == b"\\x00\\x01\\x02\\x03"
def test_status_word(reader, pcsc):
    with pcsc.context() as context, context.connect(reader.name) as card:
        assert card.transmit(reader_test.SELECT).sw == 0x6D00
def test_error(reader, pcsc):
    with pcsc.context() as context:
        context.connect("nobody")
def test_harness(reader, pcsc):
    raise ValueError("out of order")
"""


@pytest.fixture(scope="session")
def failing_run(tmp_path_factory: pytest.TempPathFactory) -> SuiteRun:
    """Tests that fail, each in its way."""
    suite = tmp_path_factory.mktemp("failing") / "test_own.py"
    suite.write_text(FAILING)
    return run_once(tmp_path_factory, "failing-run", str(suite), *OWN, "--backend", "sim", "--reader", "ezio")


def named(run: SuiteRun, function: str) -> dict[str, Any]:
    return next(result for result in run.allure if result["fullName"].endswith(f"#{function}"))


def test_failure_shows_the_bytes_that_differ(failing_run: SuiteRun) -> None:
    message = named(failing_run, "test_bytes")["statusDetails"]["message"]
    assert "3 bytes came, expected 4: missing from byte 3 (from 0) on" in message
    assert re.search(r"came +00 01 02 --\n +expected +00 01 02 03\n +\^\^$", message, re.M)


def test_failure_names_status_words(failing_run: SuiteRun) -> None:
    message = named(failing_run, "test_status_word")["statusDetails"]["message"]
    assert "status word 90 00 (success), expected 6D 00" in message


def test_call_after_which_a_test_failed_is_marked_and_no_other(failing_run: SuiteRun) -> None:
    for function, call in (
        ("test_bytes", "SCardTransmit 80 34 00 03 03: 00 01 02, success"),
        ("test_status_word", "SCardTransmit 00 A4 04 00 07 ...: success"),
        ("test_error", "SCardConnect: SCardConnect returned SCARD_E_UNKNOWN_READER (0x80100009)"),
    ):
        result = named(failing_run, function)
        failed = [step for step in result["steps"] if step["status"] == "failed"]
        assert [step["name"] for step in failed] == [call]
        assert failed[0]["statusDetails"]["message"]
        trace = failing_run.attachment(result, "APDU trace").splitlines()
        (remark,) = [number for number, line in enumerate(trace) if line.startswith(">>>")]
        assert "the test failed here: " in trace[remark]
        assert "SCardReleaseContext" in "".join(trace[remark:])


def test_failure_says_where_to_look_first(failing_run: SuiteRun) -> None:
    found = {
        function: labels(named(failing_run, function))["suspect"]
        for function in ("test_bytes", "test_error", "test_harness")
    }
    assert found == {"test_bytes": "card", "test_error": "reader", "test_harness": "harness"}


def test_measurement_stands_in_allure_and_junit_with_unit_and_limit(failing_run: SuiteRun) -> None:
    table = failing_run.attachment(named(failing_run, "test_bytes"), "Measurements")
    assert table == "measured,value,unit,limit\na second; at most,0.5,s,1\n"
    (file,) = (failing_run.directory / "allure").glob("*-perf.json")
    (metric,) = json.loads(file.read_text())
    assert (metric["value"], metric["unit"], metric["better"]) == (500, "ms", "lower")
    assert metric["title"] == "a second; at most (at most 1 s)"
    assert "a second; at most: 0.5 s, at most 1 s" in (failing_run.directory / "junit.xml").read_text()


def test_dead_daemon_is_named_and_the_next_test_has_a_fresh_one(tmp_path: Path, own_suite: Path) -> None:
    (own_suite / "test_own.py").write_text(
        "import os, signal\n"
        "from fixtures import reader_test\n"
        "def test_dies(reader, pcsc, bench):\n"
        "    with pcsc.context() as context, context.connect(reader.name) as card:\n"
        "        os.kill(bench.daemon_process_id, signal.SIGSEGV)\n"
        "        while card.transmit(reader_test.SELECT):\n"
        "            pass\n"
        "def test_next(reader, pcsc):\n"
        "    with pcsc.context() as context, context.connect(reader.name) as card:\n"
        "        assert card.transmit(reader_test.SELECT).sw == 0x9000\n"
    )
    run = run_suites(tmp_path / "run", str(own_suite), *OWN, "--backend", "sim", "--reader", "ezio")
    assert sorted(run.outcomes.values()) == ["failure", "passed"], run.output[-3000:]
    assert "BenchError: pcscd died: SIGSEGV" in run.output
    failed = next(result for result in run.allure if result["status"] != "passed")
    assert "pcscd died: SIGSEGV" in failed["statusDetails"]["message"]
    assert failed["stop"] - failed["start"] < 5000


def test_card_that_is_not_disposable_keeps_its_tries(tmp_path: Path) -> None:
    """No test spends a PIN try that the inventory does not allow; the refusal is a skip in words."""
    cards = Path("inventory/cards.yaml").read_text().replace("disposable: true", "disposable: false")
    (tmp_path / "cards.yaml").write_text(cards)
    (tmp_path / "readers.yaml").write_text(Path("inventory/readers.yaml").read_text())
    run = run_suites(
        tmp_path / "run",
        *("suites/test_pinpad.py", "suites/test_pin_modify.py", "--backend", "sim", "--reader", "ezio", "-rs"),
        *("--inventory", str(tmp_path / "readers.yaml")),
    )
    assert run.exit_code == 0, run.output
    assert "refused: card reader-test-t0 is not declared disposable" in run.output
    skipped = [result for result in run.allure if result["status"] == "skipped"]
    refused = [result for result in skipped if "not declared disposable" in result["statusDetails"]["message"]]
    assert len(refused) > 40
    assert {result["name"] for result in skipped if result not in refused} == {
        "Reader without a pinpad refuses a PIN structure - Gemalto Ezio Shield"
    }
    for result in run.allure:
        assert "-> 00 20 00 80" not in run.attachment(result, "APDU trace")
        assert "=> control_code=0x42330006" not in run.attachment(result, "APDU trace")
