"""The inventory that is shipped: it loads, fits its schemas, and says what the devices say."""

from __future__ import annotations

from pathlib import Path

import jsonschema
import pytest
import yaml

from fixtures.inventory.loader import load
from fixtures.inventory.model import CcidDescriptor, Display, Features, Inventory, Simulation, Usb

INVENTORY = Path(__file__).parents[2] / "inventory"


@pytest.fixture(scope="module")
def shipped() -> Inventory:
    return load(INVENTORY)


@pytest.mark.parametrize("name", ["readers", "cards"])
def test_a_shipped_file_fits_its_schema(name: str) -> None:
    schema = yaml.safe_load((INVENTORY / f"{name}.schema.json").read_text(encoding="utf-8"))
    jsonschema.Draft7Validator.check_schema(schema)
    text = (INVENTORY / f"{name}.yaml").read_text(encoding="utf-8")
    assert text.startswith(f"# yaml-language-server: $schema={name}.schema.json\n")
    jsonschema.validate(yaml.safe_load(text), schema, jsonschema.Draft7Validator)


def test_folder_and_file_load_alike(shipped: Inventory) -> None:
    assert load(INVENTORY / "readers.yaml") == shipped


def test_the_ezio_shield_is_complete(shipped: Inventory) -> None:
    """Every value of one reader, so that a mix-up between keys and attributes shows."""
    (ezio,) = shipped.matching(["gemalto-ezio-shield"])
    assert ezio.name == "Gemalto Ezio Shield"
    assert ezio.usb == Usb(0x08E6, 0x34C0, 0x0102, "Gemalto", "Ezio Shield", None)
    assert ezio.slots == 1
    assert ezio.features == Features(
        verify_pin_direct=True, modify_pin_direct=True, exchange_level="short-apdu", display=Display(2, 17)
    )
    assert ezio.simulation == Simulation(port="usb", interrupt_endpoint=True)
    assert ezio.descriptor == CcidDescriptor(
        bcdCCID=0x0110,
        bMaxSlotIndex=0,
        bVoltageSupport=0x01,
        dwProtocols=0x03,
        dwDefaultClock=4000,
        dwMaximumClock=4000,
        bNumClockSupported=0,
        dwDataRate=10752,
        dwMaxDataRate=344086,
        bNumDataRatesSupported=0,
        dwMaxIFSD=254,
        dwSynchProtocols=0,
        dwMechanical=0,
        dwFeatures=0x000204BA,
        dwMaxCCIDMessageLength=271,
        bClassGetResponse=0x00,
        bClassEnvelope=0x00,
        wLcdLayout=0x0211,
        bPINSupport=0x03,
        bMaxCCIDBusySlots=1,
        bNumEndpoints=3,
        clock_frequencies=(4000,),
        data_rates=(10753,),
    )


def test_there_is_a_reader_of_each_sort(shipped: Inventory) -> None:
    sorts = {(reader.features.exchange_level, reader.features.verify_pin_direct) for reader in shipped.readers}
    assert sorts == {("short-apdu", True), ("short-apdu", False), ("extended-apdu", False)}


def test_every_reader_is_simulated_and_holds_a_disposable_card(shipped: Inventory) -> None:
    protocols = []
    for reader in shipped.readers:
        card = shipped.card_in(reader)
        assert card is not None
        assert reader.simulation is not None
        assert (card.disposable, card.kind, card.applets) == (True, "sample", ("reader-test", "extended-length"))
        protocols.append(card.protocols)
    assert sorted(protocols) == [(0,), (0, 1), (1,)]


def test_the_extended_reader_has_to_chain(shipped: Inventory) -> None:
    """An extended APDU that fits one CCID message would never exercise bChainParameter."""
    lengths = [
        reader.descriptor.dwMaxCCIDMessageLength
        for reader in shipped.readers
        if reader.descriptor and reader.features.exchange_level == "extended-apdu"
    ]
    assert lengths
    assert max(lengths) < 10 + 7 + 1958


def test_interrupt_endpoint_follows_the_descriptor_unless_said(tmp_path: Path) -> None:
    text = (INVENTORY / "readers.yaml").read_text(encoding="utf-8")
    (tmp_path / "cards.yaml").write_bytes((INVENTORY / "cards.yaml").read_bytes())
    polled = tmp_path / "readers.yaml"
    polled.write_text(text.replace("bNumEndpoints: 3", "bNumEndpoints: 2"), encoding="utf-8")
    assert [reader.simulation for reader in load(polled).readers] == [Simulation("usb", interrupt_endpoint=False)] * 3


def test_the_readers_that_libccid_1_4_28_added_are_there() -> None:
    """Every name of its list of new readers, each ready to be simulated; those without a dump say so."""
    path = INVENTORY / "libccid-1.4.28.yaml"
    schema = yaml.safe_load((INVENTORY / "readers.schema.json").read_text(encoding="utf-8"))
    jsonschema.validate(yaml.safe_load(path.read_text(encoding="utf-8")), schema, jsonschema.Draft7Validator)
    readers = load(path).readers
    assert {reader.name for reader in readers} == {
        "Athena IDProtect Flash",
        "Elatec TWN4/B1.06/CPF3.05/S1SC1.32/P (Beta 3)",
        "HID Global OMNIKEY 5122 Dual",
        "HID Global OMNIKEY 5122 Smartcard Reader",
        "IIT E.Key Crystal-1",
        "KRONEGGER Micro Core Platform",
        "KRONEGGER NFC blue Reader Platform",
        "Ledger Nano S",
        "REINER SCT cyberJack RFID standard",
        "REINER SCT cyberJack one",
        "SAFETRUST SABRE SCR",
        "SafeNet eToken 5300",
        "Unicept GmbH AirID USB Dongle",
        "Watchdata USB Key",
        "mCore SCard-Reader",
    }
    assert all(reader.simulation and reader.descriptor and reader.card for reader in readers)
    assert sum(reader.descriptor_source == "default" for reader in readers) == 7
