"""Whatever a file holds: a recording or one RecordingError, nothing executed, and no failure turned into a pass."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from fixtures.pcsc.errors import SCARD_W_RESET_CARD, PcscError
from fixtures.pcsc.provider import Provider
from fixtures.replay.check import redaction_problems
from fixtures.replay.divergence import ReplayDivergence
from fixtures.replay.player import ReplayPcsc
from fixtures.replay.reading import parse
from fixtures.replay.recording import Recording, RecordingError
from fixtures.replay.writing import dump, seal
from tests.replay.scenarios import T1, connected, every_call
from tests.replay.small_stack import AGAIN, SECRETS, SmallStack, record

COMMAND = bytes.fromhex("8036000004") + b"\x00\x01\x02\x03"


def wrong_answer(pcsc: Provider, _stack: SmallStack | None) -> None:
    """A test that fails: it wants an answer that the card does not give."""
    context, card = connected(pcsc)
    assert pcsc.transmit(card, T1, COMMAND, 264) == b"\x03\x02\x01\x00\x90\x00", "the card's answer"
    pcsc.release_context(context)


class _Answers:
    """Records what a failing test does up to its failure."""

    def __init__(self) -> None:
        self.failed = False

    def __call__(self, pcsc: Provider, stack: SmallStack | None) -> None:
        try:
            wrong_answer(pcsc, stack)
        except AssertionError:
            self.failed = True


_run = _Answers()
FAILED = dump(record(_run))
assert _run.failed
GOOD = dump(record(every_call))

pieces = st.sampled_from(
    [
        "",
        "\n",
        " ",
        "      ",
        "- ",
        ": ",
        "[",
        "{",
        '"',
        "&a ",
        "*a",
        "!!python/object/apply:os.abort []",
        "!!python/name:os.system",
        "<<: ",
        "---\n",
        "\x00",
        "\u2028",
        "99999999999999999999999",
        "-1",
        "{pin:8}",
        "{masked:65536}",
        "9000",
        "SCARD_W_RESET_CARD",
        "unknown",
        "error: SCARD_E_TIMEOUT\n      ",
        'until: "main 1"\n      ',
        'after: ["main 2"]\n      ',
        '"worker 1"',
    ]
)


@st.composite
def mutated(draw: st.DrawFn, text: str) -> str:
    """A text with some places cut out, doubled, moved or filled with something else."""
    lines = text.splitlines(keepends=True)
    for _ in range(draw(st.integers(1, 3))):
        kind = draw(st.sampled_from(["piece", "drop", "double", "swap", "characters"]))
        one, other = (draw(st.integers(0, len(lines) - 1)) for _ in range(2))
        if kind == "drop" and len(lines) > 1:
            del lines[one]
        elif kind == "double":
            lines.insert(other, lines[one])
        elif kind == "swap":
            lines[one], lines[other] = lines[other], lines[one]
        else:
            line = lines[one]
            begin = draw(st.integers(0, len(line)))
            end = min(len(line), begin + draw(st.integers(0, 12)))
            lines[one] = line[:begin] + (draw(pieces) if kind == "piece" else draw(st.text(max_size=4))) + line[end:]
    return "".join(lines)


@st.composite
def rearranged(draw: st.DrawFn, text: str) -> str:
    """Well-formed text whose steps were taken away, doubled, moved, or given another's answer."""
    recording = parse(text)
    steps = list(recording.steps)
    for _ in range(draw(st.integers(1, 3))):
        one, other = (draw(st.integers(0, len(steps) - 1)) for _ in range(2))
        kind = draw(st.sampled_from(["drop", "double", "swap", "answer", "error"]))
        if kind == "drop" and len(steps) > 1:
            del steps[one]
        elif kind == "double":
            steps.insert(other, steps[one])
        elif kind == "swap":
            steps[one], steps[other] = steps[other], steps[one]
        elif kind == "answer" and len(steps[one].results) == len(steps[other].results):
            steps[one] = replace(steps[one], results=steps[other].results, error=None, opened=steps[one].opened)
        elif kind == "error":
            steps[one] = replace(steps[one], error=SCARD_W_RESET_CARD, results=(), opened=None)
    try:
        return dump(replace(recording, steps=tuple(steps)))
    except (TypeError, ValueError):
        return text


def read(text: str) -> Recording | None:
    recording, refusal = None, ""
    try:
        recording = parse(text)
    except RecordingError as error:
        refusal = str(error)
    assert "\n" not in refusal
    if recording is None:
        return None
    assert parse(dump(recording)) == recording
    redaction_problems(recording)
    return recording


@settings(deadline=None, max_examples=300)
@given(st.one_of(rearranged(GOOD), mutated(GOOD), mutated(GOOD).map(seal), st.text(max_size=60)))
@example(seal("cardloop recording: !!python/object/apply:os.abort []\n"))
def test_a_changed_file_is_read_or_refused_and_replays_or_diverges(text: str) -> None:
    recording = read(text)
    if recording is None:
        return
    replay = ReplayPcsc(recording, SECRETS, AGAIN, patience=0.01)
    try:
        every_call(replay, None)
        replay.finish()
    except (ReplayDivergence, PcscError, AssertionError, pytest.fail.Exception):
        return


def run_to_the_end(replay: ReplayPcsc) -> None:
    wrong_answer(replay, None)
    replay.finish()


@settings(deadline=None, max_examples=300)
@given(st.one_of(rearranged(FAILED), mutated(FAILED)))
def test_a_failure_does_not_become_a_pass(text: str) -> None:
    """Neither by accident, for the checksum sees it, nor by steps taken away, doubled or moved and sealed anew."""
    for candidate in (text, seal(text)):
        assume("03020100" not in candidate.replace(" ", ""))
        recording = read(candidate)
        if recording is None:
            continue
        replay = ReplayPcsc(recording, SECRETS, AGAIN, patience=0.01)
        with pytest.raises((AssertionError, PcscError)):
            run_to_the_end(replay)


@settings(deadline=None, max_examples=100)
@given(st.data())
def test_one_changed_character_is_seen(data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(FAILED) - 2))
    new = data.draw(st.characters(exclude_categories=["Cs"]))
    assume(new != FAILED[place] and new != "\r")
    with pytest.raises(RecordingError):
        parse(FAILED[:place] + new + FAILED[place + 1 :])
