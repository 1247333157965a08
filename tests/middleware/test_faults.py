"""Faults of reader and card show at PKCS#11 level, in the right test and in no healthy neighbour."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from fixtures.faults import outcomes, trial
from fixtures.faults.verdict import FAILED, PASSED
from fixtures.middleware import modules

ROOT = Path(__file__).parents[2]
SUITE = ROOT / "suites" / "test_pkcs11.py"
EZIO, OMNIKEY = "gemalto-ezio-shield", "omnikey-cardman-3121"


@pytest.fixture(scope="module", autouse=True)
def _installed() -> None:
    try:
        modules.require_pkcs11(None)
    except modules.MissingError as error:
        pytest.skip(str(error))


def outcomes_of(reader: str, fault: str, behaviours: set[str], folder: Path) -> dict[str, str]:
    """What these behaviours' tests make of a simulated reader with the fault."""
    junit = folder / "junit.xml"
    command = [
        *(sys.executable, "-m", "pytest", str(SUITE), "-q", "-c", str(ROOT / "tox.ini"), "--rootdir", str(ROOT)),
        *("--backend", "sim", "--reader", reader, "--fault", fault, "--junitxml", str(junit)),
        *("-o", f"cache_dir={folder}/cache", "-k", " or ".join(trial.tests_of(behaviours))),
    ]
    done = subprocess.run(command, cwd=Path(__file__).parent, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 1, done.stdout[-2000:]
    return outcomes.read(junit)


@pytest.mark.parametrize(
    ("reader", "fault", "noticed_by", "healthy"),
    [
        (OMNIKEY, "planted:InsertionNeverSeen", {"pkcs11-token-flag"}, "pkcs11-signatures"),
        (OMNIKEY, "planted:RightPinRefused", {"pkcs11-signatures", "pkcs11-tool-test"}, "pkcs11-token-flag"),
        (OMNIKEY, "planted:WrongPinAccepted", {"pkcs11-wrong-pin"}, "pkcs11-signatures"),
        (OMNIKEY, "planted:SignatureBitFlipped", {"pkcs11-signatures", "pkcs11-tool-test"}, "pkcs11-long-object"),
        (
            EZIO,
            "planted:PinpadNotDeclared",
            {"pkcs11-protected-authentication-path", "pkcs11-login-on-the-pad"},
            "pkcs11-slot-list",
        ),
    ],
    ids=["insertion", "right-pin", "wrong-pin", "signature", "pinpad"],
)
def test_fault_is_noticed(reader: str, fault: str, noticed_by: set[str], healthy: str, tmp_path: Path) -> None:
    found = outcomes_of(reader, fault, {*noticed_by, healthy}, tmp_path)
    assert {name for name, outcome in found.items() if outcome == FAILED} == noticed_by
    assert found[healthy] == PASSED
