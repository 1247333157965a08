"""Endurance: what happens once in a thousand times, and what is left behind each time."""

from __future__ import annotations

import threading

import pytest

from fixtures import reader_test
from fixtures.hands import Hands
from fixtures.pcsc.constants import SCARD_STATE_EMPTY, SCARD_STATE_PRESENT, SCARD_UNPOWER_CARD
from fixtures.pcsc.session import Pcsc
from fixtures.reader_under_test import ReaderUnderTest
from fixtures.requirements import require_prompt_hands
from fixtures.service import ServiceProcess
from fixtures.states import state_of, wait_for
from fixtures.threads import run_in_threads

pytestmark = [
    pytest.mark.subject("Timing and endurance"),
    pytest.mark.applet("reader-test"),
    pytest.mark.not_recorded("endurance is a matter of time"),
]

SUCCESS = 0x9000
THREADS = 4
EXCHANGES = 280
"""Of each thread: 1120 in all, so that one crossed answer in a thousand is seen."""
POWER_CYCLES = 20
CONNECTIONS = 100
INSERTIONS = 4
MORE_WITH_FULL = 10
FILES_LEFT = 4


def length_for(number: int, turn: int) -> int:
    """1 to 256, another for each thread and turn, so that no two neighbouring answers are alike."""
    return 1 + (turn * 37 + number * 64) % 256


@pytest.mark.behaviour("endurance-threads")
def test_no_answer_is_crossed_in_a_thousand(reader: ReaderUnderTest, pcsc: Pcsc, full: bool) -> None:
    """Four threads with a context each talk to one card without a lock: each gets its own answer, every time.

    The threads are those of another process: a PC/SC library that cannot bear them must not take the run with it.
    """
    together = threading.Barrier(THREADS)

    def exchange(number: int) -> None:
        with crowd.context() as context, context.connect(reader.name) as card:
            assert card.transmit(reader_test.SELECT).sw == SUCCESS
            together.wait(30)
            for turn in range(EXCHANGES):
                length = length_for(number, turn)
                response = card.transmit(reader_test.case_2(length))
                expected = (SUCCESS, reader_test.counting(length))
                assert (response.sw, response.data) == expected, f"exchange {turn} of thread {number}, Le {length}"

    with pcsc.process("crowd") as crowd:
        for _round in range(MORE_WITH_FULL if full else 1):
            run_in_threads(exchange, THREADS)


@pytest.mark.behaviour("endurance-power-cycles")
def test_card_comes_back_after_each_power_cycle(reader: ReaderUnderTest, pcsc: Pcsc, full: bool) -> None:
    """The power is taken and given, again and again: the same ATR, and a card that works (HLK)."""
    with pcsc.context() as context:
        for cycle in range(POWER_CYCLES * (MORE_WITH_FULL if full else 1)):
            with context.connect(reader.name) as card:
                assert card.status().atr == reader.card.atr, f"power cycle {cycle}"
                assert card.transmit(reader_test.SELECT).sw == SUCCESS, f"power cycle {cycle}"
                card.disconnect(SCARD_UNPOWER_CARD)


@pytest.mark.behaviour("endurance-connections")
def test_connections_leave_nothing_behind_in_the_service(
    reader: ReaderUnderTest, pcsc: Pcsc, full: bool, service: ServiceProcess
) -> None:
    """A context and a connection, given back each time: the service has as many files open as before (pcsc-lite)."""
    with pcsc.context() as context:
        known = state_of(context, reader.name)
        before = service.open_files()
        for _round in range(CONNECTIONS * (MORE_WITH_FULL if full else 1)):
            with pcsc.context() as another, another.connect(reader.name) as card:
                assert card.status().atr == reader.card.atr
        assert state_of(context, reader.name).reader == known.reader
        assert service.open_files() <= before + FILES_LEFT


@pytest.mark.behaviour("endurance-insertions")
def test_each_insertion_is_seen(reader: ReaderUnderTest, pcsc: Pcsc, hands: Hands, full: bool) -> None:
    """The card goes and comes, again and again: two events each time, and a card that works (HLK)."""
    require_prompt_hands(reader, hands)
    with pcsc.context() as context:
        known = state_of(context, reader.name)
        for insertion in range(INSERTIONS * (MORE_WITH_FULL if full else 1)):
            hands.remove()
            known = wait_for(context, known, SCARD_STATE_EMPTY, hands)
            hands.insert()
            known = wait_for(context, known, SCARD_STATE_PRESENT, hands)
            with context.connect(reader.name) as card:
                assert card.status().atr == reader.card.atr, f"insertion {insertion}"
                assert card.transmit(reader_test.SELECT).sw == SUCCESS, f"insertion {insertion}"
