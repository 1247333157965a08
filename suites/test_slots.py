"""Slots: a reader with several answers for each card where that card is."""

from __future__ import annotations

import pytest

from fixtures import reader_test
from fixtures.pcsc.session import Pcsc
from fixtures.reader_under_test import ReaderUnderTest

pytestmark = pytest.mark.subject("Slots")

SUCCESS = 0x9000
ROUNDS = 8


@pytest.mark.behaviour("slots-answer-for-themselves")
@pytest.mark.applet("reader-test")
def test_each_slot_answers_for_its_own_card(reader: ReaderUnderTest, pcsc: Pcsc) -> None:
    """Answers of two slots exchanged: bSlot names the card that is asked, both ways (CCID 1.1, 6.1 and 6.2)."""
    if sum(card is not None for card in reader.entry.cards) < 2:
        pytest.skip(f"{reader.id} does not hold two cards (readers.yaml: cards)")
    with pcsc.context() as context:
        names = sorted(name for name in context.readers() if reader.entry.has_pcsc_name(name))
        with context.connect(names[0]) as first, context.connect(names[1]) as second:
            assert first.transmit(reader_test.SELECT).sw == SUCCESS
            assert second.transmit(reader_test.case_2(16)).sw != SUCCESS
            assert second.transmit(reader_test.SELECT).sw == SUCCESS
            for length in range(1, ROUNDS + 1):
                assert first.transmit(reader_test.case_2(length)).data == reader_test.counting(length)
                assert second.transmit(reader_test.case_2(100 + length)).data == reader_test.counting(100 + length)
