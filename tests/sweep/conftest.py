"""The sweep as a user starts it, in a temporary place of its own that must be empty when it has ended."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
READERS = ROOT / "inventory" / "readers.yaml"
NEW_READERS = ROOT / "inventory" / "libccid-1.4.28.yaml"
PATIENCE_SECONDS = 120.0


@dataclass
class Ended:
    """How a sweep ended."""

    status: int
    stdout: str
    stderr: str
    document: dict[str, Any]

    def result(self, reader_id: str) -> dict[str, Any]:
        (result,) = [result for result in self.document["results"] if result["id"] == reader_id]
        return dict(result)


@dataclass
class Place:
    """A working folder, and a folder for everything temporary."""

    folder: Path
    temporary: Path

    @property
    def json_file(self) -> Path:
        return self.folder / "results.json"

    def inventory(self, text: str) -> Path:
        """A file of readers with the project's cards beside it."""
        shutil.copy(ROOT / "inventory" / "cards.yaml", self.folder / "cards.yaml")
        file = self.folder / "readers.yaml"
        file.write_text(text, encoding="utf-8")
        return file

    def start(self, *arguments: str | Path) -> subprocess.Popen[str]:
        inherited = {name: value for name, value in os.environ.items() if name != "CARDLOOP_DATA"}
        return subprocess.Popen(
            [sys.executable, "-m", "fixtures.sweep", "--json", str(self.json_file), *map(str, arguments)],
            cwd=self.folder,
            env={**inherited, "PYTHONPATH": str(ROOT), "TMPDIR": str(self.temporary)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def end(self, process: subprocess.Popen[str]) -> Ended:
        stdout, stderr = process.communicate(timeout=PATIENCE_SECONDS)
        document = json.loads(self.json_file.read_text(encoding="utf-8")) if self.json_file.exists() else {}
        return Ended(process.returncode, stdout, stderr, document)

    def run(self, *arguments: str | Path) -> Ended:
        return self.end(self.start(*arguments))

    def processes(self) -> dict[int, str]:
        """The processes that have to do with this place."""
        found = {}
        for entry in Path("/proc").iterdir():
            if not entry.name.isdigit() or int(entry.name) == os.getpid():
                continue
            try:
                arguments, environment = (entry / "cmdline").read_bytes(), (entry / "environ").read_bytes()
            except OSError:
                continue
            if str(self.temporary).encode() in arguments + environment:
                found[int(entry.name)] = arguments.replace(b"\0", b" ").decode()
        return found


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    """Fails the test that leaves a process or a temporary file."""
    temporary = Path(tempfile.mkdtemp(prefix="cl", dir="/tmp"))
    place = Place(tmp_path, temporary)
    try:
        yield place
        left = place.processes()
        assert not left, f"processes are left: {left}"
        assert not list(temporary.iterdir()), "files are left"
    finally:
        for process in place.processes():
            os.kill(process, 9)
        shutil.rmtree(temporary)
