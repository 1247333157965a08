"""The reader.conf that pcscd is given."""

from __future__ import annotations

from pathlib import Path

import pytest

from fixtures.inventory.tables import SERIAL_DEVICES
from fixtures.simulator.serial.devices import ECHOES, ConfiguredReader, echoes, reader_conf
from fixtures.simulator.specification import SpecificationError

DRIVER = Path("/usr/lib/pcsc/drivers/serial/libccidtwin.so")


def test_entries_end_with_libpath() -> None:
    """pcscd takes an entry for complete there; a CHANNELID behind it would belong to the next one."""
    readers = [
        ConfiguredReader("GemPC Twin", Path("/somewhere/run/serial-0"), "GemPCTwin"),
        ConfiguredReader("GemPC Pinpad", Path("/somewhere/run/serial-1"), "GemPCPinPad"),
    ]
    assert reader_conf(readers, DRIVER) == (
        'FRIENDLYNAME "GemPC Twin"\n'
        "DEVICENAME /somewhere/run/serial-0:GemPCTwin\n"
        "CHANNELID 1\n"
        "LIBPATH /usr/lib/pcsc/drivers/serial/libccidtwin.so\n"
        "\n"
        'FRIENDLYNAME "GemPC Pinpad"\n'
        "DEVICENAME /somewhere/run/serial-1:GemPCPinPad\n"
        "CHANNELID 2\n"
        "LIBPATH /usr/lib/pcsc/drivers/serial/libccidtwin.so\n"
    )


@pytest.mark.parametrize("name", ["", 'a "quoted" name', "two\nlines", "x" * 121])
def test_name_that_the_file_cannot_hold_is_refused(name: str) -> None:
    with pytest.raises(SpecificationError, match="cannot be a reader's name"):
        reader_conf([ConfiguredReader(name, Path("/somewhere/serial-0"), "GemPCTwin")], DRIVER)


@pytest.mark.parametrize("folder", ["/somewhere/a folder", "/somewhere/a:b", "/somewhere/caf\u00e9", "/somewhere/x#y"])
def test_path_that_the_file_cannot_hold_is_refused(folder: str) -> None:
    with pytest.raises(SpecificationError, match="set TMPDIR"):
        reader_conf([ConfiguredReader("Twin", Path(folder) / "serial-0", "GemPCTwin")], DRIVER)


def test_unknown_device_is_named_beside_the_known_ones() -> None:
    with pytest.raises(SpecificationError, match="there is no serial device 'GemPCTwim'; there are GemPCTwin, "):
        echoes("GemPCTwim")


def test_inventory_and_simulator_know_the_same_devices() -> None:
    assert set(SERIAL_DEVICES) == set(ECHOES)
