"""The emulated readers as cases: the simulator with its private daemon, logs off."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.setup import PeerMissingError, Setup
from fixtures import reader_test
from fixtures.bench.simulated import specification
from fixtures.inventory.loader import load
from fixtures.simulator.client import Simulator
from fixtures.simulator.daemon import DaemonOptions

_INVENTORY = Path(__file__).parents[1] / "inventory"
USB_READER = ("USB", "readers.yaml", "gemalto-ezio-shield")
SERIAL_READERS = (
    ("serial (T=1)", "serial.yaml", "gempc-twin-serial"),
    ("serial (T=0)", "serial.yaml", "gempc-pinpad-serial"),
)

SIXTEEN_BYTES = bytes((0x80, 0x34, 0x00, 0x10, 0x10))
"""The reader-test card's case 2: 16 bytes and 90 00."""


def emulated(kind: str, file: str, reader_id: str) -> Setup:
    """An emulated reader of an inventory file, with its card. kind: such as "USB", for the case's name.

    Raises PeerMissingError where the file has no such reader, InventoryError where the file cannot be used.
    """
    inventory = load(_INVENTORY / file)
    entry = next((reader for reader in inventory.readers if reader.id == reader_id), None)
    card = None if entry is None else inventory.card_in(entry)
    if entry is None or card is None:
        raise PeerMissingError(f"{file} has no reader {reader_id} with a card")
    what = specification(entry, card)

    @contextmanager
    def stack(directory: Path, socket_path: Path) -> Iterator[None]:
        with Simulator([what], socket_path, directory, DaemonOptions(debug=False)):
            yield

    return Setup(
        case=f"emulated {kind} reader",
        pcsc_name=entry.pcsc_name,
        select=reader_test.SELECT,
        command=SIXTEEN_BYTES,
        response_length=18,
        stack=stack,
        note=f"{entry.name}, {entry.features.exchange_level}, {card.name}",
    )
