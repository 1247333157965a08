"""The card for a test under one protocol: the reader's own, or another of its sort."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from fixtures.card_choice import other_card
from fixtures.inventory.loader import load
from fixtures.inventory.model import Card, Reader

INVENTORY = load(Path(__file__).parents[2] / "inventory" / "readers.yaml")
CARDS = {card.id: card for card in INVENTORY.cards}
EZIO = next(reader for reader in INVENTORY.readers if reader.id == "gemalto-ezio-shield")
T0, T1, BOTH = CARDS["reader-test-t0"], CARDS["reader-test-t1"], CARDS["reader-test-t0-t1"]
APPLET_T0 = CARDS["applet-t0"]


def chosen(own: Card, protocol: int, reader: Reader = EZIO) -> str | None:
    card = other_card(reader, own, protocol, {"reader-test"}, INVENTORY.cards)
    return None if card is None else card.id


@pytest.mark.parametrize(
    ("own", "protocol", "card"),
    [
        (T0, 0, None),
        (T0, 1, "reader-test-t1"),
        (T1, 1, None),
        (T1, 0, "reader-test-t0"),
        (BOTH, 0, "reader-test-t0"),
        (BOTH, 1, "reader-test-t1"),
        (APPLET_T0, 1, "applet-t1"),
    ],
)
def test_card_speaks_the_protocol_alone_and_is_of_the_same_sort(own: Card, protocol: int, card: str | None) -> None:
    assert chosen(own, protocol) == card


def test_inventory_without_such_a_card_is_a_skip_in_words() -> None:
    real = dataclasses.replace(T0, id="mine", kind=None)
    with pytest.raises(pytest.skip.Exception, match="no other card like mine that speaks T=1 alone"):
        chosen(real, 1)


def test_reader_without_the_protocol_is_a_skip_in_words() -> None:
    only_t0 = tuple(dataclasses.replace(each, dwProtocols=1) for each in EZIO.descriptors)
    with pytest.raises(pytest.skip.Exception, match="gemalto-ezio-shield does not speak T=1"):
        chosen(T0, 1, dataclasses.replace(EZIO, descriptors=only_t0))
