"""What /proc says of processes: memory, children, open files, sockets."""

from __future__ import annotations

import os
import re
from pathlib import Path

_LISTEN = "0A"


def resident_kib(process: int) -> int:
    """Resident memory in KiB (VmRSS). Raises OSError for a process that has gone."""
    match = re.search(r"^VmRSS:\s+(\d+) kB$", Path(f"/proc/{process}/status").read_text(), re.MULTILINE)
    return int(match.group(1)) if match else 0


def parent(process: int) -> int:
    """The parent's process id. Raises OSError for a process that has gone."""
    return int(Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[1])


def descendants(process: int) -> set[int]:
    """The ids of a process's children, their children and so on; those that have not been waited for count too."""
    parents: dict[int, int] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parents[int(entry.name)] = parent(int(entry.name))
            except OSError:
                continue
    found = {process}
    while more := {child for child, its_parent in parents.items() if its_parent in found} - found:
        found |= more
    return found - {process}


def command_name(process: int) -> str:
    """The program's name, empty for a process that has gone."""
    try:
        return Path(f"/proc/{process}/comm").read_text().strip()
    except OSError:
        return ""


def open_files(process: int) -> int:
    """The number of a process's open file descriptors."""
    return len(os.listdir(f"/proc/{process}/fd"))


def unix_sockets(folder: Path) -> int:
    """The number of Unix sockets with a name under a folder."""
    return sum(line.partition(f" {folder}/")[1] != "" for line in Path("/proc/net/unix").read_text().splitlines())


def listens(port: int) -> bool:
    """Whether a TCP socket of this host listens on a port."""
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        if not Path(table).exists():
            continue
        for line in Path(table).read_text().splitlines()[1:]:
            _number, local, _remote, state, *_ = line.split()
            if state == _LISTEN and int(local.rpartition(":")[2], 16) == port:
                return True
    return False
