"""LivePcsc against this machine's PC/SC library, with a socket that leads nowhere: no daemon and no reader needed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

MISSING = "fixtures.pcsc.library"
ERRORS = """
from fixtures.pcsc.live import LivePcsc
from fixtures.pcsc.errors import PcscError
live = LivePcsc()
calls = {
    "establish": lambda: live.establish_context(2),
    "release": lambda: live.release_context(HANDLE),
    "readers": lambda: live.list_readers(HANDLE),
    "connect": lambda: live.connect(HANDLE, "nobody", 2, 3),
    "reconnect": lambda: live.reconnect(HANDLE, 2, 3, 0),
    "disconnect": lambda: live.disconnect(HANDLE, 0),
    "begin": lambda: live.begin_transaction(HANDLE),
    "end": lambda: live.end_transaction(HANDLE, 0),
    "status": lambda: live.status(HANDLE),
    "cancel": lambda: live.cancel(HANDLE),
    "transmit": lambda: live.transmit(HANDLE, 2, bytes(5), 258),
    "control": lambda: live.control(HANDLE, 0x42000D48, b"", 258),
    "attribute": lambda: live.get_attrib(HANDLE, 0x90303, 33),
    "length": lambda: live.get_attrib_length(HANDLE, 0x90303),
    "set": lambda: live.set_attrib(HANDLE, 0x90303, bytes(1)),
}
for name, call in calls.items():
    try:
        print(name, call())
    except PcscError as error:
        print(name, error.call, error.symbol, error.needed)
print("valid", live.is_valid_context(HANDLE))
"""


def run(program: str, tmp_path: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """A Python of its own: the PC/SC library reads PCSCLITE_CSOCK_NAME once a process."""
    return subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        env={**os.environ, "PCSCLITE_CSOCK_NAME": str(tmp_path / "nothing"), **environment},
    )


@pytest.fixture(scope="module", autouse=True)
def _needs_a_pcsc_library() -> None:
    pytest.importorskip("smartcard")
    library = pytest.importorskip(MISSING)
    try:
        library.Library()
    except OSError as error:
        pytest.skip(f"no PC/SC library: {error}")
    if sys.platform != "linux":
        pytest.skip("the codes are pcsc-lite's")


@pytest.mark.parametrize("handle", ["0", "0x12345"])
def test_unknown_handle_is_an_error_of_its_call(handle: str, tmp_path: Path) -> None:
    ran = run(ERRORS.replace("HANDLE", handle), tmp_path)
    assert ran.stderr == ""
    assert ran.stdout.splitlines() == [
        "establish SCardEstablishContext SCARD_E_NO_SERVICE None",
        "release SCardReleaseContext SCARD_E_INVALID_HANDLE None",
        "readers SCardListReaders SCARD_E_INVALID_HANDLE None",
        "connect SCardConnect SCARD_E_INVALID_HANDLE None",
        "reconnect SCardReconnect SCARD_E_INVALID_HANDLE None",
        "disconnect SCardDisconnect SCARD_E_INVALID_HANDLE None",
        "begin SCardBeginTransaction SCARD_E_INVALID_HANDLE None",
        "end SCardEndTransaction SCARD_E_INVALID_HANDLE None",
        "status SCardStatus SCARD_E_INVALID_HANDLE None",
        "cancel SCardCancel SCARD_E_INVALID_HANDLE None",
        "transmit SCardTransmit SCARD_E_INVALID_HANDLE None",
        "control SCardControl SCARD_E_INVALID_HANDLE None",
        "attribute SCardGetAttrib SCARD_E_INVALID_HANDLE None",
        "length SCardGetAttrib SCARD_E_INVALID_HANDLE None",
        "set SCardSetAttrib SCARD_E_INVALID_HANDLE None",
        "valid False",
    ]


def test_missing_pyscard_is_said_in_words(tmp_path: Path) -> None:
    program = "import sys; sys.modules['smartcard'] = None; import fixtures.pcsc.live"
    ran = run(program, tmp_path)
    last = ran.stderr.splitlines()[-1]
    assert last.startswith("fixtures.pcsc.live.PcscMissingError: pyscard is not installed in ")
    assert last.endswith("pip install pyscard")


def test_missing_library_is_said_in_words(tmp_path: Path) -> None:
    program = "import fixtures.pcsc.library as library; library.LIBRARY = 'libnone.so.9'\nimport fixtures.pcsc.live"
    ran = run(program, tmp_path)
    last = ran.stderr.splitlines()[-1]
    assert last.startswith("fixtures.pcsc.live.PcscMissingError: no PC/SC library on this system: libnone.so.9")


def test_pyscard_is_imported_by_no_other_module(tmp_path: Path) -> None:
    modules = [
        path.stem
        for path in (ROOT / "fixtures/pcsc").glob("*.py")
        if path.stem not in ("__init__", "live", "client_program", "forked")
    ]
    program = "import sys\n" + "\n".join(f"import fixtures.pcsc.{name}" for name in modules)
    ran = run(program + "\nprint('smartcard' in sys.modules)", tmp_path)
    assert ran.stdout == "False\n"


def test_version_of_the_daemon_is_asked_without_running_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from fixtures.pcsc.library import pcsclite_version

    program = tmp_path / "pcscd"
    program.write_text("#!/bin/sh\n[ \"$*\" = --version ] && echo 'pcsc-lite version 2.3.4.' && echo 'Copyright'\n")
    program.chmod(0o700)
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin:/usr/bin")
    assert pcsclite_version() == "2.3.4"
    program.write_text("#!/bin/sh\necho broken >&2; exit 1\n")
    assert pcsclite_version() is None
