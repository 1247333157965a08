"""The Python reader-test card and the Java applets answer byte for byte the same."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

import pytest
from hypothesis import given, settings

from fixtures.simulator.cards.apdu import parse
from fixtures.simulator.cards.card import Card
from fixtures.simulator.cards.jcardsim import JCardSimCard
from fixtures.simulator.cards.reader_test import ReaderTestCard
from tests.applets import exchanges
from tests.applets.conftest import SPECIFICATION

Exchanges = Callable[[], Iterator[bytes]]
SUITE = [exchanges.every_header, exchanges.selections, exchanges.cases, exchanges.pins, exchanges.extended]
RUNS = settings(max_examples=150, deadline=None)


def answer(card: Card, command: bytes) -> bytes:
    return card.power_on(True) if command == exchanges.RESET else card.transmit(command).data


def is_extended(command: bytes) -> bool:
    apdu = parse(command)
    return apdu is not None and apdu.extended


def first_difference(applet: JCardSimCard, commands: Iterable[bytes], *, short_only: bool = False) -> str:
    """What the two answer to the first command at which they part; empty where they do not.

    short_only: the applet refuses every extended length.
    """
    applet.renew()
    twin = ReaderTestCard(SPECIFICATION)
    for number, command in enumerate(commands):
        expected = b"\x67\x00" if short_only and is_extended(command) else answer(twin, command)
        got = answer(applet, command)
        if got != expected:
            return f"command {number}, {command[:300].hex(' ')}: twin {expected.hex(' ')}, applet {got.hex(' ')}"
    return ""


@pytest.mark.parametrize("suite", SUITE, ids=lambda suite: suite.__name__)
def test_extended_length_applet_answers_as_its_twin(extended_length_jvm: JCardSimCard, suite: Exchanges) -> None:
    assert first_difference(extended_length_jvm, suite()) == ""


@pytest.mark.parametrize("suite", SUITE, ids=lambda suite: suite.__name__)
def test_reader_test_applet_answers_as_its_twin_and_takes_no_extended_length(
    reader_test_jvm: JCardSimCard, suite: Exchanges
) -> None:
    assert first_difference(reader_test_jvm, suite(), short_only=True) == ""


@RUNS
@given(commands=exchanges.SEQUENCES)
def test_no_sequence_tells_the_extended_length_applet_from_its_twin(
    extended_length_jvm: JCardSimCard, commands: list[bytes]
) -> None:
    assert first_difference(extended_length_jvm, commands) == ""


@RUNS
@given(commands=exchanges.SEQUENCES)
def test_no_sequence_tells_the_reader_test_applet_from_its_twin(
    reader_test_jvm: JCardSimCard, commands: list[bytes]
) -> None:
    assert first_difference(reader_test_jvm, commands, short_only=True) == ""


def test_the_suite_reaches_every_answer() -> None:
    """A suite that lacked a class of answers could not tell the two apart there."""
    card = ReaderTestCard(SPECIFICATION)
    words = {answer(card, command)[-2:].hex() for suite in SUITE for command in suite()}
    expected = {"9000", "6700", "6a82", "6a86", "6a88", "6d00", "6e00", "63c0", "63c1", "63c2", "63c3"}
    expected |= {f"6a{place:02x}" for place in range(255)} | {f"6c{length:02x}" for length in range(5, 256)} | {"6c00"}
    assert expected - words == set()
