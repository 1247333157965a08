"""The applets in one JVM each for all the tests, and their Python twin."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from fixtures.simulator.cards.jcardsim import EXTENDED_LENGTH, READER_TEST, JCardSimCard
from fixtures.simulator.specification import CardSpecification, SpecificationError

SPECIFICATION = CardSpecification("jcardsim", "3B021450", warm_atr="3B021451")


def _started(applet: str) -> Iterator[JCardSimCard]:
    try:
        card = JCardSimCard(SPECIFICATION, applet)
    except SpecificationError as error:
        pytest.skip(str(error))
    with card:
        yield card


@pytest.fixture(scope="session")
def extended_length_jvm() -> Iterator[JCardSimCard]:
    yield from _started(EXTENDED_LENGTH)


@pytest.fixture(scope="session")
def reader_test_jvm() -> Iterator[JCardSimCard]:
    yield from _started(READER_TEST)
