"""Every command that README and docs/ show is run here, or is one of those that another test runs.

A command is an indented line of a page that starts as a command of this project does.
"""

from __future__ import annotations

import configparser
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = sorted([ROOT / "README.md", *ROOT.glob("docs/*.md"), *ROOT.glob("applets/*.md")])
STARTS = ("./bootstrap ", "tox run ", "pytest ", "python -m ", "./.ci/run")

RUN_ELSEWHERE = {
    "./.ci/run": "it runs these tests",
    "python -m benchmarks": "tests/benchmarks",
    "python -m fixtures.sweep": "tests/sweep",
    "python -m fixtures.simulator": "tests/simulator_command",
    "python -m fixtures.faults": "tests/faults",
    "python -m reports.atr": "tests/reports",
    "python -m reports.matrix": "tests/reports",
    "python -m reports.diff": "tests/reports",
    "python -m fixtures.inventory import": "tests/inventory",
}


def commands() -> list[tuple[str, str]]:
    """(page, command) of every command shown, without its comment; the same command once."""
    found: dict[str, str] = {}
    for page in PAGES:
        for line in page.read_text().splitlines():
            text = line.strip()
            shown_in_table = [cell for cell in re.findall(r"`([^`]+)`", line) if line.startswith("|")]
            for candidate in [text if line.startswith("    ") else "", *shown_in_table]:
                command = re.sub(r"\s+#.*$", "", candidate)
                if command.startswith(STARTS):
                    found.setdefault(command, page.name)
    return [(page, command) for command, page in found.items()]


def environments() -> set[str]:
    parser = configparser.ConfigParser(interpolation=None)
    parser.read(ROOT / "tox.ini")
    return {name.removeprefix("testenv:") for name in parser.sections() if name.startswith("testenv:")}


def tox_environments(words: list[str]) -> list[str]:
    return words[words.index("-e") + 1].split(",") if "-e" in words else []


def test_pages_show_commands() -> None:
    assert len(commands()) > 8


@pytest.mark.parametrize(("page", "command"), commands(), ids=lambda value: value.replace(" ", "_"))
def test_command_works(page: str, command: str, tmp_path: Path) -> None:
    elsewhere = next((where for start, where in RUN_ELSEWHERE.items() if command.startswith(start)), None)
    if elsewhere is not None:
        assert elsewhere == "it runs these tests" or (ROOT / elsewhere).is_dir(), f"{page}: nothing runs {command}"
        return
    words = shlex.split(command)
    if words[0] in ("./bootstrap", "tox"):
        # What the env runs is run by tests/runs as pytest itself; here: that there is such an env and it is reached.
        asked = tox_environments(words)
        assert asked, f"{page}: {command} names no env"
        assert set(asked) <= environments() | {"ENV"}, f"{page}: {command}"
        if "ENV" in asked:
            return
        told = subprocess.run(
            ["./bootstrap", "--dry-run", *words[1:]], cwd=ROOT, capture_output=True, text=True, check=False, timeout=60
        )
        assert f"would run: tox {' '.join(words[1:])}" in told.stderr, told.stderr
        return
    if "received/" in words:
        received = tmp_path / "received"
        shutil.copytree(ROOT / "fixtures" / "recordings" / "kobil-kaan-base", received / "kobil-kaan-base")
        words = [str(received) if word == "received/" else word for word in words]
    if words[0] == "pytest" and "my_suites/" in words:
        own = tmp_path / "my_suites"
        own.mkdir()
        (own / "test_own.py").write_text("def test_reader(reader):\n    assert reader.id\n")
        words[words.index("my_suites/")] = str(own)
    if words[0] == "pytest":
        words = [sys.executable, "-m", *words, "-o", f"cache_dir={tmp_path / 'cache'}"]
    if words[0] == "python":
        words[0] = sys.executable
    if "--record" in words:
        words += ["--recordings", str(tmp_path / "recordings"), "-k", "test_atr"]
    done = subprocess.run(
        words,
        cwd=ROOT,
        env={**os.environ, "PCSCLITE_CSOCK_NAME": str(tmp_path / "nobody")},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, f"{page}: {command}\n{done.stdout[-2000:]}{done.stderr[-2000:]}"
