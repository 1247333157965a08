"""What a failing comparison says of bytes and status words."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fixtures.comparison import difference, explain


@pytest.mark.parametrize(
    ("came", "expected", "lines"),
    [
        (
            "00 01 02",
            "00 01 02 03",
            [
                "3 bytes came, expected 4: missing from byte 3 (from 0) on",
                "  came      00 01 02 --",
                "  expected  00 01 02 03",
                "                     ^^",
            ],
        ),
        (
            "00 01 02",
            "00",
            [
                "3 bytes came, expected 1: too many from byte 1 (from 0) on",
                "  came      00 01 02",
                "  expected  00 -- --",
                "               ^^ ^^",
            ],
        ),
        (
            "00 FF 02",
            "00 01 02",
            [
                "3 bytes came, of which byte 1 (from 0) is wrong",
                "  came      00 FF 02",
                "  expected  00 01 02",
                "               ^^",
            ],
        ),
        ("", "01", ["0 bytes came, expected 1: missing from byte 0 (from 0) on", "  came      --"]),
    ],
)
def test_first_difference_is_marked(came: str, expected: str, lines: list[str]) -> None:
    assert difference(bytes.fromhex(came), bytes.fromhex(expected))[: len(lines)] == lines


def test_long_strings_are_shown_around_the_difference() -> None:
    whole = bytes(range(100))
    told = difference(whole[:50] + b"\xff" + whole[51:], whole)
    assert told[1] == "  came      ... 2E 2F 30 31 FF 33 34 35 ..."
    assert told[3].index("^^") == told[1].index("FF")


@given(st.binary(max_size=80), st.binary(max_size=80))
def test_any_difference_is_told_in_short_lines(came: bytes, expected: bytes) -> None:
    if came == expected:
        return
    told = difference(came, expected)
    assert len(told) == 4
    assert all(len(line) < 75 for line in told)
    column = told[3].index("^^")
    assert told[1][column : column + 2] != told[2][column : column + 2]
    place = int(re.search(r"byte (\d+) ", told[0])[1])  # type: ignore[index]
    assert came[:place] == expected[:place]
    assert came[: place + 1] != expected[: place + 1]


def test_status_words_come_by_name() -> None:
    assert explain("==", 0x6700, 0x9000) == ["status word 67 00 (wrong length), expected 90 00 (success)"]


def test_of_a_tuple_only_what_differs_is_told() -> None:
    told = explain("==", (0x9000, b"\x01"), (0x9000, b"\x02"))
    assert told is not None
    assert told[0] == "1 bytes came, of which byte 0 (from 0) is wrong"
    assert explain("==", (0x6A82, b""), (0x9000, b"\x02")) is not None


@pytest.mark.parametrize(
    ("operator", "left", "right"),
    [("!=", b"\x01", b"\x01"), ("==", 1, 2), ("==", "a", "b"), ("==", (1, b"a"), (2, b"b")), ("==", b"a", "a")],
)
def test_other_comparisons_are_left_to_pytest(operator: str, left: object, right: object) -> None:
    assert explain(operator, left, right) is None
