"""Explains an ATR field by field and names the cards of the public list that answer with it."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from fixtures.pcsc.atr import MAX_LENGTH, Atr, AtrError
from fixtures.pcsc.card_list import DEBIAN_LIST, CardListError, matching, printable, read_list
from reports.atr.explanation import explain, lines

EXIT_BAD_INPUT = 4
"""The exit code for what is no ATR, and for a list that cannot be read."""


class HexError(ValueError):
    """An argument that is not bytes in hexadecimal."""


def bytes_of(text: str) -> bytes:
    """The bytes of "3B021450", "3B 02 14 50" or "3b:02:14:50". Raises HexError."""
    digits = "".join(text.replace(":", " ").split())
    for position, character in enumerate(digits, start=1):
        if character not in "0123456789abcdefABCDEF":
            shown = ascii(character)
            raise HexError(
                f"expected an ATR in hexadecimal such as 3B021450, found {shown} in place of digit {position}"
            )
    if len(digits) % 2:
        raise HexError(f"expected two digits a byte, found {len(digits)} digits")
    if len(digits) > 2 * MAX_LENGTH:
        raise HexError(f"expected an ATR of at most {MAX_LENGTH} bytes, found {len(digits) // 2}")
    return bytes.fromhex(digits)


def main(arguments: Sequence[str] | None = None) -> int:
    """Explain an ATR.

    Returns 0, or 4 with one line on stderr for what is no ATR or a list that cannot be read. Lists hold bytes that are
    no ATR, too: the cards are named all the same.
    """
    parser = argparse.ArgumentParser(prog="python -m reports.atr", description=__doc__)
    parser.add_argument("atr", nargs="+", metavar="HEX", help="the ATR, its bytes together or apart")
    parser.add_argument("--list", metavar="FILE", help=f"the list of cards (default: {DEBIAN_LIST}, when it is there)")
    given = parser.parse_args(arguments)
    try:
        raw = bytes_of(" ".join(given.atr))
        cards = _cards(raw, given.list)
    except (HexError, CardListError) as error:
        print(f"reports.atr: {error}", file=sys.stderr)
        return EXIT_BAD_INPUT
    try:
        atr = Atr.parse(raw)
    except AtrError as error:
        print(f"reports.atr: {error}", file=sys.stderr)
        print(cards)
        return EXIT_BAD_INPUT
    print(f"ATR {raw.hex(' ').upper()}: {len(raw)} bytes, {_protocols(atr)}\n")
    print("\n".join(lines(explain(atr))))
    print(f"\n{cards}")
    return 0


def _protocols(atr: Atr) -> str:
    return ", ".join(f"T={protocol}" for protocol in atr.protocols)


def _cards(raw: bytes, source: str | None) -> str:
    if source is None and not DEBIAN_LIST.exists():
        return f"Cards: not looked up, there is no {DEBIAN_LIST}; install pcsc-tools, or name a list with --list"
    source = source or str(DEBIAN_LIST)
    entries = read_list(source)
    found = matching(entries, raw)
    if not found:
        return f"Cards: none of the {len(entries)} entries of {printable(source)} matches"
    told = [f"Cards in {printable(source)}:"]
    for entry in found:
        told += [f"  line {entry.line}: {entry.pattern}", *(f"    {name}" for name in entry.names)]
    return "\n".join(told)


if __name__ == "__main__":
    sys.exit(main())
