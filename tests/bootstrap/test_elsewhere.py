"""bootstrap where it does not install packages itself: it names them, and what needs none runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.bootstrap.conftest import Machine

SYSTEMS = {"Darwin": "macOS", "MINGW64_NT-10.0-22631": "MINGW64_NT-10.0-22631"}


@pytest.mark.parametrize("kernel", SYSTEMS)
@pytest.mark.parametrize("env", ["replay", "live", "lint", "types"])
def test_runs_what_the_system_brings(machine: Machine, kernel: str, env: str) -> None:
    machine.write("kernel", kernel)
    outcome = machine.run("run", "-e", env)
    assert outcome.status == 0
    assert outcome.calls[-1] == f"venv-python -m tox run -e {env}"


@pytest.mark.parametrize("kernel", SYSTEMS)
def test_says_that_emulated_readers_need_linux_and_what_runs_instead(machine: Machine, kernel: str) -> None:
    machine.write("kernel", kernel)
    outcome = machine.run("run", "-e", "sim")
    assert outcome.status == 1
    assert f"{SYSTEMS[kernel]} has no emulated USB" in outcome.said
    assert "here run: replay" in outcome.said
    assert outcome.calls == []


def test_macos_names_libusb_for_live(machine: Machine) -> None:
    machine.write("kernel", "Darwin")
    assert "brew install libusb" in machine.run("--dry-run", "run", "-e", "live").said


@pytest.mark.parametrize("kernel", SYSTEMS)
def test_the_applets_need_maven(machine: Machine, kernel: str) -> None:
    machine.write("kernel", kernel)
    outcome = machine.run("run", "-e", "applets")
    assert (outcome.status, outcome.calls) == (1, [])
    assert "Maven and a JDK are missing" in outcome.said
    machine.tool("mvn", "exit 0")
    assert machine.run("run", "-e", "applets").calls[-1] == "venv-python -m tox run -e applets"


def test_windows_keeps_tox_where_its_venv_puts_programs(machine: Machine) -> None:
    machine.write("kernel", "MINGW64_NT-10.0-22631")
    python = machine.tools / "python3"
    python.write_text(python.read_text().replace("$3/bin", "$3/Scripts"))
    for _ in range(2):
        assert machine.run("run", "-e", "replay").calls[-1] == "venv-python -m tox run -e replay"


@pytest.mark.parametrize(
    ("query", "command", "package"),
    [
        ("rpm", "sudo dnf install", "pcsc-lite-ccid"),
        ("pacman", "sudo pacman -S", "ccid"),
        (None, "the names are Debian's", "libccid"),
    ],
)
def test_other_linux_names_the_packages(machine: Machine, query: str | None, command: str, package: str) -> None:
    if query:
        machine.tool("dnf" if query == "rpm" else query, "exit 1", logged=True)
        machine.tool(query, 'grep -qx "$2" "$MACHINE/installed"')
    outcome = machine.run("run", "-e", "sim")
    assert outcome.status == 1
    assert command in outcome.said
    assert package in outcome.said.replace(";", " ").split()
    assert "./bootstrap run -e replay" in outcome.said
    assert outcome.calls == []
    assert machine.run("run", "-e", "replay").status == 0


def test_fedora_goes_on_once_the_packages_are_there(machine: Machine) -> None:
    machine.tool("dnf", "exit 1", logged=True)
    machine.tool("rpm", "exit 0")
    outcome = machine.run("run", "-e", "sim")
    assert outcome.status == 0
    assert outcome.calls[-1] == "venv-python -m tox run -e sim"


def test_an_old_python_is_named_with_its_place(machine: Machine) -> None:
    machine.tool("python3", 'case "$*" in *print*) echo 3.10.12 ;; *) exit 1 ;; esac\n')
    outcome = machine.run("run", "-e", "replay")
    assert outcome.status == 1
    assert f"Python 3.11 or newer is needed; found: 3.10.12 at {machine.tools / 'python3'}" in outcome.said


def test_a_newer_python_beside_an_old_one_is_taken(machine: Machine) -> None:
    (machine.tools / "python3").rename(machine.tools / "python3.11")
    machine.tool("python3", 'case "$*" in *print*) echo 3.10.12 ;; *) exit 1 ;; esac\n')
    assert machine.run("run", "-e", "replay").status == 0


def test_no_python_at_all(machine: Machine) -> None:
    (machine.tools / "python3").unlink()
    outcome = machine.run("run", "-e", "replay")
    assert outcome.status == 1
    assert "found: none" in outcome.said
