"""Descriptor bytes taken apart: USB 2.0, 9.6, and CCID 1.1, 5.1."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fixtures.usb_descriptor.model import ClassTables, UsbDescriptorError, UsbDescriptors
from tests.usb.sample import BULK_IN, CCID, DEVICE, ENDPOINTS, configuration, interface

_TABLE = st.none() | st.lists(st.integers(0, 0xFFFFFFFF)).map(tuple)


def test_device_descriptor_names_the_device() -> None:
    usb = UsbDescriptors(DEVICE, configuration())
    assert (usb.vendor, usb.product, usb.release) == (0x08E6, 0x34C0, 0x0102)


def test_class_descriptor_field_by_field() -> None:
    (found,) = UsbDescriptors(DEVICE, configuration()).interfaces
    assert (found.bInterfaceNumber, found.bNumEndpoints, found.bInterfaceClass, found.bInterfaceProtocol) == (
        0,
        3,
        11,
        0,
    )
    assert dict(found.ccid) == {
        "bLength": 54,
        "bDescriptorType": 0x21,
        "bcdCCID": 0x0110,
        "bMaxSlotIndex": 0,
        "bVoltageSupport": 1,
        "dwProtocols": 3,
        "dwDefaultClock": 4000,
        "dwMaximumClock": 4000,
        "bNumClockSupported": 0,
        "dwDataRate": 10752,
        "dwMaxDataRate": 344086,
        "bNumDataRatesSupported": 0,
        "dwMaxIFSD": 254,
        "dwSynchProtocols": 0,
        "dwMechanical": 0,
        "dwFeatures": 0x000204BA,
        "dwMaxCCIDMessageLength": 271,
        "bClassGetResponse": 0,
        "bClassEnvelope": 0,
        "wLcdLayout": 0x0211,
        "bPINSupport": 3,
        "bMaxCCIDBusySlots": 1,
    }
    assert [endpoint.kind for endpoint in found.endpoints] == ["bulk-out", "bulk-in", "interrupt-in"]
    assert [endpoint.wMaxPacketSize for endpoint in found.endpoints] == [64, 64, 8]


def test_interfaces_of_a_composite_device_are_found_among_others() -> None:
    keyboard = interface(bytes.fromhex("09 21 11 01 00 01 22 41 00") + BULK_IN, number=0, class_code=3, endpoints=1)
    usb = UsbDescriptors(DEVICE, configuration([keyboard, interface(number=1), interface(number=2)]))
    assert [found.bInterfaceNumber for found in usb.interfaces] == [1, 2]


def test_reader_older_than_the_class_and_descriptor_behind_the_endpoints() -> None:
    old = CCID[:1] + b"\xff" + CCID[2:]
    usb = UsbDescriptors(DEVICE, configuration([interface(ENDPOINTS + old, class_code=0xFF)]))
    assert usb.interfaces[0].ccid["dwMaxCCIDMessageLength"] == 271


def test_alternate_setting_is_not_another_interface() -> None:
    usb = UsbDescriptors(DEVICE, configuration([interface(), interface(setting=1)]))
    assert len(usb.interfaces) == 1


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"\x00" + CCID[1:] + ENDPOINTS, "broken at byte 18: bLength is 0"),
        (CCID + ENDPOINTS[:-1], "bLength is 7, 6 bytes are left"),
        (b"\x0c\x21" + bytes(10) + ENDPOINTS, "54 bytes, this one has 12"),
        (CCID + b"\x03\x05\x81", "descriptor type 5 has 3 bytes, expected 7"),
    ],
)
def test_broken_descriptor_is_told_with_its_place(body: bytes, message: str) -> None:
    with pytest.raises(UsbDescriptorError, match=message):
        _ = UsbDescriptors(DEVICE, configuration([interface(body)])).interfaces


@given(st.binary(max_size=120))
def test_any_bytes_are_taken_apart_or_refused(body: bytes) -> None:
    for usb in (UsbDescriptors(DEVICE, body), UsbDescriptors(DEVICE, configuration([interface(body)]))):
        try:
            found = usb.interfaces
        except UsbDescriptorError:
            continue
        assert all(len(each.ccid) == 22 for each in found)


@given(
    st.binary(min_size=18, max_size=18),
    st.binary(),
    st.dictionaries(st.integers(0, 255), st.builds(ClassTables, _TABLE, _TABLE, st.text())),
)
def test_json_comes_back_as_it_went(device: bytes, body: bytes, tables: dict[int, ClassTables]) -> None:
    usb = UsbDescriptors(device, body, tables)
    assert UsbDescriptors.from_json(json.loads(json.dumps(usb.to_json()))) == usb
