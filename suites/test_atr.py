"""The Answer To Reset: the same through every call, well formed, and the one the inventory knows."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from fixtures import reader_test
from fixtures.hands import Hands
from fixtures.inventory.model import Card
from fixtures.pcsc.atr import Atr
from fixtures.pcsc.card_list import CardEntry, matching
from fixtures.pcsc.constants import (
    SCARD_ATTR_ATR_STRING,
    SCARD_PROTOCOL_T0,
    SCARD_PROTOCOL_T1,
    SCARD_RESET_CARD,
    SCARD_STATE_EMPTY,
    SCARD_STATE_PRESENT,
    SCARD_STATE_UNAWARE,
    SCARD_UNPOWER_CARD,
)
from fixtures.pcsc.context import Context
from fixtures.pcsc.errors import (
    SCARD_E_INSUFFICIENT_BUFFER,
    SCARD_E_PROTO_MISMATCH,
    SCARD_E_READER_UNAVAILABLE,
    SCARD_F_COMM_ERROR,
    SCARD_W_UNPOWERED_CARD,
    SCARD_W_UNRESPONSIVE_CARD,
    PcscError,
)
from fixtures.pcsc.expect import raises_pcsc
from fixtures.pcsc.provider import ReaderState
from fixtures.pcsc.session import Pcsc
from fixtures.reader_under_test import ReaderUnderTest
from fixtures.states import state_of, wait_for

pytestmark = [pytest.mark.subject("ATR"), pytest.mark.suspect("card")]

LONGEST_ATR = 33
SHOWN_NAMES = 5
NOT_CONNECTED = (
    SCARD_W_UNRESPONSIVE_CARD,
    SCARD_W_UNPOWERED_CARD,
    SCARD_E_PROTO_MISMATCH,
    SCARD_E_READER_UNAVAILABLE,  # a driver that cannot take in such an ATR, while the daemon asks after the slot
    SCARD_F_COMM_ERROR,
)


@pytest.mark.behaviour("atr-equal-in-three-calls")
def test_three_calls_return_the_same_atr(reader: ReaderUnderTest, pcsc: Pcsc) -> None:
    """SCardStatus, SCardGetStatusChange and SCardGetAttrib(ATR_STRING) read the same card (pyscard, pcsc-lite)."""
    with pcsc.context() as context, context.connect(reader.name) as card:
        from_status = card.status().atr
        (state,) = context.get_status_change(0, [ReaderState(reader.name, SCARD_STATE_UNAWARE)])
        from_attribute = card.get_attrib(SCARD_ATTR_ATR_STRING)
        assert from_status == state.atr == from_attribute


@pytest.mark.behaviour("atr-of-the-inventory")
def test_atr_is_the_one_of_the_inventorys_card(reader: ReaderUnderTest, pcsc: Pcsc) -> None:
    """A reader that changes or shortens the ATR hands software another card than the one that is in it."""
    with pcsc.context() as context, context.connect(reader.name) as card:
        assert card.status().atr == reader.card.atr


@pytest.mark.behaviour("atr-names-a-known-card")
@pytest.mark.not_recorded("the list of cards is another one on each machine")
def test_atr_belongs_to_a_card_of_the_public_list(
    reader: ReaderUnderTest,
    pcsc: Pcsc,
    card_list: tuple[CardEntry, ...],
    record_property: Callable[[str, object], None],
) -> None:
    """The card's name in pcsc-tools' list of ATRs, which the report shows; one that it does not have says so too."""
    with pcsc.context() as context, context.connect(reader.name) as card:
        entries = matching(card_list, card.status().atr)
    names = [name for entry in entries for name in entry.names]
    record_property("cards with this ATR", "; ".join(names[:SHOWN_NAMES]) or "none that the list knows")
    assert all(entry.matches(reader.card.atr) for entry in entries)


@pytest.mark.behaviour("atr-attribute-length-and-short-buffer")
def test_atr_attribute_states_its_length_and_refuses_a_short_buffer(reader: ReaderUnderTest, pcsc: Pcsc) -> None:
    """SCardGetAttrib without a buffer gives the length; one byte too few is SCARD_E_INSUFFICIENT_BUFFER (pcsc-lite)."""
    with pcsc.context() as context, context.connect(reader.name) as card:
        length = card.get_attrib_length(SCARD_ATTR_ATR_STRING)
        assert length == len(card.status().atr)
        assert len(card.get_attrib(SCARD_ATTR_ATR_STRING, length)) == length
        with raises_pcsc(SCARD_E_INSUFFICIENT_BUFFER):
            card.get_attrib(SCARD_ATTR_ATR_STRING, length - 1)


@pytest.mark.behaviour("atr-well-formed")
def test_atr_is_well_formed_with_tck_where_it_belongs(reader: ReaderUnderTest, pcsc: Pcsc) -> None:
    """ISO 7816-3, 8.2.5: TCK is present if and only if some TDi names a T other than 0, and makes T0..TCK XOR to 0."""
    with pcsc.context() as context, context.connect(reader.name) as card:
        atr = Atr.parse(card.status().atr)
        assert (atr.tck is not None) == atr.tck_required
        assert atr.tck_correct


@pytest.mark.behaviour("atr-active-protocol-is-offered")
def test_active_protocol_is_one_that_the_atr_offers(reader: ReaderUnderTest, pcsc: Pcsc) -> None:
    """SCardConnect(T0|T1) settles on a protocol that the card named in its ATR (ISO 7816-3, 8.2.3)."""
    with pcsc.context() as context, context.connect(reader.name) as card:
        offered = {SCARD_PROTOCOL_T0 << protocol for protocol in Atr.parse(card.status().atr).protocols}
        assert card.protocol in offered


@pytest.mark.behaviour("atr-protocol-not-offered")
def test_protocol_that_the_card_does_not_offer_is_refused(reader: ReaderUnderTest, pcsc: Pcsc) -> None:
    """SCardConnect with only the other protocol returns SCARD_E_PROTO_MISMATCH (pcsc-lite)."""
    missing = {0: SCARD_PROTOCOL_T0, 1: SCARD_PROTOCOL_T1}.keys() - set(reader.card.protocols)
    if not missing:
        pytest.skip(f"card {reader.card.id} offers T=0 and T=1 (cards.yaml: protocols)")
    with pcsc.context() as context, raises_pcsc(SCARD_E_PROTO_MISMATCH):
        context.connect(reader.name, protocols=SCARD_PROTOCOL_T0 << missing.pop())


def change_card(reader: ReaderUnderTest, context: Context, hands: Hands, card: Card, expected: int) -> None:
    """Puts another card in and waits until its state has the expected flag."""
    known = state_of(context, reader.name)
    hands.remove()
    known = wait_for(context, known, SCARD_STATE_EMPTY, hands)
    hands.insert_other(card)
    wait_for(context, known, expected, hands)


@pytest.mark.behaviour("atr-of-other-cards")
@pytest.mark.parametrize("card_id", ["reader-test-inverse", "reader-test-specific", "reader-test-longest-atr"])
def test_every_form_of_atr_connects_and_is_delivered_whole(
    reader: ReaderUnderTest, pcsc: Pcsc, hands: Hands, cards: dict[str, Card], card_id: str
) -> None:
    """Inverse convention, specific mode (TA2) and 33 bytes: the card connects (HLK; ISO 7816-3, 8; libccid 1.5.1)."""
    if card_id not in cards:
        pytest.skip(f"the inventory has no card {card_id} (cards.yaml)")
    card = cards[card_id]
    with pcsc.context() as context:
        change_card(reader, context, hands, card, SCARD_STATE_PRESENT)
        with context.connect(reader.name) as handle:
            assert handle.status().atr == card.atr
            assert handle.transmit(reader_test.SELECT).sw == 0x9000


@pytest.mark.behaviour("atr-truncated")
@pytest.mark.parametrize("card_id", ["truncated-atr", "over-long-atr"])
def test_broken_atr_is_a_defined_error(
    reader: ReaderUnderTest, pcsc: Pcsc, hands: Hands, cards: dict[str, Card], card_id: str
) -> None:
    """An ATR that breaks off or has 37 bytes: no connection, a defined code, a daemon that goes on (pcsc-lite).

    An over-long one may also be cut to the 33 bytes that ISO 7816-3 allows, and the card connects.
    """
    if card_id not in cards:
        pytest.skip(f"the inventory has no card {card_id} (cards.yaml)")
    with pcsc.context() as context:
        change_card(reader, context, hands, cards[card_id], SCARD_STATE_PRESENT)
        try:
            with context.connect(reader.name) as handle:
                connected = handle.status().atr
        except PcscError as error:
            assert error.code in NOT_CONNECTED, str(error)  # noqa: PT017 - a connection is an answer too
        else:
            assert len(cards[card_id].atr) > LONGEST_ATR
            assert connected == cards[card_id].atr[:LONGEST_ATR]
        known = state_of(context, reader.name)
        hands.remove()
        known = wait_for(context, known, SCARD_STATE_EMPTY, hands)
        hands.insert()
        wait_for(context, known, SCARD_STATE_PRESENT, hands)
        with context.connect(reader.name) as handle:
            assert handle.status().atr == reader.card.atr


@pytest.mark.behaviour("atr-of-a-warm-reset")
def test_warm_reset_gives_the_atr_that_the_inventory_has_for_it(
    reader: ReaderUnderTest, pcsc: Pcsc, hands: Hands, cards: dict[str, Card]
) -> None:
    """A card with two ATRs (ISO 7816-3, 6.2.3): the warm one after SCARD_RESET_CARD, the first after UNPOWER."""
    card = cards.get("reader-test-warm-atr")
    if card is None:
        pytest.skip("the inventory has no card reader-test-warm-atr (cards.yaml)")
    with pcsc.context() as context:
        change_card(reader, context, hands, card, SCARD_STATE_PRESENT)
        with context.connect(reader.name) as handle:
            handle.reconnect(initialization=SCARD_RESET_CARD)
            assert handle.status().atr == card.warm_atr
            handle.reconnect(initialization=SCARD_UNPOWER_CARD)
            assert handle.status().atr == card.atr


@pytest.mark.behaviour("atr-same-after-power-cycle")
def test_atr_is_the_same_after_the_card_was_off(reader: ReaderUnderTest, pcsc: Pcsc) -> None:
    """Two cold resets give one ATR: a reader that cuts the second one shows here (ISO 7816-3, 6.2.2)."""
    with pcsc.context() as context:
        with context.connect(reader.name) as card:
            first = card.status().atr
            card.disconnect(SCARD_UNPOWER_CARD)
        with context.connect(reader.name) as card:
            assert card.status().atr == first
