"""The reader-test card answers as its description says, byte for byte."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fixtures.simulator.cards.reader_test import BUSY_UNIT, ReaderTestCard, SampleCard, counting
from fixtures.simulator.cards.registry import create_card
from fixtures.simulator.specification import CardSpecification, SpecificationError

SELECT = bytes.fromhex("00A40400 07 A000000018FF01")
SPECIFICATION = CardSpecification("reader-test", "3B021450", warm_atr="3B021451")


@pytest.fixture
def card() -> ReaderTestCard:
    card = ReaderTestCard(SPECIFICATION)
    card.power_on(False)
    assert card.transmit(SELECT).data == b"\x90\x00"
    return card


def run(card: ReaderTestCard, command: str) -> str:
    return card.transmit(bytes.fromhex(command)).data.hex().upper()


@pytest.mark.parametrize(
    "select", ["00A4040007A000000018FF01", "00A4040006A000000018FF", "00A4040005A000000018", "00A4040C06A000000018FF00"]
)
def test_the_applet_is_found_by_its_name_and_by_the_start_of_it(select: str) -> None:
    card = ReaderTestCard(SPECIFICATION)
    card.power_on(False)
    assert run(card, select) == "9000"
    assert run(card, "80300000") == "9000"


def test_another_name_is_not_found_and_changes_nothing(card: ReaderTestCard) -> None:
    assert run(card, "00A4040006A00000001850") == "6A82"
    assert run(card, "00A4040004A0000000") == "6A82"
    assert run(card, "00A40000023F00") == "6A86"
    assert run(card, "80300000") == "9000"


def test_a_reset_forgets_the_selection(card: ReaderTestCard) -> None:
    card.power_on(True)
    assert [run(card, command) for command in ("80300000", "00200080", "90300000")] == ["6D00", "6D00", "6E00"]


def test_cold_and_warm_answers_to_reset(card: ReaderTestCard) -> None:
    assert (card.power_on(False), card.power_on(True)) == (bytes.fromhex("3B021450"), bytes.fromhex("3B021451"))


@pytest.mark.parametrize(
    ("command", "answer"),
    [
        ("80300000", "9000"),
        ("8030000000", "9000"),
        ("8030000001", "6700"),
        ("80300000010000", "6700"),
        ("8032000003000102", "9000"),
        ("8032000003000103", "6A02"),
        ("803200000101", "6A00"),
        ("8032000000", "6700"),
        ("80320000", "6700"),
        ("803A000000", "9000"),
        ("803A000002FF00", "6A00"),
        ("8034000302", "6700"),
        ("8034000300", "6700"),
        ("80340003", "6700"),
        ("803401FF00", "6700"),
        ("8034000003", "6700"),
        ("8034000303", "0001029000"),
        ("803C000310", "0001029000"),
        ("8022000202", "00019000"),
        ("80210000020001", "9000"),
        ("80360002010002", "00019000"),
        ("803600020100", "00019000"),
        ("803600020100 03", "6700"),
        ("803600020101 02", "6A00"),
        ("80230002010002", "00019000"),
        ("803E0002 07", "00019000"),
        ("803E0002 01 00 07", "00019000"),
        ("803600000100", "6700"),
        ("80360000", "6700"),
        ("80FF0000", "6D00"),
        ("80200080", "6D00"),
        ("00300000", "6D00"),
        ("01300000", "6E00"),
        ("803000", "6700"),
        ("", "6700"),
        ("80320000030001", "6700"),
        ("8034000300000003", "6700"),
    ],
)
def test_commands(card: ReaderTestCard, command: str, answer: str) -> None:
    assert run(card, command) == answer


@pytest.mark.parametrize("length", range(1, 257))
def test_every_length(card: ReaderTestCard, length: int) -> None:
    data = counting(length)
    p1p2, le = length.to_bytes(2, "big"), bytes((length & 0xFF,))
    for ins in (0x34, 0x22, 0x3C):
        assert card.transmit(bytes((0x80, ins)) + p1p2 + le).data == data + b"\x90\x00"
    if length == 256:
        return
    for ins in (0x32, 0x21, 0x3A):
        assert card.transmit(bytes((0x80, ins, 0, 0, length)) + data).data == b"\x90\x00"
    more = counting(length + 1)
    for ins in (0x36, 0x23, 0x3E):
        command = bytes((0x80, ins)) + (length + 1).to_bytes(2, "big") + le + data + bytes((length + 1 & 0xFF,))
        assert card.transmit(command).data == more + b"\x90\x00"


@given(st.integers(1, 255), st.data())
def test_the_first_wrong_byte_is_named(length: int, data: st.DataObject) -> None:
    card = ReaderTestCard(SPECIFICATION)
    card.transmit(SELECT)
    index = data.draw(st.integers(0, length - 1))
    body = bytearray(counting(length))
    body[index] ^= data.draw(st.integers(1, 255))
    answer = card.transmit(bytes((0x80, 0x32, 0, 0, length)) + bytes(body)).data
    assert answer == (0x6A00 + index).to_bytes(2, "big")


def test_busy_takes_time_in_proportion(card: ReaderTestCard) -> None:
    durations = [card.transmit(bytes((0x80, 0x38, 0, amount))).duration for amount in (0, 1, 20, 255)]
    assert durations == [0, BUSY_UNIT, 20 * BUSY_UNIT, 255 * BUSY_UNIT]
    assert run(card, "80380005") == "9000"


def test_verify_spends_tries_and_the_right_pin_brings_them_back(card: ReaderTestCard) -> None:
    assert run(card, "00200080") == "63C3"
    assert run(card, "00200080 08 31323334FFFFFFFF") == "6A04"
    assert run(card, "0020008000") == "63C2"
    for _ in range(4):
        assert run(card, "00200080 08 3030303030303030") == "6A00"
    assert run(card, "00200080") == "63C0", "the counter stops at 0 and the applet never blocks"
    assert run(card, "00200080 08 3132333435363738") == "9000"
    assert run(card, "00200080") == "63C3"


def test_the_counter_outlives_resets_but_not_the_card(card: ReaderTestCard) -> None:
    run(card, "00200080 01 30")
    card.power_off()
    card.power_on(False)
    card.transmit(SELECT)
    assert run(card, "00200080") == "63C2"
    assert ReaderTestCard(SPECIFICATION).tries == 3


def test_the_pin_dump_shows_the_command_as_it_came(card: ReaderTestCard) -> None:
    assert run(card, "0040000001") == "6A88"
    run(card, "00200080 08 3132333435363738")
    assert run(card, "00400000FF") == "6C0D"
    assert run(card, "0040000000") == "6C0D"
    assert run(card, "00400000") == "6C0D"
    assert run(card, "004000000D") == "002000800831323334353637389000"
    run(card, "00240081 04 01020304")
    assert run(card, "0040000009") == "0024008104010203049000"
    run(card, "0020000000")
    assert run(card, "0040000005") == "00200000009000"


def test_the_memory_takes_the_longest_command(card: ReaderTestCard) -> None:
    card.transmit(bytes.fromhex("00240000FF") + bytes(255))
    assert run(card, "0040000001") == "6C00"
    assert card.transmit(bytes.fromhex("0040000000")).data == bytes.fromhex("00240000FF") + bytes(251) + b"\x90\x00"


@pytest.fixture
def sample() -> SampleCard:
    card = SampleCard(SPECIFICATION)
    assert card.transmit(SELECT).data == b"\x90\x00"
    return card


def extended_read(length: int) -> bytes:
    return bytes.fromhex("800004A5 00") + (length & 0xFFFF).to_bytes(2, "big")


def extended_write(length: int) -> bytes:
    return bytes.fromhex("80120180 00") + length.to_bytes(2, "big") + bytes(length)


@pytest.mark.parametrize("length", [1, 255, 256, 257, 1958, 1959, 32767, 32768, 65535, 65536])
def test_extended_responses_end_at_32767_but_on_the_sample_card(
    card: ReaderTestCard, sample: SampleCard, length: int
) -> None:
    assert sample.transmit(extended_read(length)).data == b"\xa5" * length + b"\x90\x00"
    assert card.transmit(extended_read(length)).data == b"\xa5" * min(length, 32767) + b"\x90\x00"


@pytest.mark.parametrize("length", [1, 255, 256, 257, 1958, 32767, 32768, 65535])
def test_extended_commands_end_at_32767_but_on_the_sample_card(
    card: ReaderTestCard, sample: SampleCard, length: int
) -> None:
    command = extended_write(length)
    assert run(sample, command.hex()) == "9000"
    assert run(sample, (command + b"\x01").hex()) == "6700"
    assert run(card, command.hex()) == ("9000" if length <= 32767 else "6700")


def test_no_extended_length_is_taken_before_a_selection(card: ReaderTestCard) -> None:
    card.power_on(True)
    assert card.transmit(extended_read(2)).data == card.transmit(extended_write(2)).data == b"\x67\x00"


def test_an_unknown_kind_of_card_names_the_known_ones() -> None:
    with pytest.raises(
        SpecificationError, match="unknown card kind 'reader-tst'; known: jcardsim, piv, reader-test, s"
    ):
        create_card(CardSpecification("reader-tst", "3B00"))
