"""A machine made of scripts: they answer what bootstrap asks the system from files and write down what it runs."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[2]
REAL_TOOLS = ("sh", "cat", "cksum", "cut", "dirname", "env", "mkdir", "rm", "sed", "sort", "tr")

LOGGED = 'echo "{name}${{*:+ $*}}" >>"$MACHINE/calls"\n'

UNAME = 'cat "$MACHINE/kernel"'
IDENTITY = 'cat "$MACHINE/uid"'
DPKG_QUERY = 'grep -qx "$4" "$MACHINE/installed" && printf installed'
APT_CACHE = '[ -e "$MACHINE/lists" ]'
APT_GET = """
case " $* " in
  *" update "*) touch "$MACHINE/lists"; rm -f "$MACHINE/stale" ;;
  *" install "*) [ ! -e "$MACHINE/stale" ] ;;
esac
"""
PYTHON = """
case "$*" in
  "-m venv "*) mkdir -p "$3/bin"; cp "$MACHINE/venv-python" "$3/bin/python" ;;
  *ensurepip*) [ ! -e "$MACHINE/no-venv" ] ;;
  *Python.h*) [ ! -e "$MACHINE/no-headers" ] ;;
  *) exec "{python}" "$@" ;;
esac
"""


@dataclass
class Outcome:
    """How a run of bootstrap ended, and the commands it ran meanwhile."""

    status: int
    said: str
    calls: list[str]

    def called(self, tool: str) -> list[str]:
        return [call for call in self.calls if call.split()[0] == tool]


class Machine:
    """A checkout in a folder with a space in its name, on a system whose tools are scripts."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.tools = folder / "bin"
        self.checkout = folder / "my checkout"
        self.tools.mkdir()
        (self.checkout / "requirements").mkdir(parents=True)
        for name in ("bootstrap", "tox.ini", "requirements/bootstrap.txt"):
            shutil.copy(CHECKOUT / name, self.checkout / name)
        for name in (*REAL_TOOLS, "cp", "grep", "touch"):
            (self.tools / name).symlink_to(shutil.which(name) or name)
        self.write("kernel", "Linux")
        self.write("uid", "0")
        self.write("lists", "")
        self.install()
        self.tool("uname", UNAME)
        self.tool("id", IDENTITY)
        self.tool("python3", PYTHON.replace("{python}", sys.executable))
        self.script(folder / "venv-python", LOGGED.format(name="venv-python"))

    def write(self, name: str, text: str) -> None:
        (self.folder / name).write_text(text + "\n")

    def script(self, path: Path, body: str) -> None:
        path.write_text("#!/bin/sh\n" + body)
        path.chmod(0o700)

    def tool(self, name: str, body: str, *, logged: bool = False) -> None:
        self.script(self.tools / name, (LOGGED.format(name=name) if logged else "") + body)

    def install(self, *packages: str) -> None:
        self.write("installed", "\n".join(packages))

    def run(self, *arguments: str, env: dict[str, str] | None = None, cwd: Path | None = None) -> Outcome:
        calls = self.folder / "calls"
        calls.write_text("")
        done = subprocess.run(
            [str(self.checkout / "bootstrap"), *arguments],
            cwd=cwd or self.checkout,
            env={"PATH": str(self.tools), "MACHINE": str(self.folder), "LC_ALL": "C", **(env or {})},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=60,
            check=False,
        )
        return Outcome(done.returncode, done.stdout, calls.read_text().splitlines())


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    """Linux without a package manager that bootstrap knows."""
    if os.name != "posix":
        pytest.skip("scripts stand for the system's tools, which takes a POSIX shell")
    return Machine(tmp_path)


@pytest.fixture
def debian(machine: Machine) -> Machine:
    """A Debian, as root, with nothing of what Cardloop needs but Python."""
    machine.tool("dpkg-query", DPKG_QUERY)
    machine.tool("apt-cache", APT_CACHE)
    machine.tool("apt-get", APT_GET, logged=True)
    machine.write("no-headers", "")
    return machine
