"""pcsc-spy and pcscd themselves, on a simulated reader: what they write now is converted as the kept logs are."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from fixtures.replay import convert
from fixtures.replay.check import redaction_problems
from fixtures.replay.convert import Origin

ROOT = Path(__file__).parents[2]
LOGS = Path(__file__).parent / "logs"
FOLDERS = (Path("/usr/lib/x86_64-linux-gnu"), Path("/usr/lib/aarch64-linux-gnu"), Path("/usr/lib64"), Path("/usr/lib"))


def library(name: str) -> Path:
    found = next((folder / name for folder in FOLDERS if (folder / name).exists()), None)
    if found is None:
        pytest.skip(f"{name} is not installed (Debian: libpcsclite-dev)")
    return found.resolve()


def test_logs_made_now_say_what_the_kept_ones_do(tmp_path: Path) -> None:
    """The spy stands in the client library's place, as in pcsc-lite's instructions for programs that load it late."""
    spied = tmp_path / "lib"
    spied.mkdir()
    (spied / "libpcsclite.so.1").symlink_to(library("libpcscspy.so.0"))
    (spied / "libpcsclite_nospy.so.1").symlink_to(library("libpcsclite.so.1"))
    spy, daemon = tmp_path / "pcsc-spy", tmp_path / "pcscd.log"
    spy.touch()
    command = [sys.executable, "-m", "fixtures.simulator", "--log", str(daemon), "ezio", "--"]
    program = ["env", f"LD_LIBRARY_PATH={spied}", f"HOME={tmp_path}", sys.executable, "tests/replay/spied_program.py"]
    done = subprocess.run(
        command + program, cwd=ROOT, env=os.environ, capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stdout + done.stderr

    origin = Origin("ezio", "spied")
    kept, made = (convert.recording(path, origin, {})[0] for path in (LOGS / "pcsc-spy.log", spy))
    assert redaction_problems(made) == []
    assert Counter((step.method, step.error) for step in made.steps) == Counter(
        (step.method, step.error) for step in kept.steps
    )
    text = convert.trace(daemon, {})
    assert text.count("-> 00 20 00 80 08 ** ** ** ** ** ** ** **") == 2
    assert "!! SCardTransmit returned SCARD_E_INSUFFICIENT_BUFFER" in text
