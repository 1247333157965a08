"""Sweeps from the command line: readers that work, that the driver refuses, that fail, and one that is interrupted."""

from __future__ import annotations

import os
import signal
from typing import Any

from tests.sweep.conftest import NEW_READERS, READERS, Place

SHIELD = "gemalto-ezio-shield"
KAAN = "kobil-kaan-base"
DUAL = "hid-global-omnikey-5122-dual"
UNLISTED = "reiner-sct-cyberjack-rfid-standard"


def entries(file_text: str, *ids: str) -> str:
    """An inventory of these readers, in this order."""
    _head, *rest = file_text.split("\n  - id: ")
    found = {entry.split("\n", 1)[0]: entry for entry in rest}
    return "readers:" + "".join(f"\n  - id: {found[name].rstrip()}\n" for name in ids)


def checks(result: dict[str, Any], place: str = "") -> dict[str, dict[str, Any]]:
    return {check["name"]: check for check in result["checks"] if check["place"].startswith(place)}


def test_readers_of_several_inventories_are_swept(place: Place) -> None:
    """A pinpad with short APDUs, a reader with extended ones, and a device of two interfaces."""
    ended = place.run(
        "--inventory", READERS, "--inventory", NEW_READERS, "--reader", SHIELD, "--reader", KAAN, "--reader", DUAL
    )
    assert ended.status == 0, ended.stdout + ended.stderr
    assert "3 readers: 3 ok, 0 refused, 0 failed, 0 error; 0 left out" in ended.stdout
    assert [result["id"] for result in ended.document["results"]] == [SHIELD, KAAN, DUAL]
    assert ended.document["counts"] == {"ok": 3, "refused": 0, "failed": 0, "error": 0}
    shield, kaan, dual = (ended.result(name) for name in (SHIELD, KAAN, DUAL))
    assert shield["pcsc_names"] == ["Gemalto Ezio Shield 00 00"]
    assert checks(shield)["part 10 features"]["got"] == (
        "VERIFY_PIN_DIRECT, MODIFY_PIN_DIRECT, IFD_PIN_PROPERTIES, GET_TLV_PROPERTIES"
    )
    assert checks(shield)["SCARD_ATTR_VENDOR_IFD_VERSION"]["got"] == "00 00 02 01"
    assert bytes.fromhex(checks(shield)["SCARD_ATTR_VENDOR_NAME"]["got"]) == b"Gemalto\0"
    assert bytes.fromhex(checks(shield)["SCARD_ATTR_MAXINPUT"]["got"]) == (261).to_bytes(4, "little")
    assert checks(shield)["ATR"]["got"] == "3B 02 14 50"
    assert not {"65535 bytes back", "65535 bytes out"} & checks(shield).keys()
    assert {"65535 bytes back", "65535 bytes out"} <= checks(kaan).keys()
    assert len(dual["pcsc_names"]) == 2
    for interface in ("interface 0, slot 0", "interface 1, slot 0"):
        assert {"ATR", "SELECT", "256 bytes back", "65535 bytes out"} <= checks(dual, interface).keys()


def test_a_reader_that_no_driver_lists_is_refused(place: Place) -> None:
    ended = place.run("--inventory", NEW_READERS, "--reader", UNLISTED)
    assert ended.status == 0
    result = ended.result(UNLISTED)
    assert result["status"] == "refused"
    assert result["reasons"] == [
        "no installed driver lists 0C4B:0500 in its Info.plist, and pcscd takes listed readers only"
    ]
    assert f"refused {UNLISTED}: " in ended.stdout


def test_a_reader_that_the_driver_refuses_has_the_driver_s_reason(place: Place) -> None:
    """Firmware that libccid knows to be faulty: its own words, without waiting for a reader that does not come."""
    text = entries(READERS.read_text(), KAAN).replace("release: 0x0119", "release: 0x0036")
    ended = place.run("--inventory", place.inventory(text))
    assert ended.status == 0
    result = ended.result(KAAN)
    assert (result["status"], result["pcsc_names"]) == ("refused", [])
    assert result["reasons"] == ["Firmware (0.36) is bogus! Upgrade the reader firmware or get a new reader."]
    assert any("ccid_check_firmware" in line for line in result["log"])
    assert result["seconds"] < 10


def test_a_failure_says_what_was_expected_and_what_came(place: Place) -> None:
    """The other readers are swept all the same."""
    text = entries(READERS.read_text(), SHIELD, KAAN).replace("pcsc_name: KOBIL KAAN Base*", "pcsc_name: KOBIL EMV*")
    ended = place.run("--inventory", place.inventory(text), "--jobs", "1")
    assert ended.status == 1
    assert ended.result(SHIELD)["status"] == "ok"
    result = ended.result(KAAN)
    assert result["status"] == "failed"
    failed = [check for check in result["checks"] if not check["passed"]]
    assert failed == [
        {"name": "name", "place": "", "passed": False, "expected": "KOBIL EMV*", "got": "KOBIL KAAN Base 00 00"}
    ]
    assert result["log"], "the daemon's last lines"
    assert "name: expected KOBIL EMV*, got KOBIL KAAN Base 00 00" in ended.stdout


def test_ctrl_c_keeps_what_was_done(place: Place) -> None:
    text = entries(
        NEW_READERS.read_text(), UNLISTED, "unicept-gmbh-airid-usb-dongle", "ledger-nano-s", "mcore-scard-reader"
    )
    process = place.start("--inventory", place.inventory(text), "--jobs", "1")
    assert process.stdout is not None
    first = process.stdout.readline()
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does: everything in the foreground
    ended = place.end(process)
    assert first.startswith(f"refused {UNLISTED}: ")
    assert ended.status == 130, ended.stderr
    assert ended.document["interrupted"] is True
    assert 1 <= len(ended.document["results"]) < 4 == ended.document["readers"]
    assert ended.result(UNLISTED)["status"] == "refused"
    assert f"{len(ended.document['results'])} of 4 readers: " in ended.stdout
