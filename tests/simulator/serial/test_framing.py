"""Frames on the serial line, whatever pieces and noise they arrive in."""

from __future__ import annotations

from functools import reduce
from operator import xor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fixtures.simulator.serial.framing import LONGEST_MESSAGE, NAK_FRAME, FrameDecoder, Signal, encode


def message(data: bytes, kind: int = 0x6F, slot: int = 0, sequence: int = 0) -> bytes:
    return bytes((kind,)) + len(data).to_bytes(4, "little") + bytes((slot, sequence, 0, 0, 0)) + data


messages = st.builds(message, st.binary(max_size=261), st.integers(0, 255), st.integers(0, 255), st.integers(0, 255))
noise = st.binary(max_size=20).map(lambda data: data.replace(b"\x03", b""))


def test_frame_is_sync_ack_message_lrc() -> None:
    """The driver's first command: GET_FIRMWARE, an Escape of one byte."""
    frame = encode(bytes.fromhex("6B 01 00 00 00 00 00 00 00 00 02"))
    assert frame == bytes.fromhex("03 06 6B 01 00 00 00 00 00 00 00 00 02 6D")
    assert reduce(xor, frame) == 0


def test_nak_is_the_one_of_the_driver() -> None:
    assert bytes.fromhex("03 15 16") == NAK_FRAME


@given(st.lists(st.tuples(noise, messages), max_size=5), st.lists(st.integers(1, 40), max_size=20))
def test_messages_arrive_whole_however_they_are_split(sent: list[tuple[bytes, bytes]], sizes: list[int]) -> None:
    stream = b"".join(before + encode(each) for before, each in sent)
    decoder, found = FrameDecoder(), []
    for size in [*sizes, len(stream) + 1]:
        found += decoder.feed(stream[:size])
        stream = stream[size:]
    assert found == [each for _before, each in sent]
    assert decoder.pending == 0


@given(messages, st.integers(1, 255), st.data())
def test_one_wrong_byte_is_never_taken_for_a_message(sent: bytes, change: int, data: st.DataObject) -> None:
    """A wrong byte in the message or the LRC; the length is left alone, which would only make more bytes awaited."""
    frame = bytearray(encode(sent))
    place = data.draw(st.sampled_from([at for at in range(2, len(frame)) if at not in range(3, 7)]))
    frame[place] ^= change
    decoder = FrameDecoder()
    assert decoder.feed(bytes(frame)) == [Signal.DAMAGED]
    assert decoder.feed(encode(sent)) == [sent]


@given(st.lists(st.binary(max_size=300)))
def test_no_bytes_upset_the_decoder_or_pile_up(pieces: list[bytes]) -> None:
    decoder = FrameDecoder()
    for piece in pieces:
        for item in decoder.feed(piece):
            assert isinstance(item, Signal) or len(item) == 10 + int.from_bytes(item[1:5], "little")
        assert decoder.pending <= LONGEST_MESSAGE + 2


def test_nak_from_the_host_asks_for_a_repetition() -> None:
    assert FrameDecoder().feed(NAK_FRAME[:1] + NAK_FRAME) == [Signal.REPEAT]


def test_length_that_no_driver_sends_is_damage() -> None:
    decoder = FrameDecoder()
    head = bytes.fromhex("03 06 6F") + (LONGEST_MESSAGE - 10 + 1).to_bytes(4, "little") + bytes(5)
    assert decoder.feed(head) == [Signal.DAMAGED]
    assert decoder.pending == 0


@pytest.mark.parametrize("size", [0, 1, LONGEST_MESSAGE - 10])
def test_every_length_that_the_driver_sends_is_taken(size: int) -> None:
    assert FrameDecoder().feed(encode(message(bytes(size)))) == [message(bytes(size))]
