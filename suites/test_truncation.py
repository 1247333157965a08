"""Lengths: every byte arrives, and what does not fit is said, never cut."""

from __future__ import annotations

import pytest

from fixtures import reader_test, safety
from fixtures.lengths import Lengths
from fixtures.pcsc.card import Card, Response
from fixtures.pcsc.constants import CM_IOCTL_GET_FEATURE_REQUEST, SCARD_PROTOCOL_T0, SCARD_PROTOCOL_T1
from fixtures.pcsc.errors import SCARD_E_INSUFFICIENT_BUFFER, PcscError
from fixtures.pcsc.expect import raises_pcsc
from fixtures.pcsc.session import Pcsc
from fixtures.reader_under_test import ReaderUnderTest
from fixtures.requirements import connected

pytestmark = [pytest.mark.subject("Truncation and lengths"), pytest.mark.applet("reader-test")]

SUCCESS = 0x9000
WRONG_LENGTH = 0x6700
MORE_WAITS = 0x61
REFUSALS = (0x6700, 0x6D00, 0x6E00)
UNKNOWN_COMMAND = bytes.fromhex("80FE0000")
LONGEST_DATA = 255
LONGEST_ANSWER = 256
PACKET_EDGES = (54, 55, 118, 119, 245, 246, 247)
"""Data with which a command or a response with its ten bytes of CCID header ends near a USB packet's edge."""
PROTOCOLS = pytest.mark.parametrize("protocol", [SCARD_PROTOCOL_T0, SCARD_PROTOCOL_T1], ids=["t0", "t1"])


def selected(card: Card) -> Card:
    """The card with the reader-test applet selected."""
    assert card.transmit(reader_test.SELECT).sw == SUCCESS
    return card


def collected(reader: ReaderUnderTest, card: Card, command: bytes) -> Response:
    """The response to a case 4 command, where need be by GET RESPONSE (ISO 7816-3, 12.2.1).

    That is the host's to send on T=0 where the reader carries TPDUs; a reader of an APDU level does it by itself.
    """
    response = card.transmit(command)
    if reader.features.exchange_level == "tpdu" and card.protocol == SCARD_PROTOCOL_T0:
        assert response.sw >> 8 == MORE_WAITS, f"{response.sw:04X} instead of 61xx"
        return card.transmit(bytes((0x00, 0xC0, 0x00, 0x00, response.sw & 0xFF)))
    return response


@pytest.mark.behaviour("response-longer-than-buffer")
def test_response_that_does_not_fit_is_refused_with_its_length(reader: ReaderUnderTest, pcsc: Pcsc) -> None:
    """macOS 10.12 (radar 30868184): 34 bytes into a buffer of 30 came back as success, cut silently.

    The answer is SCARD_E_INSUFFICIENT_BUFFER and the length 34; a retry with room works, as the card ran the command.
    """
    with pcsc.context() as context, selected(context.connect(reader.name)) as card:
        with raises_pcsc(SCARD_E_INSUFFICIENT_BUFFER) as caught:
            card.transmit(reader_test.case_2(32), receive_size=30)
        assert caught.error.needed == 34
        assert card.transmit(reader_test.case_2(32), receive_size=34).data == reader_test.counting(32)


@pytest.mark.behaviour("response-fits-exactly")
@pytest.mark.parametrize("length", [1, 32, 256])
def test_buffer_of_the_exact_size_is_enough(reader: ReaderUnderTest, pcsc: Pcsc, length: int) -> None:
    """A buffer of data plus status word holds the response; one byte less does not (PC/SC part 5, SCardTransmit)."""
    with pcsc.context() as context, selected(context.connect(reader.name)) as card:
        assert card.transmit(reader_test.case_2(length), receive_size=length + 2).data == reader_test.counting(length)
        with raises_pcsc(SCARD_E_INSUFFICIENT_BUFFER) as caught:
            card.transmit(reader_test.case_2(length), receive_size=length + 1)
        assert caught.error.needed == length + 2


@pytest.mark.behaviour("largest-receive-buffer")
def test_buffer_larger_than_any_response_is_accepted(reader: ReaderUnderTest, pcsc: Pcsc) -> None:
    """pcsc-lite issue 137: a receive buffer of 65,549 bytes was answered with SCARD_E_INSUFFICIENT_BUFFER."""
    with pcsc.context() as context, selected(context.connect(reader.name)) as card:
        assert card.transmit(reader_test.case_2(32), receive_size=65549).data == reader_test.counting(32)


@pytest.mark.behaviour("control-answer-longer-than-buffer")
def test_control_answer_that_does_not_fit_is_refused(reader: ReaderUnderTest, pcsc: Pcsc) -> None:
    """GET_FEATURE_REQUEST with room for 3 bytes is SCARD_E_INSUFFICIENT_BUFFER (pcsc-lite's unitary tests)."""
    with (
        pcsc.context() as context,
        context.connect(reader.name) as card,
        raises_pcsc(SCARD_E_INSUFFICIENT_BUFFER),
    ):
        card.control(CM_IOCTL_GET_FEATURE_REQUEST, b"", receive_size=3)


@pytest.mark.behaviour("case-1")
def test_case_1_is_answered_with_a_status_word_alone(reader: ReaderUnderTest, pcsc: Pcsc) -> None:
    """A command of four bytes has no data either way (ISO 7816-3, 12.1.2; HandlerTest)."""
    with pcsc.context() as context, selected(context.connect(reader.name)) as card:
        response = card.transmit(reader_test.CASE_1)
        assert (response.data, response.sw) == (b"", SUCCESS)


@pytest.mark.behaviour("case-2-lengths")
@PROTOCOLS
def test_case_2_returns_every_byte(reader: ReaderUnderTest, pcsc: Pcsc, lengths: Lengths, protocol: int) -> None:
    """Responses of 1 to 256 bytes, byte-equal (HandlerTest)."""
    with pcsc.context() as context, connected(context, reader, protocol) as card:
        selected(card)
        for length in lengths.between(1, LONGEST_ANSWER, *PACKET_EDGES):
            response = card.transmit(reader_test.case_2(length))
            assert (response.sw, response.data) == (SUCCESS, reader_test.counting(length)), f"case 2, Le {length}"


@pytest.mark.behaviour("case-3-lengths")
@PROTOCOLS
def test_case_3_delivers_every_byte(reader: ReaderUnderTest, pcsc: Pcsc, lengths: Lengths, protocol: int) -> None:
    """Commands with 1 to 255 bytes of data; the card checks each byte and names the first wrong one (HandlerTest)."""
    with pcsc.context() as context, connected(context, reader, protocol) as card:
        selected(card)
        for length in lengths.between(1, LONGEST_DATA, *PACKET_EDGES):
            response = card.transmit(reader_test.case_3(length))
            assert (response.sw, response.data) == (SUCCESS, b""), f"case 3, Lc {length}: {response.sw:04X}"


@pytest.mark.behaviour("case-4-lengths")
@PROTOCOLS
def test_case_4_delivers_and_returns_every_byte(
    reader: ReaderUnderTest, pcsc: Pcsc, lengths: Lengths, protocol: int
) -> None:
    """Data both ways: 1 to 255 bytes out, one more back; on T=0 by way of GET RESPONSE (HandlerTest)."""
    with pcsc.context() as context, connected(context, reader, protocol) as card:
        selected(card)
        for length in lengths.between(1, LONGEST_DATA, *PACKET_EDGES):
            response = collected(reader, card, reader_test.case_4(length, length + 1))
            assert (response.sw, response.data) == (SUCCESS, reader_test.counting(length + 1)), f"case 4, Lc {length}"


@pytest.mark.behaviour("longest-answer-is-announced")
def test_256_bytes_are_announced_as_6100(reader: ReaderUnderTest, pcsc: Pcsc) -> None:
    """On T=0, 61xx counts to 255; 6100 says that 256 bytes or more wait, not none (ISO 7816-3, 12.2.1)."""
    if reader.features.exchange_level != "tpdu":
        pytest.skip(f"{reader.id} has exchange level {reader.features.exchange_level} (readers.yaml)")
    with pcsc.context() as context, connected(context, reader, SCARD_PROTOCOL_T0) as card:
        selected(card)
        announced = card.transmit(reader_test.case_4(1, LONGEST_ANSWER))
        assert (announced.sw, announced.data) == (MORE_WAITS << 8, b"")
        rest = card.transmit(bytes.fromhex("00C0000000"))
        assert (rest.sw, rest.data) == (SUCCESS, reader_test.counting(LONGEST_ANSWER))


@pytest.mark.behaviour("command-without-a-header")
@pytest.mark.parametrize("length", range(5), ids=str)
def test_command_of_few_bytes_is_refused_and_no_more(reader: ReaderUnderTest, pcsc: Pcsc, length: int) -> None:
    """Less than CLA INS P1 P2: an error or a status word of refusal, and the next command works (osmocom).

    Four bytes that no applet knows are a whole command, and the card's to refuse.
    """
    with pcsc.context() as context, selected(context.connect(reader.name)) as card:
        try:
            response = card.transmit(UNKNOWN_COMMAND[:length])
        except PcscError:
            assert length < len(UNKNOWN_COMMAND)
        else:
            assert response.sw in REFUSALS
        again = card.transmit(reader_test.case_2(16))
        assert (again.sw, again.data) == (SUCCESS, reader_test.counting(16))


@pytest.mark.behaviour("wrong-length-is-the-cards-to-say")
def test_wrong_length_is_answered_by_the_card_and_leaves_it_usable(reader: ReaderUnderTest, pcsc: Pcsc) -> None:
    """The applet answers 6700 to data it did not expect; the reader passes that on, and the next command works."""
    with pcsc.context() as context, selected(context.connect(reader.name)) as card:
        assert card.transmit(reader_test.CASE_1 + b"\x01\x00").sw == WRONG_LENGTH
        response = card.transmit(reader_test.case_2(16))
        assert (response.sw, response.data) == (SUCCESS, reader_test.counting(16))


@pytest.mark.behaviour("wrong-le-is-told")
@pytest.mark.spends_pin_tries
def test_wrong_le_is_answered_with_the_right_one_and_the_retry_works(reader: ReaderUnderTest, pcsc: Pcsc) -> None:
    """6Cxx names the length there is, and the same command with that Le brings it (ISO 7816-4, 5.6; HandlerTest)."""
    with pcsc.context() as context, selected(context.connect(reader.name)) as card:
        safety.require_tries(card)
        assert card.transmit(bytes.fromhex("0020008008") + reader_test.PIN).sw == SUCCESS
        short = card.transmit(reader_test.pin_dump(5))
        assert (short.sw, short.data) == (0x6C0D, b"")
        whole = card.transmit(reader_test.pin_dump(short.sw & 0xFF))
        assert (whole.sw, len(whole.data)) == (SUCCESS, 13)


@pytest.mark.behaviour("busy-card")
def test_card_that_asks_for_more_time_is_waited_for(reader: ReaderUnderTest, pcsc: Pcsc) -> None:
    """A long command ends with 9000 after the reader's time extensions, not with an error (HandlerTest, osmocom)."""
    with pcsc.context() as context, selected(context.connect(reader.name)) as card:
        assert card.transmit(reader_test.busy(20)).sw == SUCCESS
