"""The night's script: its exit status, its baseline and what it keeps, with a bootstrap that only acts as if."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.reports.made_results import MadeRun

ROOT = Path(__file__).parents[2]

BOOTSTRAP = """#!/bin/sh
# run -e ENV: the results that the test has laid ready; run -e report: the matrix; exec -e report: the comparison.
echo "$*" >>calls
case "$*" in
  "run -e "*) rm -rf .results/sim; mkdir -p .results/sim; cp -R tonight .results/sim/allure; exit "$(cat status)" ;;
  "run -q -e report -- "*) shift 5; exec {python} -m reports.matrix "$1" --output "$3" ;;
  "exec -qq -e report -- python "*) shift 6; exec {python} "$@" ;;
esac
exit 9
"""


class Checkout:
    """A checkout with the script, and with results that a night will have."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "reports").mkdir(parents=True)
        shutil.copy(ROOT / "reports" / "nightly", folder / "reports" / "nightly")
        script = folder / "bootstrap"
        script.write_text(BOOTSTRAP.replace("{python}", f"env PYTHONPATH='{ROOT}' PYTHONSAFEPATH=1 '{sys.executable}'"))
        script.chmod(0o700)
        (folder / "status").write_text("0")

    @property
    def nights(self) -> Path:
        return self.folder / ".results" / "nightly"

    def night(self, *, failing: tuple[str, ...] = (), status: int | None = None, **environment: str) -> tuple[int, str]:
        """Runs the script; returns its exit status and what it said."""
        shutil.rmtree(self.folder / "tonight", ignore_errors=True)
        run = MadeRun(self.folder / "tonight")
        for behaviour in ("one", "other"):
            run.add(behaviour, "failed" if behaviour in failing else "passed", suspect="reader")
        (self.folder / "status").write_text(str(status if status is not None else int(bool(failing))))
        kept = {name: value for name, value in os.environ.items() if not name.startswith("CARDLOOP_NIGHTLY")}
        done = subprocess.run(
            ["/bin/sh", "reports/nightly", "suites/test_slots.py", "-k", "a b"],
            cwd=self.folder,
            env={**kept, **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            timeout=120,
        )
        return done.returncode, done.stdout


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    if os.name != "posix":
        pytest.skip("the script is for cron, which takes a POSIX shell")
    pytest.importorskip("jinja2", reason="the page is made with Jinja2, which is not installed")
    return Checkout(tmp_path / "my checkout")


def test_nights_fail_on_regressions_only_until_repaired_or_accepted(checkout: Checkout) -> None:
    status, said = checkout.night(failing=("one",))
    assert (status, "the first night; it is the baseline" in said) == (0, True), said
    assert (checkout.nights / "report" / "index.html").exists()
    assert "run -e sim -- suites/test_slots.py -k a b" in (checkout.folder / "calls").read_text()
    status, said = checkout.night(failing=("one",))
    assert (status, "No test ended in another way." in said) == (0, True), said
    for _night in range(2):
        status, said = checkout.night(failing=("one", "other"))
        assert status == 1, said
        assert "REGRESSION" in said
        assert "Regressions: 1" in (checkout.nights / "changes.txt").read_text()
    assert checkout.night(failing=("one", "other"), CARDLOOP_NIGHTLY_ACCEPT="1")[0] == 0
    assert checkout.night(failing=("one", "other"))[0] == 0


@pytest.mark.parametrize("status", [2, 5])
def test_suites_that_did_not_run_to_their_end_are_no_night(checkout: Checkout, status: int) -> None:
    code, said = checkout.night(status=status)
    assert code == 2
    assert f"nightly: the suites ended with status {status}" in said
    assert not (checkout.nights / "baseline.json").exists()


def test_place_can_be_chosen_old_nights_go_and_a_broken_baseline_is_said(checkout: Checkout, tmp_path: Path) -> None:
    place = tmp_path / "kept nights"
    (place / "nights").mkdir(parents=True)
    for number in range(95):
        (place / "nights" / f"1999-{number:03}.json").write_text("{}")
    (place / "baseline.json").write_text("{")
    code, said = checkout.night(CARDLOOP_NIGHTLY=str(place))
    assert (code, "the night cannot be compared" in said) == (2, True), said
    left = sorted(path.name for path in (place / "nights").iterdir())
    assert len(left) == 90
    assert left[-1].startswith("20")
    assert "1999-000.json" not in left


def test_workflow_calls_the_script_and_nothing_that_is_not_there() -> None:
    workflow = yaml.safe_load((ROOT / ".github" / "workflows" / "nightly.yml").read_text())
    steps = workflow["jobs"]["night"]["steps"]
    commands = [step["run"] for step in steps if "run" in step]
    assert commands[0].split()[0] == "reports/nightly"
    assert os.access(ROOT / "reports" / "nightly", os.X_OK)
    saved = [step["with"]["path"] for step in steps if step.get("uses", "").startswith("actions/cache")]
    assert saved == [".results/nightly", ".results/nightly"]
    assert workflow["jobs"]["publish"]["permissions"] == {"pages": "write", "id-token": "write"}
