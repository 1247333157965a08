"""CCID messages as a host reads them: what is no message is told, and commands are what the specification draws."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fixtures.ccid_wire import message as ccid
from fixtures.ccid_wire.message import Response, WireError
from fixtures.simulator.ccid.message import CcidMessage

BYTE = st.integers(0, 255)


@given(kind=BYTE, slot=BYTE, sequence=BYTE, data=st.binary(max_size=300), specific=st.binary(min_size=3, max_size=3))
def test_command_is_read_by_a_reader_as_it_was_meant(
    kind: int, slot: int, sequence: int, data: bytes, specific: bytes
) -> None:
    frame = ccid.command(kind, slot, sequence, data, specific)
    assert CcidMessage.parse(frame) == CcidMessage(kind, slot, sequence, specific, data)


@given(st.binary(max_size=60))
def test_any_frame_is_a_response_or_a_wire_error(frame: bytes) -> None:
    try:
        response = Response.parse(frame)
    except WireError:
        return
    assert response.abData == frame[ccid.HEADER :]


def test_status_is_taken_apart() -> None:
    response = Response.parse(bytes.fromhex("80 02000000 01 07 42 FE 03 9000"))
    assert (response.bSlot, response.bSeq, response.bSpecific) == (1, 7, 3)
    assert (response.failure, response.bmICCStatus) == ((ccid.FAILED, ccid.ICC_MUTE), ccid.NO_ICC)


@pytest.mark.parametrize(
    ("frame", "words"),
    [
        ("8000", "at least 10 bytes, the reader sent 2"),
        ("80 03000000 00 00 00 00 00 9000", "dwLength is 3, and 2 bytes follow"),
    ],
)
def test_what_is_no_message_is_told(frame: str, words: str) -> None:
    with pytest.raises(WireError, match=words):
        Response.parse(bytes.fromhex(frame))
