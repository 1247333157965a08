"""Which readers a pattern means, and what is said when it means none."""

from __future__ import annotations

from pathlib import Path

import pytest

from fixtures.inventory.errors import NoReaderMatchesError
from fixtures.inventory.loader import load
from fixtures.inventory.model import Features, Inventory, Reader, Usb

FEATURES = Features(verify_pin_direct=False, modify_pin_direct=False, exchange_level="tpdu")


def reader(reader_id: str, name: str, pcsc_name: str) -> Reader:
    return Reader(reader_id, name, pcsc_name, Usb(1, 2, 3, "", ""), 1, FEATURES)


@pytest.fixture(scope="module")
def shipped() -> Inventory:
    return load(Path(__file__).parents[2] / "inventory")


LAB = Inventory(
    readers=(
        reader("ezio", "Gemalto Ezio Shield", "Gemalto Ezio Shield*"),
        reader("ezio-pinpad", "Gemalto Ezio Shield PinPad", "Gemalto Ezio Shield PinPad*"),
        reader("dual-a", "Twin (contact)", "Maker Twin [Contact] ?? 00"),
    ),
    cards=(),
)


@pytest.mark.parametrize(
    ("pattern", "ids"),
    [
        ("Gemalto Ezio", ["ezio", "ezio-pinpad"]),
        ("gemalto ezio SHIELD PINPAD", ["ezio-pinpad"]),
        ("EZIO-PIN", ["ezio-pinpad"]),
        ("ezio", ["ezio", "ezio-pinpad"]),
        ("*shield", ["ezio"]),
        ("dual-?", ["dual-a"]),
        ("[contact]", ["dual-a"]),
        ("*[Contact]*", ["dual-a"]),
        ("Maker Twin [Contact] 03 00", ["dual-a"]),
        ("Gemalto Ezio Shield [CCID] (0123) 00 00", ["ezio"]),
        ("*", ["ezio", "ezio-pinpad", "dual-a"]),
    ],
)
def test_a_pattern_is_a_part_or_a_glob_or_a_whole_pcsc_name(pattern: str, ids: list[str]) -> None:
    assert [found.id for found in LAB.matching([pattern])] == ids


def test_no_pattern_means_every_reader() -> None:
    assert LAB.matching([]) == LAB.readers


def test_several_patterns_keep_the_order_of_the_inventory_and_name_no_reader_twice() -> None:
    assert [found.id for found in LAB.matching(["dual", "ezio", "shield"])] == ["ezio", "ezio-pinpad", "dual-a"]


def test_brackets_are_no_character_class() -> None:
    with pytest.raises(NoReaderMatchesError):
        LAB.matching(["Maker Twin [abc]*"])


@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        (
            "gemalto-ezoi",
            'no reader of the inventory matches "gemalto-ezoi"; did you mean "gemalto-ezio-shield"?',
        ),
        (
            "KAAN Bas3",
            'no reader of the inventory matches "KAAN Bas3"; did you mean "kobil-kaan-base"?',
        ),
        (
            "zzz",
            'no reader of the inventory matches "zzz"; '
            "it has gemalto-ezio-shield, omnikey-cardman-3121, kobil-kaan-base",
        ),
        (
            "",
            'no reader of the inventory matches ""; it has gemalto-ezio-shield, omnikey-cardman-3121, kobil-kaan-base',
        ),
    ],
)
def test_a_pattern_that_means_none_names_the_nearest(shipped: Inventory, pattern: str, message: str) -> None:
    with pytest.raises(NoReaderMatchesError) as caught:
        shipped.matching(["ezio", pattern])
    assert str(caught.value) == message


def test_an_empty_inventory_says_so() -> None:
    with pytest.raises(NoReaderMatchesError, match="it has no readers"):
        Inventory((), ()).matching(["x"])


@pytest.mark.parametrize(
    ("pcsc_name", "reader_id"),
    [
        ("Gemalto Ezio Shield 00 00", "ezio"),
        ("Gemalto Ezio Shield PinPad 00 00", "ezio-pinpad"),
        ("Maker Twin [Contact] 01 00", "dual-a"),
        ("Maker Twin C 01 00", None),
        ("Yubico YubiKey 00 00", None),
    ],
)
def test_an_attached_reader_is_known_by_its_most_exact_pattern(pcsc_name: str, reader_id: str | None) -> None:
    found = LAB.named(pcsc_name)
    assert (found.id if found else None) == reader_id


def test_a_pattern_full_of_stars_is_judged_at_once() -> None:
    hostile = reader("x", "a" * 200, "a" * 200)
    assert not hostile.matches("*a" * 60 + "b")
