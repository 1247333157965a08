"""The suites on an attached reader with a person at the bench, both played: nothing is needed that only simulation has.

The reader is a simulated one, behind a daemon that the run takes for the host's; the person is a script at a
pseudo-terminal.
"""

from __future__ import annotations

import json
import os
import re
import tempfile
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from fixtures.bench.simulated import specification
from fixtures.inventory.loader import load
from fixtures.lab import locks
from fixtures.simulator.client import Simulator
from tests.runs.person import ROOT, Answer, run_with_person

EZIO = "gemalto-ezio-shield"
PIN = "12345678"
SUITES = ("suites/test_atr.py", "suites/test_events.py", "suites/test_pinpad.py", "suites/test_contexts.py")


@pytest.fixture
def attached() -> Iterator[Simulator]:
    inventory = load(ROOT / "inventory")
    (entry,) = inventory.matching([EZIO])
    with (
        tempfile.TemporaryDirectory(prefix="cl-", dir="/tmp") as folder,  # a socket's path has 107 bytes
        Simulator([specification(entry, inventory.card_in(entry))], Path(folder, "s"), Path(folder)) as simulator,
    ):
        yield simulator


def run_live(simulator: Simulator, directory: Path, answers: dict[str, Answer], *arguments: str) -> tuple[int, str]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "CARDLOOP_"))}
    return run_with_person(
        [
            *("-m", "pytest", *arguments, "--backend", "live", "--reader", "ezio"),
            *("-o", f"cache_dir={directory / 'cache'}", "-v"),
            *("--alluredir", str(directory / "allure"), "--junitxml", str(directory / "junit.xml")),
        ],
        answers,
        {
            **inherited,
            "PCSCLITE_CSOCK_NAME": str(simulator.socket_path),
            locks.FOLDER_VARIABLE: str(directory / "locks"),
            "TERM": "dumb",
            "COLUMNS": "200",
        },
    )


def willing(simulator: Simulator) -> dict[str, Answer]:
    """A person who does what can be done with one reader and one card, and skips the rest."""

    def doing(act: Callable[[], None]) -> Answer:
        def answer(_match: re.Match[str]) -> str:
            act()
            return ""

        return answer

    def pressing(match: re.Match[str]) -> str:
        digits, keys = match.group(1) or "", re.findall(r"the (\w+) key", match.group(2))
        simulator.press(EZIO, [*digits, *(key.lower() for key in keys)])
        return ""

    def giving_up(match: re.Match[str]) -> str:
        simulator.press(EZIO, [*(digit for digit in match.group(1) if digit.isdigit()), "timeout"])
        return ""

    def skipping(_match: re.Match[str]) -> str:
        return "s\n"

    return {
        r"Remove the card from [^\n]*": doing(lambda: simulator.remove(EZIO)),
        r"Insert the card into [^\n(]*[0-9]\. |Insert the (?:card|card the right way|reader's own card again)\.": doing(
            lambda: simulator.insert(EZIO)
        ),
        r"upside down[^\n]*": skipping,
        r"Insert into [^\n]*": skipping,
        r"second reader of the same make[^\n]*": skipping,
        r"Unplug Gemalto[^\n]*": doing(lambda: simulator.unplug(EZIO)),
        r"Plug Gemalto[^\n]*|Plug the reader in[^\n]*": doing(lambda: simulator.plug(EZIO)),
        r"when it asks for a PIN: press (?:([0-9]+)(?: then )?)?([^\n]*key)[^\n]*": pressing,
        r"press (\w+) and then wait[^\n]*": giving_up,
    }


def test_a_willing_person_gets_a_green_run(attached: Simulator, tmp_path: Path) -> None:
    """Every test passes, or is skipped with a reason that fits a bench."""
    exit_code, said = run_live(attached, tmp_path, willing(attached), *SUITES)
    assert exit_code == 0, said
    assert "cardloop: backend live" in said
    skips = {
        skipped.get("message") or ""
        for skipped in ElementTree.parse(tmp_path / "junit.xml").getroot().iter("skipped")  # noqa: S314 - our own
    }
    allowed = (
        "skipped by the person|cannot make a card go mute|not seen from here|there is no such card|readers.yaml|"
        "smartcard_list.txt"
    )
    assert all(re.search(allowed, reason) for reason in skips), skips
    assert len(re.findall(r"PASSED", said)) > 25
    assert f"press {PIN} then the ENTER key" in said


def test_the_report_shows_what_was_asked_and_no_digits(attached: Simulator, tmp_path: Path) -> None:
    exit_code, said = run_live(attached, tmp_path, willing(attached), "suites/test_pinpad.py", "suites/test_events.py")
    assert exit_code == 0, said
    results = [json.loads(path.read_text()) for path in (tmp_path / "allure").glob("*-result.json")]
    steps = [step["name"] for result in results for step in result.get("steps", [])]
    assert any(re.search(r"when it asks for a PIN: press 8 digits then the ENTER key", step) for step in steps)
    assert any(step.startswith("Remove the card from Gemalto Ezio Shield") for step in steps)
    assert all(PIN not in path.read_text() for path in (tmp_path / "allure").iterdir())


def test_a_person_who_types_s_skips_the_test_at_once(attached: Simulator, tmp_path: Path) -> None:
    """Also in the middle of a wait for the card: nobody sits out the minute."""
    answers: dict[str, Answer] = {r"Remove the card from [^\n]*": lambda _match: "s\n"}
    exit_code, said = run_live(
        attached, tmp_path, answers, "suites/test_events.py", "-k", "removal_and_insertion", "-rs"
    )
    assert exit_code == 0, said
    assert "skipped by the person at the bench" in said


def test_a_move_that_nobody_makes_is_a_skip_and_one_that_is_not_seen_a_failure(
    attached: Simulator, tmp_path: Path
) -> None:
    """When PC/SC sees nothing in time, the person says whether it was done."""
    arguments = ("suites/test_events.py", "-k", "removal_and_insertion", "-rs", "--patience", "2")
    exit_code, said = run_live(attached, tmp_path / "absent", {}, *arguments)
    assert exit_code == 0, said
    assert "nobody did this within 2 s: Remove the card" in said
    answers: dict[str, Answer] = {r"If you did that, press Enter": lambda _match: "\n"}
    exit_code, said = run_live(attached, tmp_path / "present", answers, *arguments)
    assert exit_code == 1, said
    assert "SCARD_E_TIMEOUT" in said


def test_a_reader_that_another_run_has_is_a_skip_in_words(
    attached: Simulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(locks.FOLDER_VARIABLE, str(tmp_path / "locks"))
    monkeypatch.setenv("PCSCLITE_CSOCK_NAME", str(attached.socket_path))
    with locks.held("Gemalto Ezio Shield 00 00", 0, print):
        exit_code, said = run_live(attached, tmp_path, {}, "suites/test_atr.py", "-rs", "--lock-wait", "0")
    assert exit_code == 0, said
    assert re.search(rf"Gemalto Ezio Shield 00 is in use, by \S+ \(process {os.getpid()}\) since 20", said)
    assert "passed" not in said
