"""The cases that can be measured on this machine, and why the others cannot."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from benchmarks import limit, vpcd
from benchmarks.emulated import SERIAL_READERS, USB_READER, emulated
from benchmarks.setup import PeerMissingError, Setup
from fixtures.inventory.errors import InventoryError


@dataclass(frozen=True)
class Cases:
    """setups: what can be measured. missing: why something cannot, a line each."""

    setups: tuple[Setup, ...]
    missing: tuple[str, ...]


def usb_reader() -> Setup:
    """The emulated USB reader that stands for all."""
    return emulated(*USB_READER)


def all_cases(directory: Path, *, serial: bool) -> Cases:
    """The emulated readers and their peers; what is compiled for them goes into a directory."""
    wanted: list[Callable[[], Setup]] = [usb_reader]
    if serial:
        wanted += [functools.partial(emulated, *reader) for reader in SERIAL_READERS]
    wanted += [functools.partial(vpcd.vpcd, directory), functools.partial(limit.limit, directory)]
    setups: list[Setup] = []
    missing: list[str] = []
    for make in wanted:
        try:
            setups.append(make())
        except (PeerMissingError, InventoryError) as error:
            missing.append(str(error))
    return Cases(tuple(setups), tuple(missing))
