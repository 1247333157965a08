"""ICCD tokens answer over the control pipe as libccid drives them."""

from __future__ import annotations

import pytest

from fixtures.simulator.cards.reader_test import counting
from tests.simulator.bench import Bench, BenchMaker

SELECT = bytes.fromhex("00A40400 07 A000000018FF01")
T0_ONLY = "3B021450"
T1_ONLY = "3B8081 31 2045 54"


def out(bench: Bench, request: int, data: bytes = b"", value: int = 0) -> None:
    assert bench.interface.control(0x21, request, value, 0, len(data), data) == b""


def get(bench: Bench, request: int, length: int) -> bytes:
    answer = bench.interface.control(0xA1, request, 0, 0, length, b"")
    assert answer is not None
    assert len(answer) <= length
    return answer


@pytest.fixture
def token_b(make_bench: BenchMaker) -> Bench:
    bench = make_bench(
        bInterfaceProtocol=2, interrupt_endpoint=False, dwFeatures=0x00020840, dwMaxCCIDMessageLength=261, atr=T1_ONLY
    )
    out(bench, 0x63)
    assert get(bench, 0x81, 3) == bytes((0x40, 1, 0))
    out(bench, 0x62, value=1)
    assert get(bench, 0x6F, 34) == b"\0" + bytes.fromhex(T1_ONLY)
    assert get(bench, 0x81, 3) == bytes((0x40, 0, 0))
    return bench


def transmit_b(bench: Bench, apdu: bytes, size: int = 251) -> bytes:
    blocks = [apdu[start : start + size] for start in range(0, len(apdu), size)]
    for index, block in enumerate(blocks):
        last = index + 1 == len(blocks)
        level = (0 if last else 1) if index == 0 else (2 if last else 3)
        out(bench, 0x65, block, level << 8)
        if not last:
            assert get(bench, 0x6F, 4) == b"\x10"
    answer = get(bench, 0x6F, 0x1000)
    response = answer[1:]
    while answer[0] in (1, 3):
        out(bench, 0x65, b"", 0x10 << 8)
        answer = get(bench, 0x6F, 0x1000)
        response += answer[1:]
    assert answer[0] in (0, 2)
    return response


def test_version_b_carries_apdus_in_chains(token_b: Bench) -> None:
    assert transmit_b(token_b, SELECT) == b"\x90\x00"
    assert transmit_b(token_b, bytes.fromhex("8034010000")) == counting(256) + b"\x90\x00"
    assert transmit_b(token_b, bytes.fromhex("80120180000258") + bytes(600)) == b"\x90\x00"
    assert transmit_b(token_b, bytes.fromhex("800004A5000400")) == b"\xa5" * 1024 + b"\x90\x00"
    assert transmit_b(token_b, bytes.fromhex("8034000101")) == b"\x00\x90\x00"


def test_version_b_is_polled_while_it_works(token_b: Bench) -> None:
    transmit_b(token_b, SELECT)
    out(token_b, 0x65, bytes.fromhex("80380010"))
    assert get(token_b, 0x6F, 64) == bytes((0x80, 10, 0))
    token_b.clock.advance(2)
    assert get(token_b, 0x6F, 64) == b"\0\x90\x00"


def test_version_b_reports_a_mute_card(make_bench: BenchMaker) -> None:
    bench = make_bench(bInterfaceProtocol=2, atr="", dwFeatures=0x00020840)
    out(bench, 0x62, value=1)
    assert get(bench, 0x6F, 34) == bytes((0x40, 1, 0xFE))
    bench.interface.remove(0)
    assert get(bench, 0x81, 3)[:2] == bytes((0x40, 2))


def test_version_b_carries_characters(make_bench: BenchMaker) -> None:
    """T=0 as libccid drives such a token: the level parameter is the number of characters it wants, 0 for 256."""
    bench = make_bench(
        bInterfaceProtocol=2, interrupt_endpoint=False, dwFeatures=0x00000840, dwMaxCCIDMessageLength=261, atr=T0_ONLY
    )
    out(bench, 0x62, value=1)
    assert get(bench, 0x6F, 34) == b"\0" + bytes.fromhex(T0_ONLY)
    out(bench, 0x65, SELECT[:5], 1 << 8)
    assert get(bench, 0x6F, 2) == b"\0\xa4"
    out(bench, 0x65, SELECT[5:], 1 << 8)
    assert get(bench, 0x6F, 2) == b"\0\x90"
    out(bench, 0x65, b"", 1 << 8)
    assert get(bench, 0x6F, 2) == b"\0\x00"
    out(bench, 0x65, bytes.fromhex("8034010000"), 1 << 8)
    assert get(bench, 0x6F, 2) == b"\0\x34"
    out(bench, 0x65, b"", 256 << 8 & 0xFFFF)
    assert get(bench, 0x6F, 257) == b"\0" + counting(256)
    out(bench, 0x65, b"", 2 << 8)
    assert get(bench, 0x6F, 3) == b"\0\x90\x00"


def test_version_a_tells_what_it_waits_for(make_bench: BenchMaker) -> None:
    bench = make_bench(bInterfaceProtocol=1, interrupt_endpoint=False, dwFeatures=0x00000840, atr=T0_ONLY)
    out(bench, 0x63)
    assert get(bench, 0xA0, 1) == b"\x00"
    assert get(bench, 0x62, 33) == bytes.fromhex(T0_ONLY)
    out(bench, 0x65, SELECT[:5])
    assert get(bench, 0xA0, 1) == b"\x10"
    out(bench, 0x65, SELECT[5:])
    assert get(bench, 0xA0, 1) == b"\x20"
    assert get(bench, 0x6F, 2) == b"\x90\x00"
    out(bench, 0x65, bytes.fromhex("8034000303"))
    assert get(bench, 0xA0, 1) == b"\x10"
    assert get(bench, 0x6F, 258) == b"\x00\x01\x02"
    assert get(bench, 0xA0, 1) == b"\x20"
    assert get(bench, 0x6F, 2) == b"\x90\x00"
    assert bench.interface.control(0x21, 0x65, 0, 0, 2, b"\x07\xd0") is None, "no header"
    out(bench, 0x65, bytes.fromhex("8038001000"))
    assert get(bench, 0xA0, 1) == b"\x40"
    bench.clock.advance(2)
    assert get(bench, 0xA0, 1) == b"\x20"


def test_a_token_that_leaves_is_mute(make_bench: BenchMaker) -> None:
    bench = make_bench(bInterfaceProtocol=1, dwFeatures=0x00000840, atr=T0_ONLY)
    get(bench, 0x62, 33)
    bench.interface.remove(0)
    assert get(bench, 0xA0, 1) == b"\x80"
    assert bench.interface.control(0xA1, 0x62, 0, 0, 33, b"") is None


def test_requests_of_the_other_version_stall(token_b: Bench) -> None:
    assert token_b.interface.control(0xA1, 0xA0, 0, 0, 1, b"") is None
    assert token_b.interface.control(0xA1, 0x62, 0, 0, 33, b"") is None
