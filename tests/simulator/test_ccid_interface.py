"""A CCID interface answers each PC_to_RDR message as CCID 1.1 says."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fixtures.simulator.cards.reader_test import BUSY_UNIT, ReaderTestCard, counting
from fixtures.simulator.ccid import message as ccid
from fixtures.simulator.ccid.hooks import NoFaults
from fixtures.simulator.ccid.message import CcidMessage
from fixtures.simulator.ccid.personality import personality_of
from fixtures.simulator.specification import CardSpecification, InterfaceSpecification, ReaderSpecification
from tests.simulator.bench import ATR, Bench, BenchMaker

SELECT = bytes.fromhex("00A40400 07 A000000018FF01")
ALL_COMMANDS = sorted(ccid.RESPONSE_TYPES)


def failure(message: CcidMessage) -> tuple[int, int, int]:
    return message.command_status, message.error, message.icc_status


def test_power_on_returns_the_answer_to_reset(make_bench: BenchMaker) -> None:
    bench = make_bench()
    status = bench.ask(ccid.PC_to_RDR_GetSlotStatus)
    assert failure(status) == (ccid.COMMAND_PROCESSED, 0, ccid.ICC_PRESENT_INACTIVE)
    assert bench.power_on() == bytes.fromhex(ATR)
    assert bench.ask(ccid.PC_to_RDR_GetSlotStatus).icc_status == ccid.ICC_PRESENT_ACTIVE
    off = bench.ask(ccid.PC_to_RDR_IccPowerOff)
    assert (off.message_type, off.icc_status) == (ccid.RDR_to_PC_SlotStatus, ccid.ICC_PRESENT_INACTIVE)


def test_the_first_reset_is_cold_the_second_warm_and_cold_again_after_power_off(make_bench: BenchMaker) -> None:
    bench = make_bench(card=False)
    bench.interface.insert(0, ReaderTestCard(CardSpecification("reader-test", "3B00", warm_atr="3B01AA")))
    answers = [bench.power_on(), bench.power_on(), bench.power_on()]
    bench.ask(ccid.PC_to_RDR_IccPowerOff)
    answers.append(bench.power_on())
    assert [answer.hex() for answer in answers] == ["3b00", "3b01aa", "3b01aa", "3b00"]


@pytest.mark.parametrize(("card", "status"), [(True, ccid.ICC_PRESENT_INACTIVE), (False, ccid.ICC_NOT_PRESENT)])
def test_a_mute_or_absent_card_is_icc_mute(make_bench: BenchMaker, card: bool, status: int) -> None:
    bench = make_bench(card=card, atr="")
    answer = bench.ask(ccid.PC_to_RDR_IccPowerOn)
    assert answer.message_type == ccid.RDR_to_PC_DataBlock
    assert failure(answer) == (ccid.COMMAND_FAILED, ccid.ICC_MUTE, status)
    assert failure(bench.ask(ccid.PC_to_RDR_XfrBlock, SELECT)) == (ccid.COMMAND_FAILED, ccid.ICC_MUTE, status)


@pytest.mark.parametrize(
    ("features", "voltages", "select", "accepted"),
    [
        (0x000204BA, 0x01, 0, True),
        (0x000204B2, 0x01, 0, False),
        (0x000204B6, 0x01, 0, True),
        (0x000204B2, 0x03, 1, True),
        (0x000204B2, 0x03, 2, True),
        (0x000204B2, 0x03, 3, False),
        (0x000204B2, 0x07, 4, False),
    ],
)
def test_voltage_selection(make_bench: BenchMaker, features: int, voltages: int, select: int, accepted: bool) -> None:
    bench = make_bench(dwFeatures=features, bVoltageSupport=voltages)
    answer = bench.ask(ccid.PC_to_RDR_IccPowerOn, specific=bytes((select, 0, 0)))
    expected = (ccid.COMMAND_PROCESSED, 0) if accepted else (ccid.COMMAND_FAILED, 7)
    assert (answer.command_status, answer.error) == expected


def test_a_card_stays_mute_at_a_voltage_that_it_does_not_take(make_bench: BenchMaker) -> None:
    bench = make_bench(card=False, dwFeatures=0x000204B2, bVoltageSupport=7)
    bench.interface.insert(0, ReaderTestCard(CardSpecification("reader-test", "3B00", bVoltageSupport=2)))
    assert bench.ask(ccid.PC_to_RDR_IccPowerOn, specific=b"\x01\0\0").error == ccid.ICC_MUTE
    assert bench.ask(ccid.PC_to_RDR_IccPowerOn, specific=b"\x02\0\0").data == b"\x3b\x00"


def test_short_apdus(make_bench: BenchMaker) -> None:
    bench = make_bench()
    bench.power_on()
    assert bench.transmit(SELECT) == b"\x90\x00"
    assert bench.transmit(bytes.fromhex("8034010000")) == counting(256) + b"\x90\x00"


@pytest.mark.parametrize("apdu", ["", "80", "803000", "80340100000100", "8012018000000101"])
def test_a_short_apdu_reader_refuses_what_is_none(make_bench: BenchMaker, apdu: str) -> None:
    bench = make_bench()
    bench.power_on()
    assert failure(bench.ask(ccid.PC_to_RDR_XfrBlock, bytes.fromhex(apdu))) == (1, ccid.BAD_LENGTH, 0)


@settings(deadline=None, max_examples=40)
@given(st.integers(20, 600), st.integers(1, 3000), st.integers(1, 3000))
def test_extended_apdus_are_chained_both_ways(maximum: int, sent: int, received: int) -> None:
    """The way libccid drives it: blocks of dwMaxCCIDMessageLength - 10, empty blocks against each."""
    size = maximum - 10
    bench = Bench(InterfaceSpecification(dwFeatures=0x000404BA, dwMaxCCIDMessageLength=maximum))
    bench.insert_test_card()
    bench.power_on()
    assert chained(bench, SELECT, size) == b"\x90\x00"
    command = bytes.fromhex("80120180 00") + sent.to_bytes(2, "big") + bytes(sent)
    assert chained(bench, command, size) == b"\x90\x00"
    command = bytes.fromhex("800004C3 00") + received.to_bytes(2, "big")
    assert chained(bench, command, size) == b"\xc3" * received + b"\x90\x00"


def chained(bench: Bench, apdu: bytes, size: int) -> bytes:
    blocks = [apdu[start : start + size] for start in range(0, len(apdu), size)]
    for index, block in enumerate(blocks):
        last = index == len(blocks) - 1
        level = (0 if last else 1) if index == 0 else (2 if last else 3)
        answer = bench.ask(ccid.PC_to_RDR_XfrBlock, block, bytes((0, level, 0)))
        assert answer.command_status == ccid.COMMAND_PROCESSED
        if not last:
            assert (answer.data, answer.specific[2]) == (b"", 0x10)
    response, expected = answer.data, (0, 1)
    assert answer.specific[2] in expected
    while answer.specific[2] in (1, 3):
        assert len(answer.data) == size
        answer = bench.ask(ccid.PC_to_RDR_XfrBlock, b"", bytes((0, 0x10, 0)))
        assert answer.specific[2] in (2, 3)
        response += answer.data
    return response


@pytest.mark.parametrize("level", [2, 3, 0x10, 4])
def test_a_block_out_of_place_in_a_chain_is_refused(make_bench: BenchMaker, level: int) -> None:
    bench = make_bench(dwFeatures=0x000404BA)
    bench.power_on()
    data = b"" if level == 0x10 else SELECT
    assert failure(bench.ask(ccid.PC_to_RDR_XfrBlock, data, bytes((0, level, 0)))) == (1, 8, 0)


@pytest.mark.parametrize("command", ALL_COMMANDS)
def test_a_bad_slot_is_named(make_bench: BenchMaker, command: int) -> None:
    answer = make_bench().ask(command, slot=1)
    assert answer.message_type == ccid.RESPONSE_TYPES[command]
    assert failure(answer) == (ccid.COMMAND_FAILED, ccid.BAD_SLOT, ccid.ICC_NOT_PRESENT)


@pytest.mark.parametrize("command", [code for code in ALL_COMMANDS if code != ccid.PC_to_RDR_Abort])
def test_a_wrong_length_is_named(make_bench: BenchMaker, command: int) -> None:
    bench = make_bench()
    frame = bytearray(CcidMessage(command, 0, 9, b"\0\0\0", b"").build())
    frame[1] = 1
    bench.interface.bulk_out(bytes(frame))
    assert (bench.frames[-1].sequence, *failure(bench.frames[-1])) == (9, ccid.COMMAND_FAILED, ccid.BAD_LENGTH, 1)


def test_a_frame_shorter_than_a_header_is_dropped(make_bench: BenchMaker) -> None:
    bench = make_bench()
    bench.interface.bulk_out(b"\x65\0\0\0\0")
    assert bench.frames == []
    assert bench.ask(ccid.PC_to_RDR_GetSlotStatus).command_status == ccid.COMMAND_PROCESSED


def test_an_unknown_command_is_not_supported(make_bench: BenchMaker) -> None:
    answer = make_bench().ask(0x60)
    assert (answer.message_type, *failure(answer)) == (ccid.RDR_to_PC_SlotStatus, 1, ccid.CMD_NOT_SUPPORTED, 1)


@pytest.mark.parametrize(
    ("command", "specific"),
    [
        (ccid.PC_to_RDR_Mechanical, b"\x01\0\0"),
        (ccid.PC_to_RDR_Secure, b"\0\0\0"),
        (ccid.PC_to_RDR_IccClock, b"\x01\0\0"),
        (ccid.PC_to_RDR_Escape, b"\0\0\0"),
    ],
)
def test_what_the_descriptor_does_not_offer_is_not_supported(
    make_bench: BenchMaker, command: int, specific: bytes
) -> None:
    bench = make_bench()
    bench.power_on()
    answer = bench.ask(command, b"\x00" if command != ccid.PC_to_RDR_Mechanical else b"", specific)
    assert failure(answer) == (ccid.COMMAND_FAILED, ccid.CMD_NOT_SUPPORTED, 0)


def test_clock_stop(make_bench: BenchMaker) -> None:
    bench = make_bench(dwFeatures=0x000205BA)
    bench.power_on()
    assert bench.ask(ccid.PC_to_RDR_IccClock, specific=b"\x01\0\0").specific[2] == 1
    assert bench.ask(ccid.PC_to_RDR_GetSlotStatus).specific[2] == 1
    assert bench.ask(ccid.PC_to_RDR_IccClock, specific=b"\x00\0\0").specific[2] == 0
    assert bench.ask(ccid.PC_to_RDR_IccClock, specific=b"\x02\0\0").error == 7


def test_parameters_come_from_the_answer_to_reset_and_can_be_set(make_bench: BenchMaker) -> None:
    bench = make_bench()
    bench.power_on()
    answer = bench.ask(ccid.PC_to_RDR_GetParameters)
    assert (answer.message_type, answer.specific[2], answer.data.hex()) == (0x82, 0, "1800000a00")
    t1 = bytes.fromhex("18 10 00 6D 00 80 00")
    answer = bench.ask(ccid.PC_to_RDR_SetParameters, t1, b"\x01\0\0")
    assert (answer.specific[2], answer.data) == (1, t1)
    assert bench.ask(ccid.PC_to_RDR_GetParameters).data == t1
    answer = bench.ask(ccid.PC_to_RDR_ResetParameters)
    assert (answer.specific[2], answer.data.hex()) == (0, "1800000a00")


@pytest.mark.parametrize(
    ("protocol", "parameters", "error"),
    [
        (0, "11000000", 1),
        (1, "1110004D0020", 1),
        (2, "1100000A00", 7),
        (0, "7100000A00", 10),
        (0, "1110000A00", 11),
        (1, "1100004D002000", 11),
        (1, "111000AD002000", 13),
        (0, "1100000A04", 14),
        (1, "1110004D00FF00", 15),
    ],
)
def test_the_byte_at_fault_in_set_parameters_is_named(
    make_bench: BenchMaker, protocol: int, parameters: str, error: int
) -> None:
    bench = make_bench()
    bench.power_on()
    answer = bench.ask(ccid.PC_to_RDR_SetParameters, bytes.fromhex(parameters), bytes((protocol, 0, 0)))
    assert failure(answer) == (ccid.COMMAND_FAILED, error, 0)


def test_a_protocol_that_the_reader_lacks_is_refused(make_bench: BenchMaker) -> None:
    bench = make_bench(dwProtocols=1)
    bench.power_on()
    answer = bench.ask(ccid.PC_to_RDR_SetParameters, bytes.fromhex("1110004D002000"), b"\x01\0\0")
    assert failure(answer) == (ccid.COMMAND_FAILED, 7, 0)


def test_data_rate_and_clock_are_kept_within_the_descriptor(make_bench: BenchMaker) -> None:
    answer = make_bench(dwMaximumClock=4000, dwMaxDataRate=100000).ask(
        ccid.PC_to_RDR_SetDataRateAndClockFrequency, (8000).to_bytes(4, "little") + (9600).to_bytes(4, "little")
    )
    assert answer.message_type == ccid.RDR_to_PC_DataRateAndClockFrequency
    assert answer.data == (4000).to_bytes(4, "little") + (9600).to_bytes(4, "little")


def test_class_requests_return_the_tables_or_stall() -> None:
    bench = Bench(InterfaceSpecification(clock_frequencies=(4000,), data_rates=(10753, 21505)))
    control = bench.interface.control
    assert control(0xA1, 2, 0, 0, 1024) == bytes.fromhex("A00F0000")
    assert control(0xA1, 3, 0, 0, 1024) == bytes.fromhex("012A0000 01540000")
    assert control(0xA1, 3, 0, 0, 4) == bytes.fromhex("012A0000")
    assert control(0xA1, 9, 0, 0, 4) is None
    assert Bench(InterfaceSpecification()).interface.control(0xA1, 3, 0, 0, 1024) is None


def test_time_extensions_come_until_the_card_is_done(make_bench: BenchMaker) -> None:
    bench = make_bench()
    bench.power_on()
    bench.transmit(SELECT)
    bench.frames.clear()
    number = bench.send(ccid.PC_to_RDR_XfrBlock, bytes.fromhex("80380018"))
    bench.clock.advance(0x18 * BUSY_UNIT - 0.01)
    extensions = [(frame.command_status, frame.error, frame.sequence, frame.data) for frame in bench.frames]
    assert extensions == [(ccid.COMMAND_TIME_EXTENSION, 1, number, b"")] * 4
    bench.clock.advance(0.02)
    assert (bench.frames[-1].command_status, bench.frames[-1].data) == (ccid.COMMAND_PROCESSED, b"\x90\x00")
    bench.clock.advance(10)
    assert len(bench.frames) == 5


def test_a_command_to_a_busy_slot_is_refused(make_bench: BenchMaker) -> None:
    bench = make_bench(bMaxSlotIndex=1, bMaxCCIDBusySlots=1)
    bench.power_on()
    bench.transmit(SELECT)
    bench.send(ccid.PC_to_RDR_XfrBlock, bytes.fromhex("80380018"))
    assert bench.ask(ccid.PC_to_RDR_GetSlotStatus).error == ccid.CMD_SLOT_BUSY
    assert bench.ask(ccid.PC_to_RDR_GetSlotStatus, slot=1).error == ccid.CMD_SLOT_BUSY
    bench.clock.advance(5)
    assert bench.ask(ccid.PC_to_RDR_GetSlotStatus, slot=1).command_status == ccid.COMMAND_PROCESSED


def test_two_slots_work_at_once_where_the_reader_can(make_bench: BenchMaker) -> None:
    bench = make_bench(bMaxSlotIndex=1, bMaxCCIDBusySlots=2)
    bench.insert_test_card(slot=1)
    for slot in (0, 1):
        bench.power_on(slot)
        bench.transmit(SELECT, slot)
    bench.send(ccid.PC_to_RDR_XfrBlock, bytes.fromhex("80380004"))
    assert bench.transmit(bytes.fromhex("8034000202"), slot=1) == b"\x00\x01\x90\x00"
    bench.clock.advance(1)
    assert (bench.frames[-1].slot, bench.frames[-1].data) == (0, b"\x90\x00")


def test_slot_changes_are_notified_two_bits_a_slot(make_bench: BenchMaker) -> None:
    bench = make_bench(card=False, bMaxSlotIndex=4)
    bench.insert_test_card(slot=0)
    bench.insert_test_card(slot=4)
    bench.interface.remove(0)
    assert [data.hex() for data in bench.interrupts] == ["500300", "500103", "500201"]
    with pytest.raises(ValueError, match="slot 0 is empty"):
        bench.interface.remove(0)
    with pytest.raises(ValueError, match="slot 4 holds a card"):
        bench.insert_test_card(slot=4)
    with pytest.raises(ValueError, match="no slot 5"):
        bench.interface.remove(5)


def test_without_an_interrupt_endpoint_nothing_is_notified(make_bench: BenchMaker) -> None:
    bench = make_bench(interrupt_endpoint=False)
    bench.interface.remove(0)
    assert bench.interrupts == []


def test_a_card_that_leaves_in_mid_exchange_is_mute(make_bench: BenchMaker) -> None:
    bench = make_bench()
    bench.power_on()
    bench.transmit(SELECT)
    number = bench.send(ccid.PC_to_RDR_XfrBlock, bytes.fromhex("80380018"))
    bench.clock.advance(0.3)
    bench.interface.remove(0)
    assert (bench.frames[-1].sequence, *failure(bench.frames[-1])) == (number, 1, ccid.ICC_MUTE, ccid.ICC_NOT_PRESENT)
    count = len(bench.frames)
    bench.clock.advance(10)
    assert len(bench.frames) == count, "no late answer"
    bench.insert_test_card()
    bench.power_on()
    assert bench.transmit(SELECT) == b"\x90\x00"


@pytest.mark.parametrize("control_first", [True, False])
def test_abort_needs_both_halves(make_bench: BenchMaker, control_first: bool) -> None:
    """CCID 1.1, 5.3.1: the ABORT request and PC_to_RDR_Abort with the same bSeq, in either order."""
    bench = make_bench()
    bench.power_on()
    bench.transmit(SELECT)
    bench.send(ccid.PC_to_RDR_XfrBlock, bytes.fromhex("80380018"))
    bench.frames.clear()
    if control_first:
        assert bench.interface.control(0x21, ccid.ABORT, 77 << 8, 0, 0) == b""
        assert bench.ask(ccid.PC_to_RDR_GetSlotStatus).error == ccid.CMD_ABORTED
        bench.frames.clear()
        bench.send(ccid.PC_to_RDR_Abort, sequence=77)
    else:
        bench.send(ccid.PC_to_RDR_Abort, sequence=77)
        assert bench.frames == []
        assert bench.interface.control(0x21, ccid.ABORT, 77 << 8, 0, 0) == b""
    [answer] = bench.frames
    assert (answer.message_type, answer.sequence, answer.command_status) == (ccid.RDR_to_PC_SlotStatus, 77, 0)
    bench.clock.advance(10)
    assert len(bench.frames) == 1, "the aborted command has no answer"
    assert bench.transmit(SELECT) == b"\x90\x00"


def test_the_observer_sees_every_frame(make_bench: BenchMaker) -> None:
    bench = make_bench()
    bench.power_on()
    assert [direction for direction, _ in bench.seen] == ["interrupt", "out", "in"]
    assert bench.seen[2][1] == bench.frames[0].build()


def test_close_ends_everything(make_bench: BenchMaker) -> None:
    bench = make_bench()
    bench.power_on()
    bench.transmit(SELECT)
    bench.send(ccid.PC_to_RDR_XfrBlock, bytes.fromhex("80380018"))
    bench.interface.close()
    assert bench.clock.pending == 0


class Swallow(NoFaults):
    """Swallows the named thing."""

    def __init__(self, what: str) -> None:
        self.what = what

    def on_command(self, message: CcidMessage) -> CcidMessage | None:
        return None if self.what == "command" else message

    def on_response(self, message: CcidMessage) -> CcidMessage | None:
        return None if self.what == "response" else message

    def on_card_command(self, command: bytes) -> bytes | None:
        return None if self.what == "card command" else command

    def on_card_response(self, response: bytes) -> bytes | None:
        return None if self.what == "card response" else response[:-2]


@pytest.mark.parametrize("what", ["command", "response"])
def test_a_fault_can_swallow_messages(make_bench: BenchMaker, what: str) -> None:
    bench = make_bench(faults=Swallow(what))
    bench.send(ccid.PC_to_RDR_IccPowerOn)
    assert bench.frames == []


@pytest.mark.parametrize("what", ["card command", "card response"])
def test_a_swallowed_exchange_leaves_the_card_mute(make_bench: BenchMaker, what: str) -> None:
    bench = make_bench(faults=Swallow(what))
    bench.power_on()
    bench.send(ccid.PC_to_RDR_XfrBlock, SELECT)
    bench.clock.advance(5)
    assert failure(bench.frames[-1]) == (ccid.COMMAND_FAILED, ccid.ICC_MUTE, ccid.ICC_PRESENT_ACTIVE)


def test_a_fault_can_change_the_cards_answer(make_bench: BenchMaker) -> None:
    bench = make_bench(faults=Swallow("nothing"))
    bench.power_on()
    assert bench.transmit(SELECT) == b""


def test_gemalto_pinpads_answer_the_escapes_that_the_driver_sends(make_bench: BenchMaker) -> None:
    interface = InterfaceSpecification(bPINSupport=3, wLcdLayout=0x0211)
    reader = ReaderSpecification("Ezio", 0x08E6, 0x34C0, 0x0102, "Gemalto", "Ezio Shield", (interface,))
    bench = make_bench(personality=personality_of(reader))
    assert bench.ask(ccid.PC_to_RDR_Escape, b"\x02").data == b"EzioShield-V1.02"
    features = bench.ask(ccid.PC_to_RDR_Escape, b"\x6a").data
    assert (len(features), features[0], features[1], features[4]) == (21, 2, 17, 0x60)
    assert bench.ask(ccid.PC_to_RDR_Escape, b"\x99").error == ccid.CMD_NOT_SUPPORTED
