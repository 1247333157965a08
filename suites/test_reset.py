"""Resets: everyone who shares a card is told, and what is done to the card is what was asked."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from fixtures import reader_test
from fixtures.pcsc.constants import (
    SCARD_LEAVE_CARD,
    SCARD_RESET_CARD,
    SCARD_UNPOWER_CARD,
)
from fixtures.pcsc.errors import SCARD_W_RESET_CARD
from fixtures.pcsc.expect import raises_pcsc
from fixtures.pcsc.session import Pcsc
from fixtures.reader_under_test import ReaderUnderTest

pytestmark = [
    pytest.mark.subject("Reset and transactions"),
    pytest.mark.suspect("stack"),
    pytest.mark.applet("reader-test"),
]

SUCCESS = 0x9000


@pytest.mark.behaviour("reset-reported-to-the-other-handle")
def test_reset_is_reported_to_the_other_handle_on_its_first_transmit(reader: ReaderUnderTest, pcsc: Pcsc) -> None:
    """macOS 10.11 (radar 23574394): the first SCardTransmit after another handle's reset returned success.

    The answer is SCARD_W_RESET_CARD, again and again until SCardReconnect; and the card has forgotten its applet.
    """
    with pcsc.process("other") as process, pcsc.context() as a, process.context() as b:
        first = a.connect(reader.name)
        second = b.connect(reader.name)
        assert first.transmit(reader_test.SELECT).sw == SUCCESS
        second.disconnect(SCARD_RESET_CARD)
        for _attempt in range(3):
            with raises_pcsc(SCARD_W_RESET_CARD):
                first.transmit(reader_test.case_2(16))
        first.reconnect()
        assert first.transmit(reader_test.case_2(16)).sw != SUCCESS
        assert first.transmit(reader_test.SELECT).sw == SUCCESS
        assert first.transmit(reader_test.case_2(16)).data == reader_test.counting(16)


@pytest.mark.behaviour("reset-by-own-end-transaction")
def test_end_transaction_with_reset_is_reported_to_the_handle_that_made_it(reader: ReaderUnderTest, pcsc: Pcsc) -> None:
    """pcsc-lite tells the handle that reset the card with SCardEndTransaction as it tells any other."""
    with pcsc.context() as context, context.connect(reader.name) as card:
        card.begin_transaction()
        card.end_transaction(SCARD_RESET_CARD)
        with raises_pcsc(SCARD_W_RESET_CARD):
            card.transmit(reader_test.SELECT)
        card.reconnect()
        assert card.transmit(reader_test.SELECT).sw == SUCCESS


@pytest.mark.behaviour("reset-gives-the-same-atr")
@pytest.mark.parametrize("disposition", [SCARD_RESET_CARD, SCARD_UNPOWER_CARD], ids=["warm", "cold"])
def test_reset_gives_the_atr_of_the_first_power_up(reader: ReaderUnderTest, pcsc: Pcsc, disposition: int) -> None:
    """A warm reset and a cold one answer with the same ATR, unless the inventory's card says otherwise."""
    with pcsc.context() as context, context.connect(reader.name) as card:
        before = card.status().atr
        warm = disposition == SCARD_RESET_CARD and reader.card.warm_atr is not None
        card.reconnect(initialization=disposition)
        assert card.status().atr == (reader.card.warm_atr if warm else before)


@pytest.mark.behaviour("warm-and-cold-on-the-wire")
def test_reset_is_warm_and_unpower_is_cold_on_the_wire(
    reader: ReaderUnderTest, pcsc: Pcsc, wire: Callable[[], list[str]]
) -> None:
    """pcsc-lite: RESET powers on again, UNPOWER powers off first, and Disconnect(UNPOWER) leaves the card off.

    SCardReconnect and SCardEndTransaction power it on again, whichever it was.

    Some drivers make a warm reset of a power-off and a power-on, since CCID has no reset of its own.
    """
    power_on, power_off = "PC_to_RDR_IccPowerOn", "PC_to_RDR_IccPowerOff"

    def power_commands(before: int) -> list[str]:
        return [command for command in wire()[before:] if command in (power_on, power_off)]

    with pcsc.context() as context:
        card = context.connect(reader.name)
        before = len(wire())
        card.reconnect(initialization=SCARD_RESET_CARD)
        assert power_commands(before)[-1] == power_on
        before = len(wire())
        card.reconnect(initialization=SCARD_UNPOWER_CARD)
        commands = power_commands(before)
        assert commands[0] == power_off
        assert commands[-1] == power_on
        before = len(wire())
        card.begin_transaction()
        card.end_transaction(SCARD_UNPOWER_CARD)
        commands = power_commands(before)
        assert commands[0] == power_off
        assert commands[-1] == power_on
        before = len(wire())
        card.reconnect()
        card.disconnect(SCARD_UNPOWER_CARD)
        assert power_commands(before)[-1] == power_off


@pytest.mark.behaviour("leave-keeps-the-applet")
def test_disconnect_with_leave_does_not_reset_the_card(reader: ReaderUnderTest, pcsc: Pcsc) -> None:
    """SCARD_LEAVE_CARD leaves: the other handle's applet stays selected and no reset is reported (PC/SC part 5)."""
    with pcsc.process("other") as process, pcsc.context() as a, process.context() as b:
        first = a.connect(reader.name)
        second = b.connect(reader.name)
        assert first.transmit(reader_test.SELECT).sw == SUCCESS
        second.disconnect(SCARD_LEAVE_CARD)
        assert first.transmit(reader_test.case_2(4)).data == reader_test.counting(4)


@pytest.mark.behaviour("reset-by-reconnect-reported")
@pytest.mark.parametrize("initialization", [SCARD_RESET_CARD, SCARD_UNPOWER_CARD], ids=["warm", "cold"])
def test_reset_by_reconnect_is_reported_to_the_other_handle_alone(
    reader: ReaderUnderTest, pcsc: Pcsc, initialization: int
) -> None:
    """SCardReconnect with a reset: the other handle is told, the one that made it works on (PC/SC part 5)."""
    with pcsc.process("other") as process, pcsc.context() as a, process.context() as b:
        first = a.connect(reader.name)
        second = b.connect(reader.name)
        assert first.transmit(reader_test.SELECT).sw == SUCCESS
        second.reconnect(initialization=initialization)
        assert second.transmit(reader_test.SELECT).sw == SUCCESS
        with raises_pcsc(SCARD_W_RESET_CARD):
            first.status()
        with raises_pcsc(SCARD_W_RESET_CARD):
            first.begin_transaction()
        first.reconnect()
        assert first.transmit(reader_test.case_2(16)).data == reader_test.counting(16)


@pytest.mark.behaviour("leave-by-reconnect-resets-nothing")
def test_reconnect_with_leave_does_not_reset_the_card(reader: ReaderUnderTest, pcsc: Pcsc) -> None:
    """SCardReconnect(LEAVE) keeps applet and ATR, and tells the other handle of nothing (PC/SC part 5)."""
    with pcsc.process("other") as process, pcsc.context() as a, process.context() as b:
        first = a.connect(reader.name)
        second = b.connect(reader.name)
        assert first.transmit(reader_test.SELECT).sw == SUCCESS
        second.reconnect()
        assert first.transmit(reader_test.case_2(4)).data == reader_test.counting(4)
        assert second.transmit(reader_test.case_2(4)).data == reader_test.counting(4)
