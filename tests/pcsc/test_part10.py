"""Part 10: feature lists, properties, PIN structures, and their explanation."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fixtures.pcsc.part10 import (
    FEATURE_MODIFY_PIN_DIRECT,
    FEATURE_VERIFY_PIN_DIRECT,
    Part10Error,
    PinProperties,
    explain,
    feature_name,
    main,
    parse_features,
    parse_tlv_properties,
)
from fixtures.pcsc.pin_structures import (
    ConfirmPin,
    EntryValidation,
    PinModifyStructure,
    PinStructureError,
    PinType,
    PinVerifyStructure,
    format_string,
    max_extra_digit,
    parse,
    pin_block_string,
    pin_length_format,
)

TEMPLATE = bytes.fromhex("0020008008") + b"\xff" * 8
REFERENCE = bytes.fromhex("00 00 82 08 00 08 04 02 01 09 04 00 00 00 00 0D 00 00 00") + TEMPLATE
byte = st.integers(0, 255)
word = st.integers(0, 65_535)
templates = st.binary(min_size=4, max_size=60)


class TestFeatures:
    """parse_features"""

    def test_control_codes_are_big_endian(self) -> None:
        features = parse_features(bytes.fromhex("06 04 42330006 07 04 42330007"))
        assert features == {FEATURE_VERIFY_PIN_DIRECT: 0x42330006, FEATURE_MODIFY_PIN_DIRECT: 0x42330007}

    def test_no_features(self) -> None:
        assert parse_features(b"") == {}

    @pytest.mark.parametrize(
        ("raw", "message"),
        [
            ("06", "byte 1: expected the length of tag 0x06, found the end"),
            ("06 04 423300", "byte 2: expected 4 bytes of tag 0x06, found 3"),
            ("06 02 4233", "byte 1: expected length 4 of FEATURE_VERIFY_PIN_DIRECT, found 2"),
            ("06 04 42330006 06 04 42330006", "byte 6: FEATURE_VERIFY_PIN_DIRECT is listed twice"),
            ("06 04 42330006 00", "byte 7: expected the length of tag 0x00"),
        ],
    )
    def test_anything_else_is_refused(self, raw: str, message: str) -> None:
        with pytest.raises(Part10Error, match=message):
            parse_features(bytes.fromhex(raw))

    def test_names(self) -> None:
        assert [feature_name(tag) for tag in (0x12, 0x99)] == ["FEATURE_GET_TLV_PROPERTIES", "feature 0x99"]


class TestProperties:
    """PIN_PROPERTIES_STRUCTURE and TLV properties"""

    RAW = bytes.fromhex("01 02 1002 02 01 07 06 01 04 07 01 08 0A 04 00000100 0B 02 E608 0C 02 C034 08 02 3331")

    def test_tlv_properties_are_little_endian(self) -> None:
        assert parse_tlv_properties(self.RAW) == {
            "wLcdLayout": 0x0210,
            "bEntryValidationCondition": 7,
            "bMinPINSize": 4,
            "bMaxPINSize": 8,
            "dwMaxAPDUDataSize": 0x10000,
            "wIdVendor": 0x08E6,
            "wIdProduct": 0x34C0,
            "sFirmwareID": "31",
        }

    def test_unknown_property_is_kept_as_bytes(self) -> None:
        assert parse_tlv_properties(bytes.fromhex("7F 03 010203")) == {"0x7F": b"\x01\x02\x03"}

    @pytest.mark.parametrize(
        ("raw", "message"),
        [
            ("06 01 04 00", "byte 4: expected the length of tag 0x00"),
            ("0B 01 E6", "byte 1: expected length 2 of wIdVendor, found 1"),
            ("06 01 04 06 01 04", "byte 3: bMinPINSize is listed twice"),
            ("06 02 04", "byte 2: expected 2 bytes of tag 0x06, found 1"),
        ],
    )
    def test_trailing_bytes_and_wrong_lengths_are_refused(self, raw: str, message: str) -> None:
        with pytest.raises(Part10Error, match=message):
            parse_tlv_properties(bytes.fromhex(raw))

    def test_pin_properties(self) -> None:
        assert PinProperties.from_bytes(bytes.fromhex("10020700")) == PinProperties(0x0210, 7, 0)
        with pytest.raises(Part10Error, match="expected 4 bytes, found 3"):
            PinProperties.from_bytes(bytes(3))


class TestPinStructures:
    """PIN_VERIFY_STRUCTURE and PIN_MODIFY_STRUCTURE"""

    def test_defaults_are_the_reference_structure(self) -> None:
        assert PinVerifyStructure(abData=TEMPLATE).to_bytes() == REFERENCE

    def test_modify_structure_is_packed_in_the_specifications_order(self) -> None:
        structure = PinModifyStructure(
            abData=bytes.fromhex("0024000010") + b"\xff" * 16,
            bTimerOut=1,
            bTimerOut2=2,
            bmFormatString=3,
            bmPINBlockString=4,
            bmPINLengthFormat=5,
            bInsertionOffsetOld=6,
            bInsertionOffsetNew=7,
            wPINMaxExtraDigit=0x0809,
            bConfirmPIN=10,
            bEntryValidationCondition=11,
            bNumberMessage=12,
            wLangId=0x0D0E,
            bMsgIndex1=15,
            bMsgIndex2=16,
            bMsgIndex3=17,
            bTeoPrologue=b"\x12\x13\x14",
        )
        head = bytes.fromhex("01 02 03 04 05 06 07 09 08 0A 0B 0C 0E 0D 0F 10 11 12 13 14 15 00 00 00")
        assert structure.to_bytes() == head + structure.abData
        assert structure.ulDataLength == 21

    @given(st.binary(min_size=15, max_size=15), templates)
    def test_verify_structure_is_written_as_read(self, fields: bytes, data: bytes) -> None:
        raw = fields + len(data).to_bytes(4, "little") + data
        assert PinVerifyStructure.from_bytes(raw).to_bytes() == raw

    @given(byte, byte, word, byte, byte, templates)
    def test_modify_structure_is_read_as_written(
        self, old: int, new: int, digits: int, confirm: int, index: int, data: bytes
    ) -> None:
        structure = PinModifyStructure(
            bInsertionOffsetOld=old,
            bInsertionOffsetNew=new,
            wPINMaxExtraDigit=digits,
            bConfirmPIN=confirm,
            bMsgIndex3=index,
            abData=data,
        )
        assert PinModifyStructure.from_bytes(structure.to_bytes()) == structure

    @pytest.mark.parametrize("length", range(23))
    def test_fewer_than_23_bytes_are_refused(self, length: int) -> None:
        with pytest.raises(PinStructureError, match=f"expected at least 23 bytes, found {length}"):
            PinVerifyStructure.from_bytes(REFERENCE[:length])

    def test_wrong_data_length_is_refused(self) -> None:
        with pytest.raises(PinStructureError, match="ulDataLength at byte 15 says 13, but 14 bytes of abData follow"):
            PinVerifyStructure.from_bytes(REFERENCE + b"\0")
        with pytest.raises(PinStructureError, match="expected at least 28 bytes, found 27"):
            PinModifyStructure.from_bytes(bytes(27))

    def test_field_out_of_range_is_refused(self) -> None:
        with pytest.raises(PinStructureError, match="bTimerOut: expected 0 to 255, found 256"):
            PinVerifyStructure(abData=TEMPLATE, bTimerOut=256)
        with pytest.raises(PinStructureError, match="bTeoPrologue: expected 3 bytes, found 2"):
            PinModifyStructure(abData=TEMPLATE, bTeoPrologue=b"\0\0")
        with pytest.raises(PinStructureError, match="abData: expected a command of at least 4 bytes, found 3"):
            PinVerifyStructure(abData=bytes(3))

    def test_either_structure_is_recognised_by_its_length(self) -> None:
        modify = PinModifyStructure(abData=TEMPLATE)
        assert parse(REFERENCE) == PinVerifyStructure(abData=TEMPLATE)
        assert parse(modify.to_bytes()) == modify
        with pytest.raises(PinStructureError, match=r"PIN_VERIFY_STRUCTURE: .*; PIN_MODIFY_STRUCTURE: "):
            parse(bytes(40))

    def test_composed_fields(self) -> None:
        assert format_string() == 0x82
        assert format_string(PinType.BCD, position=1, right=True) == 0x8D
        assert format_string(PinType.BCD, position=4, in_bytes=False) == 0x21
        assert pin_block_string(8) == 0x08
        assert pin_block_string(7, length_bits=4) == 0x47
        assert pin_length_format(4) == 0x04
        assert pin_length_format(1, in_bytes=True) == 0x11
        assert max_extra_digit(4, 8) == 0x0408
        with pytest.raises(PinStructureError, match="PIN block size: expected 0 to 15, found 16"):
            pin_block_string(16)


class TestExplain:
    """explain and the command line"""

    def test_each_byte_of_a_structure_is_explained_once(self) -> None:
        for structure in (PinVerifyStructure(abData=TEMPLATE), PinModifyStructure(abData=TEMPLATE)):
            rows = explain(structure.to_bytes())
            assert bytes.fromhex("".join(row.hex for row in rows)) == structure.to_bytes()
            assert [row.offset for row in rows[1:]] == [row.offset + len(row.hex.split()) for row in rows[:-1]]

    def test_meanings(self) -> None:
        meanings = {row.name: row.meaning for row in explain(REFERENCE)}
        assert meanings["bmFormatString"] == "ASCII, left-justified, PIN at byte 0 after the header"
        assert meanings["wPINMaxExtraDigit"] == "4 to 8 digits"
        assert meanings["bEntryValidationCondition"] == "validation key"
        every = PinModifyStructure(
            abData=TEMPLATE,
            bmFormatString=0x07,
            bEntryValidationCondition=EntryValidation.TIMEOUT | 0x80,
            bConfirmPIN=ConfirmPin.CURRENT_PIN,
            bNumberMessage=0xFF,
        )
        meanings = {row.name: row.meaning for row in explain(every.to_bytes())}
        assert meanings["bmFormatString"] == "type 3, reserved, right-justified, PIN at bit 0 after the header"
        assert meanings["bEntryValidationCondition"] == "timeout, 0x80 reserved"
        assert meanings["bConfirmPIN"] == "current pin"
        assert meanings["bNumberMessage"] == "the reader's own"

    def test_pin_in_a_template_is_masked(self) -> None:
        rows = explain(PinVerifyStructure(abData=TEMPLATE[:5] + b"12345678").to_bytes())
        assert rows[-1].hex == "00 20 00 80 08 ** ** ** ** ** ** ** **"

    def test_features_and_properties(self) -> None:
        assert explain(bytes.fromhex("06 04 42330006"))[0] == (
            0, "FEATURE_VERIFY_PIN_DIRECT", "06 04 42 33 00 06", "control code 0x42330006",
        )  # fmt: skip
        assert [row[:3] for row in explain(TestProperties.RAW[:7])] == [
            (0, "wLcdLayout", "01 02 10 02"),
            (4, "bEntryValidationCondition", "02 01 07"),
        ]

    @given(st.binary(max_size=40))
    def test_any_bytes_are_explained_or_refused(self, raw: bytes) -> None:
        try:
            rows = explain(raw)
        except Part10Error as error:
            assert "\n" not in str(error)
        else:
            assert rows

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            ([], "usage: "),
            (["explain"], "usage: "),
            (["explain", "0G"], "error: expected bytes in hex"),
            (["explain", ""], "error: expected bytes to explain, found none"),
            (["explain", "06", "04"], "error: PIN_VERIFY_STRUCTURE: expected at least 23 bytes, found 2; "),
        ],
    )
    def test_mistakes_are_one_line(
        self, arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert main(arguments) == 2
        shown = capsys.readouterr().err
        assert shown.startswith(message)
        assert shown.count("\n") == 1

    def test_command_line(self) -> None:
        ran = subprocess.run(
            [sys.executable, "-m", "fixtures.pcsc.part10", "explain", REFERENCE.hex()],
            capture_output=True,
            text=True,
            check=True,
            cwd=Path(__file__).parents[2],
        )
        assert ran.stdout.splitlines()[2] == (
            "  2  bmFormatString             82  ASCII, left-justified, PIN at byte 0 after the header"
        )
        assert ran.stderr == ""
