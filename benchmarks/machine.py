"""The machine that was measured on, in words: without it a figure means nothing."""

from __future__ import annotations

import datetime
import os
import platform
import re
import subprocess
from dataclasses import asdict, dataclass
from pathlib import Path

from fixtures.simulator.daemon import DaemonError, find_pcscd, pcscd_version
from fixtures.simulator.drivers import DriverError, driver_version

_ROOT = Path(__file__).parents[1]


@dataclass(frozen=True)
class Machine:
    """Date (UTC), command line, commit, hardware and software; load: average before the first figure."""

    date: str
    command: str
    commit: str
    processor: str
    cores: int
    memory_gib: float
    system: str
    python: str
    pcscd: str
    libccid: str
    load: float

    @property
    def description(self) -> str:
        """One sentence's worth."""
        return (
            f"{self.cores} cores of {self.processor}, {self.memory_gib:.0f} GiB, {self.system}, pcscd {self.pcscd}, "
            f"libccid {self.libccid}, Python {self.python}, commit {self.commit}, "
            f"load average {self.load:.1f} at the start"
        )

    def to_json(self) -> dict[str, object]:
        """As plain JSON."""
        return asdict(self)


def this_machine(command: str) -> Machine:
    """The machine this runs on, at this moment."""
    return Machine(
        date=datetime.datetime.now(datetime.UTC).date().isoformat(),
        command=command,
        commit=_commit(),
        processor=_processor(),
        cores=len(os.sched_getaffinity(0)),
        memory_gib=os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30,
        system=_system(),
        python=platform.python_version(),
        pcscd=_pcscd(),
        libccid=_libccid(),
        load=os.getloadavg()[0],
    )


def _processor() -> str:
    match = re.search(r"^model name\s*: (.*)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    return re.sub(r"\((R|TM)\)", "", match.group(1)) if match else platform.machine()


def _system() -> str:
    try:
        name = platform.freedesktop_os_release()["PRETTY_NAME"]
    except (OSError, KeyError):
        name = platform.system()
    return f"{name}, kernel {platform.release().split('-')[0]}"


def _pcscd() -> str:
    try:
        return pcscd_version(find_pcscd())
    except DaemonError:
        return "none"


def _libccid() -> str:
    try:
        return driver_version()
    except DriverError:
        return "none"


def _commit() -> str:
    described = subprocess.run(
        ["git", "describe", "--always", "--abbrev=12", "--dirty=+"],
        cwd=_ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    return described.stdout.strip() or "unknown"
