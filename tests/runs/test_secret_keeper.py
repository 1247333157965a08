"""A PIN that is keyed in on the pad stands nowhere on the host afterwards, nor meanwhile in its processes."""

from __future__ import annotations

import random
import re
from pathlib import Path

import pytest

from tests.runs.conftest import SuiteRun, run_suites

SUITE = '''
"""Entries of digits that nobody knows beforehand, and a failure that makes the report show all it has."""

import os
from pathlib import Path

import pytest

from fixtures import reader_test
from fixtures.hands import CANCEL, ENTER
from fixtures.pcsc.pin_builders import BlockForm, modify, verify
from fixtures.pcsc.pin_structures import PinType
from fixtures.pin_forms import CHANGE, VERIFY
from fixtures.pinpad import Pinpad
from fixtures.threads import start_thread

DIGITS = Path(os.environ["CARDLOOP_DIGITS_FILE"]).read_text()
FILL = b"\\xff" * 12


def children_and_self():
    parents = {}
    for place in Path("/proc").glob("[0-9]*/stat"):
        try:
            parents[int(place.parent.name)] = int(place.read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue
    family = {os.getpid()}
    while new := {child for child, parent in parents.items() if parent in family} - family:
        family |= new
    return family


def in_processes():
    """The family's processes whose arguments or environment hold the digits, and how many there are."""
    family = children_and_self()
    found = []
    for process in family:
        for name in ("cmdline", "environ"):
            try:
                if DIGITS.encode() in Path(f"/proc/{process}/{name}").read_bytes():
                    found.append(f"{process} {name}")
            except OSError:
                continue
    return found, len(family)


@pytest.mark.pinpad("verify", "modify")
@pytest.mark.applet("reader-test")
@pytest.mark.spends_pin_tries
@pytest.mark.parametrize("fails", [False, True])
def test_entries(reader, pcsc, hands, fails):
    with pcsc.context() as context, context.connect(reader.name) as card:
        for pin_type in PinType:
            pad = Pinpad(card)
            hands.press(DIGITS, ENTER)
            pad.verify(verify(VERIFY + b"\\x0c" + FILL, BlockForm(pin_type=pin_type, size=12), digits=(4, 12)))
            card.transmit(reader_test.pin_dump(17))
            pad.restore_tries()
        pad = Pinpad(card)
        entry = start_thread("entry", pad.modify, modify(
            CHANGE + b"\\x18" + FILL * 2, BlockForm(size=12), new_at=12, digits=(4, 12), confirmed=False, messages=2
        ))
        hands.press(DIGITS, ENTER)
        entry.ended(within=0.3)
        found, family = in_processes()
        hands.press(DIGITS, ENTER)
        entry.result()
        card.transmit(reader_test.pin_dump(29))
        assert family >= 3
        assert found == []
        assert not fails, "on purpose"
'''
_SEPARATORS = re.compile(r"0x|\\\\x|[\s:,;._\-*']")


@pytest.fixture(scope="module")
def digits() -> str:
    return "".join(random.sample("0123456789" * 3, 12))


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory, digits: str) -> SuiteRun:
    folder = tmp_path_factory.mktemp("keeper")
    (folder / "digits").write_text(digits)
    (folder / "test_keeper.py").write_text(SUITE)
    return run_suites(
        folder / "run",
        *(str(folder / "test_keeper.py"), "-p", "fixtures.plugin", "-vv", "-rA", "--showlocals"),
        *("--backend", "sim", "--reader", "ezio", "--record", "--recordings", str(folder / "run" / "recordings")),
        environment={"CARDLOOP_DIGITS_FILE": str(folder / "digits")},
    )


def test_report_shows_all_that_it_has(run: SuiteRun) -> None:
    """Only then is it worth looking through."""
    assert sorted(run.outcomes.values()) == ["failure", "passed"], run.output[-3000:]
    failed = next(result for result in run.allure if result["status"] == "failed")
    assert "PC_to_RDR_Secure" in run.attachment(failed, "CCID frames")
    assert "SecurePIN" in run.attachment(failed, "pcscd log") or "IFDHControl" in run.attachment(failed, "pcscd log")
    assert "=> control_code" in run.attachment(failed, "APDU trace")
    assert len(list((run.directory / "recordings").rglob("*.yaml"))) == 2


@pytest.mark.parametrize("before", ["", "3", "0"], ids=["digits", "ascii", "numbers"])
def test_digits_stand_nowhere(run: SuiteRun, digits: str, before: str) -> None:
    """Terminal, JUnit, Allure with trace, frames and daemon's log, recordings: as text, in hex, as BCD, as numbers."""
    wanted = "".join(before + digit for digit in digits)
    assert wanted not in _SEPARATORS.sub("", run.everything())


def test_this_search_would_find_them(digits: str) -> None:
    shown = " ".join(f"{byte:02X}" for byte in digits.encode())
    assert "".join("3" + digit for digit in digits) in _SEPARATORS.sub("", f"=> {shown}")


def test_published_pin_is_named_in_recordings_and_not_shown() -> None:
    """The shipped recordings of the pinpad suites hold names of PIN blocks in place of the blocks."""
    shipped = Path("fixtures/recordings/gemalto-ezio-shield")
    texts = [path.read_text() for path in shipped.glob("*.yaml") if path.name.startswith(("verify-", "modify-"))]
    assert any("{pin:8}" in text for text in texts)
    assert not any("31323334 35363738" in text or "12345678" in text for text in texts)
