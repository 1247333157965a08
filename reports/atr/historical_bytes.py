"""What the historical bytes say, in words. Source: ISO/IEC 7816-4:2005, clause 8.1.1."""

from __future__ import annotations

COMPACT_TLV_AND_STATUS = 0x00
DIR_DATA_REFERENCE = 0x10
COMPACT_TLV = 0x80

_TAGS = {
    0x1: "country code",
    0x2: "issuer identification number",
    0x3: "card service data",
    0x4: "initial access data",
    0x5: "card issuer's data",
    0x6: "pre-issuing data",
    0x7: "card capabilities",
    0x8: "status indicator",
    0xF: "application identifier",
}

_SERVICES = (
    (0x80, "application selection by full DF name"),
    (0x40, "application selection by partial DF name"),
    (0x20, "BER-TLV data objects in EF.DIR"),
    (0x10, "BER-TLV data objects in EF.ATR"),
)
_SERVICE_ACCESS = {0x0: "READ RECORD", 0x2: "GET DATA", 0x4: "READ BINARY"}

_SELECTION = (
    (0x80, "full DF name"),
    (0x40, "partial DF name"),
    (0x20, "path"),
    (0x10, "file identifier"),
    (0x08, "implicit"),
)
_ADDRESSING = ((0x04, "short EF identifier"), (0x02, "record number"), (0x01, "record identifier"))
_WRITING = ("one-time write", "proprietary write", "write OR", "write AND")
_CHANNELS_ASSIGNED = {0x08: "by the card", 0x10: "by the reader", 0x18: "by the card or the reader"}


def category(historical: bytes) -> str:
    """The category indicator, the first historical byte, as a short name; "none" without historical bytes."""
    if not historical:
        return "none"
    first = historical[0]
    names = {
        COMPACT_TLV_AND_STATUS: "00 COMPACT-TLV + status",
        DIR_DATA_REFERENCE: "10 DIR reference",
        COMPACT_TLV: "80 COMPACT-TLV",
    }
    if first in names:
        return names[first]
    return "81 to 8F RFU" if first & 0xF0 == 0x80 else "proprietary"


def explain_historical(historical: bytes) -> tuple[tuple[int, bytes, str, tuple[str, ...]], ...]:
    """(offset in the historical bytes, bytes, name, sentences) of each part, in order; nothing without any byte."""
    if not historical:
        return ()
    first, rest = historical[:1], historical[1:]
    kind = first[0]
    if kind == COMPACT_TLV:
        return ((0, first, "category", (category(historical),)), *_compact_tlv(rest, 1))
    if kind == COMPACT_TLV_AND_STATUS:
        objects, status = (rest[:-3], rest[-3:]) if len(rest) >= 3 else (b"", rest)
        return (
            (0, first, "category", (category(historical),)),
            *_compact_tlv(objects, 1),
            (1 + len(objects), status, "status indicator", _status(status)),
        )
    if kind == DIR_DATA_REFERENCE:
        said = ("EF.DIR is referred to by it",) if rest else ("the DIR data reference is missing",)
        return ((0, first, "category", (category(historical),)), (1, rest, "DIR data reference", said))
    return ((0, historical, "historical bytes", (category(historical), f'as text "{_as_text(historical)}"')),)


def _compact_tlv(data: bytes, start: int) -> list[tuple[int, bytes, str, tuple[str, ...]]]:
    parts = []
    position = 0
    while position < len(data):
        tag, length = data[position] >> 4, data[position] & 0x0F
        value = data[position + 1 : position + 1 + length]
        whole = data[position : position + 1 + length]
        name = _TAGS.get(tag, f"data object 4{tag:X}")
        if len(value) < length:
            said: tuple[str, ...] = (f"COMPACT-TLV: expected {length} bytes, found {len(value)}",)
        else:
            said = _value(tag, value)
        parts.append((start + position, whole, name, said))
        position += 1 + length
    return parts


def _value(tag: int, value: bytes) -> tuple[str, ...]:
    match tag:
        case 0x1:
            return (f"ISO 3166-1 {value.hex().upper().rstrip('F')}",)
        case 0x2:
            return (f"ISO/IEC 7812-1 {value.hex().upper().rstrip('F')}",)
        case 0x3 if len(value) == 1:
            return _services(value[0])
        case 0x7 if 1 <= len(value) <= 3:
            return _capabilities(value)
        case 0x8 if 1 <= len(value) <= 3:
            return _status(value)
        case 0xF:
            return (f"AID {value.hex(' ').upper()}",)
        case 0x5 | 0x6:
            return (f'{value.hex(" ").upper()}, as text "{_as_text(value)}"',)
        case _:
            return (value.hex(" ").upper() or "empty",)


def _services(value: int) -> tuple[str, ...]:
    said = [name for bit, name in _SERVICES if value & bit]
    if value & 0x30:
        access = _SERVICE_ACCESS.get(value >> 1 & 7, "a way reserved for future use")
        said.append(f"EF.DIR and EF.ATR read by {access}")
    said.append("card without MF" if value & 0x01 else "card with MF")
    return tuple(said)


def _capabilities(value: bytes) -> tuple[str, ...]:
    selection = [name for bit, name in _SELECTION if value[0] & bit]
    addressing = [name for bit, name in _ADDRESSING if value[0] & bit]
    said = [f"selects by {', '.join(selection) or 'no means named'}"]
    if addressing:
        said.append(f"addresses by {', '.join(addressing)}")
    if len(value) > 1:
        said.append(f"{_WRITING[value[1] >> 5 & 3]}, data unit of {2 ** (value[1] & 0x0F)} half bytes")
        if value[1] & 0x80:
            said.append("EFs of BER-TLV structure")
        if value[1] & 0x10:
            said.append("FF may begin a BER tag")
    if len(value) > 2:
        said += _third_capabilities(value[2])
    return tuple(said)


def _third_capabilities(value: int) -> list[str]:
    said = []
    if value & 0x80:
        said.append("command chaining")
    if value & 0x40:
        said.append("extended Lc and Le")
    assigned = _CHANNELS_ASSIGNED.get(value & 0x18)
    if assigned is None:
        said.append("no logical channel but the basic one")
    else:
        many = (value & 0x07) + 1
        said.append(f"{'8 or more' if many == 8 else many} logical channels, assigned {assigned}")
    return said


def _status(value: bytes) -> tuple[str, ...]:
    said = []
    if len(value) in (1, 3):
        said.append(f"life cycle: {_life_cycle(value[0])}")
    if len(value) in (2, 3):
        said.append(f"status word {value[-2:].hex().upper()}")
    return tuple(said) or (f"expected a status of 1 to 3 bytes, found {len(value)}",)


def _life_cycle(value: int) -> str:
    names = {0x00: "not said", 0x01: "creation", 0x03: "initialization"}
    if value in names:
        return names[value]
    if value & 0xFC == 0x04:
        return "operational, activated" if value & 1 else "operational, deactivated"
    if value & 0xFC == 0x0C:
        return "termination"
    return "proprietary" if value & 0xF0 else "reserved for future use"


def _as_text(data: bytes) -> str:
    return "".join(chr(byte) if 0x20 <= byte < 0x7F else "." for byte in data)
