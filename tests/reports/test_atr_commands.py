"""`python -m reports.atr` and `python -m reports.atr_statistics`: output, files, exit codes, and docs/atr.md."""

from __future__ import annotations

import io
import json
import re
import shlex
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from reports.atr import __main__ as explaining
from reports.atr_statistics import __main__ as counting

ROOT = Path(__file__).parents[2]
MANUAL = ROOT / "docs" / "atr.md"
JCOP = "3BF81300008131FE454A434F5076323431B7"


def commands() -> list[str]:
    """The commands of docs/atr.md."""
    found = re.findall(r"^    python -m (reports\.\S+.*)$", MANUAL.read_text(encoding="utf-8"), re.MULTILINE)
    assert found
    return found


def run(command: str) -> int:
    """Run the arguments of `python -m` in this process."""
    module, *arguments = shlex.split(command)
    return {"reports.atr": explaining.main, "reports.atr_statistics": counting.main}[module](arguments)


@pytest.mark.parametrize("command", commands())
def test_commands_of_the_manual(
    command: str, sample: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    if "--html" in command:
        pytest.importorskip("pygal", reason="the page is drawn with pygal, which is not installed")
    monkeypatch.chdir(tmp_path)
    for module in (explaining, counting):
        monkeypatch.setattr(module, "DEBIAN_LIST", sample)
    assert run(command) == 0
    out, err = capsys.readouterr()
    assert err == ""
    written = [word for word in shlex.split(command) if word.endswith((".json", ".html"))]
    assert all((tmp_path / name).stat().st_size for name in written)
    assert bool(out) is not bool(written)


def test_output_of_the_manual(sample: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shown = re.search(r"```\n(.*?)\n```", MANUAL.read_text(encoding="utf-8"), re.DOTALL)
    assert shown is not None
    assert run(f"reports.atr {JCOP} --list {shlex.quote(str(sample))}") == 0
    assert capsys.readouterr().out.split("\n\nCards")[0] == shown[1]


def test_cards_are_named_and_bytes_may_stand_apart(sample: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert explaining.main(["--list", str(sample), "3b", "02:14", "50"]) == 0
    assert capsys.readouterr().out.endswith(
        f"Cards in {sample}:\n"
        "  line 2: 3B 02 14 50\n    Schlumberger Multiflex 3k\n"
        "  line 5: 3B 02 .. 50\n    any such card\n"
    )


def test_no_card_and_no_list_are_said(
    sample: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert explaining.main(["--list", str(sample), "3B00"]) == 0
    assert capsys.readouterr().out.endswith(f"Cards: none of the 6 entries of {sample} matches\n")
    monkeypatch.setattr(explaining, "DEBIAN_LIST", tmp_path / "absent")
    assert explaining.main(["3B00"]) == 0
    assert capsys.readouterr().out.endswith("install pcsc-tools, or name a list with --list\n")


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("3Bxy", "expected an ATR in hexadecimal such as 3B021450, found 'x' in place of digit 3"),
        ("3B\x1b", "expected an ATR in hexadecimal such as 3B021450, found '\\x1b' in place of digit 3"),
        ("3B0", "expected two digits a byte, found 3 digits"),
        ("3B" * 34, "expected an ATR of at most 33 bytes, found 34"),
        ("", "ATR byte 0: expected TS, found nothing"),
        ("00", "ATR byte 0: expected TS 3B or 3F, found 00"),
        ("3B0214", "ATR byte 3: expected 2 historical bytes, found 1"),
    ],
)
def test_no_atr_is_one_line_and_exit_code_4(
    text: str, error: str, sample: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert explaining.main(["--list", str(sample), text]) == 4
    assert capsys.readouterr().err == f"reports.atr: {error}\n"


@pytest.mark.parametrize("module", ["reports.atr", "reports.atr_statistics"])
def test_missing_list_is_one_line_and_exit_code_4(module: str, tmp_path: Path) -> None:
    missing = str(tmp_path / "missing.txt")
    arguments = ["3B00", "--list", missing] if module == "reports.atr" else [missing]
    command = [sys.executable, "-m", module, *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (4, "")
    assert done.stderr.startswith(f"{module}: {missing}: No such file or directory; expected a list such as ")
    assert done.stderr.count("\n") == 1


def test_tables_in_the_terminal(sample: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert counting.main([str(sample)]) == 0
    out = capsys.readouterr().out
    assert out.startswith("6 entries, 5 counted, 1 left out (character class 1)\n")
    assert "\nConvention (TS)\n  direct        4   80.0 %\n  inverse       1   20.0 %\n" in out


def test_json_of_standard_input(
    sample: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(sample.read_bytes())))
    assert counting.main(["-", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert (document["entries"], document["counted"]) == (6, 5)
    assert document["skipped"] == [{"line": 12, "pattern": "3B 82 80 1F C3 90 0[01]", "reason": "character class"}]
    assert document["tables"]["TD1"] == {"none": 3, "80": 1, "81": 1}


@pytest.mark.parametrize("option", ["--json", "--html"])
def test_a_list_is_not_overwritten_in_error(option: str, sample: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = sample.read_bytes()
    with pytest.raises(SystemExit, match="2"):
        counting.main([option, str(sample)])
    assert f"{option}: expected - or a file name that ends in .{option[2:]}, found " in capsys.readouterr().err
    assert sample.read_bytes() == before


def test_a_file_that_cannot_be_written_is_one_line_and_exit_code_4(
    sample: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "absent" / "atr.json"
    assert counting.main([str(sample), "--json", str(target)]) == 4
    assert capsys.readouterr().err == f"reports.atr_statistics: {target}: No such file or directory\n"
