"""Which recordings are judged again, and what that does to a replay."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace

import pytest

from fixtures.pcsc.card import Card
from fixtures.pcsc.constants import SCARD_SCOPE_SYSTEM
from fixtures.pcsc.provider import Provider
from fixtures.pcsc.session import Pcsc
from fixtures.replay.divergence import ReplayDivergence
from fixtures.replay.judging import ALWAYS, AUTO, NEVER, Judging
from fixtures.replay.player import ReplayPcsc
from fixtures.run import OWN_RECORDINGS, SUITE_VERSION
from tests.replay.small_stack import AGAIN, HEADER, READER, SECRETS, SmallStack, record

NOW = HEADER.suite_version
ECHO = bytes.fromhex("8036000002 0102")
OTHER = bytes.fromhex("8036000002 0304")


@pytest.mark.parametrize(
    ("own", "mode", "version", "again"),
    [
        (True, AUTO, NOW, False),
        (True, AUTO, "0", True),
        (False, AUTO, NOW, True),
        (False, AUTO, "0", True),
        (True, ALWAYS, NOW, True),
        (False, NEVER, "0", False),
    ],
)
def test_own_recordings_of_these_suites_are_held_to(own: bool, mode: str, version: str, again: bool) -> None:
    assert Judging(NOW, own, mode).again(replace(HEADER, suite_version=version)) is again


def test_missing_recording_of_the_project_is_an_error_and_of_others_is_not() -> None:
    assert not Judging(NOW, own=True).again(None)
    assert Judging(NOW, own=False).again(None)


def test_shipped_recordings_are_of_these_suites() -> None:
    """Otherwise they would be judged again, and a divergence would not be noticed any more."""
    paths = sorted(OWN_RECORDINGS.rglob("*.yaml"))
    assert paths
    line = f'  suite version: "{SUITE_VERSION}"\n'
    assert [path for path in paths if line not in path.read_text(encoding="utf-8")] == []


def two_echoes(pcsc: Provider, _stack: SmallStack | None = None) -> None:
    with Pcsc(pcsc) as session, session.context() as context, context.connect(READER) as card:
        card.transmit(ECHO)
        card.transmit(ECHO)


def replay(*, again: bool = True, missing: str = "") -> ReplayPcsc:
    return ReplayPcsc(record(two_echoes), SECRETS, AGAIN, patience=0.2, judged_again=again, missing=missing)


def run(pcsc: ReplayPcsc, test: Callable[[Card], object], expected: AbstractContextManager[object]) -> str:
    """Runs a test; why it was not judged, as it is asked for when the test has ended."""
    with Pcsc(pcsc) as session, expected:
        with session.context() as context, context.connect(READER) as card:
            test(card)
        pcsc.finish()
    return pcsc.not_recorded


def one_echo_and_a_verdict(card: Card) -> None:
    assert card.transmit(ECHO).data == b"\x09\x09", "the reader's fault"


def one_echo_and_another_call(card: Card) -> None:
    card.transmit(ECHO)
    card.transmit(OTHER)


def another_call_swallowed(card: Card) -> None:
    try:
        card.transmit(OTHER)
    except AssertionError:
        return


def test_a_test_that_asks_for_more_is_not_judged() -> None:
    why = run(replay(), one_echo_and_another_call, pytest.raises(ReplayDivergence))
    assert "is another call" in why
    assert "byte 5 is the first that differs" in why


def test_a_test_that_hides_that_it_was_refused_is_not_judged() -> None:
    assert "is another call" in run(replay(), another_call_swallowed, pytest.raises(ReplayDivergence))


@pytest.mark.parametrize("again", [True, False])
def test_a_failure_by_what_was_answered_stays_one(again: bool) -> None:
    """Also when the calls that give back what was opened are not those recorded: the test is not about those."""
    pcsc = replay(again=again)
    with Pcsc(pcsc), pytest.raises(AssertionError, match="the reader's fault"):
        run(pcsc, one_echo_and_a_verdict, nullcontext())
    assert pcsc.not_recorded == ""


def test_steps_left_over_are_no_divergence() -> None:
    pcsc = replay()
    pcsc.establish_context(SCARD_SCOPE_SYSTEM)
    pcsc.finish()
    assert pcsc.not_recorded == ""
    pcsc = replay(again=False)
    pcsc.establish_context(SCARD_SCOPE_SYSTEM)
    with pytest.raises(ReplayDivergence, match="not used"):
        pcsc.finish()


def test_a_missing_recording_refuses_every_call() -> None:
    pcsc = replay(missing="x.case was not recorded")
    with pytest.raises(ReplayDivergence, match=r"x\.case was not recorded"):
        two_echoes(pcsc)
    assert pcsc.not_recorded == "x.case was not recorded"


def test_strict_replay_knows_no_such_thing() -> None:
    assert run(replay(again=False), one_echo_and_another_call, pytest.raises(ReplayDivergence)) == ""
