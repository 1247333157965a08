"""Time: answers come when they are due, and a card that nobody talks to stays as it is."""

from __future__ import annotations

import time

import pytest

from fixtures import reader_test
from fixtures.hands import Hands
from fixtures.measurement import Measure
from fixtures.pcsc.constants import SCARD_STATE_EMPTY, SCARD_STATE_PRESENT, SCARD_UNPOWER_CARD
from fixtures.pcsc.errors import SCARD_E_TIMEOUT
from fixtures.pcsc.expect import raises_pcsc
from fixtures.pcsc.session import Pcsc
from fixtures.reader_under_test import ReaderUnderTest
from fixtures.requirements import require_prompt_hands
from fixtures.service import ServiceProcess
from fixtures.states import state_of, wait_for

pytestmark = [pytest.mark.subject("Timing and endurance"), pytest.mark.applet("reader-test")]

SUCCESS = 0x9000
DUE_SECONDS = 2.5
"""What 256 bytes may take: at 9600 bit/s, the slowest a card starts with, they take a third of a second."""
BUSY_UNITS = 45
PATIENCE_SECONDS = 6.0
IDLE_MILLISECONDS = 2000
PROMPT_SECONDS = 3.0
POWERED_MILLISECONDS = 6000
"""pcscd takes the power from a card five seconds after its last connection has ended."""
QUIET_SECONDS = 1.5
BUSY_SHARE = 0.5


@pytest.mark.behaviour("answers-in-time")
def test_answer_of_256_bytes_comes_in_time(reader: ReaderUnderTest, pcsc: Pcsc, measure: Measure) -> None:
    """A reader that takes its time for each byte makes every card slow (ISO 7816-3, 7.2)."""
    with pcsc.context() as context, context.connect(reader.name) as card:
        assert card.transmit(reader_test.SELECT).sw == SUCCESS
        begun = time.monotonic()
        card.transmit_raw(reader_test.case_2(256))
        took = time.monotonic() - begun
        assert measure("256 bytes from the card", took, "s", limit=DUE_SECONDS) < DUE_SECONDS


@pytest.mark.behaviour("long-work-ends-in-time")
def test_long_work_is_waited_for_and_no_longer(reader: ReaderUnderTest, pcsc: Pcsc, measure: Measure) -> None:
    """4.5 s of work need time extensions (CCID 1.1, 6.2.6); the answer is there soon after the card has given it."""
    with pcsc.context() as context, context.connect(reader.name) as card:
        assert card.transmit(reader_test.SELECT).sw == SUCCESS
        begun = time.monotonic()
        assert card.transmit(reader_test.busy(BUSY_UNITS)).sw == SUCCESS
        took = time.monotonic() - begun
        limit = BUSY_UNITS * 0.1 + PATIENCE_SECONDS
        assert measure("4.5 s of work in the card", took, "s", limit=limit) < limit


@pytest.mark.behaviour("idle-card-keeps-its-state")
def test_card_that_is_left_alone_keeps_its_state(reader: ReaderUnderTest, pcsc: Pcsc) -> None:
    """Six quiet seconds of a connected card: no event, no power-off, the applet still selected (unitary tests)."""
    with pcsc.context() as context, context.connect(reader.name) as card:
        assert card.transmit(reader_test.SELECT).sw == SUCCESS
        known = state_of(context, reader.name)
        with raises_pcsc(SCARD_E_TIMEOUT):
            context.get_status_change(POWERED_MILLISECONDS, [known])
        assert card.status().protocol == card.protocol
        assert card.transmit(reader_test.case_2(16)).data == reader_test.counting(16)


@pytest.mark.behaviour("idle-service-rests")
def test_service_rests_while_nothing_happens(
    reader: ReaderUnderTest, pcsc: Pcsc, service: ServiceProcess, measure: Measure
) -> None:
    """A quiet reader costs next to no processor time, by interrupt endpoint or by polling; the share is measured."""
    with pcsc.context() as context, context.connect(reader.name) as card:
        assert card.status().atr == reader.card.atr
        known = state_of(context, reader.name)
        before, begun = service.processor_seconds(), time.monotonic()
        with raises_pcsc(SCARD_E_TIMEOUT):
            context.get_status_change(int(QUIET_SECONDS * 1000), [known])
        share = (service.processor_seconds() - before) / (time.monotonic() - begun)
        measure("processor time of the idle service", share * 100, "%", limit=BUSY_SHARE * 100)
        assert share < BUSY_SHARE


@pytest.mark.behaviour("card-events-are-prompt")
def test_removal_and_insertion_are_told_at_once(
    reader: ReaderUnderTest, pcsc: Pcsc, hands: Hands, measure: Measure
) -> None:
    """A lost interrupt message shows only when the daemon next looks by itself; it has to be told (CCID 1.1, 6.3.1)."""
    require_prompt_hands(reader, hands)
    with pcsc.context() as context:
        known = state_of(context, reader.name)
        for _round in range(3):  # a daemon that looks by itself now and then may be lucky once, not after each event
            begun = time.monotonic()
            hands.remove()
            known = wait_for(context, known, SCARD_STATE_EMPTY, hands)
            removed = time.monotonic()
            hands.insert()
            known = wait_for(context, known, SCARD_STATE_PRESENT, hands)
            inserted = time.monotonic()
            assert measure("removal told", removed - begun, "s", limit=PROMPT_SECONDS) < PROMPT_SECONDS
            assert measure("insertion told", inserted - removed, "s", limit=PROMPT_SECONDS) < PROMPT_SECONDS


@pytest.mark.behaviour("insertion-is-one-event")
def test_inserted_card_stays(reader: ReaderUnderTest, pcsc: Pcsc, hands: Hands) -> None:
    """A card switch that bounces makes two insertions of one: nothing may follow for two seconds (CCID 1.1, 6.3.1)."""
    require_prompt_hands(reader, hands)
    with pcsc.context() as context:
        known = state_of(context, reader.name)
        hands.remove()
        known = wait_for(context, known, SCARD_STATE_EMPTY, hands)
        hands.insert()
        wait_for(context, known, SCARD_STATE_PRESENT, hands)
        with context.connect(reader.name) as card:
            assert card.transmit(reader_test.SELECT).sw == SUCCESS
            known = state_of(context, reader.name)
            with raises_pcsc(SCARD_E_TIMEOUT):
                context.get_status_change(IDLE_MILLISECONDS, [known])


@pytest.mark.behaviour("unpower-makes-the-card-forget")
def test_card_forgets_its_applet_without_power(reader: ReaderUnderTest, pcsc: Pcsc) -> None:
    """SCARD_UNPOWER_CARD takes the power away: no applet is selected afterwards (CCID 1.1, 6.1.2)."""
    with pcsc.context() as context:
        with context.connect(reader.name) as card:
            assert card.transmit(reader_test.SELECT).sw == SUCCESS
            card.disconnect(SCARD_UNPOWER_CARD)
        with context.connect(reader.name) as card:
            assert card.transmit(reader_test.case_2(16)).sw != SUCCESS
