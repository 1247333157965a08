"""The program as a user starts it, in a temporary place of its own that must be empty when it has ended."""

from __future__ import annotations

import os
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PATIENCE_SECONDS = 20.0
SHIELD = "Gemalto Ezio Shield"

_OBSERVE = """
from fixtures.pcsc.live import LivePcsc
from fixtures.pcsc.provider import ReaderState
from fixtures.pcsc.session import Pcsc
with Pcsc(LivePcsc()).context() as context:
    for name in context.readers():
        state = context.get_status_change(0, [ReaderState(name)])[0]
        print(name, state.atr.hex() or "empty", sep=": ")
"""
OBSERVE = (sys.executable, "-c", _OBSERVE)
"""A command that prints the readers and the ATR of the card in each."""


@dataclass
class Place:
    """Where programs are started; their temporary files and sockets lie below directory."""

    directory: Path
    started: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def environment(self) -> dict[str, str]:
        inherited = {name: value for name, value in os.environ.items() if name != "PCSCLITE_CSOCK_NAME"}
        return {**inherited, "TMPDIR": str(self.directory), "PYTHONDONTWRITEBYTECODE": "1"}

    def run(self, *arguments: str, within: Sequence[str] = (), text: str = "") -> subprocess.CompletedProcess[str]:
        """The program's end with these arguments; within: a command that it is started by."""
        return subprocess.run(
            [*within, sys.executable, "-m", "fixtures.simulator", *arguments],
            cwd=ROOT,
            env=self.environment,
            input=text,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )

    def start(self, *arguments: str, stdin: int = subprocess.PIPE) -> Session:
        """The program, running."""
        process = subprocess.Popen(
            [sys.executable, "-m", "fixtures.simulator", *arguments],
            cwd=ROOT,
            env=self.environment,
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        self.started.append(process)
        return Session(self, process)

    def processes(self) -> dict[int, str]:
        """The processes that have to do with this place, by their arguments or environment."""
        found = {}
        for entry in Path("/proc").iterdir():
            if not entry.name.isdigit() or int(entry.name) == os.getpid():
                continue
            try:
                arguments, environment = (entry / "cmdline").read_bytes(), (entry / "environ").read_bytes()
            except OSError:
                continue
            if str(self.directory).encode() in arguments + environment:
                found[int(entry.name)] = arguments.replace(b"\0", b" ").decode()
        return found


@dataclass
class Session:
    """A running program: what it has printed so far, and its keys."""

    place: Place
    process: subprocess.Popen[bytes]
    seen: dict[str, str] = field(default_factory=lambda: {"stdout": "", "stderr": ""})

    def until(self, text: str, stream: str = "stderr") -> str:
        """Waits until the text was printed; everything printed there so far."""
        file = {"stdout": self.process.stdout, "stderr": self.process.stderr}[stream]
        assert file is not None
        deadline = time.monotonic() + PATIENCE_SECONDS
        while text not in self.seen[stream]:
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([file], [], [], left)[0]:
                pytest.fail(f"{text!r} did not come in {PATIENCE_SECONDS:.0f} s: {self.seen}")
            data = os.read(file.fileno(), 4096)
            if not data:
                pytest.fail(f"the program ended before {text!r} came: {self.seen}")
            self.seen[stream] += data.decode()
        return self.seen[stream]

    def exported(self) -> dict[str, str]:
        """The variables that the program says to export."""
        lines = self.until("PCSCLITE_CSOCK_NAME=", "stdout")
        while not lines.endswith("\n"):
            lines = self.until("\n", "stdout")
        pairs = (line.removeprefix("export ").partition("=") for line in lines.splitlines())
        return {name: value for name, _equals, value in pairs}

    def keys(self, keys: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(keys.encode())
        self.process.stdin.flush()

    def observe(self) -> list[str]:
        """What a program outside sees on the exported socket."""
        return run_outside(self.exported(), self.place, *OBSERVE).splitlines()

    def await_readers(self, expected: list[str]) -> None:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while (found := self.observe()) != expected:
            assert time.monotonic() < deadline, f"{found} in the place of {expected}"

    def end(self) -> int:
        """The exit status, waiting for it."""
        status = self.process.wait(PATIENCE_SECONDS)
        for stream in ("stdout", "stderr"):
            file = getattr(self.process, stream)
            self.seen[stream] += file.read().decode()
        return status


def run_outside(exported: Mapping[str, str], place: Place, *command: str) -> str:
    """The output of a program that knows the exported variables only."""
    done = subprocess.run(
        command,
        cwd=ROOT,
        env={**place.environment, **exported},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture
def place() -> Iterator[Place]:
    """A place for programs. Fails the test that leaves a process, a socket or a file there."""
    directory = Path(tempfile.mkdtemp(prefix="cl", dir="/tmp"))
    place = Place(directory)
    try:
        yield place
        left = place.processes()
        assert not left, f"processes are left: {left}"
        assert not list(directory.iterdir()), "files are left"
    finally:
        for number in place.processes():
            os.kill(number, signal.SIGKILL)
        for process in place.started:
            process.kill()
            process.wait()
            for file in (process.stdin, process.stdout, process.stderr):
                if file is not None:
                    file.close()
        shutil.rmtree(directory, ignore_errors=True)
