"""Whatever the files hold, loading them gives an inventory or one InventoryError on one line."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import yaml
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from fixtures.inventory import nodes
from fixtures.inventory.errors import InventoryError
from fixtures.inventory.loader import load

INVENTORY = Path(__file__).parents[2] / "inventory"
READERS = (INVENTORY / "readers.yaml").read_text(encoding="utf-8")
CARDS = (INVENTORY / "cards.yaml").read_text(encoding="utf-8")

relaxed = settings(
    deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], max_examples=50
)
words = ["readers:", "cards:", "id:", "<<:", "- ", ": ", "&a", "*a", "!!int", "null", "true", "yes", "---\n", "..."]
numbers = ["0x", "0x1F", "-1", "+5", "1_0", "1e9", "1:30", "2024-01-01", "3B", '"\\UFFFFFFFF"']
pieces = st.sampled_from(["", *words, *numbers, *" \n\t\0\ufeff\u2028é-:{}[],'\"|>%@?#!~\\"])


def judge(folder: Path) -> None:
    """Any exception but an InventoryError goes through, and fails the test."""
    found: InventoryError | None = None
    try:
        load(folder)
    except InventoryError as error:
        found = error
    if found is not None:
        assert "\n" not in str(found)
        assert found.line >= 0
        assert found.message


@pytest.fixture(params=["libyaml", "python"])
def lab(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder for an inventory, read with libyaml's parser or with PyYAML's own."""
    if request.param == "python":
        monkeypatch.setattr(nodes, "_Loader", yaml.SafeLoader)
    shutil.copy(INVENTORY / "readers.yaml", tmp_path)
    shutil.copy(INVENTORY / "cards.yaml", tmp_path)
    return tmp_path


@relaxed
@given(st.lists(pieces, max_size=40).map("".join) | st.text(max_size=60))
@example('"\\UFFFFFFFF"')
@example('"\\ud800"')
@example("!<tag> x")
@example("%YAML 9.9\n--- x")
@example("readers: [{id: &a x}, *a]")
@example("? [a]\n: b")
def test_any_text(lab: Path, text: str) -> None:
    (lab / "readers.yaml").write_text(text, encoding="utf-8", errors="surrogatepass")
    judge(lab)


@relaxed
@given(st.binary(max_size=80))
def test_any_bytes(lab: Path, data: bytes) -> None:
    (lab / "cards.yaml").write_bytes(data)
    judge(lab)


@relaxed
@given(
    name=st.sampled_from(["readers.yaml", "cards.yaml"]),
    places=st.lists(st.tuples(st.floats(0, 1), st.integers(0, 12), pieces), min_size=1, max_size=4),
)
def test_a_shipped_file_with_pieces_changed(lab: Path, name: str, places: list[tuple[float, int, str]]) -> None:
    text = READERS if name == "readers.yaml" else CARDS
    for where, removed, added in places:
        at = int(where * len(text))
        text = text[:at] + added + text[at + removed :]
    (lab / "readers.yaml").write_text(READERS, encoding="utf-8")
    (lab / "cards.yaml").write_text(CARDS, encoding="utf-8")
    (lab / name).write_text(text, encoding="utf-8")
    judge(lab)


scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10) | st.dates()
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@relaxed
@given(data=st.data(), value=values)
def test_a_shipped_file_with_one_value_of_another_type(lab: Path, data: st.DataObject, value: object) -> None:
    """Each value in turn becomes something else, in sound YAML."""
    name, key, text = data.draw(st.sampled_from([("readers.yaml", "readers", READERS), ("cards.yaml", "cards", CARDS)]))
    tree = yaml.safe_load(text)
    record = data.draw(st.sampled_from(tree[key]))
    where = data.draw(st.sampled_from(sorted(record)))
    if isinstance(record[where], dict) and data.draw(st.booleans()):
        record = record[where]
        where = data.draw(st.sampled_from(sorted(record)))
    record[where] = value
    (lab / "readers.yaml").write_text(READERS, encoding="utf-8")
    (lab / "cards.yaml").write_text(CARDS, encoding="utf-8")
    (lab / name).write_text(yaml.safe_dump(tree, allow_unicode=True), encoding="utf-8")
    judge(lab)


def test_both_parsers_see_the_same_tree() -> None:
    """Lines and columns must not depend on whether libyaml is there."""
    trees = []
    for loader in (yaml.SafeLoader, getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(nodes, "_Loader", loader)
            trees.append(nodes.parse(READERS, "readers.yaml"))
    assert trees[0] == trees[1]
