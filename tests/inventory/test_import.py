"""`python -m fixtures.inventory import`: what it writes, what it says, and how it ends."""

from __future__ import annotations

import plistlib
from pathlib import Path

import pytest

from fixtures.inventory.__main__ import main
from fixtures.inventory.importing import driver
from fixtures.inventory.importing.driver import read_driver_list
from fixtures.inventory.importing.readers import DEFAULT_DESCRIPTOR
from fixtures.inventory.importing.report import ImportFailedError
from fixtures.inventory.importing.writing import readers_text
from fixtures.inventory.loader import load
from fixtures.inventory.model import Display, Features, Inventory, Simulation, Usb
from tests.inventory.dumps import PAD, ROOT, SECOND, edited


@pytest.fixture(autouse=True)
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A working folder with no driver installed."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(driver, "DEFAULT_BUNDLE", tmp_path / "no.bundle")


def put(path: str, text: str) -> Path:
    file = Path(path)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
    return file


def bundle(*readers: tuple[str, str, str]) -> Path:
    """A driver's bundle that names these readers."""
    keys = ("ifdVendorID", "ifdProductID", "ifdFriendlyName")
    columns = {key: [reader[column] for reader in readers] for column, key in enumerate(keys)}
    path = Path("ifd-test.bundle", "Contents", "Info.plist")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(plistlib.dumps(columns))
    return path.parents[1]


def imported(*arguments: str, code: int = 0) -> Inventory:
    """What the command writes to out.yaml, as the loader reads it."""
    assert main(["import", *arguments, "--output", "out.yaml"]) == code
    return load(Path("out.yaml"))


def refused(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """The one line with which the command ends when it can do nothing."""
    assert main(["import", *arguments]) == 4
    out, err = capsys.readouterr()
    assert out == ""
    assert err.endswith("\n")
    return err.splitlines()[-1]


def test_a_dump_becomes_a_reader_that_loads(capsys: pytest.CaptureFixture[str]) -> None:
    (reader,) = imported(str(put("pad.txt", PAD))).readers
    assert capsys.readouterr().err == "1 readers imported, 0 of them contradictory; 0 left out\n"
    assert (reader.id, reader.name, reader.pcsc_name) == ("maker-pad", "Maker Pad", "Maker Pad*")
    assert reader.usb == Usb(0x08E6, 0x34C0, 0x0102, "Maker", "Pad")
    assert reader.features == Features(
        verify_pin_direct=True, modify_pin_direct=True, exchange_level="short-apdu", display=Display(2, 17)
    )
    assert (reader.slots, reader.card) == (1, "reader-test-t0-t1")
    assert (reader.simulation, reader.contradictory) == (Simulation("usb", True), False)
    assert (reader.notes, reader.descriptor_source) == (None, "device")
    descriptor = reader.descriptor
    assert descriptor is not None
    assert (descriptor.dwFeatures, descriptor.dwMaximumClock, descriptor.bPINSupport) == (0x000204B2, 4800, 3)
    assert (descriptor.clock_frequencies, descriptor.data_rates) == ((4000, 4800), None)


def test_the_projects_cards_come_along_where_there_are_none() -> None:
    imported(str(put("pad.txt", PAD)))
    assert [card.id for card in load(Path("out.yaml")).cards] == [card.id for card in load(ROOT / "inventory").cards]
    assert "$schema" not in Path("cards.yaml").read_text(encoding="utf-8")


def test_cards_that_are_there_stay_and_are_chosen_from() -> None:
    text = "cards:\n  - {id: mine, name: Mine, atr: 3B 02 14 50, protocols: [0], kind: reader-test, disposable: true}\n"
    put("cards.yaml", text)
    (reader,) = imported(str(put("pad.txt", PAD))).readers
    assert reader.card == "mine"
    assert Path("cards.yaml").read_text(encoding="utf-8") == text


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("0x0000 0x0001\n   T=0", "reader-test-t0"),
        ("0x0000 0x0002\n   T=1", "reader-test-t1"),
        ("0x0000 0x0003\n   T=0\n   T=1", "reader-test-t0-t1"),
        ("0x0000 0x0300", None),
    ],
)
def test_the_card_fits_the_protocols(capsys: pytest.CaptureFixture[str], words: str, expected: str | None) -> None:
    dump = edited(("0x0000 0x0003\n   T=0\n   T=1", words))
    (reader,) = imported(str(put("pad.txt", dump))).readers
    assert reader.card == expected
    assert ("pad.txt:1: warning: no card fits dwProtocols 0x00000300" in capsys.readouterr().err) == (expected is None)


def test_the_card_may_be_given(capsys: pytest.CaptureFixture[str]) -> None:
    dump = str(put("pad.txt", PAD))
    assert imported(dump, "--card", "reader-test-t1").readers[0].card == "reader-test-t1"
    line = refused(capsys, dump, "--card", "reader-test-t2")
    assert line.startswith('unknown card "reader-test-t2" for --card; expected one of reader-test-t0,')


def test_a_composite_device_is_one_reader() -> None:
    inventory = imported(str(put("pad.txt", PAD + SECOND)))
    (reader,) = inventory.readers
    assert [descriptor.iInterface for descriptor in reader.descriptors] == [None, "SAM"]
    assert (reader.slots, reader.cards) == (3, ("reader-test-t0-t1", "reader-test-t1", "reader-test-t1"))
    assert "descriptors:" in Path("out.yaml").read_text(encoding="utf-8")


def test_two_devices_in_a_dump_are_two_readers(capsys: pytest.CaptureFixture[str]) -> None:
    other = edited(("idProduct: 0x34C0", "idProduct: 0x34C1"), ("iProduct: Pad", "iProduct: Other"))
    inventory = imported(str(put("two.txt", PAD + other + other)))
    assert [reader.id for reader in inventory.readers] == ["maker-other", "maker-pad"]
    assert "two.txt: warning: holds a device twice; imported once\n" in capsys.readouterr().err


def test_broken_dumps_are_left_out_and_the_rest_is_written(capsys: pytest.CaptureFixture[str]) -> None:
    put("dumps/a.txt", PAD)
    put("dumps/b.txt", PAD[:500])
    put("dumps/c.txt", edited(("dwMaxIFSD: 254", "dwMaxIFSD: many")))
    put("dumps/d.txt", "")
    Path("dumps/e.txt").write_bytes(b"\xff")
    put("dumps/README.md", "no dump")
    inventory = imported("dumps", code=1)
    assert [reader.id for reader in inventory.readers] == ["maker-pad"]
    lines = capsys.readouterr().err.splitlines()
    dumps = Path("dumps")
    assert lines[0].startswith(f"{dumps / 'b.txt'}:19: left out: the dump breaks off in ")
    assert lines[1] == (
        f'{dumps / "c.txt"}:37: left out: "dwMaxIFSD: many"; expected "dwMaxIFSD: " and a decimal number'
    )
    assert lines[2] == f'{dumps / "d.txt"}: left out: is empty; expected a dump that begins with "idVendor: 0x…"'
    assert lines[3] == f"{dumps / 'e.txt'}:1: left out: the byte 0xFF is not UTF-8; expected a dump"
    assert lines[4:] == ["1 readers imported, 0 of them contradictory; 4 left out"]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("bNumEndpoints: 3\n  bulk-IN, bulk-OUT and Interrupt-IN", "bNumEndpoints: 1", "bNumEndpoints is 1 but"),
        ("bLength: 0x36", "bLength: 0x35", "bLength is 0x35 but"),
        ("wLcdLayout: 0x0211\n    2 lines\n", "wLcdLayout: 0x0011\n", "display makes 0x0000 but wLcdLayout is 0x0011"),
    ],
)
def test_a_descriptor_that_contradicts_itself_is_imported_with_a_warning(
    capsys: pytest.CaptureFixture[str], old: str, new: str, said: str
) -> None:
    (reader,) = imported(str(put("pad.txt", edited((old, new))))).readers
    assert reader.contradictory
    err = capsys.readouterr().err
    assert f"pad.txt:1: warning: {said}" in err
    assert "1 readers imported, 1 of them contradictory; 0 left out" in err


def test_a_level_that_is_none_is_not_guessed(capsys: pytest.CaptureFixture[str]) -> None:
    dump = edited(("0x000204B2", "0x000304B2"), ("   02.... Short APDU level exchange\n", ""))
    assert refused(capsys, str(put("pad.txt", dump))) == "no reader can be imported, 1 left out; nothing is written"


def test_readers_with_one_name_have_ids_of_their_own_whatever_the_order() -> None:
    other = edited(("idProduct: 0x34C0", "idProduct: 0x34C1"))
    put("dumps/a.txt", PAD)
    put("dumps/b.txt", other)
    put("dumps/c.txt", edited(("dwMaxIFSD: 254", "dwMaxIFSD: 200")))
    inventory = imported("dumps")
    assert [reader.id for reader in inventory.readers] == [
        "maker-pad-08e6-34c0",
        "maker-pad-08e6-34c0-2",
        "maker-pad-08e6-34c1",
    ]
    assert [reader.descriptor and reader.descriptor.dwMaxIFSD for reader in inventory.readers] == [254, 200, 254]


def test_the_same_input_gives_the_same_file() -> None:
    dump = str(put("pad.txt", PAD + SECOND))
    imported(dump)
    first = Path("out.yaml").read_bytes()
    imported(dump)
    assert Path("out.yaml").read_bytes() == first
    assert sorted(path.name for path in Path().iterdir()) == ["cards.yaml", "out.yaml", "pad.txt"]


def test_without_output_the_readers_are_printed(capsys: pytest.CaptureFixture[str]) -> None:
    dump = str(put("pad.txt", PAD))
    assert main(["import", dump]) == 0
    printed = capsys.readouterr().out
    imported(dump)
    assert Path("out.yaml").read_text(encoding="utf-8") == printed


def test_what_is_written_reads_back_the_same() -> None:
    """Strings that YAML could take for something else, and every shipped reader."""
    strings = [
        ("iManufacturer: Maker", "iManufacturer: null"),
        ("iProduct: Pad", "iProduct: : #'\"{[*&!| "),
        ("bcd", "bcd"),
    ]
    (reader,) = imported(str(put("pad.txt", edited(*strings)))).readers
    assert (reader.usb.manufacturer, reader.usb.product_name) == ("null", ": #'\"{[*&!| ")
    for name in ("readers.yaml", "libccid-1.4.28.yaml"):
        shipped = load(ROOT / "inventory" / name)
        put("copy/readers.yaml", readers_text(shipped.readers))
        put("copy/cards.yaml", (ROOT / "inventory" / "cards.yaml").read_text(encoding="utf-8"))
        assert load(Path("copy")).readers == shipped.readers


def test_a_file_that_a_person_wrote_is_not_overwritten(capsys: pytest.CaptureFixture[str]) -> None:
    mine = put("readers.yaml", "readers: []\n")
    line = refused(capsys, str(put("pad.txt", PAD)), "--output", str(mine))
    assert line == "readers.yaml: exists and was not written by an import; expected another name for --output"
    assert mine.read_text(encoding="utf-8") == "readers: []\n"


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ([], "nothing to import; expected a dump, a folder of dumps, or --from-driver"),
        (["none.txt"], "none.txt: cannot be read: No such file or directory; expected a dump"),
        (["."], ".: has no dumps; expected files named *.txt"),
        (["--from-driver"], "no.bundle: cannot be read: No such file or directory; expected a driver's Info.plist"),
        (["x", "--output", "none/out.yaml"], "out.yaml: cannot be written: there is no folder none"),
        (["x", "--output", "."], ".: is not a regular file; expected a file to write the readers to"),
    ],
)
def test_what_cannot_be_used_is_one_line_and_exit_code_4(
    capsys: pytest.CaptureFixture[str], arguments: list[str], expected: str
) -> None:
    assert refused(capsys, *arguments).endswith(expected)
    assert list(Path().iterdir()) == []


def test_the_driver_gives_the_name() -> None:
    named = bundle(("0x08E6", "0x34C0", "The *best* pad?"))
    (reader,) = imported(str(put("pad.txt", PAD)), "--driver", str(named)).readers
    assert (reader.id, reader.name, reader.pcsc_name) == ("the-best-pad", "The *best* pad?", "The ?best? pad?*")
    assert reader.has_pcsc_name("The *best* pad? [Interface] (0001) 00 00")
    assert not reader.has_pcsc_name("The best pad 00 00")


def test_every_reader_of_the_driver_by_default_values(capsys: pytest.CaptureFixture[str]) -> None:
    listed = bundle(
        ("0x08E6", "0x34C0", "Maker Pad"),
        ("0x08e6", "0x1", "Maker Pad"),
        ("0x0001", "0x0002", "Other "),
        ("0x0001", "0x0002", "Other again"),
        ("0x0001", "2", "No id"),
        ("0x0001", "0x0003", "\n"),
    )
    inventory = imported("--from-driver", "--driver", str(listed), code=1)
    assert [reader.id for reader in inventory.readers] == ["maker-pad-08e6-0001", "maker-pad-08e6-34c0", "other"]
    for reader in inventory.readers:
        assert reader.descriptors == (DEFAULT_DESCRIPTOR,)
        assert (reader.descriptor_source, reader.notes) == ("default", "descriptor by default values")
        assert (reader.features.exchange_level, reader.card) == ("short-apdu", "reader-test-t0-t1")
    plist = listed / "Contents" / "Info.plist"
    assert capsys.readouterr().err.splitlines() == [
        f'{plist}: warning: reader 4: "Other again" has the ids of "Other"; the first name stays',
        f'{plist}: left out: reader 5: ifdProductID is "2"; expected 0x and 1 to 4 hex digits',
        f'{plist}: left out: reader 6: ifdFriendlyName is "\\n"; expected a name',
        "3 readers imported, 0 of them contradictory; 2 left out",
    ]


def test_a_dump_takes_the_place_of_default_values() -> None:
    listed = bundle(("0x08E6", "0x34C0", "Maker Pad"), ("0x0001", "0x0002", "Other"))
    inventory = imported(str(put("pad.txt", PAD)), "--from-driver", "--driver", str(listed))
    assert [(reader.id, reader.descriptor_source) for reader in inventory.readers] == [
        ("maker-pad", "device"),
        ("other", "default"),
    ]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"no plist",
        b"<?xml version='1.0'?><plist><array/></plist>",
        b"<?xml version='1.0'?><plist><dict><key>ifdVendorID</key><string>0x1</string></dict></plist>",
        b"<?xml version='1.0'?><plist><integer>x</integer></plist>",
        b"bplist00",
        b"bplist00" + b"\xff" * 40,
        plistlib.dumps({"ifdVendorID": ["0x1"], "ifdProductID": [], "ifdFriendlyName": []}),
    ],
)
def test_a_driver_that_is_none_is_one_line(content: bytes) -> None:
    Path("Info.plist").write_bytes(content)
    with pytest.raises(ImportFailedError) as caught:
        read_driver_list(Path("Info.plist"))
    assert str(caught.value).startswith("Info.plist: ")
    assert "\n" not in str(caught.value)
