"""The pinpad: what the reader offers is what it has, and the card receives exactly the PIN that was keyed in."""

from __future__ import annotations

import pytest

from fixtures import reader_test
from fixtures.card_choice import BOTH_PROTOCOLS
from fixtures.hands import ENTER, Hands
from fixtures.pcsc.card import Card
from fixtures.pcsc.constants import CM_IOCTL_GET_FEATURE_REQUEST, CM_IOCTL_GET_FEATURE_REQUEST_WINDOWS
from fixtures.pcsc.errors import SCARD_E_INSUFFICIENT_BUFFER, PcscError
from fixtures.pcsc.expect import raises_pcsc
from fixtures.pcsc.part10 import Feature, PinProperties, parse_features, parse_tlv_properties
from fixtures.pcsc.pin_structures import PinVerifyStructure
from fixtures.pcsc.session import Pcsc
from fixtures.pinpad import SUCCESS, Pinpad
from fixtures.reader_under_test import ReaderUnderTest

pytestmark = [pytest.mark.subject("Pinpad")]

MCT_READERS = ((0x0D46, 0x3010), (0x0D46, 0x4289))
"""KOBIL TriB@nk and mIDentity visual: the ones for which libccid offers FEATURE_MCT_READER_DIRECT."""
PUBLISHED_STRUCTURE = bytes.fromhex(
    "00 00 82 08 00 08 04 02 01 09 04 00 00 00 00 0D 00 00 00 00 20 00 80 08 FF FF FF FF FF FF FF FF"
)


def features_of(card: Card) -> dict[int, int]:
    """The control code of each part 10 feature that the reader lists."""
    return parse_features(card.control(CM_IOCTL_GET_FEATURE_REQUEST))


@pytest.mark.behaviour("features-equal-the-inventory")
def test_pin_features_are_listed_exactly_when_the_reader_has_a_pinpad(reader: ReaderUnderTest, pcsc: Pcsc) -> None:
    """PC/SC part 10, 2.3: FEATURE_VERIFY_PIN_DIRECT and MODIFY_PIN_DIRECT, iff bPINSupport has bits 0 and 1."""
    with pcsc.context() as context, context.connect(reader.name) as card:
        features = features_of(card)
        assert (Feature.VERIFY_PIN_DIRECT in features) == reader.features.verify_pin_direct
        assert (Feature.MODIFY_PIN_DIRECT in features) == reader.features.modify_pin_direct
        if reader.descriptor is not None:
            assert (Feature.VERIFY_PIN_DIRECT in features) == bool(reader.descriptor.bPINSupport & 0x01)
            assert (Feature.MODIFY_PIN_DIRECT in features) == bool(reader.descriptor.bPINSupport & 0x02)


@pytest.mark.behaviour("pin-entry-without-a-pinpad")
def test_reader_without_a_pinpad_refuses_a_pin_structure(reader: ReaderUnderTest, pcsc: Pcsc) -> None:
    """PC/SC part 10, 2.5.2: the control code that other readers list is an error here, and the card is left alone."""
    if reader.features.verify_pin_direct:
        pytest.skip(f"{reader.id} has a pinpad (readers.yaml: features.verify_pin_direct)")
    with pcsc.context() as context, context.connect(reader.name) as card:
        code = features_of(card)[Feature.GET_TLV_PROPERTIES] - Feature.GET_TLV_PROPERTIES + Feature.VERIFY_PIN_DIRECT
        with pytest.raises(PcscError):
            card.control(code, PUBLISHED_STRUCTURE)
        assert card.status().atr == reader.card.atr


@pytest.mark.behaviour("pin-properties")
def test_pin_properties_are_listed_with_a_pinpad_and_tell_its_display(reader: ReaderUnderTest, pcsc: Pcsc) -> None:
    """PC/SC part 10, 2.6.8: IFD_PIN_PROPERTIES iff bPINSupport is not 0, with the descriptor's wLcdLayout.

    bEntryValidationCondition names at least one of the three conditions, and no other bit.
    """
    with pcsc.context() as context, context.connect(reader.name) as card:
        features = features_of(card)
        has_pinpad = reader.features.verify_pin_direct or reader.features.modify_pin_direct
        assert (Feature.IFD_PIN_PROPERTIES in features) == has_pinpad
        if has_pinpad:
            properties = PinProperties.from_bytes(card.control(features[Feature.IFD_PIN_PROPERTIES]))
            display = reader.features.display
            assert properties.wLcdLayout == (display.lines << 8 | display.columns if display else 0)
            assert 0x01 <= properties.bEntryValidationCondition <= 0x07
            assert properties.bTimeOut2 == 0
            if reader.descriptor is not None:
                assert properties.wLcdLayout == reader.descriptor.wLcdLayout


@pytest.mark.behaviour("tlv-properties")
def test_tlv_properties_name_the_usb_ids_and_nothing_trails(reader: ReaderUnderTest, pcsc: Pcsc) -> None:
    """PC/SC part 10, 2.6.14: ids are the device's; dwMaxAPDUDataSize is 0x10000 iff TPDU or extended level."""
    with pcsc.context() as context, context.connect(reader.name) as card:
        code = features_of(card)[Feature.GET_TLV_PROPERTIES]
        properties = parse_tlv_properties(card.control(code))
        assert (properties["wIdVendor"], properties["wIdProduct"]) == (
            reader.entry.usb.vendor,
            reader.entry.usb.product,
        )
        large = reader.features.exchange_level in ("tpdu", "extended-apdu")
        assert (properties["dwMaxAPDUDataSize"] == 0x10000) == large


@pytest.mark.behaviour("tlv-properties-of-the-display")
def test_tlv_properties_tell_the_display_of_the_descriptor(reader: ReaderUnderTest, pcsc: Pcsc) -> None:
    """PC/SC part 10, 2.6.14: wLcdLayout is the descriptor's; lines and characters are there iff it is not 0."""
    layout = reader.descriptor.wLcdLayout if reader.descriptor is not None else None
    with pcsc.context() as context, context.connect(reader.name) as card:
        properties = parse_tlv_properties(card.control(features_of(card)[Feature.GET_TLV_PROPERTIES]))
        display = reader.features.display
        lines, columns = (display.lines, display.columns) if display else (None, None)
        assert (properties.get("wLcdMaxLines"), properties.get("wLcdMaxCharacters")) == (lines, columns)
        assert layout is None or properties["wLcdLayout"] == layout


@pytest.mark.behaviour("tlv-properties-agree")
def test_tlv_properties_agree_with_what_else_the_driver_says(reader: ReaderUnderTest, pcsc: Pcsc) -> None:
    """PC/SC part 10, 2.6.14: what stands in two places is the same in both, and a least PIN size is below the greatest.

    bTimeOut2 and bEntryValidationCondition as in IFD_PIN_PROPERTIES; bPPDUSupport bit 0 iff CCID_ESC_COMMAND is listed.
    """
    with pcsc.context() as context, context.connect(reader.name) as card:
        features = features_of(card)
        properties = parse_tlv_properties(card.control(features[Feature.GET_TLV_PROPERTIES]))
        assert properties["bPPDUSupport"] == (Feature.CCID_ESC_COMMAND in features)
        assert properties["bTimeOut2"] == 0
        if "bMinPINSize" in properties:
            assert int(properties["bMinPINSize"]) <= int(properties["bMaxPINSize"])
        if Feature.IFD_PIN_PROPERTIES in features and "bEntryValidationCondition" in properties:
            pin_properties = PinProperties.from_bytes(card.control(features[Feature.IFD_PIN_PROPERTIES]))
            assert properties["bEntryValidationCondition"] == pin_properties.bEntryValidationCondition


@pytest.mark.behaviour("mct-is-the-makes-own")
def test_mct_is_offered_where_the_reader_has_it_and_guarded(reader: ReaderUnderTest, pcsc: Pcsc) -> None:
    """PC/SC part 10, 2.3, FEATURE_MCT_READER_DIRECT: Secoder commands (20 70 to 20 74) pass, anything else does not.

    libccid lists it for two readers, and hands their commands on as they are: an escape to the reader, past the PIN's
    protection, must not be had by it.
    """
    with pcsc.context() as context, context.connect(reader.name) as card:
        features = features_of(card)
        usb = reader.entry.usb
        assert (Feature.MCT_READER_DIRECT in features) == ((usb.vendor, usb.product) in MCT_READERS)
        if Feature.MCT_READER_DIRECT not in features:
            return
        code = features[Feature.MCT_READER_DIRECT]
        for refused in ("2075000000", "2170000000", "2070010000", "2070000100", "2070000001", "6B00000000"):
            with pytest.raises(PcscError):
                card.control(code, bytes.fromhex(refused))
        assert len(card.control(code, bytes.fromhex("2070000000"))) >= 2


@pytest.mark.behaviour("feature-request-by-windows-code")
def test_windows_control_code_lists_the_same_features(reader: ReaderUnderTest, pcsc: Pcsc) -> None:
    """0x313520, Windows' CM_IOCTL_GET_FEATURE_REQUEST, is answered as pcsc-lite's own code is (libccid)."""
    with pcsc.context() as context, context.connect(reader.name) as card:
        assert card.control(CM_IOCTL_GET_FEATURE_REQUEST_WINDOWS) == card.control(CM_IOCTL_GET_FEATURE_REQUEST)


@pytest.mark.behaviour("feature-list-longer-than-buffer")
def test_feature_list_that_does_not_fit_is_refused(reader: ReaderUnderTest, pcsc: Pcsc) -> None:
    """GET_FEATURE_REQUEST into a buffer one byte short: SCARD_E_INSUFFICIENT_BUFFER, no cut list (libccid)."""
    with pcsc.context() as context, context.connect(reader.name) as card:
        needed = len(card.control(CM_IOCTL_GET_FEATURE_REQUEST))
        with raises_pcsc(SCARD_E_INSUFFICIENT_BUFFER):
            card.control(CM_IOCTL_GET_FEATURE_REQUEST, receive_size=needed - 1)


@pytest.mark.behaviour("verify-sends-what-was-keyed-in")
@pytest.mark.pinpad("verify")
@pytest.mark.applet("reader-test")
@pytest.mark.spends_pin_tries
@BOTH_PROTOCOLS
def test_card_receives_the_pin_that_was_keyed_in(
    reader: ReaderUnderTest, pcsc: Pcsc, hands: Hands, protocol: int
) -> None:
    """The published sequence of a Gemalto Ezio Shield, byte for byte: digits 1 to 8 on the pad are 00 20 00 80 08 31 ..

    L. Rousseau's blog, autumn 2017, on pinpads; PC/SC part 10, 2.5.2. The card's PIN dump shows what it received.
    """
    assert PinVerifyStructure.from_bytes(PUBLISHED_STRUCTURE).to_bytes() == PUBLISHED_STRUCTURE
    with pcsc.context() as context, context.connect(reader.name, protocols=protocol) as card:
        pad = Pinpad(card)
        hands.press(reader_test.PIN.decode(), ENTER)
        assert card.control(pad.verify_code, PUBLISHED_STRUCTURE) == SUCCESS.to_bytes(2, "big")
        pad.assert_received(bytes.fromhex("00 20 00 80 08 31 32 33 34 35 36 37 38"))
