"""The record of frames: bounded, in order, and masked also where what decided the masking is gone."""

from __future__ import annotations

import pytest

from fixtures.simulator import frames
from fixtures.simulator.ccid import message as ccid
from fixtures.simulator.ccid.message import CcidMessage
from fixtures.simulator.frames import FrameRecord


@pytest.fixture
def small_record(monkeypatch: pytest.MonkeyPatch) -> FrameRecord:
    monkeypatch.setattr(frames, "_CAPACITY", 4)
    return FrameRecord()


def xfr_block(data: bytes, sequence: int = 0) -> bytes:
    return CcidMessage(ccid.PC_to_RDR_XfrBlock, 0, sequence, data=data).build()


def data_block(data: bytes) -> bytes:
    return CcidMessage(ccid.RDR_to_PC_DataBlock, 0, 0, data=data).build()


def test_keeps_the_last_frames_and_counts_all(small_record: FrameRecord) -> None:
    for number in range(10):
        small_record.add("reader", "out", xfr_block(b"\x80\x30\x00\x00", number))
    assert small_record.count() == 10
    sequences = [str(frame["text"]).replace(" ", "")[12:14] for frame in small_record.since(0)]
    assert sequences == ["06", "07", "08", "09"]


def test_a_position_within_the_record_gives_what_came_after_it(small_record: FrameRecord) -> None:
    for number in range(6):
        small_record.add("reader", "out", xfr_block(b"\x80\x30\x00\x00", number))
    assert len(small_record.since(5)) == 1
    small_record.add("reader", "out", xfr_block(b"\x80\x30\x00\x00", 6))
    assert len(small_record.since(5)) == 2
    assert len(small_record.since(0)) == 4


def test_an_answer_is_masked_though_its_command_has_been_dropped(small_record: FrameRecord) -> None:
    """What a PIN dump answers is the PIN; that it was one, only the dropped command says."""
    small_record.add("reader", "out", xfr_block(b"\x00\x40\x00\x00\x0d"))
    for _ in range(3):
        small_record.add("reader", "interrupt", b"\x50\x03")
    small_record.add("reader", "in", data_block(bytes.fromhex("00200080083132333435363738 9000")))
    shown = [str(frame["text"]) for frame in small_record.since(0)]
    assert len(shown) == 4
    assert "31" not in shown[-1]


def test_a_frame_is_not_dropped_from_the_middle(small_record: FrameRecord) -> None:
    """Asked between two overflows, the record holds masked and raw frames: the oldest goes, whichever it is."""
    for number in range(5):
        small_record.add("reader", "out", xfr_block(b"\x80\x30\x00\x00", number))
    small_record.since(0)
    for number in range(5, 7):
        small_record.add("reader", "out", xfr_block(b"\x80\x30\x00\x00", number))
    sequences = [str(frame["text"]).replace(" ", "")[12:14] for frame in small_record.since(0)]
    assert sequences == ["03", "04", "05", "06"]
