"""Serial readers in an inventory: the shipped ones, and what a simulation over a serial port needs."""

from __future__ import annotations

from pathlib import Path

import jsonschema
import pytest
import yaml

from fixtures.inventory.errors import InventoryError
from fixtures.inventory.loader import load

INVENTORY = Path(__file__).parents[2] / "inventory"
TEXT = (INVENTORY / "serial.yaml").read_text(encoding="utf-8")


def test_the_shipped_serial_readers_fit_the_readers_schema() -> None:
    schema = yaml.safe_load((INVENTORY / "readers.schema.json").read_text(encoding="utf-8"))
    jsonschema.validate(yaml.safe_load(TEXT), schema, jsonschema.Draft7Validator)


def test_the_shipped_serial_readers_have_the_drivers_devices_and_slots() -> None:
    readers = load(INVENTORY / "serial.yaml").readers
    found = {reader.simulation.device: reader.slots for reader in readers if reader.simulation}
    assert found == {"GemPCTwin": 1, "GemPCPinPad": 1, "GemCorePOSPro": 5, "GemCoreSIMPro": 2}
    for reader in readers:
        assert reader.has_pcsc_name(f"{reader.name} 00 00")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("      device: GemPCTwin\n", "", "port is serial but device is missing"),
        ("      port: serial\n", "      port: usb\n", "device is GemPCTwin but port is usb, not serial"),
        ("device: GemPCTwin\n", "device: GemPCTwim\n", "GemPCTwin"),
    ],
)
def test_port_and_device_belong_together(tmp_path: Path, old: str, new: str, message: str) -> None:
    assert old in TEXT
    (tmp_path / "readers.yaml").write_text(TEXT.replace(old, new, 1), encoding="utf-8")
    (tmp_path / "cards.yaml").write_bytes((INVENTORY / "cards.yaml").read_bytes())
    with pytest.raises(InventoryError, match=message):
        load(tmp_path)
