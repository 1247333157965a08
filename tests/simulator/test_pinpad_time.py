"""Time on the pinpad: pauses in the midst of an entry pass at once, and count."""

from __future__ import annotations

import pytest

from fixtures.simulator.ccid import message as ccid
from fixtures.simulator.ccid.hooks import NoFaults
from tests.simulator.bench import Bench, BenchMaker

SELECT = bytes.fromhex("00A40400 07 A000000018FF01")
TEMPLATE = bytes.fromhex("0020008008") + b"\xff" * 8
DONE = (0, 0, b"\x90\x00")
TIMED_OUT = (1, ccid.PIN_TIMEOUT, b"")


def ready(bench: Bench) -> Bench:
    bench.power_on()
    bench.transmit(SELECT)
    bench.frames.clear()
    return bench


def enter(bench: Bench, timeout: int) -> None:
    """Asks for a PIN as PC_to_RDR_Secure does."""
    head = bytes((0, timeout, 0x82, 0x08, 0x00, 8, 4, 2, 1, 0x09, 0x04, 0, 0, 0, 0))
    bench.send(ccid.PC_to_RDR_Secure, head + TEMPLATE)


def outcome(bench: Bench) -> tuple[int, int, bytes]:
    (frame,) = (frame for frame in bench.frames if frame.command_status != ccid.COMMAND_TIME_EXTENSION)
    return frame.command_status, frame.error, frame.data


@pytest.mark.parametrize(
    ("timeout", "keys", "ends_with"),
    [
        (8, ["5s", *"12345678", "enter"], DONE),
        (8, [*"1234", "7s", *"5678", "enter"], DONE),
        (8, [*"1234", "8s", *"5678", "enter"], TIMED_OUT),
        (8, [*"12", "5s", *"34", "5s", *"5678", "enter"], TIMED_OUT),
        (0, [*"12", "29s", *"345678", "enter"], DONE),
        (0, [*"12", "30s", *"345678", "enter"], TIMED_OUT),
    ],
    ids=["at-first", "in-between", "too-long", "too-long-together", "default", "default-too-long"],
)
def test_pauses_count(make_bench: BenchMaker, timeout: int, keys: list[str], ends_with: tuple[int, int, bytes]) -> None:
    bench = ready(make_bench(bPINSupport=3))
    bench.interface.press(keys)
    enter(bench, timeout)
    assert outcome(bench) == ends_with


def test_what_a_pause_left_is_what_is_left(make_bench: BenchMaker) -> None:
    bench = ready(make_bench(bPINSupport=3))
    bench.interface.press(["5s"])
    enter(bench, 8)
    bench.clock.advance(2.5)
    bench.interface.press(list("1234"))
    bench.clock.advance(1.0)
    assert outcome(bench) == TIMED_OUT


@pytest.mark.parametrize("key", ["s", "-1s", "1.5s", "5 s", "5m"])
def test_other_words_are_no_keys(make_bench: BenchMaker, key: str) -> None:
    with pytest.raises(ValueError, match="key 1 of 1 is neither a digit nor"):
        make_bench(bPINSupport=3).interface.press([key])


class DeadFive(NoFaults):
    """A keypad whose 5 is taken for 6, and whose 9 is dead."""

    def on_pin_key(self, key: str) -> str | None:
        return {"5": "6", "9": None}.get(key, key)


def test_fault_sees_each_key(make_bench: BenchMaker) -> None:
    bench = ready(make_bench(bPINSupport=3, faults=DeadFive()))
    bench.interface.press([*"12394599", "enter"])
    enter(bench, 0)
    assert outcome(bench) == (0, 0, b"\x6a\x04")
    assert bench.transmit(bytes.fromhex("004000000D"))[5:10] == b"12346"
