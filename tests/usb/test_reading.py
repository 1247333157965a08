"""Reading by pyusb from devices that answer, refuse, or may not be opened; and the command around it."""

from __future__ import annotations

import errno
import struct
import sys
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest
import usb.core

from fixtures.usb_descriptor.__main__ import main
from fixtures.usb_descriptor.model import ClassTables, UsbDescriptorError
from fixtures.usb_descriptor.reading import read
from tests.usb.sample import BULK_IN, BULK_OUT, CCID, DEVICE, INTERRUPT_IN, configuration, interface

CONFIGURATION = configuration()
Put = Callable[..., None]


class FakeInterface(SimpleNamespace):
    def __iter__(self) -> Iterator[SimpleNamespace]:
        return iter(self.endpoints)


class FakeDevice:
    """A device as pyusb hands it out. errors: by request, the errno it ends with; open_error: for every request."""

    def __init__(self, body: bytes = CONFIGURATION, open_error: int = 0, **errors: int) -> None:
        self.body = body
        self.open_error = open_error
        self.errors = errors
        names = (
            *("bLength", "bDescriptorType", "bcdUSB", "bDeviceClass", "bDeviceSubClass", "bDeviceProtocol"),
            *("bMaxPacketSize0", "idVendor", "idProduct", "bcdDevice", "iManufacturer", "iProduct", "iSerialNumber"),
            "bNumConfigurations",
        )
        self.__dict__.update(zip(names, struct.unpack("<BBHBBBBHHHBBBB", DEVICE), strict=True))

    def ctrl_transfer(self, kind: int, request: int, value: int, index: int, size: int, timeout: int) -> Any:
        name = {0x06: "descriptor", 0x02: "clocks", 0x03: "rates"}[request]
        number = self.open_error or self.errors.get(name, 0)
        if number:
            raise usb.core.USBError("refused", None, number)
        if request == 0x06:
            assert kind == 0x80
            return memoryview(DEVICE if value >> 8 == 1 else self.body)[:size]
        assert (kind, index) == (0xA1, 0)
        return memoryview(struct.pack("<2I", 4000, 8000) if name == "clocks" else struct.pack("<I", 10753))[:size]

    def __getitem__(self, index: int) -> Any:
        """What libusb keeps of configuration 0."""
        assert index == 0
        names = ("bLength", "bDescriptorType", "wTotalLength", "bNumInterfaces", "bConfigurationValue")
        head = zip(
            (*names, "iConfiguration", "bmAttributes", "bMaxPower"),
            struct.unpack("<BBHBBBBB", self.body[:9]),
            strict=True,
        )
        endpoint_names = (
            "bLength",
            "bDescriptorType",
            "bEndpointAddress",
            "bmAttributes",
            "wMaxPacketSize",
            "bInterval",
        )
        endpoints = [
            SimpleNamespace(
                **dict(zip(endpoint_names, struct.unpack("<BBBBHB", raw), strict=True)), extra_descriptors=b""
            )
            for raw in (BULK_OUT, BULK_IN, INTERRUPT_IN)
        ]
        fields = (
            *("bLength", "bDescriptorType", "bInterfaceNumber", "bAlternateSetting", "bNumEndpoints"),
            *("bInterfaceClass", "bInterfaceSubClass", "bInterfaceProtocol", "iInterface"),
        )
        only = FakeInterface(
            **dict(zip(fields, self.body[9:18], strict=True)), extra_descriptors=list(CCID), endpoints=endpoints
        )

        class Configuration(SimpleNamespace):
            def __iter__(self) -> Iterator[Any]:
                return iter([only])

        return Configuration(**dict(head), extra_descriptors=b"")


@pytest.fixture
def attach(monkeypatch: pytest.MonkeyPatch) -> Put:
    """Puts devices on the USB."""

    def put(*devices: FakeDevice) -> None:
        def find(*, find_all: bool, **ids: int) -> Iterator[FakeDevice]:
            assert find_all
            return (each for each in devices if all(getattr(each, name) == ids[name] for name in ids))

        monkeypatch.setattr(usb.core, "find", find)
        monkeypatch.setattr(usb.util, "dispose_resources", lambda _device: None)

    return put


def test_descriptors_and_tables_are_read(attach: Put) -> None:
    attach(FakeDevice())
    found = read(0x08E6, 0x34C0, tables=True)
    assert (found.device, found.configuration) == (DEVICE, CONFIGURATION)
    assert found.tables == {0: ClassTables((4000, 8000), (10753,))}


def test_class_requests_are_sent_on_demand_only(attach: Put) -> None:
    attach(FakeDevice(clocks=errno.EIO, rates=errno.EIO))
    assert read(0x08E6, 0x34C0).tables == {}


def test_refused_request_is_no_table(attach: Put) -> None:
    attach(FakeDevice(clocks=errno.EPIPE))
    assert read(0x08E6, 0x34C0, tables=True).tables == {0: ClassTables(None, (10753,))}


def test_interface_that_a_driver_holds_keeps_its_tables(attach: Put) -> None:
    attach(FakeDevice(clocks=errno.EBUSY))
    tables = read(0x08E6, 0x34C0, tables=True).tables[0]
    assert tables.clock_frequencies is tables.data_rates is None
    assert "refused" in tables.unread


@pytest.mark.parametrize("number", [errno.EACCES, errno.EPERM, errno.EBUSY])
def test_device_that_may_not_be_opened_is_put_together_from_what_is_kept(attach: Put, number: int) -> None:
    attach(FakeDevice(open_error=number))
    found = read(0x08E6, 0x34C0, tables=True)
    assert (found.device, found.configuration) == (DEVICE, CONFIGURATION)
    assert found.tables[0].unread


def test_device_that_fails_is_told(attach: Put) -> None:
    attach(FakeDevice(open_error=errno.EIO))
    with pytest.raises(UsbDescriptorError, match="08E6:34C0 cannot be read"):
        read(0x08E6, 0x34C0)


def test_two_alike_are_as_good_as_one_and_two_that_differ_are_not(attach: Put) -> None:
    attach(FakeDevice(), FakeDevice())
    assert read(0x08E6, 0x34C0).device == DEVICE
    attach(FakeDevice(), FakeDevice(configuration([interface(number=1)])))
    with pytest.raises(UsbDescriptorError, match="2 devices 08E6:34C0 are attached and their descriptors differ"):
        read(0x08E6, 0x34C0)


def test_no_such_device(attach: Put, capsys: pytest.CaptureFixture[str]) -> None:
    attach(FakeDevice())
    assert main(["1234:ABCD"]) == 1
    assert capsys.readouterr().err == "no device 1234:ABCD is on the USB\n"


def test_libusb_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    def find(**_ids: object) -> None:
        raise usb.core.NoBackendError("No backend available")

    monkeypatch.setattr(usb.core, "find", find)
    with pytest.raises(UsbDescriptorError, match="install libusb"):
        read(1, 2)


def test_pyusb_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "usb.core", None)
    with pytest.raises(UsbDescriptorError, match="pyusb is not installed"):
        read(1, 2)


@pytest.mark.parametrize("text", ["", "08E6", "08E6:", "08E6-34C0", "12345:0001", "-1:2", "x:y"])
def test_ids_that_are_none(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--", text])
    assert ended.value.code == 2
    assert "such as 08E6:34C0" in capsys.readouterr().err
