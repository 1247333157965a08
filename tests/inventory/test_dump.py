"""The reader of descriptor dumps: every value as printed, and one line for whatever is broken."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fixtures.inventory.importing.dump import parse
from fixtures.inventory.importing.report import BrokenInputError
from tests.inventory.dumps import PAD, SECOND, broken, edited, only


def test_every_value_is_the_printed_one() -> None:
    pad = only(PAD)
    assert (pad.vendor, pad.product, pad.release) == (0x08E6, 0x34C0, 0x0102)
    assert (pad.manufacturer, pad.product_name, pad.interface) == ("Maker", "Pad", None)
    assert pad.values == {
        "bInterfaceNumber": 0,
        "bNumEndpoints": 3,
        "bInterfaceClass": 0x0B,
        "bInterfaceSubClass": 0,
        "bInterfaceProtocol": 0,
        "bLength": 0x36,
        "bDescriptorType": 0x21,
        "bcdCCID": 0x0110,
        "bMaxSlotIndex": 0,
        "bVoltageSupport": 3,
        "dwProtocols": 3,
        "dwDefaultClock": 4000,
        "dwMaximumClock": 4800,
        "bNumClockSupported": 0,
        "dwDataRate": 10752,
        "dwMaxDataRate": 500000,
        "bNumDataRatesSupported": 0,
        "dwMaxIFSD": 254,
        "dwSynchProtocols": 0,
        "dwMechanical": 0,
        "dwFeatures": 0x000204B2,
        "dwMaxCCIDMessageLength": 271,
        "bClassGetResponse": 0xFF,
        "bClassEnvelope": 0xFF,
        "wLcdLayout": 0x0211,
        "bPINSupport": 3,
        "bMaxCCIDBusySlots": 1,
    }
    assert (pad.clock_frequencies, pad.data_rates, pad.remarks) == ((4000, 4800), None, ())


def test_a_composite_dump_has_an_interface_a_block() -> None:
    first, second = parse(PAD + SECOND)
    assert (first.line, second.line) == (1, len(PAD.splitlines()) + 1)
    assert (second.interface, second.values["bInterfaceNumber"], second.values["bMaxSlotIndex"]) == ("SAM", 1, 1)


@pytest.mark.parametrize("said", ["iInterface: 0", "iInterface: 4", "iInterface: ?", "Can't get iInterface string"])
def test_a_string_number_is_no_string(said: str) -> None:
    """Earlier versions of the program print the string's number, and the list of languages as "?"."""
    assert only(edited(("Can't get iInterface string: LIBUSB_ERROR_INVALID_PARAM", said))).interface is None


def test_a_string_keeps_its_spaces() -> None:
    assert only(edited(("iManufacturer: Maker", "iManufacturer: A  Maker "))).manufacturer == "A  Maker "


def test_a_string_that_cannot_be_printed_is_remarked() -> None:
    pad = only(edited(("iProduct: Pad", "iProduct: \x02<F")))
    assert pad.product_name is None
    assert pad.remarks == ((4, 'iProduct is "\\x02<F", which cannot be printed; taken for no string'),)


def test_a_number_that_is_printed_with_its_sign_keeps_its_bits() -> None:
    assert only(edited(("Support 4800 kHz", "Support -1073741824 kHz"))).clock_frequencies == (4000, 0xC0000000)


def test_ends_of_lines_may_be_those_of_windows() -> None:
    assert only(PAD.replace("\n", "\r\n")) == only(PAD)


def test_a_shortened_table_is_remarked() -> None:
    changes = ("bNumClockSupported: 0 (will use whatever is returned)", "bNumClockSupported: 2")
    more = ("   Support 4000 kHz", "   Got 256 clock frequencies but was expecting 2\n   Support 4000 kHz")
    pad = only(edited(changes, more))
    assert pad.clock_frequencies == (4000, 4800)
    assert pad.remarks == ((31, "the device answers 256 clock frequencies; the dump holds 2 of them"),)


MISTAKES = {
    "not a dump": ("idVendor: 0x08E6", "# A heading", 1, '"# A heading"; expected "idVendor: 0x" and 4 hex digits'),
    "a bad id": ("0x34C0", "0x34G0", 3, '"idProduct: 0x34G0"; expected "idProduct: 0x" and 4 hex digits'),
    "a short release": (
        "1.02 (",
        "1.2 (",
        5,
        '"bcdDevice: 1.2 (firmware release?)"; expected "bcdDevice: " and a release such as 1.10',
    ),
    "another descriptor": (" bLength: 9\n", " bLength: 8\n", 6, "bLength of the interface is 8; expected 9"),
    "a missing field": (
        "  bMaxSlotIndex: 0x00\n",
        "",
        21,
        '"bVoltageSupport: 0x03"; expected "bMaxSlotIndex: " and 0x and 2 hex digits',
    ),
    "a missing unit": (
        "10752 bps",
        "10752",
        33,
        '"dwDataRate: 10752"; expected "dwDataRate: " and a decimal number and "bps"',
    ),
    "a field twice": (
        "  bcdCCID: 1.10\n",
        "  bcdCCID: 1.10\n  bcdCCID: 1.10\n",
        21,
        '"bcdCCID: 1.10"; expected "bMaxSlotIndex: " and 0x and 2 hex digits',
    ),
    "a number out of range": (
        "bMaxCCIDBusySlots: 1",
        "bMaxCCIDBusySlots: 256",
        59,
        '"bMaxCCIDBusySlots: 256"; expected bMaxCCIDBusySlots from 0 to 255',
    ),
    "words that the value denies": ("0x03\n   5.0V", "0x02\n   5.0V", 23, None),
    "words that the value needs": (
        "   T=0\n",
        "",
        25,
        'dwProtocols is 0x03; expected the words "T=0" below it',
    ),
    "words of another level": ("02.... Short APDU level", "04.... Short and Extended APDU level", 47, None),
    "a prefix of another bit": ("....02 Automatic", "....04 Automatic", 42, '"....04 Automatic parameter'),
    "another layout": ("   17 characters", "   16 characters", 55, '"16 characters per line"; expected "17 characters'),
    "a table in another unit": ("Support 4800 kHz", "Support 4800 bps", 32, '"Support 4800 bps"; expected a decimal'),
    "no table and no refusal": ("   IFD does not support GET_DATA_RATES request: LIBUSB_ERROR_PIPE\n", "", 36, None),
    "fewer in the table than counted": (
        "bNumClockSupported: 0 (will use whatever is returned)",
        "bNumClockSupported: 3",
        31,
        "2 clock frequencies are listed; expected 3",
    ),
    "a count that says it is none": ("bNumDataRatesSupported: 0", "bNumDataRatesSupported: 5", 35, None),
    "a class that says it is CCID": ("bInterfaceClass: 0x0B", "bInterfaceClass: 0xFF", 12, None),
}


@pytest.mark.parametrize(("old", "new", "line", "message"), MISTAKES.values(), ids=MISTAKES)
def test_a_broken_dump_is_said_with_its_line(old: str, new: str, line: int, message: str | None) -> None:
    found = broken(edited((old, new)))
    assert found[0] == line, found
    assert "expected" in found[1]
    assert found[1].startswith(message or ""), found


def test_a_dump_that_stops_anywhere_is_broken() -> None:
    """No first part of a dump may pass for a whole one, not even where the cut leaves a number behind."""
    for length in range(len(PAD)):
        broken(PAD[:length])


def test_no_line_can_go_unnoticed() -> None:
    """Without any one line a dump is broken, or says the same of the class descriptor as before."""
    lines = PAD.splitlines(keepends=True)
    for number in range(len(lines)):
        try:
            (left,) = parse("".join(lines[:number] + lines[number + 1 :]))
        except BrokenInputError:
            continue
        assert left.values == only(PAD).values, lines[number]


def plainly_read(text: str, key: str) -> int:
    """What a dump of one interface says of a key, read in the plainest way; the class descriptor's of two."""
    said = re.findall(rf"^[ \t\r]*{key}:[ \t]*(.*)$", text, re.MULTILINE)
    assert len(said) == (2 if key in ("bLength", "bDescriptorType") else 1)
    value = said[-1].strip()
    if key == "bcdCCID":
        return int(value.replace(".", ""), 16)
    if key in ("dwDefaultClock", "dwMaximumClock"):
        return int(value.removesuffix(" MHz").replace(".", "")) % 2**32
    if value.startswith("0x"):
        return int("".join(part for part in re.findall(r"0x(\w+)", value)), 16)
    return int(value.split(" ")[0]) % 2**32


@st.composite
def mutations(draw: st.DrawFn) -> str:
    """The sound dump with up to four lines or characters changed."""
    lines = PAD.split("\n")
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(lines) - 1))
        how = draw(st.sampled_from(["drop", "twice", "swap", "cut", "insert", "replace"]))
        if how == "drop" and len(lines) > 1:
            del lines[at]
        elif how == "twice":
            lines.insert(at, lines[at])
        elif how == "swap":
            other = draw(st.integers(0, len(lines) - 1))
            lines[at], lines[other] = lines[other], lines[at]
        elif lines[at]:
            place = draw(st.integers(0, len(lines[at]) - 1))
            piece = draw(st.sampled_from([*"0123456789ABCDEFx.:- \t\r\0é", "0x", " bps", "T=1", "9" * 5000, "٣", "²"]))
            rest = {"cut": "", "insert": piece + lines[at][place:], "replace": piece + lines[at][place + 1 :]}
            lines[at] = lines[at][:place] + rest.get(how, "")
    return "\n".join(lines)


@settings(deadline=None, max_examples=400)
@given(mutations() | st.text(max_size=80))
def test_whatever_a_dump_says_is_taken_as_printed_or_refused(text: str) -> None:
    """Any exception but BrokenInputError goes through, and fails the test."""
    try:
        interfaces = parse(text)
    except BrokenInputError as error:
        assert "\n" not in error.message
        assert 0 <= error.line <= text.count("\n") + 1
        return
    (interface,) = interfaces
    for key, value in interface.values.items():
        assert value == plainly_read(text, key), key
