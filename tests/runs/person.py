"""A scripted person: reads what a run says on a pseudo-terminal, and does it, with hands on a simulated reader."""

from __future__ import annotations

import contextlib
import os
import pty
import re
import select
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from fixtures.simulator.client import SimulatorError

ROOT = Path(__file__).parents[2]
_OWN_TERMINAL = (
    "import fcntl, os, sys, termios; os.setsid(); fcntl.ioctl(0, termios.TIOCSCTTY, 0); "
    "os.execv(sys.executable, [sys.executable, *sys.argv[1:]])"
)

Answer = Callable[[re.Match[str]], str]
"""What a person does when a sentence comes up: acts, and types the text that is returned."""


def run_with_person(
    arguments: Sequence[str],
    answers: Mapping[str, Answer],
    environment: Mapping[str, str],
    within: float = 120.0,
) -> tuple[int, str]:
    """Runs Python with arguments on a terminal of its own; the exit code and everything it said.

    answers: by the regular expression of a sentence; each occurrence is answered once.
    """
    master, slave = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-c", _OWN_TERMINAL, *arguments],
        stdin=slave,
        stdout=slave,
        stderr=slave,
        cwd=ROOT,
        env=dict(environment),
    )
    os.close(slave)
    said, done = "", 0
    deadline = time.monotonic() + within
    patterns = [(re.compile(pattern), answer) for pattern, answer in answers.items()]
    try:
        while (chunk := _read(master, deadline)) is not None:
            said += chunk
            while found := _first(patterns, said, done):
                match, answer = found
                done = match.end()
                if typed := answer(match):
                    os.write(master, typed.encode())
        return process.wait(10), said.replace("\r\n", "\n")
    except (SimulatorError, TimeoutError) as error:
        raise AssertionError(f"{error}; the run had said:\n{said}") from error
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
        os.close(master)


def _read(master: int, deadline: float) -> str | None:
    """What comes next; None at the end. Raises TimeoutError when the run has taken too long."""
    readable, _, _ = select.select([master], [], [], max(0.0, deadline - time.monotonic()))
    if not readable:
        raise TimeoutError("the run did not end in time")
    with contextlib.suppress(OSError):  # Linux: the other end is closed
        return os.read(master, 65536).decode("utf-8", "replace") or None
    return None


def _first(
    patterns: Sequence[tuple[re.Pattern[str], Answer]], said: str, start: int
) -> tuple[re.Match[str], Answer] | None:
    found = [(match, answer) for pattern, answer in patterns if (match := pattern.search(said, start))]
    return min(found, key=lambda pair: pair[0].start(), default=None)
