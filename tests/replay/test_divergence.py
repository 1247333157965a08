"""A run that does something else than its recording is told what, where, and how to record again."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from fixtures.pcsc import constants
from fixtures.pcsc.provider import Provider, ReaderState
from fixtures.replay.divergence import ReplayDivergence
from fixtures.replay.player import ReplayPcsc
from fixtures.replay.reading import parse
from fixtures.replay.recording import Recording
from fixtures.replay.writing import dump, seal
from tests.replay.scenarios import SHARED, T1, connected, pin_dump
from tests.replay.small_stack import AGAIN, PIN, READER, SECRETS, SmallStack, record

SELECT = bytes.fromhex("00A4040007A000000018FF01")
DATA = bytes(range(24))


def recorded(pcsc: Provider, _stack: SmallStack | None = None) -> None:
    context, card = connected(pcsc)
    pcsc.get_status_change(context, 0, [ReaderState(READER)])
    pcsc.transmit(card, T1, b"\x80\x36\x00\x00\x18" + DATA, 264)
    pcsc.transmit(card, T1, SELECT, 264)
    pcsc.disconnect(card, constants.SCARD_LEAVE_CARD)
    pcsc.release_context(context)


@pytest.fixture
def replay() -> ReplayPcsc:
    return ReplayPcsc(record(recorded), SECRETS, AGAIN, patience=0.2)


def test_differing_bytes_are_marked(replay: ReplayPcsc) -> None:
    context, card = connected(replay)
    replay.get_status_change(context, 0, [ReaderState(READER)])
    with pytest.raises(ReplayDivergence) as caught:
        replay.transmit(card, T1, b"\x80\x36\x00\x00\x18" + DATA[:10] + b"\xee" + DATA[11:], 264)
    lines = str(caught.value).splitlines()
    assert lines[0] == "step 4 of thread main is another call"
    assert lines[1].startswith("  expected SCardTransmit(card 1, protocol SCARD_PROTOCOL_T1, command 80360000 18000102")
    assert lines[2].startswith("  made     SCardTransmit(card 1, protocol SCARD_PROTOCOL_T1, command 80360000 18000102")
    assert "byte 15 is the first that differs" in lines[3]
    recorded_row, made_row, marks = lines[4:7]
    column = marks.index("^^")
    assert (recorded_row[column : column + 2], made_row[column : column + 2]) == ("0A", "EE")
    assert marks.count("^") == 2
    assert "nearest recorded call: step 5 of thread main" in lines[7]
    assert lines[-1] == f"record again with: {AGAIN}"


def test_a_file_is_named_with_its_line() -> None:
    text = dump(record(recorded))
    replay = ReplayPcsc(parse(text, Path("acme/x.yaml")), SECRETS, AGAIN)
    with pytest.raises(ReplayDivergence) as caught:
        replay.establish_context(constants.SCARD_SCOPE_USER)
    line = text.splitlines().index("    - call: SCardEstablishContext") + 1
    assert f"acme/x.yaml:{line}" in str(caught.value).replace("\\", "/")
    assert "scope: recorded SCARD_SCOPE_SYSTEM, made SCARD_SCOPE_USER" in str(caught.value)


def test_the_same_call_further_on_is_found(replay: ReplayPcsc) -> None:
    context, card = connected(replay)
    replay.get_status_change(context, 0, [ReaderState(READER)])
    with pytest.raises(ReplayDivergence, match="the same call is step 5 of thread main"):
        replay.transmit(card, T1, SELECT, 264)


OTHER_CALLS: dict[str, Callable[[ReplayPcsc, int, int], object]] = {
    "receive size: recorded 264, made 263": lambda pcsc, _, card: pcsc.transmit(
        card, T1, b"\x80\x36\x00\x00\x18" + DATA, 263
    ),
    "protocol: recorded SCARD_PROTOCOL_T1, made SCARD_PROTOCOL_T0": lambda pcsc, _, card: pcsc.transmit(
        card, constants.SCARD_PROTOCOL_T0, b"\x80\x36\x00\x00\x18" + DATA, 264
    ),
    "card: recorded 1, made unknown": lambda pcsc, _, card: pcsc.transmit(
        card + 1, T1, b"\x80\x36\x00\x00\x18" + DATA, 264
    ),
    "29 bytes recorded, 28 made": lambda pcsc, _, card: pcsc.transmit(
        card, T1, b"\x80\x36\x00\x00\x18" + DATA[:-1], 264
    ),
    "made     SCardCancel(context 1)": lambda pcsc, context, _: pcsc.cancel(context),
}


@pytest.mark.parametrize("message", OTHER_CALLS)
def test_every_argument_is_compared(replay: ReplayPcsc, message: str) -> None:
    context, card = connected(replay)
    replay.get_status_change(context, 0, [ReaderState(READER)])
    with pytest.raises(ReplayDivergence) as caught:
        OTHER_CALLS[message](replay, context, card)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("timeout", "states", "message"),
    [
        (1, [ReaderState(READER)], "timeout: recorded 0, made 1"),
        (0, [ReaderState(READER, constants.SCARD_STATE_EMPTY)], "made [{reader}: SCARD_STATE_EMPTY]"),
        (0, [ReaderState("Else")], "made [Else: SCARD_STATE_UNAWARE]"),
        (0, [], "made []"),
    ],
)
def test_waits_are_compared(replay: ReplayPcsc, timeout: int, states: list[ReaderState], message: str) -> None:
    context, _ = connected(replay)
    with pytest.raises(ReplayDivergence) as caught:
        replay.get_status_change(context, timeout, states)
    assert message in str(caught.value)


def test_what_the_call_fills_in_is_not_compared(replay: ReplayPcsc) -> None:
    context, _ = connected(replay)
    replay.get_status_change(context, 0, [ReaderState(READER, 0, event_state=99, atr=b"\x3b")])


def test_unused_steps_are_an_error(replay: ReplayPcsc) -> None:
    connected(replay)
    with pytest.raises(ReplayDivergence) as caught:
        replay.finish()
    assert str(caught.value).startswith("5 recorded steps were not used\n  expected step 3 of thread main: SCardGetSta")
    assert str(caught.value).endswith(AGAIN)


def test_a_call_too_many_is_an_error(replay: ReplayPcsc) -> None:
    recorded(replay)
    with pytest.raises(ReplayDivergence, match="thread main made call 8, but 7 are recorded"):
        replay.establish_context(constants.SCARD_SCOPE_SYSTEM)


def test_a_swallowed_divergence_still_fails_the_run(replay: ReplayPcsc) -> None:
    """Cleaning up after a divergence is quiet; anything else, and the end, raise it again."""
    context, card = connected(replay)
    with pytest.raises(ReplayDivergence) as first:
        replay.status(card)
    replay.disconnect(card, constants.SCARD_LEAVE_CARD)
    replay.release_context(context)
    for call in (lambda: replay.list_readers(context), replay.finish):
        with pytest.raises(ReplayDivergence) as again:
            call()
        assert str(again.value) == str(first.value)


def test_a_handle_of_the_other_kind_is_unknown(replay: ReplayPcsc) -> None:
    context, _ = connected(replay)
    with pytest.raises(ReplayDivergence, match=r"SCardStatus\(card unknown\)"):
        replay.status(context)


def test_a_handle_from_before_recording_was_reset_is_not_matched(replay: ReplayPcsc) -> None:
    context = replay.establish_context(constants.SCARD_SCOPE_SYSTEM)
    with pytest.raises(ReplayDivergence, match=r"context: recorded 1, made unknown"):
        replay.connect(context + 0x100, READER, SHARED, constants.SCARD_PROTOCOL_ANY)


@pytest.fixture
def pins() -> Recording:
    return parse(dump(record(pin_dump)))


def test_a_secret_is_this_runs_own(pins: Recording) -> None:
    other = b"55556666"
    replay = ReplayPcsc(pins, {"pin": other}, AGAIN)
    _, card = connected(replay)
    verify = bytes.fromhex("0020008008")
    assert replay.transmit(card, T1, verify + b"99990000", 2) == b"\x6a\x04"
    assert replay.transmit(card, T1, verify + other, 2) == b"\x90\x00"
    assert replay.transmit(card, T1, bytes.fromhex("004000000D"), 15) == verify + other + b"\x90\x00"


def test_what_is_hidden_without_a_name_is_zeros(pins: Recording) -> None:
    """Zeros are no digits: a test that compares a dump with a PIN it was not told cannot pass."""
    replay = ReplayPcsc(pins, {}, AGAIN)
    _, card = connected(replay)
    assert replay.transmit(card, T1, bytes.fromhex("0020008008") + b"99990000", 2) == b"\x6a\x04"
    with pytest.raises(ReplayDivergence) as caught:
        replay.transmit(card, T1, bytes.fromhex("0020008008") + PIN, 2)
    assert "{pin}" in str(caught.value)
    assert "{masked}" in str(caught.value)
    assert PIN.hex() not in str(caught.value).replace(" ", "").lower()


def test_the_right_pin_is_not_taken_for_a_wrong_one(pins: Recording) -> None:
    replay = ReplayPcsc(pins, SECRETS, AGAIN)
    _, card = connected(replay)
    with pytest.raises(ReplayDivergence):
        replay.transmit(card, T1, bytes.fromhex("0020008008") + PIN, 2)


def test_a_masked_run_matches_no_clear_bytes() -> None:
    """A recorded run of hidden bytes is matched by a call only where redaction hides the call's own bytes."""

    def one(pcsc: Provider, _stack: SmallStack | None) -> None:
        _, card = connected(pcsc)
        pcsc.transmit(card, T1, b"\x80\x36\x00\x00\x08" + DATA[:8], 264)

    text = dump(record(one)).replace("08000102 03040506 07", "08 {masked:8}").rsplit("checksum", 1)[0]
    replay = ReplayPcsc(parse(seal(text)), SECRETS, AGAIN)
    with pytest.raises(ReplayDivergence):
        one(replay, None)
