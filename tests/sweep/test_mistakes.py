"""What a user gets wrong: one clear line, exit status 4, and no file."""

from __future__ import annotations

import pytest

from tests.sweep.conftest import READERS, Place


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--inventory", "nowhere.yaml"], ["nowhere.yaml", "no such file"]),
        (
            ["--inventory", str(READERS), "--reader", "gemalto-ezio-shild"],
            ["gemalto-ezio-shild", "gemalto-ezio-shield"],
        ),
        (["--dumps", "."], ["has no dumps"]),
        (["--dumps", "nowhere"], ["nowhere", "cannot be read"]),
        (["--jobs", "0"], ["--jobs", "expected 1 to 64"]),
        (["--jobs", "many"], ["--jobs", "many"]),
        (["--dumps", ".", "--from-driver"], ["--from-driver", "not allowed with"]),
        (["--json", "nowhere/results.json"], ["there is no folder nowhere"]),
        (["--json", "."], ["is a folder"]),
        (["--sweep"], ["--sweep"]),
    ],
)
def test_bad_input_is_one_line_and_status_4(place: Place, arguments: list[str], words: list[str]) -> None:
    ended = place.run(*arguments)
    assert ended.status == 4
    assert ended.document == {}
    assert "Traceback" not in ended.stderr
    for word in words:
        assert word in ended.stderr
