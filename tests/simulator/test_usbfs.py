"""usbfs as libusb uses it: URBs are submitted, the device takes and gives data, results are written back."""

from __future__ import annotations

import errno
import struct
from pathlib import Path

import pytest

from fixtures.simulator.usb import usbfs
from fixtures.simulator.usb.device import UsbDevice
from fixtures.simulator.usb.usbfs import OpenNode, UsbfsNode

BULK = 3
OUT, IN = 0x02, 0x82
CONFIGURATION = bytes.fromhex("0902200001010080320904000002 0B000000 070502024000000705820240 0000")
URB, BUFFER, POINTER = 0x100, 0x200, 0x80


class Descriptors:
    device = b""
    configuration = CONFIGURATION

    def string(self, index: int) -> bytes | None:
        return None


class Echo:
    """Sends back what it is sent."""

    def __init__(self, device: UsbDevice) -> None:
        self.device = device
        self.taken: list[bytes] = []

    def bulk_out(self, frame: bytes) -> None:
        self.taken.append(frame)
        self.device.outlet(0).bulk_in(frame[::-1])

    def control(
        self, request_type: int, request: int, value: int, index: int, length: int, data: bytes
    ) -> bytes | None:
        return None


class Host:
    """A host's memory, and its ioctls on one open file."""

    def __init__(self, node: UsbfsNode) -> None:
        self.node = node
        self.opened: OpenNode = node.open()
        self.memory = bytearray(0x400)

    def read(self, address: int, length: int) -> bytes:
        return bytes(self.memory[address : address + length])

    def write(self, address: int, data: bytes) -> None:
        self.memory[address : address + len(data)] = data

    def ioctl(self, request: int, argument: int) -> tuple[int, int]:
        return self.node.ioctl(self.opened, request, argument, self)

    def submit(self, endpoint: int, length: int) -> tuple[int, int]:
        self.write(URB, struct.pack("<BBxxiIxxxxQiiiiIIQ", BULK, endpoint, 0, 0x40, BUFFER, length, 0, 0, 0, 7, 8, 9))
        return self.ioctl(usbfs.USBDEVFS_SUBMITURB, URB)

    def reap(self) -> tuple[int, int]:
        return self.ioctl(usbfs.USBDEVFS_REAPURBNDELAY, POINTER)


@pytest.fixture
def echo(tmp_path: Path) -> tuple[Host, Echo]:
    node = UsbfsNode(tmp_path / "node")
    device = UsbDevice(Descriptors(), node.wake)
    function = Echo(device)
    device.attach(0, function)
    node.attach(device)
    return Host(node), function


def test_an_out_transfer_is_done_before_the_device_takes_it(echo: tuple[Host, Echo]) -> None:
    """The host goes on while the device works, as with a real one."""
    host, function = echo
    host.write(BUFFER, b"abc")
    assert host.submit(OUT, 3) == (0, 0)
    assert host.reap() == (0, 0)
    assert function.taken == []
    host.node.deliver(host.opened)
    assert function.taken == [b"abc"]


def test_reaping_writes_status_and_length_and_leaves_the_rest_of_the_urb(echo: tuple[Host, Echo]) -> None:
    host, _function = echo
    host.write(BUFFER, b"abc")
    host.submit(OUT, 3)
    before = host.read(URB, 56)
    host.reap()
    after = host.read(URB, 56)
    assert struct.unpack("<Q", host.read(POINTER, 8)) == (URB,)
    assert struct.unpack_from("<i", after, 4) == (0,)
    assert struct.unpack_from("<i", after, 28) == (3,)
    assert (after[:4], after[8:28], after[32:]) == (before[:4], before[8:28], before[32:])


def test_an_in_transfer_waits_for_the_device(echo: tuple[Host, Echo]) -> None:
    host, _function = echo
    host.submit(IN, 64)
    assert host.reap() == (-1, errno.EAGAIN)
    host.opened.written.append((OUT, b"xyz"))
    host.node.deliver(host.opened)
    assert host.reap() == (0, 0)
    assert host.read(BUFFER, 3) == b"zyx"
    assert struct.unpack_from("<i", host.memory, URB + 28) == (3,)


def test_unplugging_ends_what_waits(echo: tuple[Host, Echo]) -> None:
    host, _function = echo
    host.submit(IN, 64)
    host.node.unplug()
    assert host.reap() == (0, 0)
    assert struct.unpack_from("<i", host.memory, URB + 4) == (-errno.ESHUTDOWN,)
    assert host.reap() == (-1, errno.ENODEV)
    assert host.submit(IN, 64) == (-1, errno.ENODEV)
