"""The limit as a case: a bare pcscd with an IFD handler in C that answers at once."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.private_daemon import private_daemon
from benchmarks.setup import PeerMissingError, Setup

CASE = "limit"
_SOURCE = Path(__file__).with_name("limit.c")
_NAME = "Limit"


def limit(directory: Path) -> Setup:
    """The case, its handler compiled into a directory. Raises PeerMissingError."""
    library = _build(directory)

    @contextmanager
    def stack(own: Path, socket_path: Path) -> Iterator[None]:
        with private_daemon(own, socket_path, library=library, name=_NAME, device="/dev/null"):
            yield

    return Setup(
        case=CASE,
        pcsc_name=f"{_NAME} *",
        select=b"",
        command=bytes((0x80, 0x34, 0x00, 0x10, 0x10)),
        response_length=18,
        stack=stack,
        note="pcscd with an IFD handler in C that answers at once",
    )


def _build(directory: Path) -> Path:
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        raise PeerMissingError("the limit needs a C compiler: install gcc and libpcsclite-dev")
    library = directory / "limit.so"
    built = subprocess.run(
        [compiler, "-shared", "-fPIC", "-O2", "-Wall", "-I/usr/include/PCSC", "-o", str(library), str(_SOURCE)],
        capture_output=True,
        text=True,
        check=False,
    )
    if built.returncode != 0:
        first = built.stderr.strip().splitlines()[:1]
        raise PeerMissingError(f"the limit does not compile ({' '.join(first)}): install gcc and libpcsclite-dev")
    return library
