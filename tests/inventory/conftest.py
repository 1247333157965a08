"""The working folder of the inventory's tests."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.inventory.sample import CARDS, READERS


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with a sound inventory in lab/."""
    monkeypatch.chdir(tmp_path)
    lab = Path("lab")
    lab.mkdir()
    (lab / "readers.yaml").write_text(READERS, encoding="utf-8")
    (lab / "cards.yaml").write_text(CARDS, encoding="utf-8")
    return lab
