"""vsmartcard as a case: its reader vpcd under a private pcscd, and its card in Python, vicc, over TCP."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.private_daemon import SYSTEM_PYTHON, private_daemon
from benchmarks.procfs import listens
from benchmarks.setup import PeerMissingError, Setup

CASE = "vpcd"
INSTALL = "install vsmartcard-vpcd, vsmartcard-vpicc and python3-pycryptodome"
_LIBRARIES = (Path("/usr/lib/pcsc/drivers/serial/libifdvpcd.so"),)
_SITE_PACKAGES = Path("/usr/lib/python3/site-packages/virtualsmartcard")
_CRYPTODOME = Path("/usr/lib/python3/dist-packages/Cryptodome")
_NAME = "Virtual PCD"
_SLOTS = 2
_PATIENCE_SECONDS = 10.0
_GET_CHALLENGE = bytes((0x00, 0x84, 0x00, 0x00, 0x08))


def vpcd(directory: Path) -> Setup:
    """The case. Raises PeerMissingError where a piece of it is not installed."""
    library = next((path for path in _LIBRARIES if path.exists()), None)
    program = shutil.which("vicc")
    if library is None or program is None:
        raise PeerMissingError(f"vpcd is not installed, so nothing is compared with it: {INSTALL}")
    # The daemon is shown an empty driver folder, which would hide the library where it is.
    own_library = Path(shutil.copy(library, directory / "libifdvpcd.so"))
    environment = _environment(directory)

    @contextmanager
    def stack(own: Path, socket_path: Path) -> Iterator[None]:
        port = _free_port()
        daemon = private_daemon(own, socket_path, library=own_library, name=_NAME, device=f"/dev/null:{port}")
        with daemon, _card(program, port, environment, own / "vicc.log"):
            yield

    return Setup(
        case=CASE,
        pcsc_name=f"{_NAME} 00 00",
        select=b"",
        command=_GET_CHALLENGE,
        response_length=10,
        stack=stack,
        note=(
            "pcscd with vsmartcard's vpcd and vicc --type iso7816; its answer to GET CHALLENGE has 10 bytes, as no "
            "command that vicc still answers under Python 3 gives 18"
        ),
    )


def _environment(directory: Path) -> dict[str, str]:
    """What vicc needs to run as Debian ships it: its package lies outside Python's path, and it imports PyCrypto."""
    folders = []
    if _SITE_PACKAGES.is_dir():
        folders.append(str(_SITE_PACKAGES))
    if _CRYPTODOME.is_dir():
        alias = directory / "python"
        alias.mkdir()
        (alias / "Crypto").symlink_to(_CRYPTODOME)
        folders.append(str(alias))
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(folders)}
    importable = subprocess.run(
        [SYSTEM_PYTHON, "-c", "import virtualsmartcard.VirtualSmartcard"],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if importable.returncode != 0:
        last = importable.stderr.strip().splitlines()[-1:]
        raise PeerMissingError(f"vicc does not start ({' '.join(last)}), so nothing is compared with it: {INSTALL}")
    return environment


@contextmanager
def _card(program: str, port: int, environment: dict[str, str], log: Path) -> Iterator[None]:
    """vicc, connected to a vpcd that listens or is about to."""
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while not listens(port):
        if time.monotonic() > deadline:
            raise PeerMissingError(f"vpcd does not listen on port {port}")
        time.sleep(0.005)  # vpcd says nothing when it listens, and would take a connection for its card
    with log.open("wb") as output:
        process = subprocess.Popen(
            [SYSTEM_PYTHON, program, "--type", "iso7816", "--port", str(port)],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            env=environment,
        )
    try:
        yield
    finally:
        process.terminate()
        process.wait()


def _free_port() -> int:
    """The first of as many free TCP ports in a row as vpcd has slots."""
    while True:
        with socket.create_server(("127.0.0.1", 0)) as server:
            first = int(server.getsockname()[1])
        if not any(listens(first + slot) for slot in range(_SLOTS)):
            return first
