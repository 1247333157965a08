"""Mistakes that concern a file as a whole or both files, and the one line that says so."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from fixtures.inventory.errors import InventoryError
from fixtures.inventory.loader import MAX_FILE_BYTES, load
from fixtures.inventory.nodes import MAX_DEPTH
from tests.inventory.sample import CARDS, READERS, changed, message


def test_syntax_error(folder: Path) -> None:
    """The parser's own words may differ between libyaml and PyYAML, so only the place and the start are fixed."""
    (folder / "readers.yaml").write_text("readers:\n  - id: [pad\n", encoding="utf-8")
    assert message(folder).startswith(f"{folder / 'readers.yaml'}:3:1: not valid YAML: while parsing a flow sequence")


def test_tab_for_indentation(folder: Path) -> None:
    (folder / "readers.yaml").write_text("readers:\n\t- id: pad\n", encoding="utf-8")
    assert message(folder).startswith(f"{folder / 'readers.yaml'}:2:1: not valid YAML: ")


def test_control_character(folder: Path) -> None:
    (folder / "readers.yaml").write_text("readers:\n  - \x07\n", encoding="utf-8")
    assert message(folder) == f"{folder / 'readers.yaml'}:2:5: not valid YAML: the character U+0007 is not allowed"


def test_duplicate_reader_id(folder: Path) -> None:
    (folder / "readers.yaml").write_text(READERS + READERS.removeprefix("readers:\n"), encoding="utf-8")
    line = READERS.count("\n") + 1
    assert message(folder) == f'{folder / "readers.yaml"}:{line}:9: duplicate reader id "pad"; first given on line 2'


def test_duplicate_card_id(folder: Path) -> None:
    (folder / "cards.yaml").write_text(CARDS + CARDS.removeprefix("cards:\n"), encoding="utf-8")
    assert message(folder) == f'{folder / "cards.yaml"}:9:9: duplicate card id "test-card"; first given on line 2'


def test_a_card_is_named_but_there_are_none(folder: Path) -> None:
    (folder / "cards.yaml").write_text("cards: []\n", encoding="utf-8")
    place, cards = f"{folder / 'readers.yaml'}:17:11", folder / "cards.yaml"
    assert message(folder) == f'{place}: unknown card "test-card"; {cards} has no cards'
    (folder / "cards.yaml").unlink()
    assert message(folder) == f'{place}: unknown card "test-card"; there is no {cards}'


def test_alias_bomb_is_refused_at_once(folder: Path) -> None:
    levels = ["a: &a [x, x]"] + [
        f"{new}: &{new} [*{old}, *{old}]" for old, new in zip("abcdefgh", "bcdefghi", strict=True)
    ]
    (folder / "readers.yaml").write_text("\n".join(levels), encoding="utf-8")
    assert message(folder) == f'{folder / "readers.yaml"}:1:4: the anchor "&a" is not allowed; write values out'


def test_deep_nesting_is_refused(folder: Path) -> None:
    (folder / "readers.yaml").write_text("[" * 5000, encoding="utf-8")
    expected = f"{folder / 'readers.yaml'}:1:{MAX_DEPTH + 1}: nested more than {MAX_DEPTH} deep"
    assert message(folder) == expected


@pytest.mark.parametrize("text", ["", "# nothing but a comment\n"])
def test_empty_file(folder: Path, text: str) -> None:
    (folder / "readers.yaml").write_text(text, encoding="utf-8")
    expected = f"{folder / 'readers.yaml'}:1:1: the file is empty; expected a mapping with the keys readers"
    assert message(folder) == expected


def test_missing_file(folder: Path) -> None:
    path = folder / "raeders.yaml"
    assert message(path) == f"{path}: no such file; expected a YAML file of the inventory"


def test_missing_folder() -> None:
    path = Path("nowhere", "at", "all")
    assert message(path) == f"{path}: no such file; expected a YAML file of the inventory"


def test_name_that_no_file_can_have() -> None:
    assert message(Path("a\0b")).startswith("a\\x00b: cannot be read: ")


def test_name_with_a_line_break_stays_on_one_line() -> None:
    assert message(Path("a\nb")) == "a\\nb: no such file; expected a YAML file of the inventory"


def test_file_that_may_not_be_read(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By a refusing open, since permissions do not bind root."""

    def refuse(path: object, _flags: int) -> int:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(os, "open", refuse)
    assert message(folder) == f"{folder / 'readers.yaml'}: cannot be read: Permission denied"


def test_folder_in_the_place_of_the_file(folder: Path) -> None:
    (folder / "cards.yaml").unlink()
    (folder / "cards.yaml").mkdir()
    assert message(folder).startswith(f"{folder / 'cards.yaml'}: ")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_pipe_does_not_block(folder: Path) -> None:
    path = folder / "pipe.yaml"
    os.mkfifo(path)
    assert message(path) == f"{path}: is not a regular file; expected a YAML file"


def test_file_too_large(folder: Path) -> None:
    with (folder / "readers.yaml").open("wb") as stream:
        stream.truncate(MAX_FILE_BYTES + 1)
    assert message(folder) == f"{folder / 'readers.yaml'}: is too large; expected at most 16 MiB"


def test_file_that_is_not_utf8(folder: Path) -> None:
    (folder / "readers.yaml").write_bytes("readers:\n  - name: ä".encode("latin-1"))
    expected = "2:11: the byte 0xE4 is not UTF-8; expected a YAML file in UTF-8"
    assert message(folder) == f"{folder / 'readers.yaml'}:{expected}"


def test_byte_order_mark_is_no_mistake(folder: Path) -> None:
    (folder / "readers.yaml").write_bytes(b"\xef\xbb\xbf" + READERS.encode())
    assert len(load(folder).readers) == 1


def test_the_parts_of_an_error(folder: Path) -> None:
    """A caller that shows the place by other means needs the parts, not the sentence."""
    (folder / "readers.yaml").write_text(changed(READERS, "slots: 1\n", "slots: 0\n"), encoding="utf-8")
    with pytest.raises(InventoryError) as caught:
        load(folder)
    error = caught.value
    assert (error.file, error.line, error.column) == (str(folder / "readers.yaml"), 11, 12)
    assert error.message == 'slots in reader is out of range: "0"; expected a number from 1 to 256'


def test_an_absolute_path_below_the_working_folder_is_shown_from_there(folder: Path) -> None:
    (folder / "readers.yaml").write_text("", encoding="utf-8")
    assert message(folder.resolve()).startswith(f"{folder / 'readers.yaml'}:1:1: ")


@pytest.mark.parametrize(
    ("old", "new"),
    [("bPINSupport: 0x03", "bPINSupport: 0x00"), ("bNumEndpoints: 3", "bNumEndpoints: 0\n      bLength: 0")],
)
def test_a_reader_may_contradict_itself_on_purpose(folder: Path, old: str, new: str) -> None:
    text = changed(READERS, old, new) + "    contradictory: true\n"
    (folder / "readers.yaml").write_text(text, encoding="utf-8")
    assert load(folder).readers[0].contradictory


def test_a_card_may_have_a_wrong_atr_on_purpose(folder: Path) -> None:
    text = changed(CARDS, "3B 02 14 50", "3B 8F") + "    contradictory: true\n"
    (folder / "cards.yaml").write_text(text, encoding="utf-8")
    assert load(folder).cards[0].atr == b"\x3b\x8f"
