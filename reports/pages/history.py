"""The runs before this one, a line of JSON each, as Allure keeps them; the same run counts once."""

from __future__ import annotations

import json
from pathlib import Path


def forget_repetition(history: Path) -> None:
    """Takes the last run out where the one before it has the same results: the report was made a second time."""
    lines = history.read_text(encoding="utf-8").splitlines() if history.exists() else []
    if len(lines) >= 2 and _results(lines[-2]) == _results(lines[-1]):
        history.write_text("".join(f"{line}\n" for line in [*lines[:-2], lines[-1]]), encoding="utf-8")


def shorten(history: Path, most: int) -> None:
    """Keeps the last runs only."""
    lines = history.read_text(encoding="utf-8").splitlines() if history.exists() else []
    if len(lines) > most:
        history.write_text("".join(f"{line}\n" for line in lines[-most:]), encoding="utf-8")


def _results(line: str) -> set[str]:
    return {str(result["id"]) for result in json.loads(line)["testResults"].values()}
