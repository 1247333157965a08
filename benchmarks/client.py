"""The benchmark's handle on a client process: one PC/SC library, pointed at one stack's socket."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Any

from benchmarks.client_process import PYSCARD
from benchmarks.setup import Setup

_ROOT = Path(__file__).parents[1]
_READY_SECONDS = 15.0
_STOP_SECONDS = 10.0


class ClientError(Exception):
    """The client failed; the text is its own."""


class Client:
    """A client of the stack behind a socket path, ready and idle. A context manager."""

    def __init__(self, socket_path: Path) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.client_process"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            bufsize=1,
            env={**os.environ, "PCSCLITE_CSOCK_NAME": str(socket_path)},
            cwd=_ROOT,
        )
        self._answer()

    def __enter__(self) -> Client:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def process_id(self) -> int:
        """The client's process id."""
        return self._process.pid

    def connect(self, setup: Setup) -> bytes:
        """Waits for the setup's reader and its card, connects to it; the ATR. Raises ClientError after 15 s."""
        answer = self._request("connect", pcsc_name=setup.pcsc_name, seconds=_READY_SECONDS)
        return bytes.fromhex(answer["atr"])

    def disconnect(self) -> None:
        """Gives card and context back."""
        self._request("disconnect")

    def select(self, setup: Setup) -> None:
        """Sends what has to come before the setup's command, if anything."""
        if setup.select and self._ask(setup.select) != b"\x90\x00":
            raise ClientError(f"{setup.case}: {setup.select.hex(' ')} was not answered with 90 00")

    def loop(self, setup: Setup, count: int, kind: str = PYSCARD) -> float:
        """Seconds for a number of exchanges of the setup's command."""
        answer = self._request(
            "loop", kind=kind, command=setup.command.hex(), length=setup.response_length, count=count
        )
        return float(answer["seconds"])

    def stop(self) -> None:
        """Ends the process."""
        if self._process.stdin is not None:
            self._process.stdin.close()
        try:
            self._process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()

    def _ask(self, command: bytes) -> bytes:
        return bytes.fromhex(self._request("ask", command=command.hex())["response"])

    def _request(self, name: str, **arguments: object) -> dict[str, Any]:
        if self._process.stdin is None:
            raise ClientError("the client was started without a pipe")
        self._process.stdin.write(json.dumps({"command_name": name, **arguments}) + "\n")
        return self._answer()

    def _answer(self) -> dict[str, Any]:
        line = self._process.stdout.readline() if self._process.stdout is not None else ""
        if not line:
            raise ClientError(f"the client ended with exit status {self._process.wait()}")
        answer: dict[str, Any] = json.loads(line)
        if "error" in answer:
            raise ClientError(str(answer["error"]))
        return answer
