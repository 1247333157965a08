"""Recording twice: the files of the second time are those of the first."""

from __future__ import annotations

from pathlib import Path

from tests.runs.conftest import run_suites


def test_recording_again_changes_nothing(tmp_path: Path) -> None:
    """Handles, times and scheduling leave no trace: a diff shows what changed in the reader."""
    suites = (
        "suites/test_contexts.py",
        "suites/test_reset.py",
        "-k",
        "not established",
    )  # which may crash: known issues
    arguments = (*suites, "--backend", "sim", "--reader", "kobil", "--record")
    place = tmp_path / "recordings"
    contents = []
    for name in ("first", "second"):
        run = run_suites(tmp_path / name, *arguments, f"--recordings={place}")
        assert run.exit_code == 0, run.output[-3000:]
        assert "recordings written to" in run.output
        contents.append({path.relative_to(place): path.read_text() for path in sorted(place.rglob("*.yaml"))})
    assert contents[0]
    assert contents[0] == contents[1]
