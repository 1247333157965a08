"""The tables of "ATR statistics" (September 2017) come out of the historical lists, bucket by bucket."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml

from fixtures.pcsc.card_list import CardEntry, read_list
from reports.atr_statistics.counting import Statistics, count

DENOMINATOR = 2072


@pytest.fixture(scope="module")
def published(atr_data: Path) -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((atr_data / "published.yaml").read_text(encoding="utf-8"))
    return loaded


@pytest.fixture(scope="module")
def of_2016(atr_data: Path, published: dict[str, Any]) -> Statistics:
    listed = read_list(str(atr_data / "smartcard_list-2016-01-23.txt"))
    extra: Sequence[str] = published["extra_atrs"]
    return count([*listed, *(CardEntry(0, pattern, ()) for pattern in extra)])


@pytest.fixture(scope="module")
def of_2015(atr_data: Path) -> Statistics:
    return count(read_list(str(atr_data / "smartcard_list-2015-06-08.txt")))


def test_entries_and_denominator(of_2016: Statistics) -> None:
    assert (of_2016.entries, of_2016.counted) == (2098 + 3, DENOMINATOR)


@pytest.mark.parametrize("name", ["TD2", "TA3"])
def test_published_table(name: str, of_2016: Statistics, published: dict[str, Any]) -> None:
    assert of_2016.table(name) == published[name]


def test_every_table_adds_up_to_the_denominator(of_2016: Statistics) -> None:
    assert {sum(table.counts.values()) for table in of_2016.tables} == {DENOMINATOR}


def test_class_table(of_2015: Statistics) -> None:
    named = {value: number for value, number in of_2015.table("class").items() if value != "none"}
    assert named == {"A+B+C": 114, "A+B": 106, "B+C": 5, "B": 3, "RFU": 2}


def test_ifsc_table(of_2015: Statistics) -> None:
    ifsc = of_2015.table("IFSC")
    assert (ifsc["254"], ifsc["128"]) == (366, 20)
