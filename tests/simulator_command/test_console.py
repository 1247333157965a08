"""The program without a command: keys move cards, cables and pinpads, and it goes without a trace."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
import sys
import termios
from pathlib import Path

import pytest

from tests.simulator_command.conftest import SHIELD, Place, Session, run_outside

EMPTY = ["Gemalto Ezio Shield 00 00: empty"]
WITH_CARD = ["Gemalto Ezio Shield 00 00: 3b021450"]
_VERIFY = """
from fixtures import reader_test
from fixtures.pcsc.constants import CM_IOCTL_GET_FEATURE_REQUEST
from fixtures.pcsc.live import LivePcsc
from fixtures.pcsc.part10 import Feature, parse_features
from fixtures.pcsc.pin_structures import PinVerifyStructure
from fixtures.pcsc.session import Pcsc
with Pcsc(LivePcsc()).context() as context, context.connect(context.readers()[0]) as card:
    card.transmit(reader_test.SELECT)
    code = parse_features(card.control(CM_IOCTL_GET_FEATURE_REQUEST))[Feature.VERIFY_PIN_DIRECT]
    template = bytes.fromhex("0020008008") + bytes([255]) * 8
    print(card.control(code, PinVerifyStructure(abData=template).to_bytes()).hex())
"""
VERIFY = (sys.executable, "-c", _VERIFY)


def started(place: Place, *arguments: str) -> Session:
    session = place.start(*(arguments or (SHIELD,)))
    session.exported()
    return session


def ended(session: Session, keys: str = "q") -> None:
    session.keys(keys)
    assert session.end() == 0


def test_standard_output_is_for_the_shell(place: Place) -> None:
    session = started(place)
    assert session.observe() == WITH_CARD
    ended(session)
    assert session.seen["stdout"] == f"export PCSCLITE_CSOCK_NAME={session.exported()['PCSCLITE_CSOCK_NAME']}\n"


def test_on_the_bus_the_buss_variables_are_exported_too(place: Place) -> None:
    session = started(place, SHIELD, "--on-bus")
    session.until("LD_PRELOAD", "stdout")
    command = (sys.executable, "-m", "fixtures.usb_descriptor", "08E6:34C0")
    assert "e608c034" in run_outside(session.exported(), place, *command)
    ended(session)


def test_card_is_removed_and_inserted(place: Place) -> None:
    session = started(place)
    session.keys("r")
    session.until("<- RDR_to_PC_NotifySlotChange, slot 0: card absent")
    session.await_readers(EMPTY)
    session.keys("i")
    session.await_readers(WITH_CARD)
    ended(session)


def test_reader_is_unplugged_and_plugged_in_again_and_again(place: Place) -> None:
    session = started(place)
    for _ in range(3):
        session.keys("u")
        session.await_readers([])
        session.keys("p")
        session.await_readers(WITH_CARD)
    session.keys("upupu")
    session.await_readers([])
    ended(session)


@pytest.mark.parametrize(("keys", "answer"), [("12345678e", "9000"), ("c", "6401"), ("99b12345678\ne", "9000")])
def test_pinpad_takes_keys_and_shows_no_digit(place: Place, keys: str, answer: str) -> None:
    session = started(place)
    session.keys(keys)
    session.until("pressed")
    assert run_outside(session.exported(), place, *VERIFY).strip() == answer
    session.until("PC_to_RDR_Secure")
    ended(session)
    shown = session.seen["stderr"]
    assert shown.count("a digit pressed") == sum(key.isdigit() for key in keys)
    assert "1234" not in shown


def test_keys_are_for_the_chosen_reader(place: Place) -> None:
    session = started(place, "ezio", "kaan base")
    session.keys("nr")
    session.until("KOBIL KAAN Base: card removed")
    states = dict(line.split(": ") for line in session.observe())
    assert sorted(state == "empty" for state in states.values()) == [False, True]
    assert next(name for name, state in states.items() if state == "empty").startswith("KOBIL")
    ended(session)


def test_what_cannot_be_done_is_told_and_nothing_ends(place: Place) -> None:
    session = started(place)
    session.keys("i")
    session.until("the card is in slot 0 of gemalto-ezio-shield already")
    session.keys("p")
    session.until("plugged already")
    session.keys("x")
    session.until("'x' is no key here")
    session.keys("?")
    session.until("insert the card")
    assert session.observe() == WITH_CARD
    ended(session)


def test_dead_daemon_is_told_and_replaced(place: Place) -> None:
    session = started(place)
    daemon = next(
        number
        for number, arguments in place.processes().items()
        if "reader.conf.d" in arguments and "namespace" not in arguments
    )
    os.kill(daemon, signal.SIGKILL)
    session.until("pcscd died: SIGKILL")
    session.until("a fresh pcscd listens")
    session.await_readers(WITH_CARD)
    ended(session)


def test_end_of_a_pipe_ends_it(place: Place) -> None:
    session = started(place)
    assert session.process.stdin is not None
    session.process.stdin.close()
    assert session.end() == 0


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_signal_ends_it(place: Place, number: signal.Signals) -> None:
    session = started(place)
    session.process.send_signal(number)
    assert session.end() == 128 + number
    assert "Traceback" not in session.seen["stderr"]


def test_without_input_it_stays_up(place: Place) -> None:
    session = place.start(SHIELD, stdin=subprocess.DEVNULL)
    session.exported()
    assert session.observe() == WITH_CARD
    session.process.terminate()
    assert session.end() == 128 + signal.SIGTERM


@pytest.mark.parametrize("last", [b"\x03", b"\x04", b"q"], ids=["ctrl-c", "ctrl-d", "q"])
def test_terminal_gives_single_keys_and_is_left_as_it_was(place: Place, last: bytes) -> None:
    """Keys are not echoed, Enter is ENTER, Ctrl-C ends."""
    controller, terminal = pty.openpty()
    before = termios.tcgetattr(terminal)
    process = subprocess.Popen(
        # setsid makes the terminal the program's own, as a shell's job has one.
        ["setsid", "--ctty", "--wait", sys.executable, "-m", "fixtures.simulator", SHIELD],
        cwd=Path(__file__).parents[2],
        env=place.environment,
        stdin=terminal,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    session = Session(place, process)
    place.started.append(process)
    session.exported()
    os.write(controller, b"r7\r")
    session.until("ENTER pressed")
    assert "card removed" in session.seen["stderr"]
    assert "a digit pressed" in session.seen["stderr"]
    os.set_blocking(controller, False)
    with pytest.raises(BlockingIOError):
        os.read(controller, 100)
    os.write(controller, last)
    assert session.end() == (130 if last == b"\x03" else 0)
    assert termios.tcgetattr(terminal) == before
    os.close(controller)
    os.close(terminal)
