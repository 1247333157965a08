"""A recording read back is the one written, and recording again gives the same text."""

from __future__ import annotations

import os
import stat
import threading
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fixtures.masked_bytes import Clear, Masked, MaskedBytes
from fixtures.pcsc.provider import Provider, ReaderState
from fixtures.replay import names, store
from fixtures.replay.calls import BYTES, CALLS, NAME, TRUTH, HandleKind, Kind, Listed, Scalar, Value
from fixtures.replay.masked_text import canonical, from_text, to_text
from fixtures.replay.reading import load, parse
from fixtures.replay.recorder import RecordingPcsc
from fixtures.replay.recording import Recording, RecordingError, Step
from fixtures.replay.times import settled
from fixtures.replay.writing import dump, write
from tests.replay.scenarios import ALL, T1, connected, every_call, pin_dump, sixteen_contexts
from tests.replay.small_stack import ATR, HEADER, PIN, READER, SECRETS, Scenario, SmallStack, play, record

characters = st.characters(exclude_categories=["Cs"])
segments = st.one_of(
    st.binary(min_size=1, max_size=40).map(Clear),
    st.builds(Masked, st.integers(1, 300), st.sampled_from([None, "pin", "new-pin"])),
)
masked_bytes = st.lists(segments, max_size=4).map(lambda parts: canonical(MaskedBytes(tuple(parts))))
seconds = st.one_of(st.just(0.0), st.integers(5, 10**8 - 1).map(lambda tenths: tenths / 10))
numbers = st.integers(0, 0xFFFFFFFF)


def values(kind: Kind) -> st.SearchStrategy[Value]:
    if isinstance(kind, Scalar):
        if kind is BYTES:
            return masked_bytes
        if kind is TRUTH:
            return st.booleans()
        return st.text(characters, max_size=20) if kind is NAME else numbers
    if kind is Listed.NAMES:
        return st.lists(st.text(characters, max_size=20), max_size=3).map(tuple)
    answered = kind is Listed.ANSWERED_STATES
    return st.lists(
        st.builds(
            ReaderState,
            st.text(characters, max_size=20),
            numbers,
            numbers if answered else st.just(0),
            st.binary(max_size=33) if answered else st.just(b""),
        ),
        max_size=3,
    ).map(tuple)


@st.composite
def recordings(draw: st.DrawFn) -> Recording:
    steps = []
    opened = {HandleKind.CONTEXT: 0, HandleKind.CARD: 0}
    for role in draw(st.lists(st.sampled_from(["main", "worker-2", "worker-10", 'odd "name"\n']), unique=True)):
        for _ in range(draw(st.integers(1, 4))):
            call = CALLS[draw(st.sampled_from(sorted(CALLS)))]
            failed = draw(st.booleans())
            number = None
            if call.opens is not HandleKind.NONE and not failed:
                opened[call.opens] += 1
                number = opened[call.opens]
            known = opened.get(call.handle, 0)
            steps.append(
                Step(
                    role=role,
                    method=call.method,
                    handle=draw(st.integers(1, known)) if known > (call.opens is call.handle) else None,
                    arguments=tuple(draw(values(field.kind)) for field in call.arguments),
                    results=() if failed else tuple(draw(values(field.kind)) for field in call.results),
                    opened=number,
                    error=draw(st.one_of(st.sampled_from(sorted(names.ERRORS.values())), st.just(0x80109999)))
                    if failed
                    else None,
                    needed=draw(st.one_of(st.none(), numbers)) if failed else None,
                    pause=draw(seconds),
                    took=draw(seconds),
                )
            )
    header = replace(HEADER, reader_name=draw(st.text(characters, max_size=20)), atr=draw(st.binary(max_size=33)))
    order = ["main", 'odd "name"\n', "worker-2", "worker-10"]
    return Recording(header, tuple(sorted(steps, key=lambda step: order.index(step.role))))


@settings(deadline=None, max_examples=150)
@given(recordings())
def test_what_is_read_is_what_was_written(recording: Recording) -> None:
    assert parse(dump(recording)) == recording


@given(masked_bytes)
def test_bytes_survive_their_text(masked: MaskedBytes) -> None:
    assert from_text(to_text(masked)) == masked


@pytest.mark.parametrize("scenario", ALL)
def test_a_run_is_recorded_read_and_played_back(scenario: Scenario) -> None:
    recording = record(scenario)
    read = parse(dump(recording))
    assert read == recording
    play(scenario, read)


@pytest.mark.parametrize("scenario", ALL)
def test_recording_again_gives_the_same_text(scenario: Scenario) -> None:
    """Other handles, another count of events, other times and another scheduling of threads leave no trace."""
    first = record(scenario, SmallStack(first_handle=7000, first_event=5))
    second = record(scenario, SmallStack(first_handle=90001, first_event=77))
    assert dump(settled(second, first)) == dump(first)


def test_the_text_reads_well() -> None:
    text = dump(record(every_call))
    for line in (
        "    - call: SCardConnect",
        '      reader: "{reader}"',
        "      share mode: SCARD_SHARE_SHARED",
        "      preferred protocols: SCARD_PROTOCOL_T0 | SCARD_PROTOCOL_T1",
        '      command: "80360000 04000102 03"',
        '      response: "00010203 9000"',
        '      status word: "9000 success"',
        "      error: SCARD_E_INSUFFICIENT_BUFFER",
        "      needed: 34",
        "      control code: SCARD_CTL_CODE(3400)",
        "      card: unknown",
    ):
        assert line in text.splitlines()
    assert text.count(READER) == 1


def test_a_secret_is_named_and_never_written() -> None:
    recording = record(pin_dump)
    text = dump(recording)
    assert text.count("{pin:8}") == 2
    assert text.count("{masked:8}") == 1
    for secret in (PIN, b"87654321"):
        assert secret.hex() not in text.replace(" ", "").lower()
        assert repr(secret)[2:-1] not in repr(recording)


def test_sixteen_threads_are_listed_by_number() -> None:
    roles = list(record(sixteen_contexts).by_role())
    assert roles == [f"worker-{number}" for number in range(16)]


def test_long_data_is_folded_and_read_back() -> None:
    def scenario(pcsc: Provider, _stack: SmallStack | None) -> None:
        _, card = connected(pcsc)
        pcsc.transmit(card, T1, b"\x80\x36\x00\x00\x00\xff\xff" + bytes(65535), 65548)

    recording = record(scenario)
    text = dump(recording)
    assert max(map(len, text.splitlines())) <= 120
    assert parse(text) == recording


def test_a_thread_without_a_name_of_its_own_is_refused() -> None:
    recorder = RecordingPcsc(SmallStack(), SECRETS, READER)
    thread = threading.Thread(target=recorder.establish_context, args=(2,))
    thread.start()
    thread.join()
    with pytest.raises(RecordingError, match=r"Thread-\d+.*expected a name that the test gave it"):
        recorder.recording(HEADER)


def test_a_call_that_failed_without_a_code_is_not_recorded() -> None:
    recorder = RecordingPcsc(SmallStack(), SECRETS, READER)
    with pytest.raises(AssertionError):
        recorder.establish_context(99)
    with pytest.raises(RecordingError, match="SCardEstablishContext in thread main failed without"):
        recorder.recording(HEADER)


@pytest.mark.parametrize("name", ["masked", "PIN", "a b", "", "{x}"])
def test_a_secret_needs_a_name_that_can_be_written(name: str) -> None:
    with pytest.raises(ValueError, match="secret's name"):
        RecordingPcsc(SmallStack(), {name: b"1"}, READER)


def test_a_file_is_replaced_whole_and_open_to_read(tmp_path: Path) -> None:
    path = tmp_path / "acme" / "x.case.yaml"
    write(record(every_call), path)
    write(record(pin_dump), path)
    assert load(path) == record(pin_dump)
    assert os.listdir(path.parent) == ["x.case.yaml"]
    if os.name == "posix":
        assert stat.S_IMODE(path.stat().st_mode) == 0o644


def test_a_new_date_alone_changes_no_file(tmp_path: Path) -> None:
    recording = record(every_call)
    path = store.keep(tmp_path, recording)
    before = path.read_bytes()
    store.keep(tmp_path, replace(recording, header=replace(HEADER, date="2031-01-01")))
    assert path.read_bytes() == before
    store.keep(tmp_path, replace(recording, header=replace(HEADER, date="2031-01-01", daemon="pcscd 2.0")))
    assert load(path).header.date == "2031-01-01"


def test_line_ends_of_another_system_are_no_change(tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    path.write_bytes(dump(record(every_call)).replace("\n", "\r\n").encode())
    assert load(path).header.atr == ATR
