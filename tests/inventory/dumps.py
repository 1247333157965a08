"""A sound dump to make mistakes in, a composite one, and the folder of real dumps where it is at hand."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from fixtures.inventory.importing.dump import DumpedInterface, parse
from fixtures.inventory.importing.report import BrokenInputError

ROOT = Path(__file__).parents[2]

PAD = """\
 idVendor: 0x08E6
  iManufacturer: Maker
 idProduct: 0x34C0
  iProduct: Pad
 bcdDevice: 1.02 (firmware release?)
 bLength: 9
 bDescriptorType: 4
 bInterfaceNumber: 0
 bAlternateSetting: 0
 bNumEndpoints: 3
  bulk-IN, bulk-OUT and Interrupt-IN
 bInterfaceClass: 0x0B [Chip Card Interface Device Class (CCID)]
 bInterfaceSubClass: 0
 bInterfaceProtocol: 0
  bulk transfer, optional interrupt-IN (CCID)
 Can't get iInterface string: LIBUSB_ERROR_INVALID_PARAM
 CCID Class Descriptor
  bLength: 0x36
  bDescriptorType: 0x21
  bcdCCID: 1.10
  bMaxSlotIndex: 0x00
  bVoltageSupport: 0x03
   5.0V
   3.0V
  dwProtocols: 0x0000 0x0003
   T=0
   T=1
  dwDefaultClock: 4.000 MHz
  dwMaximumClock: 4.800 MHz
  bNumClockSupported: 0 (will use whatever is returned)
   Support 4000 kHz
   Support 4800 kHz
  dwDataRate: 10752 bps
  dwMaxDataRate: 500000 bps
  bNumDataRatesSupported: 0 (will use whatever is returned)
   IFD does not support GET_DATA_RATES request: LIBUSB_ERROR_PIPE
  dwMaxIFSD: 254
  dwSynchProtocols: 0x00000000
  dwMechanical: 0x00000000
   No special characteristics
  dwFeatures: 0x000204B2
   ....02 Automatic parameter configuration based on ATR data
   ....10 Automatic ICC clock frequency change according to parameters
   ....20 Automatic baud rate change according to frequency and Fi, Di params
   ....80 Automatic PPS made by the CCID
   ..04.. Automatic IFSD exchange as first exchange (T=1)
   02.... Short APDU level exchange
  dwMaxCCIDMessageLength: 271 bytes
  bClassGetResponse: 0xFF
   echoes the APDU class
  bClassEnvelope: 0xFF
   echoes the APDU class
  wLcdLayout: 0x0211
    2 lines
   17 characters per line
  bPINSupport: 0x03
   PIN Verification supported
   PIN Modification supported
  bMaxCCIDBusySlots: 1
"""


def edited(*changes: tuple[str, str], dump: str = PAD) -> str:
    """The dump with the first place that reads old reading new, for each pair of them."""
    for old, new in changes:
        assert old in dump, old
        dump = dump.replace(old, new, 1)
    return dump


SECOND = edited(
    ("bInterfaceNumber: 0", "bInterfaceNumber: 1"),
    ("bNumEndpoints: 3\n  bulk-IN, bulk-OUT and Interrupt-IN", "bNumEndpoints: 2\n  bulk-IN and bulk-OUT"),
    ("bMaxSlotIndex: 0x00", "bMaxSlotIndex: 0x01"),
    ("0x0000 0x0003\n   T=0\n", "0x0000 0x0002\n"),
    ("Can't get iInterface string: LIBUSB_ERROR_INVALID_PARAM", "iInterface: SAM"),
    ("wLcdLayout: 0x0211\n    2 lines\n   17 characters per line\n", "wLcdLayout: 0x0000\n"),
    ("0x03\n   PIN Verification supported\n   PIN Modification supported\n", "0x00\n"),
)
"""Another interface of the pad: two slots for T=1, no interrupt endpoint, no pad."""


def broken(text: str) -> tuple[int, str]:
    """Line and message of what is wrong with a dump."""
    with pytest.raises(BrokenInputError) as caught:
        parse(text)
    return caught.value.line, caught.value.message


def only(text: str) -> DumpedInterface:
    """The one interface of a dump."""
    (interface,) = parse(text)
    return interface


def real_dumps() -> list[Path]:
    """The dumps of CARDLOOP_DATA, or of the data beside the project. Skips the test when there are none."""
    given = os.environ.get("CARDLOOP_DATA")
    folder = (Path(given) if given else ROOT.parent / "shared" / "data") / "ccid-descriptors"
    files = sorted(folder.glob("*.txt"))
    if not files:
        pytest.skip(f"no descriptor dumps in {folder}: set CARDLOOP_DATA to the folder that holds ccid-descriptors/")
    return files
