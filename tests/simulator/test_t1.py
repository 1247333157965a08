"""T=1: a host that keeps to ISO 7816-3 reaches the card through chaining, small fields, waiting times and errors."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fixtures.simulator.cards.atr import AnswerToReset, parse_atr
from fixtures.simulator.cards.reader_test import BUSY_UNIT, ReaderTestCard
from fixtures.simulator.ccid import message as ccid
from fixtures.simulator.ccid.pps import is_pps
from fixtures.simulator.ccid.t1 import T1Card, block_waiting_time, build_block, crc
from fixtures.simulator.specification import CardSpecification
from tests.simulator.bench import ATR, Bench, BenchMaker

SELECT = bytes.fromhex("00A40400 07 A000000018FF01")
T1_ONLY = "3B 80 81 31 FE 45 00"  # T=1 from the first TD on, IFSC 254
RESYNCH = bytes.fromhex("00C000C0")


def fresh(ifsc: int = 254, use_crc: bool = False, ifsd: int = 32) -> T1Card:
    card = ReaderTestCard(CardSpecification("reader-test", T1_ONLY))
    card.power_on(False)
    return T1Card(card, AnswerToReset(protocols=(1,), ifsc=ifsc, crc=use_crc), ifsd)


class Host:
    """The interface device of ISO 7816-3, 11: sends an APDU block by block, recovers from errors, or gives up."""

    def __init__(self, card: T1Card, ifsc: int, use_crc: bool = False, noise: random.Random | None = None) -> None:
        self.card, self.ifsc, self.crc, self.noise = card, ifsc, use_crc, noise
        self.ns = self.nr = self.extensions = 0

    def exchange(self, pcb: int, information: bytes = b"") -> tuple[int, bytes] | None:
        """A block there and a block back: PCB and field, None where it came back broken."""
        block = build_block(0, pcb, information, self.crc)
        answer = self.card.exchange(self._spoil(block))
        assert answer is not None
        back = self._spoil(answer.data)
        edc = 2 if self.crc else 1
        if len(back) < 3 + edc or back[2] != len(back) - 3 - edc:
            return None
        if back != build_block(back[0], back[1], back[3:-edc], self.crc):
            return None
        return back[1], back[3:-edc]

    def _spoil(self, block: bytes) -> bytes:
        if self.noise is None or self.noise.random() > 0.15:
            return block
        index = self.noise.randrange(3, len(block))
        return block[:index] + bytes((block[index] ^ 0x40,)) + block[index + 1 :]

    def transmit(self, apdu: bytes) -> bytes:
        parts = [apdu[start : start + self.ifsc] for start in range(0, len(apdu), self.ifsc)]
        position, response, receiving = 0, b"", False
        pcb, field = self._i_block(parts, position)
        for _ in range(5000):
            answer = self.exchange(pcb, field)
            if answer is None:
                pcb, field = 0x80 | self.nr << 4 | 1, b""
                continue
            back, information = answer
            if back & 0x80 == 0:
                if back >> 6 & 1 != self.nr:
                    pcb, field = 0x80 | self.nr << 4 | 2, b""
                    continue
                if not receiving:
                    self.ns ^= 1
                    receiving = True
                self.nr ^= 1
                response += information
                if not back & 0x20:
                    return response
                pcb, field = 0x80 | self.nr << 4, b""
            elif back & 0xC0 == 0x80:
                if receiving:
                    pcb, field = 0x80 | self.nr << 4, b""
                    continue
                if back >> 4 & 1 != self.ns:
                    if position + 1 == len(parts):
                        assert back & 0x0F, "an acknowledgement where the response was due"
                        pcb, field = 0x80 | self.nr << 4, b""
                        continue
                    self.ns ^= 1
                    position += 1
                pcb, field = self._i_block(parts, position)
            else:
                assert back == 0xC3, "the only request that this card makes is for time"
                self.extensions += 1
                pcb, field = 0xE3, information
        raise AssertionError("no end in sight")

    def _i_block(self, parts: list[bytes], position: int) -> tuple[int, bytes]:
        more = 0x20 if position + 1 < len(parts) else 0
        return self.ns << 6 | more, parts[position]


@settings(deadline=None)
@given(
    st.integers(1, 254),
    st.integers(1, 254),
    st.booleans(),
    st.lists(st.tuples(st.integers(1, 700), st.integers(1, 700)), min_size=1, max_size=4),
)
def test_chaining_both_ways(ifsc: int, ifsd: int, use_crc: bool, sizes: list[tuple[int, int]]) -> None:
    host = Host(fresh(ifsc, use_crc, ifsd), ifsc, use_crc)
    assert host.transmit(SELECT) == b"\x90\x00"
    for sent, received in sizes:
        assert host.transmit(bytes.fromhex("8012018000") + sent.to_bytes(2, "big") + bytes(sent)) == b"\x90\x00"
        expected = b"\x5a" * received + b"\x90\x00"
        assert host.transmit(bytes.fromhex("8000045A00") + received.to_bytes(2, "big")) == expected


@settings(deadline=None, max_examples=300)
@given(st.integers(0, 2**32), st.integers(5, 254), st.integers(5, 254), st.booleans())
def test_broken_blocks_are_repeated_until_the_exchange_is_whole(seed: int, ifsc: int, ifsd: int, use_crc: bool) -> None:
    """Errors in one block of seven, either way: nothing is lost, doubled or run twice."""
    noise = random.Random(seed)  # noqa: S311
    host = Host(fresh(ifsc, use_crc, ifsd), ifsc, use_crc, noise)
    assert host.transmit(SELECT) == b"\x90\x00"
    for _ in range(3):
        assert host.transmit(bytes.fromhex("80120180000140") + bytes(320)) == b"\x90\x00"
        assert host.transmit(bytes.fromhex("8000045A000140")) == b"\x5a" * 320 + b"\x90\x00"
    assert host.transmit(bytes.fromhex("002000800130")) == b"\x6a\x00"
    assert host.transmit(bytes.fromhex("00200080")) == b"\x63\xc2", "the PIN was compared once"


def exchange(card: T1Card, block: str) -> str:
    answer = card.exchange(bytes.fromhex(block))
    assert answer is not None
    return answer.data.hex().upper()


@pytest.mark.parametrize(
    ("block", "answer"),
    [
        ("00 C1 01 FE 3E", "00E101FE1E"),
        ("00 C0 00 C0", "00E000E0"),
        ("00 C2 00 C2", "00E200E2"),
        ("00 C1 01 00 C0", "00820082"),
        ("00 C1 01 FF 3F", "00820082"),
        ("00 E3 01 01 E3", "00820082"),
        ("00 00 02 00 00 03", "00810081"),
        ("00 00 05 00 00 02", "00820082"),
        ("00 40 02 00 00 42", "00820082"),
        ("21 C0 00 E1", "12E000F2"),
    ],
)
def test_blocks_by_hand(block: str, answer: str) -> None:
    assert exchange(fresh(), block) == answer


def test_a_negotiated_field_size_is_kept() -> None:
    card = fresh()
    assert exchange(card, "00 C1 01 08 C8") == "00E10108E8"
    Host(card, 254).transmit(SELECT)
    answer = card.exchange(build_block(0, 0x40, bytes.fromhex("8034001010")))
    assert answer is not None
    assert (answer.data[1], answer.data[2]) == (0x60, 8)


def test_resynchronisation_sets_the_sequence_numbers_back() -> None:
    card = fresh()
    host = Host(card, 254)
    host.transmit(SELECT)
    assert card.exchange(RESYNCH) is not None
    host.ns = host.nr = 0
    assert host.transmit(bytes.fromhex("80300000")) == b"\x90\x00"


def test_a_repeated_request_gets_the_same_block() -> None:
    card = fresh()
    first = exchange(card, build_block(0, 0x00, SELECT).hex())
    assert exchange(card, "00 80 00 80") == first == "00000290009" + "2"


def test_a_field_longer_than_ifsc_is_refused() -> None:
    assert exchange(fresh(ifsc=5), build_block(0, 0, SELECT).hex()) == "00820082"


@pytest.mark.parametrize("units", [1, 20, 100, 255])
def test_the_card_asks_for_time_before_the_waiting_time_is_over(units: int) -> None:
    card = fresh()
    host = Host(card, 254)
    host.transmit(SELECT)
    longest = 0.0
    total = 0.0
    original = card.exchange

    def watched(block: bytes) -> object:
        nonlocal longest, total
        answer = original(block)
        assert answer is not None
        longest, total = max(longest, answer.duration), total + answer.duration
        return answer

    card.exchange = watched  # type: ignore[method-assign, assignment]
    assert host.transmit(bytes((0x80, 0x38, 0, units))) == b"\x90\x00"
    assert total == pytest.approx(units * BUSY_UNIT)
    assert longest < block_waiting_time(4)
    assert (host.extensions > 0) is (units * BUSY_UNIT > block_waiting_time(4))


def test_the_crc_of_the_standard_check_string() -> None:
    """CRC-16/MCRF4XX, which this is, has the published check value 6F91 for "123456789"."""
    assert crc(b"123456789").hex() == "6f91"


@pytest.mark.parametrize(
    ("atr", "protocols", "specific", "ifsc", "bwi_cwi", "crc_used", "fidi"),
    [
        (ATR, (0, 1), None, 0x80, 0x6D, False, 0x18),
        ("3B021450", (0,), None, 32, 0x4D, False, 0x11),
        (T1_ONLY, (1,), None, 254, 0x45, False, 0x11),
        ("3BF01300FF918131704501FE00", (1,), 0x1, 0x70, 0x45, False, 0x13),
        ("3B808171204501", (1,), None, 0x20, 0x45, True, 0x11),
    ],
)
def test_answers_to_reset(
    atr: str, protocols: tuple[int, ...], specific: int | None, ifsc: int, bwi_cwi: int, crc_used: bool, fidi: int
) -> None:
    parsed = parse_atr(bytes.fromhex(atr))
    assert (parsed.protocols, parsed.specific, parsed.fidi) == (protocols, specific, fidi)
    assert (parsed.ifsc, parsed.bwi_cwi, parsed.crc) == (ifsc, bwi_cwi, crc_used)


@given(st.binary(max_size=40))
def test_any_answer_to_reset_is_parsed_or_refused(atr: bytes) -> None:
    try:
        parsed = parse_atr(atr)
    except ValueError:
        return
    assert parsed.protocols


class CcidHost(Host):
    """The same host, through a reader at the TPDU level."""

    def __init__(self, bench: Bench, ifsc: int) -> None:
        super().__init__(fresh(), ifsc)
        self.bench = bench

    def exchange(self, pcb: int, information: bytes = b"") -> tuple[int, bytes] | None:
        before = len(self.bench.frames)
        self.bench.send(ccid.PC_to_RDR_XfrBlock, build_block(0, pcb, information))
        self.bench.clock.advance(60)
        assert len(self.bench.frames) > before
        back = self.bench.frames[-1]
        assert back.command_status == ccid.COMMAND_PROCESSED
        return back.data[1], back.data[3:-1]


def test_a_tpdu_reader_carries_blocks_and_the_host_does_pps(make_bench: BenchMaker) -> None:
    bench = make_bench(dwFeatures=0x00010030)
    bench.clock.advance(1)
    bench.ask(ccid.PC_to_RDR_IccPowerOn, specific=b"\x01\0\0")
    pps = bytes.fromhex("FF 11 18 F6")
    assert bench.ask(ccid.PC_to_RDR_XfrBlock, pps).data == pps
    bench.ask(ccid.PC_to_RDR_SetParameters, bytes.fromhex("1810006D008000"), b"\x01\0\0")
    host = CcidHost(bench, 0x80)
    assert host.transmit(SELECT) == b"\x90\x00"
    assert host.transmit(bytes.fromhex("8034010000")) == bytes(range(256)) + b"\x90\x00"
    assert host.transmit(bytes.fromhex("80380050")) == b"\x90\x00"
    assert host.extensions > 0


def test_without_pps_the_card_does_not_speak_the_hosts_protocol(make_bench: BenchMaker) -> None:
    bench = make_bench(dwFeatures=0x00010030)
    bench.ask(ccid.PC_to_RDR_IccPowerOn, specific=b"\x01\0\0")
    bench.ask(ccid.PC_to_RDR_SetParameters, bytes.fromhex("1810006D008000"), b"\x01\0\0")
    bench.send(ccid.PC_to_RDR_XfrBlock, build_block(0, 0, SELECT))
    bench.clock.advance(5)
    assert bench.frames[-1].error == ccid.ICC_MUTE


def test_a_reader_with_automatic_pps_needs_parameters_only(make_bench: BenchMaker) -> None:
    bench = make_bench(dwFeatures=0x000100BA)
    bench.power_on()
    bench.ask(ccid.PC_to_RDR_SetParameters, bytes.fromhex("1810006D008000"), b"\x01\0\0")
    assert CcidHost(bench, 0x80).transmit(SELECT) == b"\x90\x00"


@pytest.mark.parametrize(("features", "size"), [(0x000104BA, 254), (0x000100BA, 32)])
def test_automatic_ifsd(make_bench: BenchMaker, features: int, size: int) -> None:
    bench = make_bench(dwFeatures=features, atr=T1_ONLY)
    bench.power_on()
    host = CcidHost(bench, 254)
    host.transmit(SELECT)
    bench.send(ccid.PC_to_RDR_XfrBlock, build_block(0, 0x40, bytes.fromhex("8034010000")))
    assert bench.frames[-1].data[2] == size


@pytest.mark.parametrize("features", [0x00010040, 0x00000040])
def test_a_reader_that_negotiates_alone_goes_by_the_first_exchange(make_bench: BenchMaker, features: int) -> None:
    """Nobody tells such a reader the protocol: libccid sends neither PPS nor parameters (dwFeatures bit 40h)."""
    for data, answer in ((build_block(0, 0, SELECT), "000002900092"), (SELECT, "9000")):
        bench = make_bench(dwFeatures=features)
        bench.ask(ccid.PC_to_RDR_IccPowerOn, specific=b"\x01\0\0")
        if features & 0x00010000:
            assert bench.transmit(data).hex() == answer
            continue
        first = bench.ask(ccid.PC_to_RDR_XfrBlock, data, b"\0\x01\0").data
        rest = bench.ask(ccid.PC_to_RDR_XfrBlock, b"", b"\0\x08\0").data
        assert (first + rest).hex() == answer


def test_a_protocol_that_the_card_lacks_leaves_pps_unanswered(make_bench: BenchMaker) -> None:
    bench = make_bench(dwFeatures=0x00010030, atr="3B021450")
    bench.ask(ccid.PC_to_RDR_IccPowerOn, specific=b"\x01\0\0")
    bench.send(ccid.PC_to_RDR_XfrBlock, bytes.fromhex("FF01FE"))
    bench.clock.advance(5)
    assert bench.frames[-1].error == ccid.ICC_MUTE


@pytest.mark.parametrize(
    ("characters", "answer"), [("FF01FE", True), ("FF1118F6", True), ("FF01FF", False), ("FFCA000000", False)]
)
def test_what_is_a_pps_request(characters: str, answer: bool) -> None:
    assert is_pps(bytes.fromhex(characters)) is answer


def test_the_character_level_reads_a_block_in_two_parts(make_bench: BenchMaker) -> None:
    bench = make_bench(dwFeatures=0x000000BA, atr=T1_ONLY)
    bench.power_on()
    head = bench.ask(ccid.PC_to_RDR_XfrBlock, build_block(0, 0, SELECT), b"\0\x03\0").data
    assert head.hex() == "000002"
    assert bench.ask(ccid.PC_to_RDR_XfrBlock, b"", b"\0\x03\0").data.hex() == "900092"


def test_a_pin_goes_out_as_a_block_with_the_hosts_prologue(make_bench: BenchMaker) -> None:
    bench = make_bench(dwFeatures=0x000104BA, atr=T1_ONLY, bPINSupport=1)
    bench.power_on()
    host = CcidHost(bench, 254)
    host.transmit(SELECT)
    bench.interface.press([*"12345678", "enter"])
    structure = "00 82 00 00 0804 02 01 0904 00 004004 00200080"
    bench.send(ccid.PC_to_RDR_Secure, bytes.fromhex("00" + structure))
    assert bench.frames[-1].data == build_block(0, 0x40, b"\x90\x00")
    host.ns = host.nr = 0
    assert host.transmit(bytes.fromhex("004000000D")) == bytes.fromhex("0020008008") + b"12345678" + b"\x90\x00"
