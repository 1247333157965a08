"""`python -m fixtures.inventory check`: exit code 0, or one line on stderr and exit code 4."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from fixtures.inventory.__main__ import main

ROOT = Path(__file__).parents[2]


def test_the_shipped_inventory_is_checked_by_default() -> None:
    command = [sys.executable, "-m", "fixtures.inventory", "check"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    shown = re.escape(str(Path("inventory", "readers.yaml")))
    assert re.fullmatch(rf"{shown}: 3 readers, \d+ cards, no mistake\n", done.stdout)


def test_a_mistake_is_one_line_and_exit_code_4(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "readers.yaml"
    path.write_text("readers:\n  - 5\n", encoding="utf-8")
    assert main(["check", str(path)]) == 4
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith(f'{path}:2:5: wrong type for readers in the file: a number "5"; expected a mapping')
    assert err.count("\n") == 1
