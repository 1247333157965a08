"""The pinpad suites on pinpads of other makes: TPDU and extended APDU level, structures that the driver rewrites."""

from __future__ import annotations

from pathlib import Path

from tests.runs.conftest import run_suites

READERS = ("covadis-vega-alpha", "scm-spr-532", "kobil-midentity-visual")
TESTS = (
    "test_card_receives_the_pin_that_was_keyed_in",
    "test_number_of_messages_does_not_touch_the_modification",
    "test_mct_is_offered_where_the_reader_has_it_and_guarded",
    "test_tlv_properties_agree_with_what_else_the_driver_says",
)


def test_other_pinpads_pass(tmp_path: Path) -> None:
    run = run_suites(
        tmp_path / "run",
        *("suites/test_pinpad.py", "suites/test_pin_structures.py", "-k", " or ".join(TESTS)),
        *("--backend", "sim", "--inventory", "inventory/pinpads.yaml"),
    )
    assert run.exit_code == 0, run.output[-3000:]
    passed = {name for name, outcome in run.outcomes.items() if outcome == "passed"}
    assert passed == run.outcomes.keys()
    for reader in READERS:
        for test in TESTS:
            assert any(reader in name and test in name for name in passed)
