"""`python -m fixtures.replay check DIR` finds what is malformed, in clear, unsafe or misplaced."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from fixtures.replay import store
from fixtures.replay.__main__ import main
from fixtures.replay.recording import RecordingError
from fixtures.replay.writing import seal
from tests.replay.scenarios import pin_dump
from tests.replay.small_stack import record

PROJECT = Path(__file__).parents[2]


def edit(path: Path, old: str, new: str, *, resealed: bool = True) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    text = text.replace(old, new, 1)
    path.write_text(seal(text) if resealed else text, encoding="utf-8", newline="\n")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return store.keep(tmp_path, record(pin_dump))


def problems(path: Path, capsys: pytest.CaptureFixture[str]) -> list[str]:
    code = main(["check", str(path.parent.parent)])
    lines = capsys.readouterr().err.splitlines()
    assert code == (4 if lines else 0)
    return lines


def test_good_recordings_pass(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert problems(path, capsys) == []


def test_it_runs_as_a_module(path: Path) -> None:
    command = [sys.executable, "-m", "fixtures.replay", "check", str(path.parent.parent)]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.strip()) == (0, "1 recordings, 0 problems")


@pytest.mark.parametrize(
    ("masked", "bare", "what"),
    [
        ('"00200080 08 {pin:8}"', '"00200080 08313233 34353637 38"', "a PIN in the command"),
        ('"00200080 08 {pin:8}"', '"00200080 08 {pin:7} 38"', "a PIN in the command"),
        ('"00200080 08 {pin:8} 9000"', '"00200080 08313233 34353637 389000"', "a PIN in the response"),
    ],
)
def test_a_pin_in_clear_is_found(
    path: Path, capsys: pytest.CaptureFixture[str], masked: str, bare: str, what: str
) -> None:
    edit(path, masked, bare)
    (line,) = problems(path, capsys)
    assert line.startswith(f"{path}:")
    assert line.endswith(f"expected {what} to be masked")


EDITS: dict[str, tuple[str, str, str]] = {
    "tag": ("scope: SCARD_SCOPE_SYSTEM", "scope: !!python/object/apply:os.getcwd []", "expected no tag (!)"),
    "anchor": ("scope: SCARD", "scope: &a SCARD", "expected no anchor (&)"),
    "alias": ("scope: SCARD_SCOPE_SYSTEM", "scope: *a", "expected no alias (*)"),
    "depth": ("scope: SCARD_SCOPE_SYSTEM", f"scope: {'[' * 5000}", "expected at most 10 levels"),
    "twice": ("  card: ", "  os: again\n  card: ", 'expected each key once, found "os" again'),
    "yaml": ("threads:", "threads: ]", "expected YAML: "),
    "document": ("header:", "---\nheader:", "expected one document"),
    "key": ("      command: ", "      comand: ", 'unknown key "comand"'),
    "nearest key": ("      command: ", "      comand: ", 'did you mean "command"?'),
    "call": ("SCardTransmit", "SCardTransmt", 'did you mean "SCardTransmit"?'),
    "constant": ("SCARD_SHARE_SHARED", "SCARD_SHARE_SHARD", 'did you mean "SCARD_SHARE_SHARED"?'),
    "hex": ("00200080 08", "0020008G 08", "expected upper-case hex bytes"),
    "number": ("receive size: 2", "receive size: two", "expected a number, found 'two'"),
    "huge number": ("receive size: 2", f"receive size: {'9' * 20}", "at most 64 bits"),
    "version": ("cardloop recording: 1", "cardloop recording: 2", "expected format version 1, found 2"),
    "source": ('source: "simulated"', 'source: "simulate"', 'did you mean "simulated"?'),
    "date": ("2024-05-06", "yesterday", "date: expected YYYY-MM-DD"),
    "header key": ("  driver: ", "  drivers: ", 'did you mean "driver"?'),
    "missing key": ('  date: "2024-05-06"\n', "", 'expected the key "date"'),
    "handle": ("      card: 1\n      protocol", "      card: 7\n      protocol", "found 7"),
    "order": ("      scope", '      after: ["main 1"]\n      scope', "steps that can come first"),
    "status word": ('word: "6A04', 'word: "9000', 'expected that of the response, "6A04"'),
    "place": ('case: "x.case"', 'case: "y.case"', "expected this recording as acme/y.case.yaml"),
}


@pytest.mark.parametrize("name", EDITS)
def test_each_mistake_is_one_line(path: Path, capsys: pytest.CaptureFixture[str], name: str) -> None:
    old, new, message = EDITS[name]
    edit(path, old, new)
    (line,) = problems(path, capsys)
    assert line.startswith(f"{path}:")
    assert message in line


def test_a_file_changed_after_recording_is_found(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    edit(path, '"6A04"', '"9000"', resealed=False)
    edit(path, '"6A04 ', '"9000 ', resealed=False)
    (line,) = problems(path, capsys)
    assert "it was changed after recording" in line


def _link(path: Path) -> None:
    (path.parent / "z.yaml").symlink_to("/etc/passwd")


def _pipe(path: Path) -> None:
    os.mkfifo(path.parent / "z.yaml")


FILES: dict[str, Callable[[Path], object]] = {
    "expected UTF-8": lambda path: path.write_bytes(b"\xff\xfe\x00"),
    "expected at most 4194304 bytes": lambda path: path.write_bytes(b"#" * (4 * 1024 * 1024 + 1)),
    "expected a document": lambda path: path.write_bytes(b""),
    "expected a recording as a mapping": lambda path: path.write_bytes(b"- 1\n"),
    "expected a name that ends in .yaml": lambda path: (path.parent / "x.py").write_text("1"),
    "z.yaml: expected a plain file": _link,
}


@pytest.mark.parametrize("message", FILES)
def test_other_files_are_refused(path: Path, capsys: pytest.CaptureFixture[str], message: str) -> None:
    FILES[message](path)
    (line,) = problems(path, capsys)
    assert message in line


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="named pipes are POSIX")
def test_a_pipe_is_not_opened(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _pipe(path)
    (line,) = problems(path, capsys)
    assert "expected a plain file" in line


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="named pipes are POSIX")
def test_replay_does_not_wait_for_a_pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)
    with pytest.raises(RecordingError, match="expected a plain file"):
        store.fetch(path.parent.parent, "acme", "x.case", "")


def test_a_directory_that_is_none_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", str(tmp_path / "none")]) == 4
    assert "expected a directory of recordings" in capsys.readouterr().err
