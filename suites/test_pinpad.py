"""The pinpad: what the reader offers is what it has, and the card receives exactly the PIN that was keyed in."""

from __future__ import annotations

import pytest

from fixtures import reader_test, safety
from fixtures.hands import CANCEL, ENTER, TIMEOUT, Hands
from fixtures.pcsc.card import Card, Response
from fixtures.pcsc.constants import CM_IOCTL_GET_FEATURE_REQUEST, CM_IOCTL_GET_FEATURE_REQUEST_WINDOWS
from fixtures.pcsc.errors import SCARD_E_INSUFFICIENT_BUFFER, PcscError
from fixtures.pcsc.expect import raises_pcsc
from fixtures.pcsc.part10 import Feature, PinProperties, parse_features, parse_tlv_properties
from fixtures.pcsc.pin_structures import PinVerifyStructure
from fixtures.pcsc.session import Pcsc
from fixtures.reader_under_test import ReaderUnderTest

pytestmark = [pytest.mark.subject("Pinpad")]

SUCCESS = 0x9000
TIMED_OUT = 0x6400
CANCELLED = 0x6401
PIN = reader_test.PIN.decode()
VERIFY_TEMPLATE = bytes.fromhex("0020008008") + b"\xff" * 8
VERIFY_MEMORY = 13


def features_of(card: Card) -> dict[int, int]:
    """The control code of each part 10 feature that the reader lists."""
    return parse_features(card.control(CM_IOCTL_GET_FEATURE_REQUEST))


def require_pinpad(reader: ReaderUnderTest) -> None:
    """Skips a reader that has no pinpad."""
    if not reader.features.verify_pin_direct:
        pytest.skip(f"{reader.id} has no pinpad (readers.yaml: features.verify_pin_direct)")


def ready_for_a_pin(card: Card) -> int:
    """Selects the applet, makes sure that a try may be spent, and gives FEATURE_VERIFY_PIN_DIRECT's control code."""
    assert card.transmit(reader_test.SELECT).sw == SUCCESS
    safety.require_tries(card)
    return features_of(card)[Feature.VERIFY_PIN_DIRECT]


def verify_on_the_pad(card: Card, code: int, structure: PinVerifyStructure) -> int:
    """The status word that the pad's VERIFY ends with."""
    return int.from_bytes(card.control(code, structure.to_bytes()), "big")


def assert_dump(dump: Response, expected: bytes) -> None:
    """Compares a PIN dump without showing it: a failing test's report must not hold the digits either."""
    __tracebackhide__ = True
    wrong = [place for place, byte in enumerate(expected) if dump.data[place : place + 1] != bytes([byte])]
    if len(dump.data) != len(expected) or wrong or dump.sw != SUCCESS:
        pytest.fail(
            f"the card did not receive the expected VERIFY command: {len(dump.data)} bytes for {len(expected)}, "
            f"wrong at offsets {wrong or 'none'}, header {dump.data[:5].hex(' ').upper()}, status {dump.sw:04X}",
            pytrace=False,
        )


def restore_tries(card: Card) -> None:
    """Verifies the right PIN from the host, which sets the counter to its start again."""
    assert card.transmit(bytes.fromhex("0020008008") + reader_test.PIN).sw == SUCCESS


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


@pytest.mark.behaviour("pin-properties")
def test_pin_properties_are_listed_with_a_pinpad_and_tell_its_display(reader: ReaderUnderTest, pcsc: Pcsc) -> None:
    """PC/SC part 10, 2.6.8: IFD_PIN_PROPERTIES iff bPINSupport is not 0, with the descriptor's wLcdLayout."""
    with pcsc.context() as context, context.connect(reader.name) as card:
        features = features_of(card)
        has_pinpad = reader.features.verify_pin_direct or reader.features.modify_pin_direct
        assert (Feature.IFD_PIN_PROPERTIES in features) == has_pinpad
        if has_pinpad:
            properties = PinProperties.from_bytes(card.control(features[Feature.IFD_PIN_PROPERTIES]))
            display = reader.features.display
            assert properties.wLcdLayout == (display.lines << 8 | display.columns if display else 0)


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
@pytest.mark.applet("reader-test")
@pytest.mark.spends_pin_tries
def test_card_receives_the_pin_that_was_keyed_in(reader: ReaderUnderTest, pcsc: Pcsc, hands: Hands) -> None:
    """The published sequence of a Gemalto Ezio Shield: the digits 1 to 8 on the pad are 00 20 00 80 08 31 .. 38.

    L. Rousseau's blog, autumn 2017, on pinpads; PC/SC part 10, 2.5.2. The card's PIN dump shows what it received.
    """
    require_pinpad(reader)
    with pcsc.context() as context, context.connect(reader.name) as card:
        code = ready_for_a_pin(card)
        hands.press(PIN, ENTER)
        assert verify_on_the_pad(card, code, PinVerifyStructure(abData=VERIFY_TEMPLATE)) == SUCCESS
        dump = card.transmit(reader_test.pin_dump(VERIFY_MEMORY))
        assert_dump(dump, bytes.fromhex("00 20 00 80 08 31 32 33 34 35 36 37 38"))


@pytest.mark.behaviour("verify-pads-a-short-pin")
@pytest.mark.applet("reader-test")
@pytest.mark.spends_pin_tries
def test_short_pin_is_padded_as_the_template_says(reader: ReaderUnderTest, pcsc: Pcsc, hands: Hands) -> None:
    """Four digits in a block of eight keep the template's FF behind them; the card answers 6A04 and counts a try."""
    require_pinpad(reader)
    with pcsc.context() as context, context.connect(reader.name) as card:
        code = ready_for_a_pin(card)
        before = safety.require_tries(card)
        hands.press(PIN[:4], ENTER)
        assert verify_on_the_pad(card, code, PinVerifyStructure(abData=VERIFY_TEMPLATE)) == 0x6A04
        dump = card.transmit(reader_test.pin_dump(VERIFY_MEMORY))
        assert_dump(dump, bytes.fromhex("00 20 00 80 08 31 32 33 34 FF FF FF FF"))
        assert card.transmit(reader_test.tries_left()).sw == 0x63C0 | before - 1
        restore_tries(card)


@pytest.mark.behaviour("verify-cancelled")
@pytest.mark.applet("reader-test")
@pytest.mark.spends_pin_tries
def test_cancelled_entry_is_6401_and_sends_nothing(reader: ReaderUnderTest, pcsc: Pcsc, hands: Hands) -> None:
    """PC/SC part 10, 2.5.2: SCardControl succeeds with 6401; the card sees no command and its counter stands."""
    require_pinpad(reader)
    with pcsc.context() as context, context.connect(reader.name) as card:
        code = ready_for_a_pin(card)
        before = safety.require_tries(card)
        hands.press("", CANCEL)
        assert verify_on_the_pad(card, code, PinVerifyStructure(abData=VERIFY_TEMPLATE)) == CANCELLED
        assert card.transmit(reader_test.tries_left()).sw == 0x63C0 | before


@pytest.mark.behaviour("verify-timed-out")
@pytest.mark.applet("reader-test")
@pytest.mark.spends_pin_tries
def test_entry_that_times_out_is_6400(reader: ReaderUnderTest, pcsc: Pcsc, hands: Hands) -> None:
    """PC/SC part 10, 2.5.2: nobody finishes within bTimerOut; SCardControl succeeds with 6400, the counter stands."""
    require_pinpad(reader)
    with pcsc.context() as context, context.connect(reader.name) as card:
        code = ready_for_a_pin(card)
        before = safety.require_tries(card)
        hands.press(PIN[:2], TIMEOUT)
        structure = PinVerifyStructure(abData=VERIFY_TEMPLATE, bTimerOut=15)
        assert verify_on_the_pad(card, code, structure) == TIMED_OUT
        assert card.transmit(reader_test.tries_left()).sw == 0x63C0 | before


@pytest.mark.behaviour("verify-structure-inconsistent")
@pytest.mark.spends_pin_tries
@pytest.mark.parametrize("damage", ["too-short", "wrong-data-length"])
def test_inconsistent_structure_is_refused(reader: ReaderUnderTest, pcsc: Pcsc, damage: str) -> None:
    """A structure under 23 bytes, or whose ulDataLength is not the rest: an error, and no PIN entry (libccid)."""
    require_pinpad(reader)
    structure = PinVerifyStructure(abData=VERIFY_TEMPLATE).to_bytes()
    with pcsc.context() as context, context.connect(reader.name) as card:
        code = features_of(card)[Feature.VERIFY_PIN_DIRECT]
        with pytest.raises(PcscError):
            card.control(code, structure[:22] if damage == "too-short" else structure[:-1])
