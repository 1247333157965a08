"""The JSON Schemas for editors: the shipped ones are the loader's own tables, and judge as the loader does."""

from __future__ import annotations

from pathlib import Path

import jsonschema
import pytest
import yaml

from fixtures.inventory.__main__ import main, schema_text
from fixtures.inventory.errors import InventoryError
from fixtures.inventory.loader import load
from fixtures.inventory.tables import FILES, schema

INVENTORY = Path(__file__).parents[2] / "inventory"


@pytest.mark.parametrize("name", sorted(FILES))
def test_the_shipped_schema_is_the_generated_one(name: str) -> None:
    shipped = (INVENTORY / f"{name}.schema.json").read_text(encoding="utf-8")
    assert shipped == schema_text(name), "run: python -m fixtures.inventory schema --write inventory"


@pytest.mark.parametrize("name", sorted(FILES))
def test_printed_and_written_schema_are_the_same(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["schema", "--write", str(tmp_path)]) == 0
    assert main(["schema", name]) == 0
    assert capsys.readouterr().out == (tmp_path / f"{name}.schema.json").read_text(encoding="utf-8")


CHANGES = [
    ("readers", "      release: 0x0102\n", ""),
    ("readers", "vendor: 0x08E6", "vendor: 0x108E6"),
    ("readers", "vendor: 0x08E6", "vendor: -1"),
    ("readers", "vendor: 0x08E6", "vendr: 0x08E6"),
    ("readers", "vendor: 0x08E6", "vendor: '0x08E6'"),
    ("readers", "verify_pin_direct: true", "verify_pin_direct: 1"),
    ("readers", "lines: 2", "lines: 0"),
    ("readers", "{lines: 2, columns: 17}", "[2, 17]"),
    ("readers", "id: kobil-kaan-base", "id: KOBIL"),
    ("readers", "name: KOBIL KAAN Base\n", "name: ''\n"),
    ("readers", "exchange_level: extended-apdu", "exchange_level: extended"),
    ("readers", "data_rates: [10753]", "data_rates: 10753"),
    ("readers", "clock_frequencies: [4000]", "clock_frequencies: [fast]"),
    ("cards", "atr: 3B 02 14 50", "atr: 3B 02 14 5"),
    ("cards", "atr: 3B 02 14 50", "atr: 3B"),
    ("cards", "atr: 3B 02 14 50", "atr: 3B02" + "00" * 63),
    ("cards", "protocols: [0, 1]", "protocols: [0, 0]"),
    ("cards", "protocols: [0, 1]", "protocols: []"),
    ("cards", "protocols: [0, 1]", "protocols: [2]"),
]


@pytest.mark.parametrize(("name", "old", "new"), CHANGES)
def test_the_schema_refuses_what_the_loader_refuses(name: str, old: str, new: str, tmp_path: Path) -> None:
    for other in FILES:
        (tmp_path / f"{other}.yaml").write_bytes((INVENTORY / f"{other}.yaml").read_bytes())
    text = (INVENTORY / f"{name}.yaml").read_text(encoding="utf-8")
    assert old in text
    text = text.replace(old, new, 1)
    (tmp_path / f"{name}.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(InventoryError):
        load(tmp_path)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(yaml.safe_load(text), schema(name), jsonschema.Draft7Validator)
