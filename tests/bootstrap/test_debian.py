"""bootstrap on Debian and Ubuntu: it installs what is missing, nothing else, and hands the rest to tox."""

from __future__ import annotations

import os
import re
import sys
from configparser import ConfigParser
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.bootstrap.conftest import Machine

SERIES = f"python{sys.version_info.major}.{sys.version_info.minor}"
BUILD = ["gcc", "libc6-dev", "libpcsclite-dev", f"{SERIES}-dev"]
DAEMON = ["libccid", "pcscd"]
NODE = ["nodejs", "npm"]
JAVA = ["default-jdk-headless", "maven"]
PKCS11 = ["opensc", "opensc-pkcs11", "python3-cryptography", "softhsm2"]
USB = ["gir1.2-umockdev-1.0", "python3-gi", "umockdev"]
INSTALL = "apt-get install -y --no-install-recommends"


def line_of(packages: list[str]) -> str:
    return " ".join(sorted(packages))


def everything_is_there(machine: Machine) -> None:
    machine.install(*BUILD, *DAEMON, *USB)
    (machine.folder / "no-headers").unlink()


def test_dry_run_names_what_is_missing_and_does_nothing(debian: Machine) -> None:
    outcome = debian.run("--dry-run", "run", "-e", "sim")
    assert outcome.status == 0
    assert f"bootstrap: missing: {line_of(BUILD + DAEMON + USB)}; installing with: {INSTALL}" in outcome.said
    assert "bootstrap: would run: tox run -e sim" in outcome.said
    assert outcome.calls == []
    assert not (debian.checkout / ".tox").exists()


def test_says_what_it_installs_before_it_does(debian: Machine) -> None:
    debian.tool("apt-get", 'echo "apt-get speaks"')
    outcome = debian.run("run", "-e", "sim")
    assert outcome.said.index("bootstrap: missing:") < outcome.said.index("apt-get speaks")


def test_installs_only_what_is_missing(debian: Machine) -> None:
    debian.install("pcscd", "libccid", "libc6-dev", "gcc", "umockdev")
    outcome = debian.run("run", "-e", "tests")
    missing = ["gir1.2-umockdev-1.0", "libpcsclite-dev", "python3-gi", f"{SERIES}-dev"]
    assert [call.partition(" install ")[2] for call in outcome.called("apt-get")] == [
        "-y --no-install-recommends " + line_of(missing)
    ]


def test_hands_its_arguments_to_tox_as_they_are(debian: Machine) -> None:
    everything_is_there(debian)
    debian.script(debian.folder / "venv-python", 'for word; do printf "<%s>" "$word"; done; echo\n')
    outcome = debian.run("run", "-e", "sim", "--", "-k", "atr or reset", "*")
    assert outcome.status == 0
    assert "<-m><tox><run><-e><sim><--><-k><atr or reset><*>" in outcome.said


def test_tox_s_exit_status_is_its_own(debian: Machine) -> None:
    everything_is_there(debian)
    debian.script(debian.folder / "venv-python", 'case "$*" in *tox*) exit 7 ;; esac\n')
    assert debian.run("run", "-e", "replay").status == 7


def test_a_second_run_installs_nothing(debian: Machine) -> None:
    everything_is_there(debian)
    first = debian.run("run", "-e", "sim")
    assert any("pip install" in call for call in first.calls)
    second = debian.run("run", "-e", "sim")
    assert second.calls == ["venv-python -m tox run -e sim"]


def test_tox_s_folder_is_private(debian: Machine) -> None:
    """Tox empties a work folder that a group may write to, which a umask of 002 would make."""
    before = os.umask(0o002)
    try:
        debian.run("run", "-e", "replay")
    finally:
        os.umask(before)
    assert (debian.checkout / ".tox").stat().st_mode & 0o777 == 0o700


def test_tox_is_renewed_when_its_lock_changes(debian: Machine) -> None:
    debian.run("run", "-e", "replay")
    with (debian.checkout / "requirements/bootstrap.txt").open("a") as lock:
        lock.write("# another version\n")
    assert any("pip install" in call for call in debian.run("run", "-e", "replay").calls)


def test_tox_is_installed_again_after_an_interrupted_install(debian: Machine) -> None:
    debian.script(debian.folder / "venv-python", "exit 1\n")
    assert debian.run("run", "-e", "replay").status != 0
    debian.script(debian.folder / "venv-python", 'echo "venv-python $*" >>"$MACHINE/calls"\n')
    outcome = debian.run("run", "-e", "replay")
    assert outcome.status == 0
    assert any("pip install" in call for call in outcome.calls)


def test_fetches_package_lists_only_where_there_are_none(debian: Machine) -> None:
    (debian.folder / "lists").unlink()
    assert [bool(re.search(r"\bupdate$", call)) for call in debian.run("run", "-e", "sim").called("apt-get")] == [
        True,
        False,
    ]


def test_tries_once_more_with_fresh_lists_when_an_install_fails(debian: Machine) -> None:
    debian.write("stale", "")
    outcome = debian.run("run", "-e", "sim")
    assert outcome.status == 0
    assert [call.split("-qq ")[1].split()[0] for call in outcome.called("apt-get")] == ["install", "update", "install"]


def test_stops_when_packages_cannot_be_installed(debian: Machine) -> None:
    debian.tool("apt-get", "exit 100", logged=True)
    outcome = debian.run("run", "-e", "live")
    assert outcome.status == 1
    assert f"apt-get could not install: {line_of(BUILD + DAEMON)}" in outcome.said
    assert outcome.called("venv-python") == []


@pytest.mark.parametrize("sudo", ["absent", "asks for a password"])
def test_without_root_it_prints_the_exact_command_and_stops(debian: Machine, sudo: str) -> None:
    debian.write("uid", "1000")
    if sudo != "absent":
        debian.tool("sudo", "exit 1")
    outcome = debian.run("run", "-e", "live")
    assert outcome.status == 1
    assert f"\n  sudo {INSTALL} {line_of(BUILD + DAEMON)}\n" in outcome.said
    assert outcome.calls == []


def test_dry_run_without_root_tells_the_rest_as_well(debian: Machine) -> None:
    debian.write("uid", "1000")
    outcome = debian.run("--dry-run", "run", "-e", "live")
    assert outcome.status == 0
    assert f"sudo {INSTALL} {line_of(BUILD + DAEMON)}" in outcome.said
    assert "would run: tox run -e live" in outcome.said


def test_uses_sudo_where_it_needs_no_password(debian: Machine) -> None:
    debian.write("uid", "1000")
    debian.tool("sudo", '[ "$1" = -n ] && shift && "$@"', logged=True)
    outcome = debian.run("run", "-e", "live")
    assert outcome.status == 0
    assert f"installing with: sudo -n {INSTALL}" in outcome.said
    assert len(outcome.called("apt-get")) == 1
    assert outcome.called("sudo")[-1].startswith("sudo -n env DEBIAN_FRONTEND=noninteractive apt-get")


def test_sudo_is_left_alone_when_nothing_is_missing(debian: Machine) -> None:
    debian.write("uid", "1000")
    debian.tool("sudo", "exit 1", logged=True)
    everything_is_there(debian)
    outcome = debian.run("run", "-e", "sim")
    assert outcome.status == 0
    assert outcome.called("sudo") == []


@pytest.mark.parametrize("env", ["replay", "lint", "types"])
def test_envs_of_pure_python_need_no_packages(debian: Machine, env: str) -> None:
    outcome = debian.run("run", "-e", env)
    assert outcome.status == 0
    assert "missing" not in outcome.said.replace("tox is missing", "")
    assert outcome.called("apt-get") == []


def test_a_missing_venv_module_is_a_package_of_that_python(debian: Machine) -> None:
    debian.write("no-venv", "")
    assert f"missing: {SERIES}-venv;" in debian.run("--dry-run", "run", "-e", "replay").said


@pytest.mark.parametrize(
    ("arguments", "packages"),
    [
        (["-e", "live"], BUILD + DAEMON),
        (["run", "-elive"], BUILD + DAEMON),
        (["run", "-e=live"], BUILD + DAEMON),
        (["run", "-e", "replay,live"], BUILD + DAEMON),
        (["r", "-e", "replay", "-e", "live"], BUILD + DAEMON),
        (["run", "-e", "sweep"], BUILD + DAEMON + USB),
        (["run", "-e", "faults"], BUILD + DAEMON + USB),
        (["run", "-e", "applets"], JAVA),
        (["run", "-e", "report"], NODE),
        (["run", "-e", "pages"], BUILD + DAEMON + USB + NODE + ["chromium"]),
        (["run", "-e", "applets,live"], BUILD + DAEMON + JAVA),
        (["run", "-e", "middleware"], BUILD + DAEMON + JAVA + USB + PKCS11),
        (["run", "-e", "ALL"], BUILD + DAEMON + JAVA + USB + PKCS11 + NODE + ["chromium"]),
        (["run", "--", "-e", "sim"], []),
        (["run"], []),
        ([], []),
        (["list"], []),
        (["run", "-e", "sim", "--help"], []),
    ],
)
def test_reads_the_envs_as_tox_does(debian: Machine, arguments: list[str], packages: list[str]) -> None:
    said = debian.run("--dry-run", *arguments).said
    found = re.search(r"missing: ([^;]*);", said)
    assert (found[1].split() if found else []) == sorted(packages)


def test_any_maven_and_any_jdk_will_do_for_the_applets(debian: Machine) -> None:
    debian.tool("mvn", "exit 0")
    assert "missing: default-jdk-headless;" in debian.run("--dry-run", "run", "-e", "applets").said
    debian.tool("javac", "exit 0")
    outcome = debian.run("run", "-e", "applets")
    assert outcome.status == 0
    assert outcome.called("apt-get") == []


def test_node_of_another_maker_and_another_chromium_will_do(debian: Machine) -> None:
    everything_is_there(debian)
    for tool in ("node", "npm", "google-chrome"):
        debian.tool(tool, "exit 0")
    outcome = debian.run("run", "-e", "pages")
    assert outcome.status == 0
    assert outcome.called("apt-get") == []


def test_takes_the_envs_from_the_environment_as_tox_does(debian: Machine) -> None:
    said = debian.run("--dry-run", "run", env={"TOXENV": "replay,live"}).said
    assert f"missing: {line_of(BUILD + DAEMON)};" in said


def test_an_unknown_env_is_named_with_those_there_are(debian: Machine) -> None:
    outcome = debian.run("run", "-e", "simm")
    assert outcome.status == 1
    assert "no env is called 'simm'; there are: replay sim live middleware applets report pages tests" in outcome.said
    assert outcome.calls == []


def test_knows_every_env_of_tox_ini(debian: Machine) -> None:
    tox = ConfigParser(interpolation=None)
    tox.read(debian.checkout / "tox.ini")
    envs = [section.removeprefix("testenv:") for section in tox.sections() if section.startswith("testenv:")]
    assert {"replay", "sim", "live", "tests"} <= set(envs)
    for env in envs:
        assert debian.run("--dry-run", "run", "-e", env).status == 0, env


def test_default_env_is_tox_s_own(debian: Machine) -> None:
    tox = ConfigParser(interpolation=None)
    tox.read(debian.checkout / "tox.ini")
    assert tox["tox"]["env_list"] == "replay"


def test_may_be_called_from_anywhere(debian: Machine) -> None:
    debian.script(debian.folder / "venv-python", 'pwd >>"$MACHINE/calls"\n')
    assert debian.run("run", "-e", "replay", cwd=debian.folder).calls[-1] == str(debian.checkout)


def test_help_is_its_own(debian: Machine) -> None:
    outcome = debian.run("--help")
    assert outcome.status == 0
    assert "./bootstrap [--dry-run] ARGUMENTS..." in outcome.said
    assert outcome.calls == []
