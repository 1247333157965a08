"""Which entries count, and as what."""

from __future__ import annotations

import pytest

from fixtures.pcsc.card_list import parse_list
from reports.atr_statistics.counting import SkippedEntryError, Statistics, count, countable


def counted(*patterns: str) -> Statistics:
    return count(list(parse_list(patterns)))


@pytest.mark.parametrize(
    ("pattern", "reason"),
    [
        ("3B 02 14 5[01]", "character class"),
        ("3B 02 14 5", "odd number of digits"),
        ("3B 02 14", "cut short"),
        ("3B F0 11", "cut short"),
        ("3B", "cut short"),
        ("3A 00", "no TS"),
        ("3B 0x", "not hexadecimal"),
    ],
)
def test_entries_that_do_not_count(pattern: str, reason: str) -> None:
    with pytest.raises(SkippedEntryError, match=reason):
        countable(pattern)


def test_wildcards_count_as_zero_and_the_end_does_not_matter() -> None:
    assert countable("3B 1.  .. *0").raw == bytes.fromhex("3B100000")
    assert countable("3B 00 01 02 03 04").raw == bytes.fromhex("3B0001")
    assert countable("3B 80 01").tck is None
    assert countable("3B 0F" + " 00" * 40).raw == b"\x3b\x0f" + bytes(16)


def test_left_out_entries_are_named() -> None:
    statistics = counted("# a list", "3B 00", "\ta card", "3B 02 14")
    assert (statistics.entries, statistics.counted) == (2, 1)
    assert [(skipped.line, skipped.pattern, skipped.reason) for skipped in statistics.skipped] == [
        (4, "3B 02 14", "cut short")
    ]


def test_every_interface_byte_is_counted_and_those_beyond_level_four_too() -> None:
    statistics = counted("3B 80 80 80 80 80 11 22", "3B F0 11 22 33 00", "3F 00", "3B 00")
    assert statistics.table("TA1") == {"none": 3, "11": 1}
    assert statistics.table("TB1") == {"none": 3, "22": 1}
    assert statistics.table("TC1") == {"none": 3, "33": 1}
    assert statistics.table("TD1") == {"none": 2, "00": 1, "80": 1}
    assert statistics.table("TD5") == {"none": 3, "11": 1}
    assert statistics.table("TA6") == {"none": 3, "22": 1}
    assert statistics.table("convention") == {"direct": 3, "inverse": 1}


def test_protocols_class_clock_stop_and_ifsc() -> None:
    statistics = counted("3B 80 81 31 FE 45", "3B 80 80 01", "3B 80 81 1F C7", "3B 80 1F C7", "3B 00")
    assert statistics.table("protocols") == {"T=0": 2, "T=1": 2, "T=0, T=1": 1}
    assert statistics.table("IFSC") == {"none": 4, "254": 1}
    assert statistics.table("class") == {"none": 3, "A+B+C": 1, "RFU": 1}  # RFU: TA2 is no class byte
    assert statistics.table("clock_stop") == {"none": 4, "in either state": 1}


def test_historical_bytes_and_check_byte() -> None:
    statistics = counted("3B 02 80 31", "3B 02 41 42", "3B 00 00", "3B 80 01 81", "3B 80 01 82", "3B 80 01")
    assert statistics.table("historical_length") == {"0": 4, "2": 2}
    assert statistics.table("historical_category") == {"none": 4, "80 COMPACT-TLV": 1, "proprietary": 1}
    assert statistics.table("TCK") == {
        "not needed, absent": 2,
        "correct": 1,
        "missing": 1,
        "not needed, present": 1,
        "wrong": 1,
    }
