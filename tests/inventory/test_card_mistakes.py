"""Each mistake in cards.yaml, and the one line that says so."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.inventory.sample import CARDS, changed, message

CARD_ON_PURPOSE = 'if the card is meant to contradict itself, say "contradictory: true"'

CARD_MISTAKES = {
    "bad hex": (
        "3B 02 14 50",
        "3B 02 1G 50",
        '4:10: bad hex "3B 02 1G 50" for atr in card; expected 2 to 64 bytes as pairs of hex digits',
    ),
    "half a byte": (
        "3B 02 14 50",
        "3B 02 14 5",
        '4:10: bad hex "3B 02 14 5" for atr in card; expected 2 to 64 bytes as pairs of hex digits',
    ),
    "one byte": (
        "3B 02 14 50",
        "3B",
        "4:10: atr in card has 1 byte; expected 2 to 64 bytes as pairs of hex digits",
    ),
    "34 bytes": (
        "3B 02 14 50",
        "3B 02" + " 00" * 32,
        f"4:10: the ATR has 34 bytes but ISO 7816-3 allows 33; {CARD_ON_PURPOSE}",
    ),
    "65 bytes": (
        "3B 02 14 50",
        "3B 02" + " 00" * 63,
        "4:10: atr in card has 65 bytes; expected 2 to 64 bytes as pairs of hex digits",
    ),
    "number for hex": (
        "3B 02 14 50",
        "30021450",
        '4:10: wrong type for atr in card: a number "30021450"; '
        "expected text (2 to 64 bytes as pairs of hex digits); put it in quotes",
    ),
    "no protocol": (
        "protocols: [0]",
        "protocols: []",
        "5:16: protocols in card has 0 items; expected 1 to 2",
    ),
    "protocol out of range": (
        "protocols: [0]",
        "protocols: [0, 14]",
        '5:20: protocols in card is out of range: "14"; expected a number from 0 to 1',
    ),
    "protocol twice": (
        "protocols: [0]",
        "protocols: [0, 0]",
        '5:20: "0" stands twice in protocols in card',
    ),
    "text for list": (
        "protocols: [0]",
        "protocols: T=0",
        '5:16: wrong type for protocols in card: text "T=0"; expected a list, each item a number from 0 to 1',
    ),
    "unknown kind": (
        "kind: reader-test",
        "kind: jcard-sim",
        '7:11: unknown kind in card: "jcard-sim"; expected one of reader-test, sample, jcardsim, piv; '
        'did you mean "jcardsim"?',
    ),
    "a secret": (
        "disposable: true",
        "disposable: true\n    pin: 12345678",
        '9:5: unknown key "pin" in card; expected one of id, name, atr, protocols, disposable, applets, kind, '
        "warm_atr, serial, contradictory, notes",
    ),
    "protocols against the ATR": (
        "protocols: [0]",
        "protocols: [0, 1]",
        f"5:16: protocols says T=0, T=1 but the ATR offers T=0; {CARD_ON_PURPOSE}",
    ),
    "wrong TS": (
        "3B 02 14 50",
        "3C 02 14 50",
        f"4:10: the ATR begins with 3C; expected 3B or 3F; {CARD_ON_PURPOSE}",
    ),
    "too few bytes": (
        "3B 02 14 50",
        "3B 03 14 50",
        f"4:10: the ATR has 4 bytes but announces 5; {CARD_ON_PURPOSE}",
    ),
    "interface bytes missing": (
        "3B 02 14 50",
        "3B F0 11",
        f"4:10: the ATR ends after 3 bytes, in its interface bytes; {CARD_ON_PURPOSE}",
    ),
    "wrong TCK": (
        "3B 02 14 50",
        "3B 82 81 31 FE 45 14 50 CE",
        f"4:10: the ATR's check byte TCK is CE; expected CD; {CARD_ON_PURPOSE}",
    ),
}


@pytest.mark.parametrize(("old", "new", "expected"), CARD_MISTAKES.values(), ids=CARD_MISTAKES)
def test_a_mistake_in_cards_yaml_is_one_line(folder: Path, old: str, new: str, expected: str) -> None:
    (folder / "cards.yaml").write_text(changed(CARDS, old, new), encoding="utf-8")
    assert message(folder) == f"{folder / 'cards.yaml'}:{expected}"


def test_a_secret_is_not_repeated_in_the_message(folder: Path) -> None:
    (folder / "cards.yaml").write_text(CARDS + "    pin: 12345678\n", encoding="utf-8")
    assert "12345678" not in message(folder)
