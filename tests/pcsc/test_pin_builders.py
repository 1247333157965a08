"""PIN structures from named values: the published bytes come out, and what cannot be is said."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fixtures.pcsc.pin_builders import FORMAT_2, VARIABLE, BlockForm, modify, verify
from fixtures.pcsc.pin_checks import problems
from fixtures.pcsc.pin_structures import (
    EntryValidation,
    PinModifyStructure,
    PinStructureError,
    PinType,
    PinVerifyStructure,
)
from fixtures.pin_forms import DIGITS, FORMS, LONGEST, PIN_BLOCKS, SHORTEST, PinForm, status_of

ROOT = Path(__file__).parents[2]
VERIFY = bytes.fromhex("00 20 00 80 08") + b"\xff" * 8
CHANGE = bytes.fromhex("00 24 00 80 10") + b"\xff" * 16
PUBLISHED = bytes.fromhex("00 00 82 08 00 08 04 02 01 09 04 00 00 00 00 0D 00 00 00") + VERIFY


def test_nothing_named_is_the_published_structure() -> None:
    assert verify(VERIFY).to_bytes() == PUBLISHED


@pytest.mark.parametrize(
    ("form", "template", "fields"),
    [
        (BlockForm(right=True), VERIFY, (0x86, 0x08, 0x00)),
        (BlockForm(pin_type=PinType.BCD), VERIFY, (0x81, 0x08, 0x00)),
        (BlockForm(pin_type=PinType.BINARY, right=True), VERIFY, (0x84, 0x08, 0x00)),
        (FORMAT_2, bytes.fromhex("00 20 00 80 08 20") + b"\xff" * 7, (0x89, 0x47, 0x04)),
        (VARIABLE, bytes.fromhex("00 20 00 80 00"), (0x82, 0x00, 0x00)),
        (BlockForm(offset=3), bytes.fromhex("00 20 00 80 0B") + b"\xff" * 11, (0x9A, 0x08, 0x00)),
        (
            BlockForm(pin_type=PinType.BCD, offset=4, offset_in_bytes=False),
            bytes.fromhex("00 20 00 80 09") + b"\xff" * 9,
            (0x21, 0x08, 0x00),
        ),
        (BlockForm(length_bits=8, length_at=8), bytes.fromhex("00 20 00 80 09") + b"\xff" * 9, (0x82, 0x88, 0x18)),
    ],
)
def test_names_become_the_bits_of_the_specification(
    form: BlockForm, template: bytes, fields: tuple[int, int, int]
) -> None:
    structure = verify(template, form)
    assert (structure.bmFormatString, structure.bmPINBlockString, structure.bmPINLengthFormat) == fields


def test_modification_worked_out_by_hand() -> None:
    """PC/SC part 10, 2.5.3: the old PIN at byte 0, the new one at byte 8 and again, 30 s, German."""
    structure = modify(CHANGE, seconds=30, language=0x0407)
    expected = "1E 00 82 08 00 00 08 08 04 03 02 03 07 04 00 01 02 00 00 00 15 00 00 00"
    assert structure.to_bytes() == bytes.fromhex(expected) + CHANGE
    assert modify(CHANGE, old_at=None, new_at=0, confirmed=False, messages=1).bConfirmPIN == 0


@pytest.mark.parametrize(
    ("build", "said"),
    [
        (lambda: verify(VERIFY, digits=(8, 4)), "wPINMaxExtraDigit: at least 8 and at most 4 digits"),
        (lambda: verify(VERIFY, digits=(0, 0)), "wPINMaxExtraDigit: the greatest number of digits is 0"),
        (lambda: verify(VERIFY, digits=(4, 12)), "bmPINBlockString: 12 digits do not fit a block of 8 bytes, 8 do"),
        (lambda: verify(VERIFY, digits=(4, 300)), "maximum PIN size: expected 0 to 255, found 300"),
        (lambda: verify(VERIFY[:-1]), "abData: Lc is 8, but 7 bytes follow it"),
        (
            lambda: verify(VERIFY, BlockForm(offset=1)),
            "the PIN block ends 9 bytes after the header, the data field has 8",
        ),
        (lambda: verify(VERIFY, BlockForm(offset=16)), "PIN position: expected 0 to 15, found 16"),
        (lambda: verify(VERIFY, BlockForm(size=16)), "PIN block size: expected 0 to 15, found 16"),
        (lambda: verify(VERIFY, BlockForm(length_bits=4)), "the PIN length lies within the PIN block"),
        (lambda: verify(VERIFY, BlockForm(length_bits=3, length_at=8)), "a length of 3 bits does not hold 8 digits"),
        (lambda: verify(VERIFY, BlockForm(length_bits=8, length_at=8)), "the PIN length ends 9 bytes after the header"),
        (lambda: verify(VERIFY, ended_by=EntryValidation(0)), "bEntryValidationCondition: found 0x00"),
        (lambda: verify(VERIFY, messages=2), "bNumberMessage: found 2, expected 0 to 1 or 255"),
        (lambda: verify(VERIFY, seconds=256), "bTimerOut: expected 0 to 255, found 256"),
        (lambda: modify(CHANGE, new_at=4), "bInsertionOffsetNew: 4 bytes from the old PIN, expected at least 8 bytes"),
        (lambda: modify(CHANGE, new_at=9), "bInsertionOffsetNew: the PIN block ends 17 bytes after the header"),
        (lambda: modify(CHANGE, messages=4), "bNumberMessage: found 4, expected 0 to 3 or 255"),
    ],
)
def test_what_cannot_be_is_said(build: object, said: str) -> None:
    with pytest.raises(PinStructureError) as caught:
        build()  # type: ignore[operator]
    assert said in str(caught.value)


def test_everything_that_is_wrong_is_said_at_once() -> None:
    structure = PinVerifyStructure(abData=VERIFY, bmFormatString=0x83, wPINMaxExtraDigit=0x0804, bNumberMessage=9)
    assert [line.partition(":")[0] for line in problems(structure)] == [
        "bmFormatString",
        "wPINMaxExtraDigit",
        "bNumberMessage",
    ]


def test_unknown_bit_of_the_confirmation_is_said() -> None:
    assert problems(PinModifyStructure(abData=CHANGE, bConfirmPIN=0x07)) == [
        "bConfirmPIN: found 0x07, expected 0x00 to 0x03 (confirmation, current PIN)"
    ]


@given(st.binary(min_size=4, max_size=40), st.integers(0, 255), st.integers(0, 255), st.integers(0, 255))
def test_any_structure_is_judged(template: bytes, form: int, block: int, length: int) -> None:
    structure = PinVerifyStructure(
        abData=template, bmFormatString=form, bmPINBlockString=block, bmPINLengthFormat=length
    )
    assert all(": " in line for line in problems(structure))


def test_explanation_ends_with_what_is_wrong() -> None:
    wrong = PinVerifyStructure(abData=VERIFY, wPINMaxExtraDigit=0x0804).to_bytes()
    told = subprocess.run(
        [sys.executable, "-m", "fixtures.pcsc.part10", "explain", wrong.hex()],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert told.returncode == 1
    assert told.stdout.splitlines()[-1].startswith("wrong: wPINMaxExtraDigit: at least 8 and at most 4 digits")


class TestForms:
    """fixtures.pin_forms: what the suites expect a card to receive, beside vectors worked out by hand."""

    @pytest.mark.parametrize(
        ("name", "digits", "data"),
        [
            ("ascii-ff", "1234", "31323334FFFFFFFF"),
            ("ascii-ff", "12345678", "3132333435363738"),
            ("ascii-00", "12345", "3132333435000000"),
            ("ascii-right-ff", "1234", "FFFFFFFF31323334"),
            ("ascii-right-00", "12345", "0000003132333435"),
            ("bcd-ff", "12345", "12345FFFFFFFFFFF"),
            ("bcd-right-00", "12345", "0000000000012345"),
            ("binary-ff", "1234", "01020304FFFFFFFF"),
            ("binary-right-ff", "12345", "FFFFFF0102030405"),
            ("format-2", "1234", "241234FFFFFFFFFF"),
            ("format-2", "12345678", "2812345678FFFFFF"),
            ("length-byte", "12345", "053132333435FFFFFF"),
            ("length-behind", "12345", "3132333435FFFFFF05"),
            ("offset-3-bytes", "1234", "A1B2C331323334FFFFFFFF"),
            ("offset-4-bits", "12345", "C12345FFFFFFFFFFFF"),
            ("variable", "12345", "3132333435"),
        ],
    )
    def test_data_fields_worked_out_by_hand(self, name: str, digits: str, data: str) -> None:
        form = next(form for form in FORMS if form.id == name)
        assert form.data(digits) == bytes.fromhex(data)

    @pytest.mark.parametrize("form", FORMS, ids=lambda form: form.id)
    def test_structures_of_the_forms_are_in_order(self, form: PinForm) -> None:
        assert problems(form.verify()) == []
        assert problems(form.modify()) == []

    def test_each_form_differs_from_the_others(self) -> None:
        for count in range(SHORTEST, LONGEST):
            assert len({form.data(DIGITS[:count]) for form in FORMS}) == len(FORMS)
        assert PIN_BLOCKS["ascii-ff-8"] == b"12345678"

    def test_answers_of_the_applet_worked_out_by_hand(self) -> None:
        assert status_of(b"12345678") == 0x9000
        assert status_of(b"1234\xff\xff\xff\xff") == 0x6A04
        assert status_of(b"\x00234") == 0x6A00
