"""What cannot be started, said in one line with its remedy; system parts are hidden by mounts of the test's own."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.simulator_command.conftest import SHIELD, Place

PRELOAD = "libumockdev-preload.so.0"
_MOUNTS = ["unshare", "--mount"] if os.getuid() == 0 else ["unshare", "--map-root-user", "--mount"]
_REFUSED = subprocess.run([*_MOUNTS, "true"], capture_output=True, check=False).returncode != 0
needs_mounts = pytest.mark.skipif(_REFUSED, reason="mount namespaces are refused here")


def over(source: str, target: Path | str) -> list[str]:
    """A command that runs another one where the target shows the source: a file, or "tmpfs" for an empty folder."""
    mount = 'mount -t tmpfs none "$2"' if source == "tmpfs" else 'mount --bind "$1" "$2"'
    return [*_MOUNTS, "sh", "-c", f'{mount} && shift 2 && exec "$@"', "sh", source, str(target)]


def library(name: str) -> Path:
    """The file of a shared library on this system."""
    listed = subprocess.run(["/sbin/ldconfig", "-p"], capture_output=True, text=True, check=True).stdout
    return next(Path(line.split()[-1]).resolve() for line in listed.splitlines() if line.split()[:1] == [name])


def refusal(place: Place, within: list[str]) -> str:
    """The one line with which the program does not start."""
    done = place.run(SHIELD, "--", "echo", "started", within=within)
    assert (done.stdout, done.returncode) == ("", 125)
    (line,) = done.stderr.splitlines()
    return line


def test_unknown_reader_is_one_line_with_the_nearest_name(place: Place) -> None:
    done = place.run("Gemalto Ezzio Sheild", "--", "true")
    assert done.returncode == 4
    assert done.stderr == (
        'no reader of the inventory matches "Gemalto Ezzio Sheild"; did you mean "gemalto-ezio-shield"?\n'
    )


def test_unknown_card_is_one_line_with_the_nearest_id(place: Place) -> None:
    done = place.run("--card", "piw", SHIELD, "--", "true")
    assert done.returncode == 4
    assert done.stderr.endswith('; did you mean "piv"?\n')
    assert len(done.stderr.splitlines()) == 1


def test_no_reader_is_answered_with_the_readers_there_are(place: Place) -> None:
    done = place.run("--", "true")
    assert done.returncode == 4
    assert "gemalto-ezio-shield" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_mistake_in_the_inventory_is_told_with_its_place(place: Place, tmp_path: Path) -> None:
    (tmp_path / "readers.yaml").write_text("readers:\n  - idd: 1\n")
    done = place.run("--inventory", str(tmp_path / "readers.yaml"), "x", "--", "true")
    assert done.returncode == 4
    assert "readers.yaml:2:" in done.stderr


def test_log_that_cannot_be_written(place: Place) -> None:
    done = place.run(SHIELD, "--log", "/nowhere/pcscd.log", "--", "true")
    assert (done.returncode, len(done.stderr.splitlines())) == (125, 1)
    assert "/nowhere/pcscd.log" in done.stderr


@needs_mounts
def test_pcscd_is_missing(place: Place) -> None:
    pcscd = shutil.which("pcscd", path="/usr/sbin:/usr/local/sbin:/usr/bin")
    if pcscd is None:
        pytest.skip("it is missing for real")
    assert "pcscd is not installed: install the package pcscd" in refusal(place, over("/dev/null", pcscd))


@needs_mounts
def test_driver_is_missing(place: Place) -> None:
    line = refusal(place, over("tmpfs", "/usr/lib/pcsc/drivers"))
    assert "libccid is not installed: install the package libccid" in line


@needs_mounts
def test_preload_library_is_missing(place: Place) -> None:
    line = refusal(place, over("/dev/null", library(PRELOAD)))
    assert f"{PRELOAD} is" in line
    assert "install umockdev" in line


@needs_mounts
def test_introspection_data_is_missing(place: Place) -> None:
    typelib = next(Path("/usr/lib").glob("*/girepository-1.0/UMockdev-1.0.typelib"))
    assert "install gir1.2-umockdev-1.0" in refusal(place, over("/dev/null", typelib))


@needs_mounts
def test_introspection_itself_is_missing(place: Place) -> None:
    assert "install python3-gi" in refusal(place, over("tmpfs", "/usr/lib/python3/dist-packages"))


@needs_mounts
def test_preload_library_of_another_protocol(place: Place, tmp_path: Path) -> None:
    """A library of that name that answers no ioctl, as one with another protocol does not."""
    compiler = shutil.which("cc")
    if compiler is None:
        pytest.skip("needs a C compiler")
    (tmp_path / "other.c").write_text("int umockdev_of_another_kind;\n")
    other = tmp_path / "libumockdev-preload.so.0"
    subprocess.run([compiler, "-shared", "-fPIC", "-o", other, tmp_path / "other.c"], check=True)
    line = refusal(place, over(str(other), library(PRELOAD)))
    assert "speaks another protocol" in line
    assert "0.17" in line


@needs_mounts
def test_namespace_is_refused(place: Place) -> None:
    """Without CAP_SYS_ADMIN, as in most containers, without /run/pcscd, and without a compiler for a stand-in."""
    if shutil.which("setpriv") is None:
        pytest.skip("needs setpriv")
    line = refusal(place, [*over("tmpfs", "/run"), "setpriv", "--bounding-set=-sys_admin", "env", "PATH=/nowhere"])
    assert "namespace refused: unshare of the mount namespace: Operation not permitted" in line
    assert "/run/pcscd" in line
