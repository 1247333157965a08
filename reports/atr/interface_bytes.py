"""What TAi, TBi, TCi and TDi say, in words. Source: ISO/IEC 7816-3:2006; programming voltage: the edition of 1997."""

from __future__ import annotations

from fixtures.pcsc.atr import GLOBAL_INTERFACE_BYTES, Atr, InterfaceBytes

_MEGAHERTZ = (4, 5, 6, 8, 12, 16, 20, None, None, 5, 7.5, 10, 15, 20, None, None)
"""f(max) by bits 8 to 5 of TA1 (table 7)."""

CLASSES = {0x01: "A", 0x02: "B", 0x03: "A+B", 0x04: "C", 0x06: "B+C", 0x07: "A+B+C"}
"""The operating conditions by bits 6 to 1 of the class byte (8.3); other values are RFU."""

CLOCK_STOPS = ("not supported", "in state L", "in state H", "in either state")
"""The clock stop by bits 8 and 7 of the class byte (8.3)."""

_CURRENTS = ("25 mA", "50 mA", "a current reserved for future use", "a current reserved for future use")

FIRST_OF_A_PROTOCOL = 3
"""From TA3, TB3 and TC3 on, a byte belongs to the protocol that the TD before it names (8.2.3)."""

Meaning = tuple[tuple[str, ...], str]
"""Sentences, and the clause that they come from."""


def specific_bytes(atr: Atr, letter: str, protocol: int) -> list[tuple[int, int]]:
    """(i, value) of each TAi, TBi or TCi, i >= 3, that follows a TD naming a protocol. letter: "a", "b" or "c"."""
    found = []
    for before, level in zip(atr.interface, atr.interface[1:], strict=False):
        value = getattr(level, f"t{letter}")
        if level.level >= FIRST_OF_A_PROTOCOL and before.protocol == protocol and value is not None:
            found.append((level.level, value))
    return found


def explain_byte(atr: Atr, level: InterfaceBytes, letter: str) -> Meaning:
    """The meaning of one interface byte that is there. letter: "a", "b", "c" or "d"."""
    value: int = getattr(level, f"t{letter}")
    if letter == "d":
        return _td(level.level, value)
    if level.level == 1:
        return {"a": _ta1, "b": _tb1, "c": _tc1}[letter](atr, value)
    if level.level == 2:
        return {"a": _ta2, "b": _tb2, "c": _tc2}[letter](value)
    protocol = atr.interface[level.level - 2].protocol
    if protocol not in (1, GLOBAL_INTERFACE_BYTES):
        return (f"a byte for T={protocol}, for which ISO/IEC 7816-3 gives it no meaning",), "8.2.3"
    if specific_bytes(atr, letter, protocol)[0][0] != level.level:
        return (f"a further T{letter.upper()} for T={protocol}: only the first has a meaning",), "8.2.3"
    if protocol == 1:
        return {"a": _ifsc, "b": _waiting_times, "c": _error_detection}[letter](value)
    return {"a": _class, "b": _spu, "c": _global_tc}[letter](value)


def following(nibble: int, level: int) -> str:
    """Which interface bytes of a level follow, by bits 8 to 5 of T0 or TD."""
    names = [f"T{letter}{level}" for bit, letter in enumerate("ABCD") if nibble >> bit & 1]
    return f"followed by {', '.join(names)}" if names else "no interface byte follows"


def class_name(value: int) -> str | None:
    """The operating conditions that a class byte names, such as "A+B"; None for bits reserved for future use."""
    return CLASSES.get(value & 0x3F)


def _td(level: int, value: int) -> Meaning:
    kind = value & 0x0F
    if kind == GLOBAL_INTERFACE_BYTES:
        said = "T=15: interface bytes for all protocols come next"
        if level == 1:
            said = "T=15, which TD1 may not name"
    else:
        names = {0: "T=0, half duplex, characters", 1: "T=1, half duplex, blocks"}
        said = names.get(kind, f"T={kind}, reserved" if kind != 14 else "T=14, not standardized by ISO/IEC")
        if level == 1:
            said += "; offered first"
    return (said, following(value >> 4, level + 1)), "8.2.3"


def _ta1(atr: Atr, value: int) -> Meaning:
    fi, di, most = atr.clock_rate_conversion, atr.baud_rate_adjustment, _MEGAHERTZ[value >> 4]
    said = [
        "Fi reserved for future use" if fi is None else f"Fi={fi}, f(max)={most:g} MHz",
        "Di reserved for future use" if di is None else f"Di={di}",
    ]
    if fi is not None and di is not None and most is not None:
        fastest = round(most * 1_000_000 * di / fi)
        said.append(f"{fi / di:g} clock cycles an etu, {fastest} bit/s at {most:g} MHz")
    return tuple(said), "8.3, tables 7 and 8"


def _tb1(_atr: Atr, value: int) -> Meaning:
    if value & 0x1F == 0:
        return ("VPP is not connected in the card", "deprecated: readers ignore it"), "8.3"
    volts = value & 0x1F
    voltage = f"{volts} V" if 5 <= volts <= 25 else f"PI1={volts}, reserved for future use"
    return (
        f"programming voltage {voltage}, at most {_CURRENTS[value >> 5 & 3]}",
        "deprecated: readers ignore it",
    ), "8.3; of 1997: 6.5.4"


def _tc1(_atr: Atr, value: int) -> Meaning:
    if value == 0xFF:
        return ("N=255: the least guard time, 12 etu under T=0 and 11 etu under T=1",), "8.3"
    if value == 0:
        return ("N=0: no extra guard time, 12 etu between characters",), "8.3"
    return (f"N={value}: {value} etu of extra guard time before each character to the card",), "8.3"


def _ta2(value: int) -> Meaning:
    change = "cannot change to the negotiable mode" if value & 0x80 else "can change to the negotiable mode by a reset"
    rate = "Fi and Di are implicit" if value & 0x10 else "Fi and Di are those of TA1"
    said = [f"specific mode: T={value & 0x0F} at once, without PPS", f"the card {change}", rate]
    if value & 0x60:
        said.append("bits 7 and 6 reserved for future use are set")
    return tuple(said), "8.3"


def _tb2(value: int) -> Meaning:
    voltage = f"{value / 10:g} V" if 50 <= value <= 250 else f"PI2={value}, reserved for future use"
    return (f"programming voltage {voltage}, in place of TB1", "deprecated: readers ignore it"), "8.3; of 1997: 6.5.4"


def _tc2(value: int) -> Meaning:
    if value == 0:
        return ("WI=0, reserved for future use",), "10.2"
    return (f"WI={value}: under T=0 a character is waited for {value * 960} x Fi clock cycles",), "10.2"


def _ifsc(value: int) -> Meaning:
    if value in (0x00, 0xFF):
        return (f"IFSC {value}, reserved for future use",), "11.4.2"
    return (f"IFSC {value}: the card takes blocks of up to {value} bytes of information",), "11.4.2"


def _waiting_times(value: int) -> Meaning:
    bwi, cwi = value >> 4, value & 0x0F
    said = [f"CWI={cwi}: CWT {11 + 2**cwi} etu between the characters of a block"]
    if bwi > 9:
        said.append(f"BWI={bwi}, reserved for future use")
    else:
        said.append(f"BWI={bwi}: BWT 11 etu + {2**bwi * 960 * 372} clock cycles before the card's block")
    return tuple(said), "11.4.3"


def _error_detection(value: int) -> Meaning:
    said = [f"error detection by {'CRC, two bytes' if value & 1 else 'LRC, one byte'}"]
    if value & 0xFE:
        said.append("bits 8 to 2 reserved for future use are set")
    return tuple(said), "11.4.4"


def _class(value: int) -> Meaning:
    name = class_name(value)
    volts = {"A": "5 V", "B": "3 V", "C": "1.8 V"}
    supplies = "reserved for future use" if name is None else ", ".join(volts[letter] for letter in name.split("+"))
    said = f"operating conditions {supplies}" if name is None else f"class {name}: {supplies}"
    return (said, f"clock stop {CLOCK_STOPS[value >> 6]}"), "8.3"


def _spu(value: int) -> Meaning:
    if value == 0:
        return ("contact C6 is not used",), "8.3"
    return (f"contact C6 is in {'proprietary' if value & 0x80 else 'standard'} use",), "8.3"


def _global_tc(_value: int) -> Meaning:
    return ("a global TC without a meaning in ISO/IEC 7816-3",), "8.3"
