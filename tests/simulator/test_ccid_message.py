"""CCID messages: parse and build are inverse."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fixtures.simulator.ccid import message as ccid
from fixtures.simulator.ccid.message import CcidMessage

byte = st.integers(0, 255)
messages = st.builds(
    CcidMessage,
    message_type=byte,
    slot=byte,
    sequence=byte,
    specific=st.binary(min_size=3, max_size=3),
    data=st.binary(max_size=300),
    length=st.none(),
)


@given(messages)
def test_a_message_survives_build_and_parse(message: CcidMessage) -> None:
    assert CcidMessage.parse(message.build()) == message


@given(st.binary(min_size=10, max_size=300))
def test_any_frame_of_ten_bytes_survives_parse_and_build(frame: bytes) -> None:
    assert CcidMessage.parse(frame).build() == frame


@given(st.binary(max_size=9))
def test_a_frame_shorter_than_a_header_is_refused(frame: bytes) -> None:
    with pytest.raises(ValueError, match="at least 10 bytes"):
        CcidMessage.parse(frame)


def test_a_declared_length_that_differs_is_kept() -> None:
    frame = bytes.fromhex("6F 05 00 00 00 00 07 00 00 00 AABB")
    message = CcidMessage.parse(frame)
    assert (message.length, message.data) == (5, b"\xaa\xbb")
    assert message.build() == frame


def test_header_fields_lie_where_the_specification_puts_them() -> None:
    answer = CcidMessage.parse(bytes.fromhex("80 02 00 00 00 01 2A 41 FE 03 9000"))
    assert (answer.message_type, answer.slot, answer.sequence) == (ccid.RDR_to_PC_DataBlock, 1, 0x2A)
    assert (answer.icc_status, answer.command_status, answer.error) == (1, 1, ccid.ICC_MUTE)
