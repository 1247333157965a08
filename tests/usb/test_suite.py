"""The descriptor suite on emulated readers that break one rule each: the rule's test fails, and no other."""

from __future__ import annotations

import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
INVENTORY = ROOT / "inventory"

_ALTER = """
import dataclasses
from fixtures.usb_descriptor.model import UsbDescriptors
read = UsbDescriptors.from_json
def altered(value):
    usb = read(value)
    body = bytearray(usb.configuration)
    body[18 + {offset}] ^= {mask}
    return dataclasses.replace(usb, configuration=bytes(body))
UsbDescriptors.from_json = altered
"""


def outcomes(place: Path, changes: dict[str, str], plugin: str = "") -> dict[str, str]:
    """What becomes of each test on the Ezio Shield, with these lines of its inventory entry in place of others."""
    text = (INVENTORY / "readers.yaml").read_text()
    head, shield, rest = text.partition("  - id: gemalto-ezio-shield")
    entry, separator, others = rest.partition("\n\n")
    for old, new in changes.items():
        assert entry.count(old) == 1, old
        entry = entry.replace(old, new)
    (place / "readers.yaml").write_text(head + shield + entry + separator + others)
    (place / "cards.yaml").write_text((INVENTORY / "cards.yaml").read_text())
    (place / "alter.py").write_text(plugin)
    done = subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "suites/test_descriptor.py", "--backend", "sim", "--reader", "ezio"),
            *("--inventory", str(place / "readers.yaml"), "-o", f"cache_dir={place / 'cache'}", "-p", "alter"),
            *("-o", f"pythonpath=. {place}", "--junitxml", str(place / "junit.xml")),
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode in (0, 1), done.stdout + done.stderr
    found = {}
    # Written by the run itself, not by strangers.
    for case in ElementTree.parse(place / "junit.xml").getroot().iter("testcase"):  # noqa: S314
        kinds = {child.tag for child in case} & {"failure", "error", "skipped"}
        found[str(case.get("name")).partition("[")[0].removeprefix("test_")] = kinds.pop() if kinds else "passed"
    return found


def not_passed(found: dict[str, str]) -> dict[str, str]:
    return {name: outcome for name, outcome in found.items() if outcome != "passed"}


RULES = [
    (
        "message_of_a_short_apdu_reader_holds_a_short_apdu",
        {"dwMaxCCIDMessageLength: 271": "dwMaxCCIDMessageLength: 270"},
    ),
    ("parameters_are_negotiated_automatically_in_one_way_at_most", {"0x000204BA": "0x000204FA"}),
    (
        "tables_have_as_many_entries_as_are_declared",
        {"bNumClockSupported: 0": "bNumClockSupported: 3", "slots: 1": "contradictory: true\n    slots: 1"},
    ),
]


@pytest.mark.parametrize(("rule", "changes"), RULES, ids=[rule for rule, _changes in RULES])
def test_broken_rule_is_noticed_by_its_test_alone(tmp_path: Path, rule: str, changes: dict[str, str]) -> None:
    """A reader that is contradictory on purpose is not blamed for it."""
    on_purpose = any("contradictory" in new for new in changes.values())
    assert not_passed(outcomes(tmp_path, changes)) == {rule: "skipped" if on_purpose else "failure"}


@pytest.mark.parametrize("offset", [3, 40, 52], ids=lambda offset: f"byte {offset}")
def test_device_that_is_not_the_inventorys_is_noticed(tmp_path: Path, offset: int) -> None:
    """One byte of the class descriptor differs."""
    found = outcomes(tmp_path, {}, _ALTER.format(offset=offset, mask=1))
    assert found["every_field_of_the_class_descriptor_is_the_one_of_the_inventory"] == "failure"


def test_missing_endpoint_is_noticed(tmp_path: Path) -> None:
    """The bulk-OUT endpoint says that it is another bulk-IN."""
    found = outcomes(tmp_path, {}, _ALTER.format(offset=54 + 2, mask=0x80))
    assert not_passed(found) == {"endpoints_are_those_the_interface_needs": "failure"}
