"""Specifications cross the process border as JSON and descriptors carry their fields as they are."""

from __future__ import annotations

import json
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fixtures.simulator.ccid.descriptor import (
    DeviceDescriptors,
    ccid_descriptor,
    configuration_descriptor,
    endpoints,
    parse_ccid_descriptor,
)
from fixtures.simulator.specification import (
    CardSpecification,
    InterfaceSpecification,
    ReaderSpecification,
    SpecificationError,
)

EZIO_DESCRIPTOR = bytes.fromhex(
    "36 21 1001 00 01 03000000 A00F0000 A00F0000 00 002A0000 16400500 00 FE000000 00000000 00000000"
    "BA040200 0F010000 00 00 1102 03 01"
)


def ezio(**changes: object) -> ReaderSpecification:
    interface = InterfaceSpecification(
        cards=(CardSpecification("reader-test", "3B00", "1", "3B01"), None)[:1],
        bVoltageSupport=1,
        wLcdLayout=0x0211,
        bPINSupport=3,
        data_rates=(10753,),
        clock_frequencies=(4000,),
    )
    fields = {
        "name": "Ezio",
        "vendor": 0x08E6,
        "product": 0x34C0,
        "release": 0x0102,
        "manufacturer": "Gemalto",
        "product_name": "Ezio Shield",
        "interfaces": (interface,),
    }
    return ReaderSpecification(**{**fields, **changes})  # type: ignore[arg-type]


def test_a_reader_survives_json() -> None:
    reader = ezio(serial_number="0815")
    assert ReaderSpecification.from_json(json.loads(json.dumps(reader.to_json()))) == reader


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (("vendr",), 1, "unknown field 'vendr'"),
        (("vendor",), "08E6", "ReaderSpecification.vendor: expected int"),
        (("interfaces", 0, "dwFeatures"), None, "InterfaceSpecification.dwFeatures: expected int"),
        (("interfaces", 0, "cards", 0, "atr"), "3B0", "not hexadecimal"),
        (("interfaces", 0, "data_rates"), ["fast"], "list of whole numbers"),
        (("serial_number",), 5, "expected str or null"),
    ],
)
def test_what_does_not_fit_is_refused(path: tuple[str | int, ...], value: object, message: str) -> None:
    plain = ezio().to_json()
    place = plain
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    with pytest.raises(SpecificationError, match=message):
        ReaderSpecification.from_json(plain)


def test_a_missing_field_is_named() -> None:
    plain = ezio().to_json()
    del plain["vendor"]
    with pytest.raises(SpecificationError, match="'vendor' is missing"):
        ReaderSpecification.from_json(plain)


def test_more_cards_than_slots_are_refused() -> None:
    with pytest.raises(SpecificationError, match="2 cards for 1 slots"):
        InterfaceSpecification(cards=(None, None))


def test_the_class_descriptor_of_the_ezio_shield() -> None:
    assert ccid_descriptor(ezio().interfaces[0]) == EZIO_DESCRIPTOR


@given(st.binary(min_size=54, max_size=54))
def test_any_class_descriptor_survives_parse_and_build(descriptor: bytes) -> None:
    """A contradictory descriptor is emitted as it is."""
    assert ccid_descriptor(InterfaceSpecification(**parse_ccid_descriptor(descriptor))) == descriptor  # type: ignore[arg-type]


def test_a_class_descriptor_of_another_length_is_refused() -> None:
    with pytest.raises(ValueError, match="54 bytes"):
        parse_ccid_descriptor(b"\x36\x21")


def test_the_configuration_lists_interfaces_and_endpoints() -> None:
    interface = InterfaceSpecification()
    token = InterfaceSpecification(bInterfaceProtocol=2, interrupt_endpoint=False)
    polled = InterfaceSpecification(interrupt_endpoint=False)
    reader = ezio(interfaces=(interface, polled, token))
    blob = configuration_descriptor(reader)
    assert struct.unpack_from("<BBHB", blob) == (9, 2, len(blob), 3)
    counts, addresses, position = [], [], 0
    while position < len(blob):
        if blob[position + 1] == 4:
            counts.append(blob[position + 4])
        if blob[position + 1] == 5:
            addresses.append(blob[position + 2])
        position += blob[position]
    assert counts == [3, 2, 0]
    assert addresses == [0x02, 0x81, 0x83, 0x05, 0x84]
    assert endpoints(reader, 2).count() == 0


def test_strings() -> None:
    descriptors = DeviceDescriptors(ezio())
    assert descriptors.string(0) == bytes.fromhex("04030904")
    product = descriptors.string(2)
    assert product is not None
    assert product[2:].decode("utf-16-le") == "Ezio Shield"
    assert product[0] == len(product)
    assert descriptors.string(3) is None, "no serial number"
    assert descriptors.device[16] == 0
    assert DeviceDescriptors(ezio(serial_number="7")).device[16] == 3
