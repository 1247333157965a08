"""What the log says of a refusal, and what libccid is known to do otherwise than a descriptor says."""

from __future__ import annotations

import dataclasses

import pytest

from fixtures.inventory.loader import load
from fixtures.inventory.model import CcidDescriptor, Usb
from fixtures.sweep import driver_rules, refusal
from fixtures.sweep.driver_rules import Lengths
from fixtures.sweep.result import Subject
from tests.sweep.conftest import READERS

BOGUS = """\
00000000 ccid_usb.c:1335:ccid_check_firmware() Firmware (2.02) is bogus! Upgrade the reader firmware or get another.
00000789 ifdhandler.c:161:CreateChannelByNameOrChannel() failed
00000101 readerfactory.c:1134:RFInitializeReader() Open Port 0x200000 Failed (usb:09c3/0008)
00000005 readerfactory.c:378:RFAddReader() ActivCard ActivCard USB Reader V2 init failed.
00000133 hotplug_libudev.c:518:HPAddDevice() Failed adding USB device: ActivCard ActivCard USB Reader V2
"""
LOOKED = """\
00000040 hotplug_libudev.c:294:get_driver() Looking for a driver for VID: 0x08E6, PID: 0x34C0, path: /dev/bus
00000009 winscard_svc.c:361:ContextThread() Received command: CMD_GET_READERS_STATE from client 7
"""
KAAN = load(READERS).readers[2]
SHIELD = Subject(load(READERS).readers[0], ())
LEVELS = {"character": 0x000004B2, "tpdu": 0x000104B2, "short": 0x000204B2, "extended": 0x000404B2}


def descriptor(**changes: int) -> CcidDescriptor:
    assert KAAN.descriptor is not None
    return dataclasses.replace(KAAN.descriptor, dwMaxCCIDMessageLength=271, **changes)


def usb(vendor: int = 0x0D46, product: int = 0x3001) -> Usb:
    return dataclasses.replace(KAAN.usb, vendor=vendor, product=product)


def test_the_reason_is_the_cause_not_what_follows_from_it() -> None:
    assert refusal.reasons(BOGUS) == [
        "Firmware (2.02) is bogus! Upgrade the reader firmware or get another.",
    ]
    assert refusal.given_up(BOGUS) == 1


def test_without_a_cause_what_follows_is_all_there_is() -> None:
    last = "".join(line + "\n" for line in BOGUS.splitlines()[3:])
    assert refusal.reasons(last) == [
        "ActivCard ActivCard USB Reader V2 init failed.",
        "Failed adding USB device: ActivCard ActivCard USB Reader V2",
    ]


def test_a_device_is_passed_over_when_no_driver_was_found_for_it() -> None:
    assert refusal.passed_over(LOOKED, SHIELD)
    added = LOOKED + "00000009 hotplug_libudev.c:440:HPAddDevice() Adding USB device: Gemalto Ezio Shield\n"
    assert not refusal.passed_over(added, SHIELD)
    assert not refusal.passed_over("", SHIELD)
    assert refusal.reasons(LOOKED) == []


@pytest.mark.parametrize(
    ("level", "protocol", "expected"),
    [
        ("short", 1, Lengths(255, 256, False)),
        ("tpdu", 0, Lengths(255, 256, False)),
        ("tpdu", 1, Lengths(65535, 65535, True)),
        ("character", 0, Lengths(255, 256, False)),
        ("character", 1, Lengths(65535, 65535, True)),
        ("extended", 0, Lengths(65535, 65535, True)),
    ],
)
def test_lengths_are_those_of_the_exchange_level(level: str, protocol: int, expected: Lengths) -> None:
    assert driver_rules.lengths(usb(), descriptor(dwFeatures=LEVELS[level]), protocol) == expected


def test_a_short_message_length_limits_what_is_sent_except_the_one_that_is_not_believed() -> None:
    short = dataclasses.replace(descriptor(dwFeatures=LEVELS["short"]), dwMaxCCIDMessageLength=64)
    lengths = driver_rules.lengths(usb(), short, 0)
    assert (lengths.sent, lengths.received) == (49, 256)
    assert "64" in lengths.reason
    bogus = dataclasses.replace(short, dwMaxCCIDMessageLength=263)
    assert driver_rules.lengths(usb(), bogus, 0) == Lengths(255, 256, False)


def test_makes_that_libccid_treats_in_their_own_way() -> None:
    extended = descriptor(dwFeatures=LEVELS["extended"], bPINSupport=3)
    assert driver_rules.lengths(usb(0x0D46, 0x3010), extended, 1).sent == 255
    assert driver_rules.pin_support(usb(), extended) == (3, "")
    assert driver_rules.pin_support(usb(0x25DD, 0x3111), extended)[0] == 0
    both = bytes.fromhex("3B828031FE451450CC")
    assert driver_rules.protocols(usb(), extended, both) == ((0, 1), "")
    assert driver_rules.protocols(usb(0x0B97, 0x7772), descriptor(dwFeatures=LEVELS["tpdu"] & ~0xC0), both)[0] == (0,)
    token = descriptor(dwFeatures=0x00000840, bInterfaceProtocol=2)
    assert "ICCD" in driver_rules.no_exchange(token, 0)
    assert driver_rules.no_exchange(descriptor(dwFeatures=0x00000840), 0) == ""
