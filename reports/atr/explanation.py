"""An ATR in words, from TS to TCK. Source: ISO/IEC 7816-3:2006, clause 8."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import reduce
from operator import xor

from fixtures.pcsc.atr import Atr
from reports.atr.historical_bytes import explain_historical
from reports.atr.interface_bytes import explain_byte, following

HISTORICAL_CLAUSE = "7816-4:2005, 8.1.1"


@dataclass(frozen=True)
class Field:
    """One field. offset: of its first byte in the ATR. data: its bytes, none for a TCK that is missing.

    name: as ISO/IEC 7816 has it. meaning: sentences. clause: of ISO/IEC 7816-3:2006, unless it names another part.
    """

    offset: int
    data: bytes
    name: str
    meaning: tuple[str, ...]
    clause: str


def explain(atr: Atr) -> tuple[Field, ...]:
    """The fields in their order; together they are the whole ATR."""
    return tuple(_fields(atr))


def lines(fields: tuple[Field, ...]) -> Iterator[str]:
    """The explanation as text, a line for each sentence."""
    bytes_width = max(len(field.data.hex(" ")) for field in fields if len(field.data) <= _SHORT)
    name_width = max(len(field.name) for field in fields)
    for field in fields:
        data = field.data.hex(" ").upper()
        head = f"{field.offset:>2}  {data:<{bytes_width}}"
        if len(data) > bytes_width:
            yield head
            head = " " * (4 + bytes_width)
        *first, last = field.meaning
        said = [*first, f"{last}  ({field.clause})"]
        yield f"{head}  {field.name:<{name_width}}  {said[0]}"
        for sentence in said[1:]:
            yield f"{'':{4 + bytes_width}}  {'':{name_width}}  {sentence}"


_SHORT = 5
"""Longer fields get a line of their own for their bytes."""


def _fields(atr: Atr) -> Iterator[Field]:
    convention = "inverse convention: L is 1, most significant bit first"
    if not atr.inverse:
        convention = "direct convention: H is 1, least significant bit first"
    yield Field(0, atr.raw[:1], "TS", (convention,), "8.1")
    count = len(atr.historical)
    yield Field(1, atr.raw[1:2], "T0", (following(atr.t0 >> 4, 1), f"{count} historical bytes"), "8.2.2")
    position = 2
    for level in atr.interface:
        for letter in "abcd":
            value = getattr(level, f"t{letter}")
            if value is None:
                continue
            meaning, clause = explain_byte(atr, level, letter)
            yield Field(position, bytes((value,)), f"T{letter.upper()}{level.level}", meaning, clause)
            position += 1
    for offset, data, name, meaning in explain_historical(atr.historical):
        yield Field(position + offset, data, name, meaning, HISTORICAL_CLAUSE)
    tck = _tck(atr)
    if tck is not None:
        yield Field(position + count, b"" if atr.tck is None else bytes((atr.tck,)), "TCK", (tck,), "8.2.5")


def _tck(atr: Atr) -> str | None:
    if atr.tck is None:
        return "missing, though a protocol other than T=0 is named" if atr.tck_required else None
    if not atr.tck_required:
        return "may not be there: only T=0 is named"
    if atr.tck_correct:
        return "correct: T0 to TCK XOR to 0"
    expected = reduce(xor, atr.raw[1:-1])
    return f"wrong: expected {expected:02X}, found {atr.tck:02X}"
