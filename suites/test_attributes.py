"""Control and attributes: what the reader says of itself through SCardGetAttrib, and what control codes it refuses."""

from __future__ import annotations

import pytest

from fixtures.hands import Hands
from fixtures.pcsc.constants import (
    CM_IOCTL_GET_FEATURE_REQUEST,
    SCARD_ATTR_CHANNEL_ID,
    SCARD_ATTR_MAXINPUT,
    SCARD_SHARE_DIRECT,
    SCARD_STATE_EMPTY,
    scard_ctl_code,
)
from fixtures.pcsc.errors import PcscError
from fixtures.pcsc.part10 import parse_features
from fixtures.pcsc.session import Pcsc
from fixtures.reader_under_test import ReaderUnderTest
from fixtures.states import state_of, wait_for

pytestmark = pytest.mark.subject("Control and attributes")

CCID_HEADER = 10
USB_CHANNEL = 0x0020
ESCAPE = scard_ctl_code(1)
UNKNOWN_ATTRIBUTE = 0x7FFFFFF0


@pytest.mark.behaviour("attribute-longest-input")
def test_longest_input_is_the_descriptors(reader: ReaderUnderTest, pcsc: Pcsc) -> None:
    """SCARD_ATTR_MAXINPUT is dwMaxCCIDMessageLength less the header of ten bytes (libccid)."""
    if reader.descriptor is None:
        pytest.skip(f"the inventory has no descriptor of {reader.id} (readers.yaml: descriptor)")
    with pcsc.context() as context, context.connect(reader.name) as card:
        longest = int.from_bytes(card.get_attrib(SCARD_ATTR_MAXINPUT), "little")
        assert longest == reader.descriptor.dwMaxCCIDMessageLength - CCID_HEADER


@pytest.mark.behaviour("attribute-channel")
def test_channel_of_a_usb_reader_is_usb(reader: ReaderUnderTest, pcsc: Pcsc) -> None:
    """SCARD_ATTR_CHANNEL_ID: 0020 in the high word is USB (PC/SC part 3, 3.1.1)."""
    if reader.entry.simulation is not None and reader.entry.simulation.port != "usb":
        pytest.skip(f"{reader.id} is a {reader.entry.simulation.port} reader (readers.yaml: simulation.port)")
    with pcsc.context() as context, context.connect(reader.name) as card:
        channel = int.from_bytes(card.get_attrib(SCARD_ATTR_CHANNEL_ID), "little")
    assert channel >> 16 == USB_CHANNEL


@pytest.mark.behaviour("attribute-unknown")
def test_unknown_attribute_is_refused(reader: ReaderUnderTest, pcsc: Pcsc) -> None:
    """SCardGetAttrib of a tag that nobody defines is an error, and the next call works (pcsc-lite)."""
    with pcsc.context() as context, context.connect(reader.name) as card:
        with pytest.raises(PcscError):
            card.get_attrib(UNKNOWN_ATTRIBUTE)
        assert card.status().atr == reader.card.atr


@pytest.mark.behaviour("escape-without-permission")
def test_escape_is_refused_where_it_is_not_permitted(reader: ReaderUnderTest, pcsc: Pcsc) -> None:
    """libccid sends Escape commands only where DRIVER_OPTION_CCID_EXCHANGE_AUTHORIZED is set, which it is not."""
    with pcsc.context() as context, context.connect(reader.name) as card, pytest.raises(PcscError):
        card.control(ESCAPE, b"\xff")


@pytest.mark.behaviour("control-without-card")
def test_control_works_without_a_card(reader: ReaderUnderTest, pcsc: Pcsc, hands: Hands) -> None:
    """SCardControl is with the reader, not with the card: the feature list comes from an empty one (PC/SC part 10)."""
    if not reader.features.card_detection:
        pytest.skip(f"{reader.id} does not see that a card comes or goes (readers.yaml: features.card_detection)")
    with pcsc.context() as context:
        known = state_of(context, reader.name)
        hands.remove()
        wait_for(context, known, SCARD_STATE_EMPTY, hands)
        with context.connect(reader.name, share=SCARD_SHARE_DIRECT, protocols=0) as direct:
            assert parse_features(direct.control(CM_IOCTL_GET_FEATURE_REQUEST))
