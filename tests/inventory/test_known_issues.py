"""Known issues as a file: read with line and column, and found by behaviour, reader and versions."""

from __future__ import annotations

import datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fixtures.inventory.errors import InventoryError
from fixtures.inventory.known_issue import KnownIssue
from fixtures.inventory.known_issues import load_known_issues, stack_of
from fixtures.inventory.stack_range import StackRange

SHIPPED = Path(__file__).parents[2] / "inventory" / "known_issues.yaml"
HERE = stack_of("pcscd 1.9.9", "libccid 1.5.2", "Debian GNU/Linux 12 (bookworm)")
ISSUE = """\
known_issues:
  - id: some-issue
    behaviours: [reset-*]
    readers: ["*ezio*"]
    stack: ["libccid >= 1.5, < 1.5.3"]
    reason: It is broken.
    link: https://example.org/1
    owner: somebody
    added: "2026-01-01"
    expires: "2026-12-31"
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "known_issues.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_an_issue_is_found_by_behaviour_reader_and_stack(tmp_path: Path) -> None:
    (issue,) = load_known_issues(written(tmp_path, ISSUE))
    assert issue.concerns("reset-here", "reset-here.warm", "gemalto-ezio-shield", HERE)
    assert not issue.concerns("atr", "atr", "gemalto-ezio-shield", HERE)
    assert not issue.concerns("reset-here", "reset-here", "omnikey", HERE)
    assert not issue.concerns("reset-here", "reset-here", "gemalto-ezio-shield", stack_of("libccid 1.5.3"))
    assert not issue.concerns("reset-here", "reset-here", "gemalto-ezio-shield", stack_of("libccid unknown"))


def test_an_issue_excuses_to_the_end_of_its_last_day(tmp_path: Path) -> None:
    (issue,) = load_known_issues(written(tmp_path, ISSUE))
    assert not issue.expired(datetime.date(2026, 12, 31))
    assert issue.expired(datetime.date(2027, 1, 1))


def test_recorded_versions_count_as_versions() -> None:
    stack = stack_of("pcscd 1.9.9 (recorded)", "macOS 14.2.1 (recorded)", "unknown")
    assert StackRange("pcscd", (("<", (2, 4, 0)),)).holds(stack)
    assert StackRange("macOS", ((">=", (14, 0)), ("<", (14, 3)))).holds(stack)


@given(st.lists(st.integers(0, 99), min_size=1, max_size=4))
def test_a_version_is_equal_to_itself_with_zeros_after_it(numbers: list[int]) -> None:
    longer = StackRange("x y", (("==", (*numbers, 0)), ("<=", tuple(numbers)), (">=", tuple(numbers))))
    assert longer.holds({"x y": ".".join(map(str, numbers))})


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("libccid >= 1.5, < 1.5.3", "libccid 1.5", ':5:13: bad stack in known issue: "libccid 1.5"; expected text'),
        ("https://example.org/1", "somewhere", ":7:11: bad link in known issue"),
        ('"2026-12-31"', "2026-12-31", ":10:14: wrong type for expires in known issue: a date"),
        ("owner: somebody", "owners: somebody", ':8:5: unknown key "owners" in known issue'),
        ("reset-*", "", ":3:17: behaviours in known issue has 0 items"),
    ],
)
def test_a_mistake_is_told_with_its_place(tmp_path: Path, old: str, new: str, said: str) -> None:
    path = written(tmp_path, ISSUE.replace(old, new))
    with pytest.raises(InventoryError) as caught:
        load_known_issues(path)
    assert said in str(caught.value)


def test_an_id_stands_once(tmp_path: Path) -> None:
    twice = ISSUE + ISSUE.partition("\n")[2]
    with pytest.raises(InventoryError, match="duplicate known issue id"):
        load_known_issues(written(tmp_path, twice))


def test_the_shipped_issues_load_and_speak_of_the_stacks_they_name() -> None:
    issues = {issue.id: issue for issue in load_known_issues(SHIPPED)}
    sonoma = stack_of("macOS 14.2.1")
    assert issues["macos-control-not-transacted"].concerns("features", "features", "any", sonoma)
    assert not issues["macos-control-not-transacted"].concerns("features", "features", "any", stack_of("macOS 14.3"))
    churn = issues["pcsclite-contexts-without-a-lock"]
    assert isinstance(churn, KnownIssue)
    assert churn.concerns("context-churn", "context-churn", "any", HERE)
    assert not churn.concerns("context-churn", "context-churn", "any", stack_of("pcscd 2.4.0"))
