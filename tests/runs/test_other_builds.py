"""Other builds of the stack: shown by their versions, and named when they crash."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from fixtures.simulator.drivers import SYSTEM_DRIVERS
from tests.runs.conftest import run_suites

CRASHING_DRIVER = """
#include <string.h>
#define EXPORT __attribute__((visibility("default")))
typedef unsigned long DWORD;
static char *volatile slot;
EXPORT void set_ccid_descriptor(void) { strcpy(slot, "no slot"); }
EXPORT long IFDHCreateChannelByName(DWORD lun, char *name) { (void)lun; (void)name; set_ccid_descriptor(); return 0; }
EXPORT long IFDHCreateChannel(DWORD lun, DWORD channel) { (void)lun; (void)channel; return 612; }
EXPORT long IFDHCloseChannel(DWORD lun) { (void)lun; return 0; }
EXPORT long IFDHGetCapabilities(DWORD l, DWORD t, DWORD *n, char *v) { (void)l; (void)t; (void)n; (void)v; return 600; }
EXPORT long IFDHSetCapabilities(DWORD l, DWORD t, DWORD n, char *v) { (void)l; (void)t; (void)n; (void)v; return 600; }
EXPORT long IFDHSetProtocolParameters(DWORD l, DWORD p, char a, char b, char c, char d)
{ (void)l; (void)p; (void)a; (void)b; (void)c; (void)d; return 0; }
EXPORT long IFDHPowerICC(DWORD l, DWORD a, char *r, DWORD *n) { (void)l; (void)a; (void)r; (void)n; return 612; }
EXPORT long IFDHTransmitToICC(DWORD l) { (void)l; return 612; }
EXPORT long IFDHControl(DWORD l) { (void)l; return 612; }
EXPORT long IFDHICCPresence(DWORD l) { (void)l; return 616; }
"""


def test_bundle_of_another_version_is_named_in_header_and_report(tmp_path: Path) -> None:
    bundle = tmp_path / "my.bundle"
    shutil.copytree(SYSTEM_DRIVERS / "ifd-ccid.bundle", bundle, symlinks=False)
    plist = bundle / "Contents" / "Info.plist"
    plist.write_text(
        re.sub(
            r"(<key>CFBundleShortVersionString</key>\s*<string>)[^<]*",
            r"\g<1>9.8.7",
            plist.read_text("utf-8", "replace"),
        )
    )
    run = run_suites(
        tmp_path / "run",
        *("suites/test_atr.py", "--backend", "sim", "--reader", "ezio", "--driver", str(bundle)),
        *("-k", "three_calls", "--pcscd", "/usr/sbin/pcscd"),
    )
    assert run.exit_code == 0, run.output[-3000:]
    assert "libccid 9.8.7, simulated readers" in run.output
    assert "driver=libccid 9.8.7" in (run.directory / "allure" / "environment.properties").read_text()


def test_client_library_that_is_none_is_refused(tmp_path: Path) -> None:
    library = tmp_path / "libpcsclite.so.1"
    library.write_text("not a library")
    run = run_suites(tmp_path / "run", "suites/", "--backend", "sim", "--pcsclite", str(library))
    assert run.exit_code == 4
    assert f"--pcsclite {library}: cannot be loaded" in run.output


def test_crash_in_the_driver_is_named_with_the_library_and_the_function(tmp_path: Path) -> None:
    """libccid 1.8.2 crashes on any serial reader, in set_ccid_descriptor; this driver does the same."""
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        pytest.skip("no C compiler here")
    source = tmp_path / "crash.c"
    source.write_text(CRASHING_DRIVER)
    driver = tmp_path / "libccidtwin.so"
    subprocess.run([compiler, "-shared", "-fPIC", "-O0", "-o", str(driver), str(source)], check=True)
    run = run_suites(
        tmp_path / "run",
        *("suites/test_atr.py", "--backend", "sim", "--inventory", "inventory/serial.yaml", "--reader", "gempc-twin"),
        *("--driver", str(driver), "-k", "three_calls"),
    )
    assert run.exit_code == 1, run.output[-3000:]
    assert "pcscd died: SIGSEGV in libccidtwin.so (set_ccid_descriptor)" in run.output
