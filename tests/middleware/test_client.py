"""A client that blocks, dies or talks nonsense is told from one that works, and no PIN is shown."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from fixtures.middleware.client import Client, ClientError, DeadlineError, MiddlewareError
from tests.middleware.clients import GOOD, MUTE, TALKATIVE, client


@pytest.fixture
def seen() -> list[str]:
    return []


def test_calls_come_back_with_their_results_and_times(tmp_path: Path, seen: list[str]) -> None:
    with client(GOOD, tmp_path, seen) as good:
        assert good.greeting == {"client": "good"}
        assert good.call("echo", key="value", number=1) == {"key": "value", "number": 1}
        _nothing, seconds = good.start("sleep", seconds=0.05).timed()
        assert seconds >= 0.05


def test_answers_find_their_calls_in_any_order(tmp_path: Path, seen: list[str]) -> None:
    with client(GOOD, tmp_path, seen) as good:
        answers = [good.start("echo", number=number) for number in range(20)]
        assert [answer.result()["number"] for answer in reversed(answers)] == list(range(19, -1, -1))


def test_an_error_keeps_name_number_and_words(tmp_path: Path, seen: list[str]) -> None:
    with client(GOOD, tmp_path, seen) as good, pytest.raises(MiddlewareError) as caught:
        good.call("refuse", code=0x80000ABC)
    assert (caught.value.name, caught.value.code) == ("CKR_SOMETHING", 0x80000ABC)
    assert str(caught.value) == "refuse: CKR_SOMETHING (0x80000ABC): in words"


@pytest.mark.parametrize(("call", "arguments"), [("ecko", {}), ("sleep", {"minutes": 1})])
def test_a_call_that_there_is_not_is_an_error_and_no_end(
    tmp_path: Path, seen: list[str], call: str, arguments: dict[str, int]
) -> None:
    with client(GOOD, tmp_path, seen) as good:
        with pytest.raises(MiddlewareError, match=r"unknown call|wrong arguments"):
            good.call(call, **arguments)
        assert good.call("echo") == {}


def test_a_call_that_does_not_come_back_ends_the_client(tmp_path: Path, seen: list[str]) -> None:
    with client(GOOD, tmp_path, seen) as good:
        waiting = good.start("sleep", seconds=100)
        assert not waiting.came(0.05)
        with pytest.raises(DeadlineError, match="sleep did not come back within 0 s; sample was ended"):
            waiting.result(0.1)
        with pytest.raises(ClientError, match="sample ended at echo"):
            good.call("echo")


def test_a_client_that_dies_is_told_with_its_last_words(tmp_path: Path, seen: list[str]) -> None:
    with client(GOOD, tmp_path, seen) as good, pytest.raises(ClientError) as caught:
        good.call("die")
    assert str(caught.value) == "sample ended at die: exit status 3, last words: gone for good"


def test_a_client_that_does_not_start_is_told_with_its_last_words(tmp_path: Path, seen: list[str]) -> None:
    with pytest.raises(ClientError, match="does not start: exit status 0, last words: no such library"):
        client(MUTE, tmp_path, seen)
    with pytest.raises(ClientError, match="cannot be started"):
        Client("nobody", ["/nowhere/at-all"], tmp_path)


def test_what_is_no_answer_is_passed_over(tmp_path: Path, seen: list[str]) -> None:
    with client(TALKATIVE, tmp_path, seen) as talkative:
        assert talkative.call("anything") == "done"
    assert any("no JSON object: hello" in line for line in seen)


def test_no_pin_is_shown(tmp_path: Path, seen: list[str]) -> None:
    with client(GOOD, tmp_path, seen) as good:
        good.start("echo", pin="271828", other="x" * 500).result()
    sent = next(line for line in seen if line.startswith("->"))
    assert "271828" not in sent
    assert '"pin": "***"' in sent
    assert len(sent) < 250


def test_what_a_client_says_on_stderr_is_private(tmp_path: Path, seen: list[str]) -> None:
    with client(GOOD, tmp_path, seen):
        modes = {os.stat(path).st_mode & 0o777 for path in tmp_path.iterdir()}
    assert modes == {0o600}
