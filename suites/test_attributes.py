"""Control and attributes: what the reader says of itself through SCardGetAttrib, and what control codes it refuses."""

from __future__ import annotations

import pytest

from fixtures.hands import Hands
from fixtures.pcsc.constants import (
    CM_IOCTL_GET_FEATURE_REQUEST,
    SCARD_ATTR_ATR_STRING,
    SCARD_ATTR_CHANNEL_ID,
    SCARD_ATTR_DEVICE_FRIENDLY_NAME_A,
    SCARD_ATTR_ICC_INTERFACE_STATUS,
    SCARD_ATTR_ICC_PRESENCE,
    SCARD_ATTR_MAXINPUT,
    SCARD_ATTR_VENDOR_IFD_VERSION,
    SCARD_ATTR_VENDOR_NAME,
    SCARD_SHARE_DIRECT,
    SCARD_STATE_EMPTY,
    SCARD_STATE_PRESENT,
    scard_ctl_code,
)
from fixtures.pcsc.errors import (
    SCARD_E_INSUFFICIENT_BUFFER,
    SCARD_E_INVALID_PARAMETER,
    SCARD_E_NOT_TRANSACTED,
    SCARD_E_UNEXPECTED,
    SCARD_E_UNSUPPORTED_FEATURE,
)
from fixtures.pcsc.expect import raises_pcsc
from fixtures.pcsc.part10 import parse_features
from fixtures.pcsc.session import Pcsc
from fixtures.reader_under_test import ReaderUnderTest
from fixtures.requirements import require_card_detection, require_usb
from fixtures.states import state_of, wait_for

pytestmark = [pytest.mark.subject("Control and attributes"), pytest.mark.suspect("stack")]

CCID_HEADER = 10
USB_CHANNEL = 0x0020
ESCAPE = scard_ctl_code(1)
UNKNOWN_ATTRIBUTE = 0x7FFFFFF0
UNKNOWN_CONTROL_CODE = scard_ctl_code(2999)
UNSUPPORTED = (SCARD_E_UNSUPPORTED_FEATURE, SCARD_E_UNEXPECTED)
ATTRIBUTES = {
    "vendor-name": SCARD_ATTR_VENDOR_NAME,
    "firmware-version": SCARD_ATTR_VENDOR_IFD_VERSION,
    "channel": SCARD_ATTR_CHANNEL_ID,
    "card-presence": SCARD_ATTR_ICC_PRESENCE,
    "card-activity": SCARD_ATTR_ICC_INTERFACE_STATUS,
    "atr": SCARD_ATTR_ATR_STRING,
    "longest-input": SCARD_ATTR_MAXINPUT,
    "friendly-name": SCARD_ATTR_DEVICE_FRIENDLY_NAME_A,
}


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
    require_usb(reader)
    with pcsc.context() as context, context.connect(reader.name) as card:
        channel = int.from_bytes(card.get_attrib(SCARD_ATTR_CHANNEL_ID), "little")
    assert channel >> 16 == USB_CHANNEL


@pytest.mark.behaviour("attribute-unknown")
def test_unknown_attribute_is_refused(reader: ReaderUnderTest, pcsc: Pcsc) -> None:
    """SCardGetAttrib of a tag that nobody defines is not supported, and the next call works.

    SCARD_E_UNSUPPORTED_FEATURE is 80100022 on Windows; with pcsc-lite it is 8010001F, elsewhere SCARD_E_UNEXPECTED.
    """
    with pcsc.context() as context, context.connect(reader.name) as card:
        with raises_pcsc(*UNSUPPORTED):
            card.get_attrib(UNKNOWN_ATTRIBUTE)
        assert card.status().atr == reader.card.atr


@pytest.mark.behaviour("escape-without-permission")
def test_escape_is_refused_where_it_is_not_permitted(reader: ReaderUnderTest, pcsc: Pcsc) -> None:
    """libccid sends Escape commands only where DRIVER_OPTION_CCID_EXCHANGE_AUTHORIZED is set, which it is not.

    It says SCARD_E_NOT_TRANSACTED; Windows says SCARD_E_UNSUPPORTED_FEATURE until the registry permits it.
    """
    with (
        pcsc.context() as context,
        context.connect(reader.name) as card,
        raises_pcsc(SCARD_E_NOT_TRANSACTED, *UNSUPPORTED),
    ):
        card.control(ESCAPE, b"\xff")


@pytest.mark.behaviour("control-without-card")
def test_control_works_without_a_card(reader: ReaderUnderTest, pcsc: Pcsc, hands: Hands) -> None:
    """SCardControl is with the reader, not with the card: the feature list comes from an empty one (PC/SC part 10)."""
    require_card_detection(reader)
    with pcsc.context() as context:
        known = state_of(context, reader.name)
        hands.remove()
        wait_for(context, known, SCARD_STATE_EMPTY, hands)
        with context.connect(reader.name, share=SCARD_SHARE_DIRECT, protocols=0) as direct:
            assert parse_features(direct.control(CM_IOCTL_GET_FEATURE_REQUEST))


@pytest.mark.behaviour("control-after-the-card-is-gone")
def test_control_does_not_care_that_the_card_is_gone(reader: ReaderUnderTest, pcsc: Pcsc, hands: Hands) -> None:
    """SCardControl on a handle whose card was taken out works on, and never says SCARD_W_REMOVED_CARD (PC/SC part 5).

    Likewise when another card is in: the control code is the reader's.
    """
    require_card_detection(reader)
    with pcsc.context() as context, context.connect(reader.name) as card:
        before = parse_features(card.control(CM_IOCTL_GET_FEATURE_REQUEST))
        known = state_of(context, reader.name)
        hands.remove()
        known = wait_for(context, known, SCARD_STATE_EMPTY, hands)
        assert parse_features(card.control(CM_IOCTL_GET_FEATURE_REQUEST)) == before
        hands.insert()
        wait_for(context, known, SCARD_STATE_PRESENT, hands)
        assert parse_features(card.control(CM_IOCTL_GET_FEATURE_REQUEST)) == before


@pytest.mark.behaviour("control-code-unknown")
def test_unknown_control_code_is_refused(reader: ReaderUnderTest, pcsc: Pcsc) -> None:
    """A code that neither PC/SC nor the driver knows is not supported, and the next call works (PC/SC part 5)."""
    with pcsc.context() as context, context.connect(reader.name) as card:
        with raises_pcsc(*UNSUPPORTED, SCARD_E_INVALID_PARAMETER):
            card.control(UNKNOWN_CONTROL_CODE)
        assert parse_features(card.control(CM_IOCTL_GET_FEATURE_REQUEST))


@pytest.mark.behaviour("attribute-friendly-name")
def test_friendly_name_is_the_readers_name(reader: ReaderUnderTest, pcsc: Pcsc) -> None:
    """SCARD_ATTR_DEVICE_FRIENDLY_NAME_A is the name that SCardListReaders gives (pcsc-lite, WinSCard)."""
    with pcsc.context() as context, context.connect(reader.name) as card:
        name = card.get_attrib(SCARD_ATTR_DEVICE_FRIENDLY_NAME_A)
        assert name.rstrip(b"\0").decode() == reader.name


@pytest.mark.behaviour("attribute-firmware-version")
def test_version_of_the_reader_is_its_bcddevice(reader: ReaderUnderTest, pcsc: Pcsc) -> None:
    """SCARD_ATTR_VENDOR_IFD_VERSION is MMmmbbbb with the release that the inventory has (PC/SC part 3, 3.1.2)."""
    require_usb(reader)
    with pcsc.context() as context, context.connect(reader.name) as card:
        version = int.from_bytes(card.get_attrib(SCARD_ATTR_VENDOR_IFD_VERSION), "little")
        assert f"{version >> 16:04X}" == f"{reader.entry.usb.release:04X}"


@pytest.mark.behaviour("attribute-card-presence")
def test_presence_attributes_follow_the_card(reader: ReaderUnderTest, pcsc: Pcsc, hands: Hands) -> None:
    """ICC_PRESENCE and ICC_INTERFACE_STATUS are not 0 with an active card, and 0 without one (PC/SC part 3, 3.1.6)."""
    require_card_detection(reader)
    with pcsc.context() as context:
        with context.connect(reader.name) as card:
            assert card.get_attrib(SCARD_ATTR_ICC_PRESENCE) != b"\0"
            assert card.get_attrib(SCARD_ATTR_ICC_INTERFACE_STATUS) != b"\0"
        known = state_of(context, reader.name)
        hands.remove()
        wait_for(context, known, SCARD_STATE_EMPTY, hands)
        with context.connect(reader.name, share=SCARD_SHARE_DIRECT, protocols=0) as direct:
            assert direct.get_attrib(SCARD_ATTR_ICC_PRESENCE) == b"\0"
            assert direct.get_attrib(SCARD_ATTR_ICC_INTERFACE_STATUS) == b"\0"


@pytest.mark.behaviour("attribute-lengths")
@pytest.mark.parametrize("attribute", [*ATTRIBUTES.values()], ids=[*ATTRIBUTES])
def test_attribute_has_the_length_that_is_told_for_it(reader: ReaderUnderTest, pcsc: Pcsc, attribute: int) -> None:
    """SCardGetAttrib without a buffer tells the length, with that much room the value, with less an error."""
    with pcsc.context() as context, context.connect(reader.name) as card:
        length = card.get_attrib_length(attribute)
        assert len(card.get_attrib(attribute, length)) == length
        assert card.get_attrib(attribute) == card.get_attrib(attribute, length)
        with raises_pcsc(SCARD_E_INSUFFICIENT_BUFFER):
            card.get_attrib(attribute, length - 1)


@pytest.mark.behaviour("attribute-set-refused")
def test_attribute_that_cannot_be_set_is_refused(reader: ReaderUnderTest, pcsc: Pcsc) -> None:
    """SCardSetAttrib of the vendor's name is not supported, and changes nothing (PC/SC part 5; libccid sets none)."""
    with pcsc.context() as context, context.connect(reader.name) as card:
        before = card.get_attrib(SCARD_ATTR_VENDOR_NAME)
        with raises_pcsc(*UNSUPPORTED, SCARD_E_INVALID_PARAMETER):
            card.set_attrib(SCARD_ATTR_VENDOR_NAME, b"Nobody")
        assert card.get_attrib(SCARD_ATTR_VENDOR_NAME) == before
