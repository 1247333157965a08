"""The public list of ATRs and card names, smartcard_list.txt of pcsc-tools.

An entry is a line with an ATR as a regular expression over its bytes in hexadecimal ("3B 02 .. 5[01]"), and below it,
each after a tab, the names of cards that answer with it.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

DEBIAN_LIST = Path("/usr/share/pcsc/smartcard_list.txt")
"""Where Debian's package pcsc-tools puts the list."""

STANDARD_INPUT = "-"

_READABLE = re.compile(r"(?:[0-9A-F. ]\*?|\[[0-9A-F,-]+\])+")
_MOST_STARS = 2
"""A third "*" in one line would make a hostile list slow to match; the public one has never had two."""


class CardListError(Exception):
    """A list that cannot be read, or that holds no entry."""


@dataclass(frozen=True)
class CardEntry:
    """One entry. line: its number in the file, from 1. pattern: the ATR as it stands there. names: the cards."""

    line: int
    pattern: str
    names: tuple[str, ...]

    def matches(self, raw: bytes) -> bool:
        """Whether an ATR is one of this entry's. False for a line that is no such regular expression."""
        text, pattern = raw.hex(" ").upper(), self.pattern.upper()
        if not set(pattern) & set(".*["):
            return text == pattern
        if not _READABLE.fullmatch(pattern) or pattern.count("*") > _MOST_STARS:
            return False
        try:
            return re.fullmatch(pattern, text) is not None
        except re.error:
            return False


def read_list(source: str) -> tuple[CardEntry, ...]:
    """The entries of a file, or of standard input for "-", in their order. Raises CardListError."""
    try:
        content = sys.stdin.buffer.read() if source == STANDARD_INPUT else Path(source).read_bytes()
    except OSError as error:
        raise CardListError(f"{printable(source)}: {error.strerror}; expected a list such as {DEBIAN_LIST}") from error
    entries = tuple(parse_list(content.decode("utf-8", errors="replace").splitlines()))
    if not entries:
        raise CardListError(f"{printable(source)}: expected lines that start with 3B or 3F, found none")
    return entries


def parse_list(lines: Iterable[str]) -> Iterator[CardEntry]:
    """The entries of a list's lines: each line that starts with "3", with the indented lines that follow it."""
    number, pattern, names = 0, "", list[str]()
    for current, text in enumerate(lines, start=1):
        if text.startswith("3"):
            if pattern:
                yield CardEntry(number, pattern, tuple(names))
            number, pattern, names = current, printable(text.strip()), []
        elif text.startswith("\t") and text.strip():
            names.append(printable(text.strip()))
    if pattern:
        yield CardEntry(number, pattern, tuple(names))


def matching(entries: Iterable[CardEntry], raw: bytes) -> tuple[CardEntry, ...]:
    """The entries that an ATR belongs to, those without a wildcard first."""
    found = [entry for entry in entries if entry.matches(raw)]
    return tuple(sorted(found, key=lambda entry: bool(set(entry.pattern) & set(".*["))))


def printable(text: str) -> str:
    """The text with a replacement character for what could steer a terminal."""
    return "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in text)
