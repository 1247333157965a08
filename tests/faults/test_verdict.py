"""Judging a trial: caught by the right tests, by all of them, and by no other."""

from __future__ import annotations

from fixtures.faults.verdict import judge
from fixtures.simulator.faults.fault import Fault


class Example(Fault):
    """An example."""

    name = "example"
    caught_by = ("must-fail",)
    also = ("may-*",)
    healthy = "neighbour"


HEALTHY = {"must-fail": "passed", "may-fail": "passed", "neighbour": "passed", "other": "passed"}


def test_caught_by_the_right_test() -> None:
    verdict = judge(Example, {**HEALTHY, "must-fail": "failed", "may-fail": "failed"}, 1.0)
    assert verdict.caught
    assert verdict.caught_by == ("must-fail", "may-fail")


def test_not_noticed() -> None:
    assert judge(Example, HEALTHY, 1.0).complaints == ("must-fail passed and should have failed",)


def test_noticed_elsewhere_too() -> None:
    verdict = judge(Example, {**HEALTHY, "must-fail": "failed", "other": "failed"}, 1.0)
    assert verdict.complaints == ("other failed and is not concerned",)


def test_neighbour_that_did_not_pass() -> None:
    verdict = judge(Example, {**HEALTHY, "must-fail": "failed", "neighbour": "skipped"}, 1.0)
    assert verdict.complaints == ("the healthy neighbour neighbour was skipped",)


def test_run_that_left_nothing() -> None:
    verdict = judge(Example, {}, 1.0, "the run did not end within 240 s")
    assert not verdict.caught
    assert verdict.complaints[0] == "the run did not end within 240 s"
