"""T=0: TPDUs, GET RESPONSE, ENVELOPE and procedure bytes, alone and through each exchange level of a reader."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fixtures.simulator.cards.reader_test import BUSY_UNIT, ReaderTestCard, counting
from fixtures.simulator.ccid import message as ccid
from fixtures.simulator.ccid.t0 import T0Card, T0Characters
from fixtures.simulator.specification import CardSpecification
from tests.simulator.bench import Bench, BenchMaker

SELECT = bytes.fromhex("00A40400 07 A000000018FF01")
T0_ONLY = "3B 02 14 50"


def fresh() -> T0Card:
    card = ReaderTestCard(CardSpecification("reader-test", T0_ONLY))
    card.power_on(False)
    card.transmit(SELECT)
    return T0Card(card)


def tpdu(card: T0Card, command: str) -> str:
    answer = card.tpdu(bytes.fromhex(command))
    assert answer is not None
    return answer.data.hex().upper()


@pytest.mark.parametrize(
    ("command", "answer"),
    [
        ("80300000", "9000"),
        ("8030000000", "9000"),
        ("8030000001", "6700"),
        ("8034000303", "0001029000"),
        ("8034000304", "6700"),
        ("803C000304", "6C03"),
        ("803C000302", "00016101"),
        ("803200000200 01", "9000"),
        ("803200000200 01 00", "9000"),
        ("8036000502 0001", "6105"),
        ("80C0000005", "6D00"),
    ],
)
def test_tpdus(command: str, answer: str) -> None:
    assert tpdu(fresh(), command) == answer


def test_get_response_takes_what_waits() -> None:
    card = fresh()
    assert tpdu(card, "8036000502 0001") == "6105"
    assert tpdu(card, "80C0000008") == "6C05"
    assert tpdu(card, "80C0000002") == "00016103"
    assert tpdu(card, "00C0000003") == "0203049000"
    assert tpdu(card, "80C0000003") == "6D00", "nothing waits any more"


def test_another_command_drops_what_waits() -> None:
    card = fresh()
    assert tpdu(card, "8036000502 0001") == "6105"
    assert tpdu(card, "80300000") == "9000"
    assert tpdu(card, "80C0000005") == "6D00"


def test_256_bytes_wait_as_6100() -> None:
    card = fresh()
    assert tpdu(card, "8036010001 00") == "6100"
    assert tpdu(card, "80C0000000") == counting(256).hex().upper() + "9000"


def test_a_wrong_le_is_corrected_and_the_command_does_not_run_again() -> None:
    card = fresh()
    tpdu(card, "0020008001 31")
    assert tpdu(card, "00400000FF") == "6C06"
    assert tpdu(card, "0040000006") == "0020008001319000"
    assert tpdu(card, "803C000305") == "6C03"
    assert tpdu(card, "803C000303") == "0001029000"


def test_a_card_waits_for_data_that_do_not_come() -> None:
    assert fresh().tpdu(bytes.fromhex("8032000005 0001")) is None


@pytest.mark.parametrize("chunk", [1, 100, 255])
def test_envelopes_carry_an_extended_command(chunk: int) -> None:
    card = fresh()
    command = bytes.fromhex("80120180 00012C") + bytes(300)
    parts = [command[start : start + chunk] for start in range(0, len(command), chunk)]
    for part in parts:
        assert tpdu(card, "00C20000" + bytes((len(part),)).hex() + part.hex()) == "9000"
    assert tpdu(card, "80300000") == "9000"


def test_an_enveloped_response_comes_by_get_response() -> None:
    card = fresh()
    assert tpdu(card, "00C2000007 800004A500012C") == "6100"
    assert tpdu(card, "00C0000000") == "A5" * 256 + "612C"
    assert tpdu(card, "00C000002C") == "A5" * 44 + "9000"


def character_host(engine: T0Characters, apdu: bytes) -> tuple[bytes, int]:
    """What a host does with single characters (ISO 7816-3, 10.3.3): the response and the NULL bytes seen."""
    header = (apdu + b"\0")[:5] if len(apdu) == 4 else apdu[:5]
    rest, receiving = apdu[5:], len(apdu) <= 5
    expected = header[4] or 256
    response, nulls = b"", 0

    def read(characters: bytes, count: int) -> bytes:
        answer = engine.exchange(characters, count)
        assert answer is not None
        assert len(answer.data) <= count
        return answer.data

    byte = read(header, 1)
    for _ in range(2000):
        if byte[0] == 0x60:
            nulls += 1
            byte = read(b"", 1)
        elif byte[0] == header[1] and receiving:
            response = read(b"", expected + 2)
            return response, nulls
        elif byte[0] == header[1]:
            byte, rest = read(rest, 1), b""
        elif byte[0] == header[1] ^ 0xFF and receiving:
            response += read(b"", 1)
            byte = read(b"", 1)
        elif byte[0] == header[1] ^ 0xFF:
            byte, rest = read(rest[:1], 1), rest[1:]
        else:
            assert byte[0] & 0xF0 in (0x60, 0x90)
            return response + byte + read(b"", 1), nulls
    raise AssertionError("the card never came to an end")


@given(st.integers(1, 255), st.booleans())
def test_procedure_bytes_carry_every_case(length: int, single: bool) -> None:
    engine = T0Characters(fresh(), single)
    data = counting(length)
    assert character_host(engine, bytes.fromhex("80300000")) == (b"\x90\x00", 0)
    assert character_host(engine, bytes((0x80, 0x34, 0, length, length)))[0] == data + b"\x90\x00"
    assert character_host(engine, bytes((0x80, 0x32, 0, 0, length)) + data)[0] == b"\x90\x00"
    assert character_host(engine, bytes((0x80, 0x36, 0, length, length)) + data)[0] == bytes((0x61, length))
    assert character_host(engine, bytes((0x80, 0xC0, 0, 0, length)))[0] == data + b"\x90\x00"
    assert character_host(engine, bytes((0x80, 0x3C, 0, length, length + 1 & 0xFF)))[0] == bytes((0x6C, length))


def test_null_bytes_come_while_the_card_works() -> None:
    assert character_host(T0Characters(fresh()), bytes.fromhex("80380018")) == (b"\x90\x00", 5)


def test_a_card_sends_nothing_before_it_has_a_header() -> None:
    assert T0Characters(fresh()).exchange(b"\x80\x34", 1) is None


LEVELS = {"tpdu": 0x000104BA, "short": 0x000204BA, "extended": 0x000404BA}


def t0_bench(make_bench: BenchMaker, features: int, **fields: int) -> Bench:
    bench = make_bench(atr=T0_ONLY, dwFeatures=features, **fields)
    bench.power_on()
    assert bench.transmit(SELECT)[:1] in (b"\x90", b"\x61")
    return bench


@pytest.mark.parametrize("level", ["short", "extended"])
def test_an_apdu_reader_fetches_the_response_itself(make_bench: BenchMaker, level: str) -> None:
    bench = t0_bench(make_bench, LEVELS[level])
    assert bench.transmit(bytes.fromhex("803601000100 00")) == counting(256) + b"\x90\x00"
    assert bench.transmit(bytes.fromhex("8036000501 00 02")) == b"\x00\x01\x61\x03"
    assert bench.transmit(bytes.fromhex("80C0000003")) == b"\x02\x03\x04\x90\x00"


@pytest.mark.parametrize("level", ["tpdu", "short", "extended"])
def test_without_le_the_host_fetches_the_response(make_bench: BenchMaker, level: str) -> None:
    bench = t0_bench(make_bench, LEVELS[level])
    assert bench.transmit(bytes.fromhex("8036000501 00")) == b"\x61\x05"
    assert bench.transmit(bytes.fromhex("80C0000005")) == counting(5) + b"\x90\x00"
    assert bench.transmit(bytes.fromhex("803C000306")) == b"\x6c\x03"
    assert bench.transmit(bytes.fromhex("803C000303")) == counting(3) + b"\x90\x00"


def test_extended_apdus_pass_an_extended_reader_on_t0(make_bench: BenchMaker) -> None:
    bench = t0_bench(make_bench, LEVELS["extended"], dwMaxCCIDMessageLength=65556)
    assert bench.transmit(bytes.fromhex("800004A5 00 07D0")) == b"\xa5" * 2000 + b"\x90\x00"


def test_a_tpdu_reader_sends_time_extensions_for_null_bytes(make_bench: BenchMaker) -> None:
    bench = t0_bench(make_bench, LEVELS["tpdu"])
    bench.frames.clear()
    bench.send(ccid.PC_to_RDR_XfrBlock, bytes.fromhex("8038000C"))
    bench.clock.advance(12 * BUSY_UNIT + 0.01)
    assert [frame.command_status for frame in bench.frames] == [2, 2, 0]


def test_the_character_level_reads_as_many_bytes_as_it_asks_for(make_bench: BenchMaker) -> None:
    bench = make_bench(atr=T0_ONLY, dwFeatures=0x000000BA)
    bench.power_on()

    def characters(data: str, expected: int) -> str:
        level = bytes((0,)) + expected.to_bytes(2, "little")
        return bench.ask(ccid.PC_to_RDR_XfrBlock, bytes.fromhex(data), level).data.hex().upper()

    assert characters("00A4040007", 1) == "A4"
    assert characters("A000000018FF01", 1) == "90"
    assert characters("", 1) == "00"
    assert characters("8034000202", 1) == "34"
    assert characters("", 4) == "00019000"
    assert characters("803400FF02", 1) == "67"
    assert characters("", 1) == "00"


def test_a_pin_goes_out_as_a_tpdu(make_bench: BenchMaker) -> None:
    for features in (0x000104BA, 0x000000BA):
        bench = make_bench(atr=T0_ONLY, dwFeatures=features, bPINSupport=1)
        bench.power_on()
        level = b"\0\x01\0" if features == 0x000000BA else b"\0\0\0"
        bench.interface.press([*"12345678", "enter"])
        bench.send(
            ccid.PC_to_RDR_Secure,
            bytes.fromhex("00 00 82 08 00 0804 02 01 0904 00 000000 0020008008FFFFFFFFFFFFFFFF"),
            level,
        )
        assert bench.frames[-1].data == b"\x6d\x00", "no applet is selected, but the card has seen the command"
