"""USB descriptors: the device is the one of the inventory, keeps the CCID rules, and PC/SC shows what it declares.

Rules are held against the device itself. What follows from a descriptor at the PC/SC level is judged by that of the
inventory, which the first tests compare with the device's, so those tests work on recordings too.
"""

from __future__ import annotations

import dataclasses
import re
from collections import Counter

import pytest

from fixtures.inventory.model import CcidDescriptor
from fixtures.pcsc.constants import CM_IOCTL_GET_FEATURE_REQUEST
from fixtures.pcsc.part10 import Feature, parse_features
from fixtures.pcsc.session import Pcsc
from fixtures.reader_under_test import ReaderUnderTest
from fixtures.usb_descriptor.model import CcidInterface, ClassTables, UsbDescriptorError, UsbDescriptors

pytestmark = [pytest.mark.subject("USB descriptors")]

CCID_OVER_BULK = 0
AUTOMATIC_PARAMETERS = 0x40
AUTOMATIC_PPS = 0x80
EXCHANGE_LEVEL = 0x00070000
LEVELS = {0x00000000: "character", 0x00010000: "tpdu", 0x00020000: "short-apdu", 0x00040000: "extended-apdu"}
SHORT_APDU_MESSAGE = 10 + 261
PIN_VERIFY = 0x01
PIN_MODIFY = 0x02
PCSC_LITE_NAME = re.compile(r"(?P<device>.*) [0-9A-F]{2} (?P<slot>[0-9A-F]{2})")


def require_rule(reader: ReaderUnderTest, broken: list[str]) -> None:
    """Fails for a rule that the reader breaks; skips where the inventory says that it contradicts itself on purpose."""
    __tracebackhide__ = True
    if broken and reader.entry.contradictory:
        pytest.skip(f"{reader.id} breaks this on purpose (readers.yaml: contradictory): {'; '.join(broken)}")
    assert not broken, "; ".join(broken)


def interfaces_of(reader: ReaderUnderTest, usb: UsbDescriptors) -> tuple[CcidInterface, ...]:
    """The device's CCID interfaces; descriptors that cannot be taken apart are a broken rule too."""
    try:
        return usb.interfaces
    except UsbDescriptorError as error:
        require_rule(reader, [str(error)])
        raise


def expected_of(reader: ReaderUnderTest) -> tuple[CcidDescriptor, ...]:
    """The inventory's descriptors; skips where it has none, or assumed ones."""
    if not reader.entry.descriptors:
        pytest.skip(f"the inventory has no descriptor of {reader.id} (readers.yaml: descriptor)")
    if reader.entry.descriptor_source != "device":
        pytest.skip(f"the descriptor of {reader.id} is assumed, not read (readers.yaml: descriptor_source)")
    return reader.entry.descriptors


def tables_of(usb: UsbDescriptors, interface: CcidInterface) -> ClassTables:
    """The answers to the interface's class requests; skips where a driver keeps them from being asked."""
    tables = usb.tables[interface.bInterfaceNumber]
    if tables.unread:
        pytest.skip(f"the class requests need the interface, which the driver holds: {tables.unread}")
    return tables


@pytest.mark.behaviour("device-descriptor-of-the-inventory")
def test_device_descriptor_is_the_one_of_the_inventory(
    reader: ReaderUnderTest, usb_descriptors: UsbDescriptors
) -> None:
    """idVendor, idProduct and bcdDevice (USB 2.0, 9.6.1): another bcdDevice is another firmware than was described."""
    usb = reader.entry.usb
    found = (usb_descriptors.vendor, usb_descriptors.product, f"{usb_descriptors.release:04X}")
    assert found == (usb.vendor, usb.product, f"{usb.release:04X}")


@pytest.mark.behaviour("class-descriptor-of-the-inventory")
def test_every_field_of_the_class_descriptor_is_the_one_of_the_inventory(
    reader: ReaderUnderTest, usb_descriptors: UsbDescriptors
) -> None:
    """CCID 1.1, table 5.1-1: all 22 fields of each CCID interface, and the interface descriptor around them."""
    expected = expected_of(reader)
    interfaces = interfaces_of(reader, usb_descriptors)
    assert [interface.bInterfaceNumber for interface in interfaces] == [
        descriptor.bInterfaceNumber for descriptor in expected
    ]
    for interface, descriptor in zip(interfaces, expected, strict=True):
        names = [field.name for field in dataclasses.fields(descriptor)]
        found = dataclasses.asdict(interface) | dict(interface.ccid)
        differing = {
            name: f"device {found[name]:#x}, inventory {getattr(descriptor, name):#x}"
            for name in names
            if name in found and found[name] != getattr(descriptor, name)
        }
        assert not differing
        assert interface.ccid.keys() <= set(names)


@pytest.mark.behaviour("class-tables-of-the-inventory")
def test_clock_and_data_rate_tables_are_those_of_the_inventory(
    reader: ReaderUnderTest, usb_descriptors: UsbDescriptors
) -> None:
    """GET_CLOCK_FREQUENCIES and GET_DATA_RATES (CCID 1.1, 5.3.2 and 5.3.3), or their refusal where it names none."""
    expected = expected_of(reader)
    for interface, descriptor in zip(interfaces_of(reader, usb_descriptors), expected, strict=True):
        tables = tables_of(usb_descriptors, interface)
        assert tables.clock_frequencies == descriptor.clock_frequencies
        assert tables.data_rates == descriptor.data_rates


@pytest.mark.behaviour("endpoints")
def test_endpoints_are_those_the_interface_needs(reader: ReaderUnderTest, usb_descriptors: UsbDescriptors) -> None:
    """CCID 1.1, 4.4: one bulk-OUT, one bulk-IN, at most one interrupt-IN; ICCD has no bulk endpoint (ICCD 1.0, 5.2).

    bNumEndpoints counts them all, and no address comes twice.
    """
    broken = []
    for interface in interfaces_of(reader, usb_descriptors):
        place = f"interface {interface.bInterfaceNumber}"
        kinds = Counter(endpoint.kind for endpoint in interface.endpoints)
        bulk = 1 if interface.bInterfaceProtocol == CCID_OVER_BULK else 0
        if kinds["bulk-out"] != bulk or kinds["bulk-in"] != bulk:
            broken.append(f"{place} has {kinds['bulk-out']} bulk-OUT and {kinds['bulk-in']} bulk-IN, needs {bulk} each")
        if kinds["interrupt-in"] > 1 or kinds.keys() - {"bulk-out", "bulk-in", "interrupt-in"}:
            broken.append(f"{place} has {dict(kinds)}")
        if interface.bNumEndpoints != len(interface.endpoints):
            broken.append(f"{place}: bNumEndpoints is {interface.bNumEndpoints}, there are {len(interface.endpoints)}")
        addresses = Counter(endpoint.bEndpointAddress for endpoint in interface.endpoints)
        broken += [f"{place}: endpoint {address:02X} comes twice" for address, count in addresses.items() if count > 1]
    require_rule(reader, broken)


@pytest.mark.behaviour("short-apdu-message-length")
def test_message_of_a_short_apdu_reader_holds_a_short_apdu(
    reader: ReaderUnderTest, usb_descriptors: UsbDescriptors
) -> None:
    """CCID 1.1, 5.1: dwMaxCCIDMessageLength is at least 271, ten bytes of header and an APDU of 261.

    Of 691 published descriptors, 11 short-APDU readers declare less, and cut or refuse the longest commands.
    """
    short = [
        interface.ccid["dwMaxCCIDMessageLength"]
        for interface in interfaces_of(reader, usb_descriptors)
        if LEVELS.get(interface.ccid["dwFeatures"] & EXCHANGE_LEVEL) == "short-apdu"
    ]
    if not short:
        pytest.skip(
            f"{reader.id} does not exchange short APDUs (its exchange level is {reader.features.exchange_level})"
        )
    needed = SHORT_APDU_MESSAGE
    require_rule(reader, [f"dwMaxCCIDMessageLength is {size}, needs {needed}" for size in short if size < needed])


@pytest.mark.behaviour("automatic-features-exclusive")
def test_parameters_are_negotiated_automatically_in_one_way_at_most(
    reader: ReaderUnderTest, usb_descriptors: UsbDescriptors
) -> None:
    """CCID 1.1, 5.1, dwFeatures: only one of 40h (parameters negotiated) and 80h (PPS by active parameters).

    Of 691 published descriptors, 119 declare both.
    """
    both = AUTOMATIC_PARAMETERS | AUTOMATIC_PPS
    features = [interface.ccid["dwFeatures"] for interface in interfaces_of(reader, usb_descriptors)]
    require_rule(
        reader, [f"dwFeatures is 0x{value:08X}: both 40h and 80h" for value in features if value & both == both]
    )


@pytest.mark.behaviour("one-exchange-level")
def test_exchange_level_is_one_and_the_one_expected(reader: ReaderUnderTest, usb_descriptors: UsbDescriptors) -> None:
    """CCID 1.1, 5.1, dwFeatures: at most one of 10000h, 20000h and 40000h, and none is character level."""
    values = [interface.ccid["dwFeatures"] for interface in interfaces_of(reader, usb_descriptors)]
    require_rule(
        reader,
        [f"dwFeatures is 0x{value:08X}: no one level" for value in values if value & EXCHANGE_LEVEL not in LEVELS],
    )
    assert LEVELS[values[0] & EXCHANGE_LEVEL] == reader.features.exchange_level


@pytest.mark.behaviour("table-counts")
def test_tables_have_as_many_entries_as_are_declared(reader: ReaderUnderTest, usb_descriptors: UsbDescriptors) -> None:
    """CCID 1.1, 5.1: bNumClockSupported and bNumDataRatesSupported count the tables' entries; 0 declares nothing."""
    broken = []
    for interface in interfaces_of(reader, usb_descriptors):
        tables = tables_of(usb_descriptors, interface)
        for name, table in (
            ("bNumClockSupported", tables.clock_frequencies),
            ("bNumDataRatesSupported", tables.data_rates),
        ):
            declared = interface.ccid[name]
            if declared and (table is None or len(table) != declared):
                broken.append(
                    f"{name} is {declared}, the table {'is refused' if table is None else f'has {len(table)}'}"
                )
    require_rule(reader, broken)


@pytest.mark.behaviour("readers-are-slots")
def test_pcsc_has_a_reader_for_each_slot(reader: ReaderUnderTest, pcsc: Pcsc) -> None:
    """SCardListReaders names bMaxSlotIndex + 1 readers for each interface, numbered from slot 00 on (pcsc-lite)."""
    slots = sorted(descriptor.bMaxSlotIndex + 1 for descriptor in expected_of(reader))
    if not PCSC_LITE_NAME.fullmatch(reader.name):
        pytest.skip(f"{reader.name} is not a pcsc-lite name, which ends with the numbers of reader and slot")
    with pcsc.context() as context:
        names = [name for name in context.readers() if reader.entry.has_pcsc_name(name)]
    if len(slots) == 1:  # another reader of this kind may be attached
        names = [name for name in names if name.rpartition(" ")[0] == reader.name.rpartition(" ")[0]]
    of_interface: dict[str, list[int]] = {}
    for name in names:
        interface, _space, slot = name.rpartition(" ")
        of_interface.setdefault(interface, []).append(int(slot, 16))
    assert sorted(len(numbers) for numbers in of_interface.values()) == slots
    assert all(sorted(numbers) == list(range(len(numbers))) for numbers in of_interface.values())


@pytest.mark.behaviour("pin-support-is-offered")
def test_pin_features_are_offered_as_the_descriptor_supports_them(reader: ReaderUnderTest, pcsc: Pcsc) -> None:
    """bPINSupport (CCID 1.1, 5.1) ↔ part 10, 2.3: bit 0 VERIFY, bit 1 MODIFY, properties with either."""
    support = expected_of(reader)[0].bPINSupport
    with pcsc.context() as context, context.connect(reader.name) as card:
        features = parse_features(card.control(CM_IOCTL_GET_FEATURE_REQUEST))
    expected = {
        Feature.VERIFY_PIN_DIRECT: bool(support & PIN_VERIFY),
        Feature.MODIFY_PIN_DIRECT: bool(support & PIN_MODIFY),
        Feature.IFD_PIN_PROPERTIES: bool(support & (PIN_VERIFY | PIN_MODIFY)),
    }
    assert {feature: feature in features for feature in expected} == expected
