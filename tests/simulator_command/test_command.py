"""A command on simulated readers: it sees them, and the program around it cannot be noticed."""

from __future__ import annotations

import json
import signal
import stat
import sys
from pathlib import Path

import pytest

from tests.simulator_command.conftest import OBSERVE, SHIELD, Place

SHIELD_LINE = "Gemalto Ezio Shield 00 00: 3b021450"


def test_command_finds_the_reader_and_its_card_at_once(place: Place) -> None:
    done = place.run(SHIELD, "--", *OBSERVE)
    assert (done.stdout.splitlines(), done.stderr, done.returncode) == ([SHIELD_LINE], "", 0)


def test_several_readers_stand_side_by_side(place: Place) -> None:
    done = place.run("kaan base", "--reader", "*ezio*shield", "--quiet-daemon", "--", *OBSERVE)
    names = sorted(line.partition(":")[0][:-6] for line in done.stdout.splitlines())
    assert names == ["Gemalto Ezio Shield", "KOBIL KAAN Base"]


@pytest.mark.parametrize(
    ("command", "status"),
    [
        (["sh", "-c", "exit 3"], 3),
        (["sh", "-c", "kill -SEGV $$"], 128 + signal.SIGSEGV),
        (["/nowhere/to-be-found"], 127),
        (["/etc/hostname"], 126),
    ],
    ids=["status", "signal", "not-found", "not-executable"],
)
def test_exit_status_is_the_commands(place: Place, command: list[str], status: int) -> None:
    done = place.run(SHIELD, "--", *command)
    assert done.returncode == status
    assert len(done.stderr.splitlines()) == (1 if status in (126, 127) else 0)


def test_arguments_and_standard_streams_are_the_commands(place: Place) -> None:
    script = "import sys; print(sys.argv[1:], sys.stdin.read()); print('aside', file=sys.stderr)"
    done = place.run(SHIELD, "--", sys.executable, "-c", script, "--", "--log", "a b", text="told")
    assert done.stdout == "['--', '--log', 'a b'] told\n"
    assert done.stderr == "aside\n"


def test_program_on_the_bus_sees_the_device_and_pcsc(place: Place) -> None:
    look = f"{sys.executable} -m fixtures.usb_descriptor 08E6:34C0 && {sys.executable} -c '{OBSERVE[-1]}'"
    done = place.run(SHIELD, "--on-bus", "--", "sh", "-c", look)
    device, *readers = done.stdout.splitlines()
    assert bytes.fromhex(json.loads(device)["device"])[8:12] == bytes.fromhex("e608 c034")
    assert readers == [SHIELD_LINE]


def test_program_off_the_bus_sees_the_hosts_devices_only(place: Place) -> None:
    done = place.run(SHIELD, "--", sys.executable, "-m", "fixtures.usb_descriptor", "08E6:34C0")
    assert done.returncode == 1


def test_log_is_kept_privately_where_asked(place: Place, tmp_path: Path) -> None:
    log = tmp_path / "pcscd.log"
    assert place.run(SHIELD, "--log", str(log), "--", "true").returncode == 0
    assert "08e6/34c0" in log.read_text().lower()
    assert stat.S_IMODE(log.stat().st_mode) == 0o600


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_signal_ends_command_and_all(place: Place, number: signal.Signals) -> None:
    session = place.start(SHIELD, "--", "sh", "-c", "echo ready; exec sleep 600")
    session.until("ready", "stdout")
    session.process.send_signal(number)
    assert session.end() == 128 + number


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signal_while_starting_leaves_nothing(place: Place, number: signal.Signals) -> None:
    session = place.start(SHIELD, "--", "sleep", "600")
    while not any("fixtures.simulator.process" in arguments for arguments in place.processes().values()):
        assert session.process.poll() is None
    session.process.send_signal(number)
    assert session.end() == 128 + number


def test_command_that_does_not_listen_is_killed(place: Place) -> None:
    session = place.start(SHIELD, "--", "sh", "-c", "trap '' TERM; echo ready; while :; do sleep 0.1; done")
    session.until("ready", "stdout")
    session.process.terminate()
    assert session.end() == 128 + signal.SIGTERM


def test_daemons_death_is_told(place: Place) -> None:
    """The daemon is found by its configuration folder, which lies beside the socket."""
    kill = "kill -9 ${p#/proc/}"
    find = (
        f'for p in /proc/[0-9]*; do grep -qz "^${{PCSCLITE_CSOCK_NAME%/*}}/reader.conf.d$" $p/cmdline && {kill}; done'
    )
    done = place.run(SHIELD, "--", "sh", "-c", f"({find}) 2>/dev/null; sleep 0.3; exit 5")
    assert done.returncode == 5
    assert done.stderr.startswith("pcscd died: SIGKILL")
