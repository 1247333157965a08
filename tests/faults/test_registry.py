"""The catalogue: each fault says where it was seen and which tests notice it, and is found by name."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from fixtures.faults.trial import INVENTORIES
from fixtures.inventory.loader import load
from fixtures.simulator.faults.fault import Fault
from fixtures.simulator.faults.registry import UnknownFaultError, catalogue, find

ROOT = Path(__file__).parents[2]
BEHAVIOURS = {
    name
    for path in (ROOT / "suites").glob("test_*.py")
    for name in re.findall(r'mark\.behaviour\("([^"]+)"\)', path.read_text())
}
READERS = {reader.id for path in INVENTORIES for reader in load(path).readers}


def test_catalogue_has_sixty_faults_and_more() -> None:
    assert len(catalogue()) >= 60


@pytest.mark.parametrize("fault", catalogue().values(), ids=catalogue())
def test_fault_says_what_it_is_and_who_notices(fault: type[Fault]) -> None:
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", fault.name)
    assert fault.seen
    assert fault.__doc__
    assert fault.on in READERS
    assert fault.caught_by
    assert set(fault.caught_by) <= BEHAVIOURS
    assert fault.healthy in BEHAVIOURS
    assert fault.healthy not in fault.caught_by


def test_unknown_name_names_the_nearest() -> None:
    with pytest.raises(UnknownFaultError, match='did you mean "response-one-byte-short"'):
        find("respons-one-byte-shrt")


def test_class_from_outside_is_found(tmp_path: Path) -> None:
    (tmp_path / "outside_fault.py").write_text(
        "from fixtures.simulator.faults.fault import Fault\n\n\nclass Mine(Fault):\n    pass\n"
    )
    assert find("outside_fault:Mine", tmp_path).__name__ == "Mine"
    with pytest.raises(UnknownFaultError, match=r'outside_fault has no fault "Other"; its faults: Mine'):
        find("outside_fault:Other", tmp_path)


def test_module_that_cannot_be_imported_says_why(tmp_path: Path) -> None:
    with pytest.raises(UnknownFaultError, match="no_such_module: cannot be imported"):
        find("no_such_module:Mine", tmp_path)
