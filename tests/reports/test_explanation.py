"""An ATR explained: each field's bytes, name and meaning."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fixtures.pcsc.atr import Atr
from reports.atr.explanation import explain
from reports.atr.historical_bytes import category, explain_historical
from reports.atr_statistics.counting import SkippedEntryError, countable


def said(raw: str, name: str) -> str:
    """What the one field of that name means."""
    (field,) = [field for field in explain(Atr.parse(bytes.fromhex(raw))) if field.name == name]
    return "; ".join(field.meaning)


def historical(data: str) -> dict[str, str]:
    """Name to meaning of the parts of historical bytes."""
    return {name: "; ".join(meaning) for _, _, name, meaning in explain_historical(bytes.fromhex(data))}


@pytest.mark.parametrize(
    ("raw", "name", "meaning"),
    [
        ("3B00", "TS", "direct convention: H is 1, least significant bit first"),
        ("3F00", "TS", "inverse convention: L is 1, most significant bit first"),
        ("3B02AABB", "T0", "no interface byte follows; 2 historical bytes"),
        ("3BF01300008000", "T0", "followed by TA1, TB1, TC1, TD1; 0 historical bytes"),
        ("3B1018", "TA1", "Fi=372, f(max)=5 MHz; Di=12; 31 clock cycles an etu, 161290 bit/s at 5 MHz"),
        ("3B1096", "TA1", "Fi=512, f(max)=5 MHz; Di=32; 16 clock cycles an etu, 312500 bit/s at 5 MHz"),
        ("3B107A", "TA1", "Fi reserved for future use; Di reserved for future use"),
        ("3B2025", "TB1", "programming voltage 5 V, at most 50 mA; deprecated: readers ignore it"),
        ("3B2000", "TB1", "VPP is not connected in the card; deprecated: readers ignore it"),
        ("3B40FF", "TC1", "N=255: the least guard time, 12 etu under T=0 and 11 etu under T=1"),
        ("3B4005", "TC1", "N=5: 5 etu of extra guard time before each character to the card"),
        ("3B8000", "TD1", "T=0, half duplex, characters; offered first; no interface byte follows"),
        ("3B800F8F", "TD1", "T=15, which TD1 may not name; no interface byte follows"),
        (
            "3B801081",
            "TA2",
            "specific mode: T=1 at once, without PPS; the card cannot change to the negotiable mode; "
            "Fi and Di are those of TA1",
        ),
        ("3B8020C8", "TB2", "programming voltage 20 V, in place of TB1; deprecated: readers ignore it"),
        ("3B80400A", "TC2", "WI=10: under T=0 a character is waited for 9600 x Fi clock cycles"),
        ("3B808111FE", "TA3", "IFSC 254: the card takes blocks of up to 254 bytes of information"),
        ("3B808111FF", "TA3", "IFSC 255, reserved for future use"),
        (
            "3B80812145",
            "TB3",
            "CWI=5: CWT 43 etu between the characters of a block; "
            "BWI=4: BWT 11 etu + 5713920 clock cycles before the card's block",
        ),
        ("3B80814101", "TC3", "error detection by CRC, two bytes"),
        ("3B80814100", "TC3", "error detection by LRC, one byte"),
        ("3B80801FC7", "TA3", "class A+B+C: 5 V, 3 V, 1.8 V; clock stop in either state"),
        ("3B80801F43", "TA3", "class A+B: 5 V, 3 V; clock stop in state L"),
        ("3B80801F00", "TA3", "operating conditions reserved for future use; clock stop not supported"),
        ("3B80802F80", "TB3", "contact C6 is in proprietary use"),
        ("3B808191FE1120", "TA4", "a further TA for T=1: only the first has a meaning"),
        ("3B8080108A", "TA3", "a byte for T=0, for which ISO/IEC 7816-3 gives it no meaning"),
    ],
)
def test_field(raw: str, name: str, meaning: str) -> None:
    assert said(raw, name) == meaning


@pytest.mark.parametrize(
    ("raw", "meaning"),
    [
        ("3B800181", "correct: T0 to TCK XOR to 0"),
        ("3B800182", "wrong: expected 81, found 82"),
        ("3B8001", "missing, though a protocol other than T=0 is named"),
        ("3B0000", "may not be there: only T=0 is named"),
    ],
)
def test_check_byte(raw: str, meaning: str) -> None:
    assert said(raw, "TCK") == meaning


def test_no_check_byte_is_told_where_none_is_due() -> None:
    assert [field.name for field in explain(Atr.parse(b"\x3b\x00"))] == ["TS", "T0"]


def test_compact_tlv() -> None:
    assert historical("8031C073D6214065B085030100829000") == {
        "category": "80 COMPACT-TLV",
        "card service data": "application selection by full DF name; application selection by partial DF name; "
        "card with MF",
        "card capabilities": "selects by full DF name, partial DF name, file identifier; "
        "addresses by short EF identifier, record number; proprietary write, data unit of 2 half bytes; "
        "extended Lc and Le; no logical channel but the basic one",
        "pre-issuing data": 'B0 85 03 01 00, as text "....."',
        "status indicator": "status word 9000",
    }


def test_status_follows_compact_tlv_of_category_00() -> None:
    assert historical("00 31 80 05 90 00") == {
        "category": "00 COMPACT-TLV + status",
        "card service data": "application selection by full DF name; card with MF",
        "status indicator": "life cycle: operational, activated; status word 9000",
    }


def test_logical_channels_and_cut_objects() -> None:
    capabilities = historical("80 73 00 01 9B")["card capabilities"]
    assert capabilities.endswith("; command chaining; 4 logical channels, assigned by the card or the reader")
    assert historical("80 65 01 02") == {
        "category": "80 COMPACT-TLV",
        "pre-issuing data": "COMPACT-TLV: expected 5 bytes, found 2",
    }


def test_proprietary_bytes_are_shown_as_text() -> None:
    assert historical("4A434F50") == {"historical bytes": 'proprietary; as text "JCOP"'}


@pytest.mark.parametrize(
    ("data", "name"),
    [
        ("", "none"),
        ("00", "00 COMPACT-TLV + status"),
        ("10", "10 DIR reference"),
        ("8F", "81 to 8F RFU"),
        ("4A", "proprietary"),
    ],
)
def test_category(data: str, name: str) -> None:
    assert category(bytes.fromhex(data)) == name


@given(st.binary(min_size=1, max_size=15))
def test_parts_are_all_the_historical_bytes_in_order(data: bytes) -> None:
    parts = explain_historical(data)
    assert b"".join(part for _, part, _, _ in parts) == data
    position = 0
    for offset, part, _, meaning in parts:
        assert (offset, bool(meaning)) == (position, True)
        position += len(part)


@given(st.sampled_from((b"\x3b", b"\x3f")), st.binary(max_size=32))
def test_fields_are_all_the_bytes_in_order(ts: bytes, rest: bytes) -> None:
    try:
        atr = countable((ts + rest).hex())
    except SkippedEntryError:
        return
    fields = explain(atr)
    assert b"".join(field.data for field in fields) == atr.raw
    for field in fields:
        assert atr.raw[field.offset : field.offset + len(field.data)] == field.data
        assert field.meaning
        assert all(field.meaning)
