"""Inventories of any size, made of the shipped one: the readers it has, and copies of its first one."""

from __future__ import annotations

import shutil
from pathlib import Path

_SHIPPED = Path(__file__).parents[1] / "inventory"
_ENTRY = "  - id: "


def copies(directory: Path, count: int, *, shipped: bool) -> Path:
    """Writes an inventory of count readers into a new folder; its readers.yaml.

    shipped: the shipped readers come first, of which there are recordings, and count among them.
    """
    folder = directory / f"inventory-{count}{'-shipped' if shipped else ''}"
    folder.mkdir()
    head, *entries = (_SHIPPED / "readers.yaml").read_text("utf-8").split(_ENTRY)
    own = [_ENTRY + entry for entry in entries] if shipped else []
    made = [_ENTRY + _numbered(entries[0], number) for number in range(1, count - len(own) + 1)]
    (folder / "readers.yaml").write_text(head + "".join((own + made)[:count]), "utf-8")
    shutil.copy(_SHIPPED / "cards.yaml", folder)
    return folder / "readers.yaml"


def _numbered(entry: str, number: int) -> str:
    """An entry with an id and a name of its own, and the same names in PC/SC."""
    first_id, rest = entry.split("\n", 1)
    name_line, rest = rest.split("\n", 1)
    return f"{first_id}-{number}\n{name_line} {number}\n{rest}"
