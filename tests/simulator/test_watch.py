"""The watch for a PIN sees it in every form, whole and in what the host receives only."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fixtures.simulator.watch import SecretWatch

PIN = "80519263"


def watching() -> SecretWatch:
    watch = SecretWatch()
    watch.begin(PIN)
    return watch


@pytest.mark.parametrize(
    "data",
    [
        PIN.encode(),
        bytes.fromhex(PIN),
        bytes.fromhex("28" + PIN + "FFFFFF"),
        bytes.fromhex("F" + PIN + "F"),
        bytes(int(digit) for digit in PIN),
    ],
    ids=["ascii", "bcd", "format-2", "odd-nibble", "numbers"],
)
def test_every_form_is_seen_in_messages_to_the_host(data: bytes) -> None:
    watch = watching()
    watch.frame("out", data)
    assert watch.places() == []
    watch.frame("in", b"\x80\x04\0\0\0\0\0\0\0\0" + data)
    watch.frame("interrupt", b"\x51" + data)
    assert len(watch.places()) == 2
    assert all(place.startswith("message to the host") and PIN not in place for place in watch.places())


@pytest.mark.parametrize(
    "line", [f"SW: {PIN.encode().hex(' ')} 90 00", f"ifdhandler.c:1487:IFDHControl() RxBuffer: {PIN}", "80 51 92 63"]
)
def test_lines_of_the_log_are_seen(line: str) -> None:
    watch = watching()
    watch.line(line)
    (place,) = watch.places()
    assert PIN not in place


@given(st.binary(max_size=40))
def test_nothing_is_seen_without_the_digits(data: bytes) -> None:
    watch = watching()
    watch.frame("in", data)
    if not any("".join(mark + digit for digit in PIN) in data.hex() for mark in ("", "3", "0")):
        assert watch.places() == []


def test_idle_watch_sees_nothing_and_a_new_one_begins_afresh() -> None:
    watch = SecretWatch()
    watch.line(PIN)
    assert watch.places() == []
    watch.begin(PIN)
    watch.line(PIN)
    watch.begin("1234")
    assert watch.places() == []


def test_too_few_digits_are_no_pin_to_watch_for() -> None:
    with pytest.raises(ValueError, match="at least four digits"):
        SecretWatch().begin("123")
