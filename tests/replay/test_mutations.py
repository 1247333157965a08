"""Ten thousand damaged recordings: none crashes the loader, none executes anything, none turns a failure into a pass.

Hypothesis draws seeds and not whole texts, so that so many take seconds; a seed makes the same text each time.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fixtures.pcsc.errors import PcscError
from fixtures.replay.check import redaction_problems
from fixtures.replay.player import ReplayPcsc
from fixtures.replay.reading import parse
from fixtures.replay.recording import Recording, RecordingError
from fixtures.replay.writing import dump, seal
from fixtures.run import OWN_RECORDINGS
from tests.replay.small_stack import AGAIN, SECRETS
from tests.replay.test_fuzz import FAILED, GOOD, wrong_answer

EXAMPLES = 10_000
RIGHT_ANSWER = "03020100"
"""What the failing test wants to see: a text that holds it has been given another answer, which no seal can show."""

SHIPPED = [path.read_text(encoding="utf-8") for path in sorted(OWN_RECORDINGS.rglob("*.yaml"))[::5]]
SHORT = [text for text in SHIPPED if len(text) < 4000]
PIECES = [
    *("", "\n", " ", "      ", "- ", ": ", "[", "{", '"', "&a ", "*a", "<<: ", "---\n", "\x00", "\u2028", "\ud800"),
    *("!!python/object/apply:os.abort []", "!!python/name:os.system", "!!python/module:antigravity", "!!binary |"),
    *("9" * 30, "-1", "{pin:8}", "{masked:65536}", "9000", "SCARD_W_RESET_CARD", "unknown", "call: SCardTransmit"),
    *('until: "main 1"\n      ', 'after: ["main 2"]\n      ', "error: SCARD_E_TIMEOUT\n      ", "[" * 200),
]
DANGEROUS = ("exec", "compile", "import", "open", "os.", "subprocess.", "shutil.", "socket.", "ctypes.", "pickle.")
_watching: list[str] | None = None


def _hook(event: str, _arguments: object) -> None:
    if _watching is not None and event.startswith(DANGEROUS):
        _watching.append(event)


sys.addaudithook(_hook)


@contextmanager
def nothing_executed() -> Iterator[None]:
    """Fails when Python compiles, imports, opens or starts anything meanwhile."""
    global _watching  # noqa: PLW0603 - an audit hook cannot be taken away, only told to look elsewhere
    _watching = seen = []
    try:
        yield
    finally:
        _watching = None
    assert seen == []


def lines_changed(text: str, chance: random.Random) -> str:
    lines = text.splitlines(keepends=True)
    for _ in range(chance.randint(1, 3)):
        one, other = chance.randrange(len(lines)), chance.randrange(len(lines))
        match chance.randrange(5):
            case 0 if len(lines) > 1:
                del lines[one]
            case 1:
                lines.insert(other, lines[one])
            case 2:
                lines[one], lines[other] = lines[other], lines[one]
            case _:
                begin = chance.randint(0, len(lines[one]))
                end = begin + chance.randint(0, 12)
                lines[one] = lines[one][:begin] + chance.choice(PIECES) + lines[one][end:]
    return "".join(lines)


def characters_changed(text: str, chance: random.Random) -> str:
    characters = list(text)
    for _ in range(chance.randint(1, 4)):
        characters[chance.randrange(len(characters))] = chr(
            chance.choice((chance.randrange(128), chance.randrange(9999)))
        )
    return "".join(characters)


@cache
def whole(text: str) -> Recording:
    return parse(text)


def steps_changed(text: str, chance: random.Random) -> str:
    recording = whole(text)
    steps = list(recording.steps)
    if not steps:
        return lines_changed(text, chance)
    for _ in range(chance.randint(1, 3)):
        one, other = chance.randrange(len(steps)), chance.randrange(len(steps))
        match chance.randrange(4):
            case 0 if len(steps) > 1:
                del steps[one]
            case 1:
                steps.insert(other, steps[one])
            case 2:
                steps[one], steps[other] = steps[other], steps[one]
            case _ if len(steps[one].results) == len(steps[other].results):
                steps[one] = replace(steps[one], results=steps[other].results)
    try:
        return dump(replace(recording, steps=tuple(steps)))
    except (TypeError, ValueError):
        return text[: chance.randrange(len(text))]


MAKERS = (lines_changed, characters_changed, steps_changed, steps_changed)


def read(text: str) -> Recording | None:
    with nothing_executed():
        try:
            recording = parse(text)
        except RecordingError as error:
            refusal = str(error)
        else:
            redaction_problems(recording)
            return recording
    assert refusal
    assert "\n" not in refusal
    return None


def must_not_pass(recording: Recording, *, judged_again: bool) -> None:
    replay = ReplayPcsc(recording, SECRETS, AGAIN, patience=0.01, judged_again=judged_again)

    def to_the_end() -> None:
        wrong_answer(replay, None)
        replay.finish()

    with nothing_executed(), pytest.raises((AssertionError, PcscError)):
        to_the_end()


SEEDS = st.integers(0, 2**64 - 1)


def damaged(text: str, chance: random.Random) -> str:
    """Changed, and sealed anew in most cases, for the checksum would refuse the others."""
    changed = chance.choice(MAKERS)(text, chance)
    return seal(changed) if chance.random() < 0.9 else changed


@settings(deadline=None, max_examples=EXAMPLES // 2, database=None)
@given(SEEDS)
def test_damaged_recordings_of_a_failure_do_not_pass(seed: int) -> None:
    text = damaged(FAILED, random.Random(seed))  # noqa: S311 - repeatable, not secret
    recording = read(text)
    if recording is not None and RIGHT_ANSWER not in text.replace(" ", ""):
        must_not_pass(recording, judged_again=False)
        must_not_pass(recording, judged_again=True)


@settings(deadline=None, max_examples=EXAMPLES // 2, database=None)
@given(SEEDS)
def test_damaged_recordings_are_read_or_refused(seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - repeatable, not secret
    recording = read(damaged(chance.choice((GOOD, chance.choice(SHORT))), chance))
    if recording is not None and chance.random() < 0.1:
        assert parse(dump(recording)) == recording


def test_enough_of_them_are_read_to_mean_something() -> None:
    """Damage that the parser refuses at once would prove nothing of the replay."""
    chance = random.Random(1)  # noqa: S311 - repeatable, not secret
    accepted = sum(read(seal(chance.choice(MAKERS)(FAILED, chance))) is not None for _ in range(300))
    assert 60 < accepted < 290


def test_the_watch_sees_what_is_executed() -> None:
    with pytest.raises(AssertionError), nothing_executed():
        compile("1", "text", "eval")
