"""The list of ATRs and card names: what an entry is, and which ATRs it matches."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fixtures.pcsc.card_list import CardEntry, CardListError, matching, parse_list, read_list


def test_entries_have_line_pattern_and_names(sample: Path) -> None:
    entries = read_list(str(sample))
    assert [(entry.line, entry.pattern) for entry in entries][:3] == [
        (2, "3B 02 14 50"),
        (5, "3B 02 .. 50"),
        (8, "3B F8 13 00 00 81 31 FE 45 4A 43 4F 50 76 32 34 31 B7"),
    ]
    assert entries[2].names == ("JCOP \N{REPLACEMENT CHARACTER}[31m & <b>co</b>", "http://cards.example/")
    assert (entries[4].names, entries[5].names) == ((), ("class A+B+C",))


@pytest.mark.parametrize(
    ("pattern", "atr", "expected"),
    [
        ("3B 02 14 50", "3B021450", True),
        ("3b 02 14 5a", "3B02145A", True),
        ("3B 02 14 50", "3B021451", False),
        ("3B 02 .. 50", "3B021250", True),
        ("3B 02 .. 50", "3B02125000", False),
        ("3B 02 14 5.", "3B02145F", True),
        ("3B 02 14 5[0,F]", "3B02145F", True),
        ("3B 02 14 5[1-3]", "3B021454", False),
        ("3B 02 14 .*", "3B02145011223344", True),
        ("3B 02 14 5[F-A]", "3B02145B", False),  # no regular expression
        ("3B 02 (14|15) 50", "3B021450", False),  # nothing that the list's syntax has
        (".*.*.*.*", "3B021450", False),
    ],
)
def test_matching_of_one_entry(pattern: str, atr: str, expected: bool) -> None:
    assert CardEntry(1, pattern, ()).matches(bytes.fromhex(atr)) is expected


def test_exact_entries_come_before_wildcards() -> None:
    entries = list(parse_list(["3B 02 .. 50", "3B 02 14 50", "3B 02 14 51"]))
    assert [entry.line for entry in matching(entries, bytes.fromhex("3B021450"))] == [2, 1]


@given(st.text(alphabet="3B.*[]-,A 5^$(|", max_size=60), st.binary(min_size=2, max_size=33))
def test_no_pattern_is_an_error(pattern: str, raw: bytes) -> None:
    assert CardEntry(1, pattern, ()).matches(raw) in (True, False)


def test_missing_and_empty_lists_are_one_clear_sentence(tmp_path: Path) -> None:
    with pytest.raises(CardListError, match=r"missing\.txt: No such file or directory; expected a list such as "):
        read_list(str(tmp_path / "missing.txt"))
    (tmp_path / "empty.txt").write_text("# nothing\n", encoding="utf-8")
    with pytest.raises(CardListError, match=r"empty\.txt: expected lines that start with 3B or 3F, found none"):
        read_list(str(tmp_path / "empty.txt"))
