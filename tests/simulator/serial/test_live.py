"""The four serial readers under the real pcscd and libccid's serial driver."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[3]
DRIVER = Path("/usr/lib/pcsc/drivers/serial/libccidtwin.so")
T0, T1, T0_T1 = "3B 02 14 50", "3B 82 81 31 FE 45 14 50 CD", "3B 82 80 31 FE 45 14 50 CC"

pytest.importorskip("smartcard")
if not DRIVER.is_file() or not shutil.which("pcscd", path=f"{os.environ.get('PATH', '')}:/usr/sbin"):
    pytest.skip("pcscd or libccid's serial driver is not installed", allow_module_level=True)


@pytest.fixture
def directory() -> Iterator[Path]:
    """A short path that pcscd's reader.conf can hold."""
    path = Path(tempfile.mkdtemp(prefix="cardloop-test-", dir="/tmp"))
    yield path
    shutil.rmtree(path)


def session(directory: Path, reader: str, *steps: str) -> dict[str, Any]:
    """What each step of the session program answers."""
    finished = subprocess.run(
        [sys.executable, "-m", "tests.simulator.serial.session", str(directory), reader, *steps],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        timeout=120,
    )
    assert finished.returncode == 0, finished.stderr
    answers: dict[str, Any] = json.loads(finished.stdout)
    return answers


def test_gempc_twin(directory: Path) -> None:
    """Echo, T=1, card movements, a cable that is pulled, a daemon that comes and goes, and a quiet line."""
    found = session(directory, "twin", "names", "atrs", "apdu", "moved", "unplugged", "restarted", "idle")
    assert found["names"] == ["GemPC Twin serial 00 00"]
    assert found["atrs"] == [T1]
    assert (found["apdu"], found["moved"], found["unplugged"], found["restarted"]) == (True, True, True, True)
    assert found["idle"] < 0.3


def test_gempc_pinpad(directory: Path) -> None:
    """Echo, display texts, T=0, secure PIN entry, and a daemon that is killed in the middle of one."""
    found = session(directory, "pinpad", "names", "atrs", "apdu", "verify", "moved", "killed")
    assert found["names"] == ["GemPC Pinpad serial 00 00"]
    assert found["atrs"] == [T0]
    assert (found["apdu"], found["verify"], found["moved"]) == (True, "9000", True)
    assert found["killed"] == ["SIGKILL", True, "9000"]


def test_gemcore_pos_pro(directory: Path) -> None:
    """Five slots on one line, three of them with a card."""
    found = session(directory, "pos-pro", "names", "atrs", "apdu", "every_slot", "moved", "restarted")
    assert found["names"] == [f"GemCore POS Pro serial 00 0{slot}" for slot in range(5)]
    assert found["atrs"] == [T0_T1, T0, T1, "", ""]
    assert found["every_slot"] == ["9000", "9000", "9000", None, None]
    assert (found["apdu"], found["moved"], found["restarted"]) == (True, True, True)


def test_gemcore_sim_pro(directory: Path) -> None:
    """Two slots. The driver takes a card for present until it does not wake up, so movements are not for this one."""
    found = session(directory, "sim-pro", "names", "atrs", "apdu", "every_slot", "restarted")
    assert found["names"] == ["GemCore SIM Pro serial 00 00", "GemCore SIM Pro serial 00 01"]
    assert found["atrs"] == [T0, T1]
    assert found["every_slot"] == ["9000", "9000"]
    assert (found["apdu"], found["restarted"]) == (True, True)


def test_nothing_is_left_behind(directory: Path) -> None:
    session(directory, "twin", "apdu")
    left = {path.name for path in directory.iterdir()}
    assert left <= {"pcscd.log", "simulator.log", "reader.conf.d", "cardloop_preload.so", "run-pcscd"}
    assert (directory / "simulator.log").read_text() == ""
