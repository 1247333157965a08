"""Readers with several CCID interfaces or slots: in the file, in memory, and as the simulator is told of them."""

from __future__ import annotations

from pathlib import Path

import jsonschema
import pytest
import yaml

from fixtures.bench.simulated import specification
from fixtures.inventory.errors import InventoryError
from fixtures.inventory.loader import load
from fixtures.inventory.tables import schema
from tests.inventory.sample import READERS, changed, message

HEAD, _, DESCRIPTOR = READERS.partition("    descriptor:\n")
_KEYS = [line.strip() for line in DESCRIPTOR.splitlines()]
FIRST = f"      - {_KEYS[0]}\n" + "".join(f"        {line}\n" for line in _KEYS[1:])
SECOND = changed(FIRST, "bMaxSlotIndex: 0", "bMaxSlotIndex: 1")
SECOND = changed(SECOND, "bNumEndpoints: 3", "bNumEndpoints: 2\n        bInterfaceNumber: 1")
COMPOSITE = changed(HEAD, "slots: 1", "slots: 3") + "    descriptors:\n" + FIRST + SECOND
CARDS_KEY = "    card: test-card\n"


def put(folder: Path, text: str) -> Path:
    (folder / "readers.yaml").write_text(text, encoding="utf-8")
    return folder


def test_one_descriptor_reads_the_same_in_both_ways(folder: Path) -> None:
    one = load(folder)
    assert load(put(folder, HEAD + "    descriptors:\n" + FIRST)) == one
    assert one.readers[0].descriptors == (one.readers[0].descriptor,)


def test_a_composite_reader_has_the_slots_of_all_its_interfaces(folder: Path) -> None:
    (reader,) = load(put(folder, COMPOSITE)).readers
    assert [descriptor.bInterfaceNumber for descriptor in reader.descriptors] == [0, 1]
    assert reader.descriptor is reader.descriptors[0]
    assert (reader.slots, reader.cards, reader.card) == (3, ("test-card", None, None), "test-card")
    assert reader.simulation is not None
    assert reader.simulation.interrupt_endpoint


def test_each_slot_may_have_its_card(folder: Path) -> None:
    inventory = load(put(folder, changed(COMPOSITE, CARDS_KEY, "    cards: [null, test-card, null]\n")))
    (reader,) = inventory.readers
    assert (reader.card, inventory.card_in(reader)) == (None, None)
    cards = inventory.cards_in(reader)
    assert [card and card.id for card in cards] == [None, "test-card", None]


def test_the_simulator_is_told_of_every_interface_and_slot(folder: Path) -> None:
    inventory = load(put(folder, changed(COMPOSITE, CARDS_KEY, "    cards: [null, test-card, null]\n")))
    (reader,) = inventory.readers
    first, *others = inventory.cards_in(reader)
    interfaces = specification(reader, first, others).interfaces
    assert [interface.slots for interface in interfaces] == [1, 2]
    assert [interface.interrupt_endpoint for interface in interfaces] == [True, False]
    kinds = [[card and card.kind for card in interface.cards] for interface in interfaces]
    assert kinds == [[None], ["reader-test", None]]


def test_the_simulator_is_told_of_one_card_where_no_other_is_given(folder: Path) -> None:
    inventory = load(put(folder, COMPOSITE))
    (reader,) = inventory.readers
    interfaces = specification(reader, inventory.card_in(reader)).interfaces
    assert [len(interface.cards) for interface in interfaces] == [1, 0]


MISTAKES = {
    "both descriptor and descriptors": (
        READERS + "    descriptors:\n" + FIRST,
        'both "descriptor" and "descriptors" in reader; expected one of them',
    ),
    "both card and cards": (
        changed(READERS, CARDS_KEY, CARDS_KEY + "    cards: [test-card]\n"),
        'both "card" and "cards" in reader; expected one of them',
    ),
    "no descriptors": (HEAD + "    descriptors: []\n", "descriptors in reader has 0 items; expected 1 to 32"),
    "fewer cards than slots": (
        changed(COMPOSITE, CARDS_KEY, "    cards: [test-card]\n"),
        "cards has 1 items but slots is 3; expected one item a slot",
    ),
    "an unknown card in a slot": (
        changed(COMPOSITE, CARDS_KEY, "    cards: [null, null, no-card]\n"),
        'unknown card "no-card"; expected one of test-card',
    ),
    "one interface number twice": (
        changed(COMPOSITE, "bInterfaceNumber: 1", "bInterfaceNumber: 0"),
        "bInterfaceNumber 0 stands in two descriptors",
    ),
    "fewer slots than the interfaces have": (
        changed(COMPOSITE, "slots: 3", "slots: 1"),
        "slots is 1 but bMaxSlotIndex is 0 and 1, which makes 3",
    ),
    "a mistake in the second descriptor": (
        changed(COMPOSITE, "bNumEndpoints: 2", "bNumEndpoints: 1"),
        "bNumEndpoints is 1 but bInterfaceProtocol 0 needs 2 or 3",
    ),
}


@pytest.mark.parametrize(("text", "expected"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_is_one_line(folder: Path, text: str, expected: str) -> None:
    assert expected in message(put(folder, text))


def test_a_mistake_in_the_second_descriptor_has_its_place(folder: Path) -> None:
    text = changed(COMPOSITE, "bNumEndpoints: 2", "bNumEndpoints: 1")
    line = text.splitlines().index("      - bNumEndpoints: 1") + 1
    assert f"readers.yaml:{line}:" in message(put(folder, text))


@pytest.mark.parametrize("text", [COMPOSITE, MISTAKES["both card and cards"][0], MISTAKES["no descriptors"][0]])
def test_the_schema_judges_as_the_loader_does(folder: Path, text: str) -> None:
    try:
        load(put(folder, text))
    except InventoryError:
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(yaml.safe_load(text), schema("readers"), jsonschema.Draft7Validator)
    else:
        jsonschema.validate(yaml.safe_load(text), schema("readers"), jsonschema.Draft7Validator)
