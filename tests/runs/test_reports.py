"""What a run leaves in Allure and JUnit: who was tested, every call, the bytes, and no secret."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from fixtures import reader_test
from tests.runs.conftest import SuiteRun, run_suites

DIGITS = re.compile(r"12345678|31[ ,]?32[ ,]?33[ ,]?34[ ,]?35[ ,]?36[ ,]?37[ ,]?38")
OWN = ("-p", "fixtures.plugin", "-c", "tox.ini", "--rootdir", ".")


def labels(result: dict[str, Any]) -> dict[str, str]:
    return {label["name"]: label["value"] for label in result["labels"]}


def parameters(result: dict[str, Any]) -> dict[str, str]:
    return {parameter["name"]: parameter["value"] for parameter in result["parameters"]}


def pinpad_result(run: SuiteRun) -> dict[str, Any]:
    return next(r for r in run.allure if r["name"].startswith("test_card_receives_the_pin") and "ezio" in r["name"])


def test_results_carry_subject_behaviour_reader_and_card(simulated_run: SuiteRun) -> None:
    result = pinpad_result(simulated_run)
    found = labels(result)
    assert (found["feature"], found["story"]) == ("Pinpad", "verify-sends-what-was-keyed-in")
    assert found["epic"]
    assert parameters(result) == {
        "reader": "Gemalto Ezio Shield (simulated)",
        "card": "reader-test-t0",
        "backend": "sim",
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
    result = next(r for r in simulated_run.allure if r["name"].startswith("test_threads_with_a_context_each"))
    threads = [step for step in result["steps"] if step["name"].startswith("process crowd, worker-")]
    assert len(threads) == 16
    assert all(step["steps"] for step in threads)


def test_trace_shows_bytes_times_and_status_words(simulated_run: SuiteRun) -> None:
    trace = simulated_run.attachment(pinpad_result(simulated_run), "APDU trace")
    assert re.search(r"^ +\d+\.\d+ ms  -> 00 A4 04 00 07 A0 00 00 00 18 FF 01$", trace, re.M)
    assert re.search(r"^ +\d+\.\d+ ms  <- 90 00  success", trace, re.M)
    assert "00 20 00 80 08 ** ** ** ** ** ** ** **" in trace


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
    assert '<property name="case" value="verify-sends-what-was-keyed-in"' in text


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
        *("suites/test_pinpad.py", "--backend", "sim", "--reader", "ezio", "-rs"),
        *("--inventory", str(tmp_path / "readers.yaml")),
    )
    assert run.exit_code == 0, run.output
    assert "refused: card reader-test-t0 is not declared disposable" in run.output
    skipped = [result for result in run.allure if result["status"] == "skipped"]
    assert len(skipped) == 6
    assert all("not declared disposable" in result["statusDetails"]["message"] for result in skipped)
    for result in run.allure:
        assert "-> 00 20 00 80" not in run.attachment(result, "APDU trace")
        assert "=> control_code=0x42330006" not in run.attachment(result, "APDU trace")
