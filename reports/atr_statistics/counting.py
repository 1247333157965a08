"""Counts over a list of ATRs: every interface byte, and what the bytes mean.

The rules are those of the tables published in 2017 ("ATR statistics"): an entry with a character class is left out, a
wildcard counts as the digit 0, an entry with an odd number of digits or with bytes missing at its end is left out,
a missing TCK is not missed and bytes after the end do not matter.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from fixtures.pcsc.atr import GLOBAL_INTERFACE_BYTES, Atr, AtrError
from fixtures.pcsc.card_list import CardEntry
from reports.atr.historical_bytes import category
from reports.atr.interface_bytes import CLOCK_STOPS, class_name, specific_bytes

ABSENT = "none"
"""The value of a byte that an ATR does not have."""

RFU = "RFU"
LEAST_LEVELS = 4
"""TA1 to TD4 are counted even where no ATR has them."""

Counts = dict[str, int]
"""Value to number of ATRs, the most frequent first."""


class SkippedEntryError(ValueError):
    """An entry that is not counted; its text says why."""


@dataclass(frozen=True)
class Skipped:
    """An entry that was not counted. line: in its file, from 1."""

    line: int
    pattern: str
    reason: str


@dataclass(frozen=True)
class Table:
    """One table. key: its name in JSON. title: one line. counts: they add up to the number of ATRs counted."""

    key: str
    title: str
    counts: Counts


@dataclass(frozen=True)
class Statistics:
    """What was counted. entries: in the list. counted: the ATRs that every table adds up to."""

    entries: int
    counted: int
    skipped: tuple[Skipped, ...]
    tables: tuple[Table, ...]

    def table(self, key: str) -> Counts:
        """The counts of the table of that name. Raises KeyError."""
        return {table.key: table.counts for table in self.tables}[key]


def count(entries: Sequence[CardEntry]) -> Statistics:
    """Counts the entries of a list."""
    atrs: list[Atr] = []
    skipped: list[Skipped] = []
    for entry in entries:
        try:
            atrs.append(countable(entry.pattern))
        except SkippedEntryError as error:
            skipped.append(Skipped(entry.line, entry.pattern, str(error)))
    return Statistics(len(entries), len(atrs), tuple(skipped), tuple(_tables(atrs)))


def countable(pattern: str) -> Atr:
    """The ATR that a list's regular expression is counted as. Raises SkippedEntryError."""
    if "[" in pattern:
        raise SkippedEntryError("character class")
    digits = pattern.replace(".", "0").replace("*", "0").replace(" ", "")
    if len(digits) % 2:
        raise SkippedEntryError("odd number of digits")
    try:
        raw = bytes.fromhex(digits)
    except ValueError:
        raise SkippedEntryError("not hexadecimal") from None
    while True:
        try:
            return Atr.parse(raw)
        except AtrError as error:
            if error.position == 0:
                raise SkippedEntryError("no TS") from None
            if error.position >= len(raw):
                raise SkippedEntryError("cut short") from None
            raw = raw[: error.position]  # what follows the end


def _tables(atrs: Sequence[Atr]) -> Iterable[Table]:
    yield _table("convention", "Convention (TS)", atrs, lambda atr: "inverse" if atr.inverse else "direct")
    yield _table("TCK", "Check byte TCK", atrs, _tck)
    yield _table("protocols", "Protocols offered, in the card's order", atrs, _protocols)
    yield _table("class", "Class: operating conditions", atrs, _class)
    yield _table("clock_stop", "Clock stop", atrs, _clock_stop)
    yield _table("historical_category", "Category of the historical bytes", atrs, lambda atr: category(atr.historical))
    yield _table("historical_length", "Number of historical bytes", atrs, lambda atr: str(len(atr.historical)))
    yield _table("IFSC", "IFSC: the first TA for T=1", atrs, _ifsc)
    deepest = max((len(atr.interface) for atr in atrs), default=0)
    for level in range(1, max(deepest, LEAST_LEVELS) + 1):
        for letter in "abcd":
            name = f"T{letter.upper()}{level}"
            yield _table(name, name, atrs, _InterfaceByte(level, letter))


def _table(key: str, title: str, atrs: Iterable[Atr], value: Callable[[Atr], str]) -> Table:
    found = Counter(map(value, atrs))
    return Table(key, title, dict(sorted(found.items(), key=lambda item: (-item[1], item[0]))))


@dataclass(frozen=True)
class _InterfaceByte:
    level: int
    letter: str

    def __call__(self, atr: Atr) -> str:
        if self.level > len(atr.interface):
            return ABSENT
        value = getattr(atr.interface[self.level - 1], f"t{self.letter}")
        return ABSENT if value is None else f"{value:02X}"


def _protocols(atr: Atr) -> str:
    return ", ".join(f"T={protocol}" for protocol in atr.protocols)


def _class_byte(atr: Atr) -> int | None:
    found = specific_bytes(atr, "a", GLOBAL_INTERFACE_BYTES)
    return found[0][1] if found else None


def _class(atr: Atr) -> str:
    value = _class_byte(atr)
    if value is not None:
        return class_name(value) or RFU
    # Where TD1 names T=15, which it may not, TA2 stands in the place of the class; the published table has it as RFU.
    levels = atr.interface
    misplaced = len(levels) > 1 and levels[0].protocol == GLOBAL_INTERFACE_BYTES and levels[1].ta is not None
    return RFU if misplaced else ABSENT


def _clock_stop(atr: Atr) -> str:
    value = _class_byte(atr)
    return ABSENT if value is None else CLOCK_STOPS[value >> 6]


def _ifsc(atr: Atr) -> str:
    found = specific_bytes(atr, "a", 1)
    return str(found[0][1]) if found else ABSENT


def _tck(atr: Atr) -> str:
    if atr.tck_required:
        if atr.tck is None:
            return "missing"
        return "correct" if atr.tck_correct else "wrong"
    return "not needed, absent" if atr.tck is None else "not needed, present"
