"""The program that holds a device: one that cannot be claimed, and one that ends, are told in words."""

from __future__ import annotations

import os

import pytest

from fixtures.ccid_wire.conversation import Conversation
from fixtures.ccid_wire.message import WireError


def test_device_that_is_not_there_is_told() -> None:
    with pytest.raises(WireError, match=r"no device FFFF:FFFE|libusb is missing|cannot be claimed"):
        Conversation(0xFFFF, 0xFFFE, os.environ)


def test_program_that_cannot_start_is_told() -> None:
    with pytest.raises(WireError, match="the program that holds the device has ended"):
        Conversation(0xFFFF, 0xFFFE, {"PYTHONHOME": "/nonexistent"})
