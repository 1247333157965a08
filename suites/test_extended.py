"""Extended APDUs: lengths beyond 256, whole in both directions where a reader carries them, refused elsewhere."""

from __future__ import annotations

import pytest

from fixtures import reader_test
from fixtures.lengths import Lengths
from fixtures.pcsc.card import Card
from fixtures.pcsc.constants import SCARD_PROTOCOL_T1
from fixtures.pcsc.errors import PcscError
from fixtures.pcsc.session import Pcsc
from fixtures.reader_under_test import ReaderUnderTest
from fixtures.requirements import connected, require_extended

pytestmark = [pytest.mark.subject("Extended APDUs"), pytest.mark.applet("reader-test")]

SUCCESS = 0x9000
LENGTHS = (1, 255, 256, 257, 1958, 1959, 32767, 65535)
LONGEST = 65535
STEP = 100
CCID_HEADER = 10
COMMAND_HEADER = 7
STATUS_WORD = 2
"""CLA INS P1 P2 and an extended Lc before a command's data; a status word after a response's."""
MESSAGES = 3


def selected(card: Card) -> Card:
    """The card with the reader-test applet selected."""
    assert card.transmit(reader_test.SELECT).sw == SUCCESS
    return card


def check_read(card: Card, length: int) -> None:
    """That many bytes come from the card."""
    response = card.transmit(reader_test.extended_read(length, 0xA5))
    assert (response.sw, len(response.data)) == (SUCCESS, length), f"{length} bytes from the card"
    assert response.data == b"\xa5" * length, f"{length} bytes from the card"


def check_write(card: Card, length: int) -> None:
    """That many bytes reach the card."""
    assert card.transmit(reader_test.extended_write(reader_test.counting(length))).sw == SUCCESS, (
        f"{length} bytes to the card"
    )


@pytest.mark.behaviour("extended-lengths")
@pytest.mark.applet("extended-length")
@pytest.mark.parametrize("length", LENGTHS, ids=str)
def test_extended_apdu_carries_every_byte(reader: ReaderUnderTest, pcsc: Pcsc, length: int) -> None:
    """smartcardservices issue 74: lengths above one message were cut. 1 to 65,535 bytes, both ways (HandlerTest)."""
    require_extended(reader, SCARD_PROTOCOL_T1)
    with pcsc.context() as context, connected(context, reader, SCARD_PROTOCOL_T1) as card:
        selected(card)
        check_read(card, length)
        check_write(card, length)


@pytest.mark.behaviour("extended-lengths-around-a-message")
@pytest.mark.applet("extended-length")
def test_extended_apdu_that_ends_at_a_messages_edge_is_whole(reader: ReaderUnderTest, pcsc: Pcsc) -> None:
    """One to three messages of dwMaxCCIDMessageLength - 10 bytes, filled, one byte less, one more (libccid, chaining).

    A response's last byte and a command's come to lie at the edge in turn, with and without their ends.
    """
    require_extended(reader, SCARD_PROTOCOL_T1)
    if reader.descriptor is None:
        pytest.skip(f"the inventory has no descriptor of {reader.id} (readers.yaml: descriptor)")
    room = reader.descriptor.dwMaxCCIDMessageLength - CCID_HEADER
    with pcsc.context() as context, connected(context, reader, SCARD_PROTOCOL_T1) as card:
        selected(card)
        for count in range(1, MESSAGES + 1):
            for around in (-1, 0, 1):
                for length in (count * room + around, count * room - STATUS_WORD + around):
                    check_read(card, min(length, LONGEST))
                for length in (count * room + around, count * room - COMMAND_HEADER + around):
                    check_write(card, min(length, LONGEST))


@pytest.mark.behaviour("extended-lengths-in-steps")
@pytest.mark.applet("extended-length")
@pytest.mark.not_recorded("it tries lengths by the hundred")
def test_extended_lengths_in_steps_of_a_hundred(reader: ReaderUnderTest, pcsc: Pcsc, lengths: Lengths) -> None:
    """Powers of two with their neighbours and random lengths; with --full every hundredth length too (HandlerTest)."""
    require_extended(reader, SCARD_PROTOCOL_T1)
    with pcsc.context() as context, connected(context, reader, SCARD_PROTOCOL_T1) as card:
        selected(card)
        for length in lengths.between(1, LONGEST, *LENGTHS, step=STEP):
            check_read(card, length)
            check_write(card, length)


@pytest.mark.behaviour("extended-apdu-on-a-short-apdu-reader")
def test_extended_apdu_on_a_short_apdu_reader_is_a_clear_error(reader: ReaderUnderTest, pcsc: Pcsc) -> None:
    """A reader of short-APDU level cannot carry 257 bytes: an error, and a card that still works (HandlerTest)."""
    if reader.features.exchange_level != "short-apdu":
        pytest.skip(f"{reader.id} has exchange level {reader.features.exchange_level} (readers.yaml)")
    with pcsc.context() as context, selected(context.connect(reader.name)) as card:
        with pytest.raises(PcscError):
            card.transmit(reader_test.extended_write(reader_test.counting(300)))
        assert card.transmit(reader_test.case_2(16)).data == reader_test.counting(16)
