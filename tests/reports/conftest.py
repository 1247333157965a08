"""ATR lists for the tests of the reports: a small one, and the historical ones where they are."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

SAMPLE = """\
# a comment
3B 02 14 50
\tSchlumberger Multiflex 3k

3B 02 .. 50
\tany such card

3B F8 13 00 00 81 31 FE 45 4A 43 4F 50 76 32 34 31 B7
\tJCOP \x1b[31m & <b>co</b>
\thttp://cards.example/

3B 82 80 1F C3 90 0[01]
\ta card with a choice
3F 65 25 08 22 04 68 90 00
3B 94 11 80 1F 07 80 31 80 05
\tclass A+B+C
"""


@pytest.fixture
def sample(tmp_path: Path) -> Path:
    path = tmp_path / "list.txt"
    path.write_text(SAMPLE, encoding="utf-8")
    return path


@pytest.fixture(scope="session")
def atr_data() -> Path:
    """The folder of historical lists and published tables. Skips the test where it is not."""
    given = os.environ.get("CARDLOOP_DATA")
    folder = (Path(given) if given else ROOT.parent / "shared" / "data") / "atr"
    if not (folder / "published.yaml").exists():
        pytest.skip(f"no {folder / 'published.yaml'}: set CARDLOOP_DATA to the folder that holds atr/")
    return folder
