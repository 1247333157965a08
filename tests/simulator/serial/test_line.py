"""What a serial reader sends in which order: echo, card movements, answers, requests for time, NAK."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from fixtures.simulator.ccid import message as ccid
from fixtures.simulator.ccid.message import CcidMessage, response
from fixtures.simulator.serial.framing import NAK_FRAME, encode
from fixtures.simulator.serial.line import SILENCE_SECONDS, SYNCHRONOUS_NOTIFICATION, SerialLine

INSERTED, REMOVED = b"\x50\x03", b"\x50\x02"


class Host:
    """A line with a function behind it that answers each command at once, or does what the test says."""

    def __init__(self, *, echoes: bool) -> None:
        self.sent: list[bytes] = []
        self.line = SerialLine(self.sent.append, echoes=echoes)
        self.commands: list[CcidMessage] = []
        self.act: Callable[[CcidMessage], None] = self.answer
        self.now = 0.0
        self.line.connect(self)

    def bulk_out(self, frame: bytes) -> None:
        self.commands.append(CcidMessage.parse(frame))
        self.act(self.commands[-1])

    def answer(self, command: CcidMessage) -> None:
        self.line.bulk_in(response(command, icc_status=0).build())

    def more_time(self, command: CcidMessage, multiplier: int = 1) -> None:
        extension = response(command, icc_status=0, command_status=ccid.COMMAND_TIME_EXTENSION, error=multiplier)
        self.line.bulk_in(extension.build())

    def receive(self, data: bytes, after: float = 0.0) -> bytes:
        """What the line sends when these bytes come."""
        self.now += after
        before = len(self.sent)
        self.line.received(data, self.now)
        return b"".join(self.sent[before:])

    def ask(self, kind: int, data: bytes = b"", specific: bytes = b"\0\0\0") -> bytes:
        return self.receive(frame(kind, data, specific))


def frame(kind: int, data: bytes = b"", specific: bytes = b"\0\0\0") -> bytes:
    return encode(CcidMessage(kind, 0, 7, specific, data).build())


def answer_to(kind: int) -> bytes:
    return encode(response(CcidMessage(kind, 0, 7), icc_status=0).build())


@pytest.fixture
def twin() -> Host:
    return Host(echoes=True)


@pytest.fixture
def sim_pro() -> Host:
    return Host(echoes=False)


def test_echo_comes_before_the_answer_and_in_one_write(twin: Host) -> None:
    assert twin.ask(ccid.PC_to_RDR_GetSlotStatus) == frame(ccid.PC_to_RDR_GetSlotStatus) + answer_to(
        ccid.PC_to_RDR_GetSlotStatus
    )
    assert len(twin.sent) == 1


def test_reader_without_echo_answers_only(sim_pro: Host) -> None:
    assert sim_pro.ask(ccid.PC_to_RDR_GetSlotStatus) == answer_to(ccid.PC_to_RDR_GetSlotStatus)


def test_echo_does_not_wait_for_an_answer_that_comes_later(twin: Host) -> None:
    twin.act = lambda _command: None
    assert twin.ask(ccid.PC_to_RDR_XfrBlock, bytes(4)) == frame(ccid.PC_to_RDR_XfrBlock, bytes(4))
    twin.answer(twin.commands[-1])
    assert twin.sent[-1] == answer_to(ccid.PC_to_RDR_XfrBlock)


def test_display_texts_are_echoed_without_their_165_bytes(twin: Host) -> None:
    """libccid reads the echo into the answer's buffer, 10 + 20 bytes, and fails where it is longer."""
    texts = bytes.fromhex("B2 A0 00 4D 4C") + bytes(160)
    sent = twin.ask(ccid.PC_to_RDR_Escape, texts)
    assert sent == frame(ccid.PC_to_RDR_Escape) + answer_to(ccid.PC_to_RDR_Escape)
    assert twin.commands[-1].data == texts


def test_apdu_of_full_length_is_echoed_whole(twin: Host) -> None:
    assert twin.ask(ccid.PC_to_RDR_XfrBlock, bytes(261)).startswith(frame(ccid.PC_to_RDR_XfrBlock, bytes(261)))


def test_damaged_frame_is_refused_and_reaches_nobody(twin: Host) -> None:
    damaged = frame(ccid.PC_to_RDR_IccPowerOn)[:-1] + b"\xff"
    assert twin.receive(damaged) == NAK_FRAME
    assert twin.commands == []


def test_repetition_is_of_the_answer_without_the_echo(twin: Host) -> None:
    twin.ask(ccid.PC_to_RDR_GetSlotStatus)
    assert twin.receive(NAK_FRAME) == answer_to(ccid.PC_to_RDR_GetSlotStatus)


def test_frame_that_stops_is_forgotten_after_a_silence(twin: Host) -> None:
    assert twin.receive(frame(ccid.PC_to_RDR_XfrBlock, bytes(20))[:15]) == b""
    assert twin.receive(frame(ccid.PC_to_RDR_GetSlotStatus), after=SILENCE_SECONDS * 1.01) != b""
    assert [command.message_type for command in twin.commands] == [ccid.PC_to_RDR_GetSlotStatus]


def test_frame_may_pause_for_less(twin: Host) -> None:
    whole = frame(ccid.PC_to_RDR_GetSlotStatus)
    assert twin.receive(whole[:9]) == b""
    assert twin.receive(whole[9:], after=SILENCE_SECONDS * 0.9) != b""


def test_movement_is_told_at_once_at_first(twin: Host) -> None:
    twin.line.interrupt_in(b"\x50\x03")
    twin.line.interrupt_in(b"\x50\x02")
    assert twin.sent == [INSERTED, REMOVED]


def test_movement_waits_for_a_command_once_the_host_wants_that(twin: Host) -> None:
    """Synchronous notification, Escape 01 01 01: after the command, before the answer."""
    twin.ask(ccid.PC_to_RDR_Escape, SYNCHRONOUS_NOTIFICATION)
    before = len(twin.sent)
    twin.line.interrupt_in(b"\x50\x02")
    twin.line.interrupt_in(b"\x50\x03")
    assert len(twin.sent) == before
    status = ccid.PC_to_RDR_GetSlotStatus
    assert twin.ask(status) == frame(status) + REMOVED + INSERTED + answer_to(status)
    assert twin.ask(status) == frame(status) + answer_to(status)


@pytest.mark.parametrize(("change", "told"), [(b"\x50\x0c\x00", []), (b"\x50\x0f\x00", [INSERTED])])
def test_movement_in_another_slot_than_the_first_is_not_told(sim_pro: Host, change: bytes, told: list[bytes]) -> None:
    """The driver reads one state byte, and would take the next for the start of a frame."""
    sim_pro.line.interrupt_in(change)
    assert sim_pro.sent == told


def test_request_for_time_is_one_byte_with_t0(twin: Host) -> None:
    twin.ask(ccid.PC_to_RDR_SetParameters, bytes(5), b"\x00\0\0")

    def slow(command: CcidMessage) -> None:
        twin.more_time(command, 2)
        twin.answer(command)

    twin.act = slow
    sent = twin.ask(ccid.PC_to_RDR_XfrBlock, bytes(4))
    assert sent == frame(ccid.PC_to_RDR_XfrBlock, bytes(4)) + b"\x82" + answer_to(ccid.PC_to_RDR_XfrBlock)


def test_request_for_time_is_a_message_with_t1_but_never_beside_an_echo(twin: Host, sim_pro: Host) -> None:
    for host in (twin, sim_pro):
        host.ask(ccid.PC_to_RDR_SetParameters, bytes(7), b"\x01\0\0")
        host.act = host.more_time
    block = frame(ccid.PC_to_RDR_XfrBlock, bytes(4))
    assert twin.receive(block) == block
    assert CcidMessage.parse(sim_pro.receive(block)[2:-1]).command_status == ccid.COMMAND_TIME_EXTENSION


def test_reader_without_its_cable_is_silent(twin: Host) -> None:
    twin.line.connect(None)
    assert twin.ask(ccid.PC_to_RDR_GetSlotStatus) == b""
    twin.line.interrupt_in(b"\x50\x03")
    assert (twin.sent, twin.commands) == ([], [])


def test_reset_forgets_a_started_frame_and_the_hosts_wishes(twin: Host) -> None:
    twin.ask(ccid.PC_to_RDR_Escape, SYNCHRONOUS_NOTIFICATION)
    twin.receive(frame(ccid.PC_to_RDR_XfrBlock, bytes(20))[:15])
    twin.line.reset()
    twin.line.interrupt_in(b"\x50\x03")
    assert twin.sent[-1] == INSERTED
    assert twin.ask(ccid.PC_to_RDR_GetSlotStatus) != b""
