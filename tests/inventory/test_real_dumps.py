"""The dumps of real readers: every one of them is imported, or reported with a reason."""

from __future__ import annotations

from pathlib import Path

import pytest

from fixtures.inventory.__main__ import main
from fixtures.inventory.importing.dump import parse
from fixtures.inventory.importing.readers import devices_of
from fixtures.inventory.loader import load
from tests.inventory.dumps import ROOT, real_dumps


def test_every_dump_is_imported_or_reported(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files = real_dumps()
    output = tmp_path / "readers.yaml"
    code = main(["import", str(files[0].parent), "--output", str(output)])
    err = capsys.readouterr().err
    reported = [line for line in err.splitlines() if ": left out: " in line]
    left_out = [file for file in files if any(line.startswith(f"{file}:") for line in reported)]
    readers = load(output).readers
    imported = [file for file in files if file not in left_out]
    expected = sum(len(devices_of(parse(file.read_text(encoding="utf-8")))) for file in imported)
    assert len(readers) == expected
    assert code == (1 if left_out else 0)
    assert len(left_out) <= len(files) // 100
    assert sum(reader.contradictory for reader in readers) <= len(files) // 40
    assert len({reader.id for reader in readers}) == len(readers)
    assert [reader.id for reader in readers] == sorted(reader.id for reader in readers)


def test_the_dumps_are_of_every_sort(tmp_path: Path) -> None:
    """So that a change that drops one sort of reader shows."""
    files = real_dumps()
    if len(files) < 400:
        pytest.skip(f"{len(files)} dumps are too few to be of every sort")
    output = tmp_path / "readers.yaml"
    main(["import", str(files[0].parent), "--output", str(output)])
    readers = load(output).readers
    descriptors = [descriptor for reader in readers for descriptor in reader.descriptors]
    assert {reader.features.exchange_level for reader in readers} == {
        "character",
        "tpdu",
        "short-apdu",
        "extended-apdu",
    }
    assert sum(len(reader.descriptors) > 1 for reader in readers) > 25
    assert sum(reader.slots > len(reader.descriptors) for reader in readers) > 25
    assert {descriptor.bInterfaceProtocol for descriptor in descriptors} == {0, 1, 2}
    assert {descriptor.bNumEndpoints for descriptor in descriptors} == {0, 1, 2, 3}
    assert sum(descriptor.bInterfaceClass == 0xFF for descriptor in descriptors) > 10
    assert sum(reader.features.display is not None for reader in readers) > 10
    assert sum(reader.features.verify_pin_direct for reader in readers) > 50
    assert sum(descriptor.data_rates is not None for descriptor in descriptors) > 50


def test_the_readers_of_libccid_1_4_28_are_what_their_dumps_say(tmp_path: Path) -> None:
    files = real_dumps()
    main(["import", str(files[0].parent), "--output", str(tmp_path / "readers.yaml")])
    dumped = {(reader.usb, reader.descriptors, reader.features) for reader in load(tmp_path / "readers.yaml").readers}
    shipped = load(ROOT / "inventory" / "libccid-1.4.28.yaml").readers
    from_devices = [reader for reader in shipped if reader.descriptor_source == "device"]
    assert len(from_devices) == 8
    for reader in from_devices:
        assert (reader.usb, reader.descriptors, reader.features) in dumped, reader.id
