"""Tables of results: ratios, missing peers, and the page that figures are written into."""

from __future__ import annotations

from pathlib import Path

from benchmarks import report
from benchmarks.machine import this_machine
from benchmarks.result import Peer, Result, Row

RESULT = Result(
    "name",
    "Title",
    "a second",
    (Row("ours", (200.0, 400.0, 300.0), "a remark"), Row("theirs", (2.0,)), Row("limit", (1200.0,))),
    (Peer("theirs", "times theirs"), Peer("limit", "of the limit", share=True), Peer("absent", "times absent")),
    ("absent is not installed",),
)


def test_a_row_shows_median_range_and_ratios() -> None:
    ours = next(line for line in report.table(RESULT).splitlines() if line.startswith("  ours "))
    assert ours.split() == ["ours", "300", "200-400", "150x", "25", "%", "-"]


def test_a_missing_peer_leaves_its_column_empty_and_is_explained() -> None:
    text = report.table(RESULT)
    assert "times absent" in text
    assert "absent is not installed" in text
    assert "ours: a remark" in text


def test_json_holds_every_sample_and_no_ratio_to_a_missing_peer() -> None:
    written = report.to_json([RESULT], this_machine("command"))
    (benchmark,) = written["benchmarks"]  # type: ignore[misc]
    assert benchmark["rows"][0]["samples"] == [200.0, 400.0, 300.0]
    assert benchmark["rows"][0]["ratios"] == {"theirs": 150.0, "limit": 0.25, "absent": None}


def test_markdown_replaces_what_stands_between_the_marks(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(f"# Before\n\n{report.BEGIN}\nold\n{report.END}\n\nAfter\n")
    report.write_markdown(page, [RESULT], this_machine("python -m benchmarks"))
    text = page.read_text()
    assert text.startswith("# Before\n")
    assert text.endswith("\n\nAfter\n")
    assert "old" not in text
    assert "| ours | 300 | 200-400 | 150x | 25 % | - |" in text
    report.write_markdown(page, [RESULT], this_machine("python -m benchmarks"))
    assert page.read_text().count("### Title") == 1
