"""A private pcscd with one reader that a reader.conf names, and no other: what the peers run under."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from fixtures.simulator.daemon import CONFIGURATION_FOLDER, DaemonOptions, PcscDaemon
from fixtures.simulator.log import DaemonLog

SYSTEM_PYTHON = "/usr/bin/python3"


@contextmanager
def private_daemon(
    directory: Path, socket_path: Path, *, library: Path, name: str, device: str
) -> Iterator[PcscDaemon]:
    """pcscd with this driver library, logs off as for the emulated readers, and with no USB driver at all."""
    configuration = directory / CONFIGURATION_FOLDER
    configuration.mkdir(mode=0o700)
    configuration.joinpath("peer").write_text(
        f'FRIENDLYNAME "{name}"\nDEVICENAME {device}\nLIBPATH {library}\n', "utf-8"
    )
    no_drivers = directory / "no-drivers"
    no_drivers.mkdir(mode=0o700)
    log = DaemonLog(directory / "pcscd.log")
    try:
        daemon = PcscDaemon(socket_path, directory, {}, log, DaemonOptions(debug=False, drivers=str(no_drivers)))
        try:
            yield daemon
        finally:
            daemon.stop()
    finally:
        log.close()
