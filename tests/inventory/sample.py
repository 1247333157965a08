"""A small sound inventory to make mistakes in, and the ways to make and read them."""

from __future__ import annotations

from pathlib import Path

import pytest

from fixtures.inventory.errors import InventoryError
from fixtures.inventory.loader import load

READERS = """\
readers:
  - id: pad
    name: A pad
    pcsc_name: A pad*
    usb:
      vendor: 0x08E6
      product: 0x34C0
      release: 0x0102
      manufacturer: Maker
      product_name: Pad
    slots: 1
    features:
      verify_pin_direct: true
      modify_pin_direct: true
      exchange_level: short-apdu
      display: {lines: 2, columns: 17}
    card: test-card
    simulation: {port: usb}
    descriptor:
      bNumEndpoints: 3
      bcdCCID: 0x0110
      bMaxSlotIndex: 0
      bVoltageSupport: 0x01
      dwProtocols: 0x03
      dwDefaultClock: 4000
      dwMaximumClock: 4000
      bNumClockSupported: 0
      dwDataRate: 10752
      dwMaxDataRate: 344086
      bNumDataRatesSupported: 0
      dwMaxIFSD: 254
      dwSynchProtocols: 0
      dwMechanical: 0
      dwFeatures: 0x000204BA
      dwMaxCCIDMessageLength: 271
      bClassGetResponse: 0
      bClassEnvelope: 0
      wLcdLayout: 0x0211
      bPINSupport: 0x03
      bMaxCCIDBusySlots: 1
"""

CARDS = """\
cards:
  - id: test-card
    name: A test card
    atr: 3B 02 14 50
    protocols: [0]
    applets: [reader-test]
    kind: reader-test
    disposable: true
"""


def message(path: Path) -> str:
    """The one line that loading the path ends with."""
    with pytest.raises(InventoryError) as caught:
        load(path)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def changed(text: str, old: str, new: str) -> str:
    """The text with the one place that reads old reading new."""
    assert text.count(old) == 1, old
    return text.replace(old, new)
