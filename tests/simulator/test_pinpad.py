"""The pinpad builds PIN blocks as CCID 1.1, 6.1.11 says, and lives through every way an entry can end."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fixtures.simulator.ccid import message as ccid
from fixtures.simulator.ccid.pin_block import Digits, PinStructureError, parse_modify, parse_verify
from fixtures.simulator.ccid.pinpad import Pinpad
from tests.simulator.bench import Bench, BenchMaker

SELECT = bytes.fromhex("00A40400 07 A000000018FF01")
TEMPLATE = "00 20 00 80 08 FF FF FF FF FF FF FF FF"


def verify_structure(
    template: str = TEMPLATE,
    *,
    format_string: int = 0x82,
    block: int = 0x08,
    length: int = 0x00,
    minimum: int = 4,
    maximum: int = 8,
    validation: int = 2,
    timeout: int = 0,
    messages: int = 1,
) -> bytes:
    head = bytes(
        (timeout, format_string, block, length, maximum, minimum, validation, messages, 0x09, 0x04, 0, 0, 0, 0)
    )
    return head + bytes.fromhex(template)


def modify_structure(
    template: str,
    *,
    format_string: int = 0x82,
    block: int = 0x08,
    length: int = 0x00,
    old: int = 0,
    new: int = 0,
    confirm: int = 1,
    messages: int = 3,
    indexes: int = 3,
    minimum: int = 4,
    maximum: int = 8,
) -> bytes:
    head = bytes((0, format_string, block, length, old, new, maximum, minimum, confirm, 2, messages, 9, 4))
    return head + bytes(indexes) + bytes(3) + bytes.fromhex(template)


def digits(text: str) -> Digits:
    return Digits([int(digit) for digit in text])


# Worked by hand from the bit fields: format, block, length, template, PIN, command
VECTORS = [
    pytest.param(0x82, 0x08, 0, TEMPLATE, "12345678", "0020008008 3132333435363738", id="published-reference"),
    pytest.param(0x82, 0x08, 0, TEMPLATE, "1234", "0020008008 31323334FFFFFFFF", id="ascii-padded-ff"),
    pytest.param(
        0x82, 0x08, 0, "0020008008 0000000000000000", "1234", "0020008008 3132333400000000", id="ascii-padded-00"
    ),
    pytest.param(
        0x82, 0x08, 0, "0020008008 3030303030303030", "1234", "0020008008 3132333430303030", id="ascii-padded-30"
    ),
    pytest.param(0x86, 0x08, 0, TEMPLATE, "1234", "0020008008 FFFFFFFF31323334", id="ascii-right"),
    pytest.param(0x81, 0x08, 0, TEMPLATE, "12345", "0020008008 12345FFFFFFFFFFF", id="bcd-odd"),
    pytest.param(0x85, 0x04, 0, "0020008004 00000000", "12345", "0020008004 00012345", id="bcd-right"),
    pytest.param(0x80, 0x08, 0, TEMPLATE, "1234", "0020008008 01020304FFFFFFFF", id="binary"),
    pytest.param(
        0x89, 0x47, 0x04, "0020008008 20FFFFFFFFFFFFFF", "1234", "0020008008 241234FFFFFFFFFF", id="iso-9564-format-2"
    ),
    pytest.param(
        0x41, 0x48, 0x04, "0020008008 20FFFFFFFFFFFFFF", "12345", "0020008008 2512345FFFFFFFFF", id="format-2-bit-units"
    ),
    pytest.param(
        0x8A, 0x88, 0x10, "0020008009 00FFFFFFFFFFFFFFFF", "1234", "0020008009 0431323334FFFFFFFF", id="length"
    ),
    pytest.param(0x82, 0x00, 0, "00200080", "123456", "0020008006 313233343536", id="variable-case-1"),
    pytest.param(0x82, 0x00, 0, "0020008000", "1234", "0020008004 31323334", id="variable-lc-0"),
    pytest.param(0x92, 0x00, 0, "0020008002 AABB", "1234", "0020008006 AABB31323334", id="variable-after-a-prefix"),
    pytest.param(0x81, 0x00, 0, "00200080", "12345", "0020008003 12345F", id="variable-bcd"),
    pytest.param(
        0x82, 0x08, 0, "0020008008 FFFFFFFFFFFFFFFF 00", "1234", "0020008008 31323334FFFFFFFF 00", id="with-le"
    ),
    pytest.param(0xA2, 0x04, 0, "0020008008 0102030405060708", "1234", "0020008008 0102030431323334", id="position-4"),
]


@pytest.mark.parametrize(("format_string", "block", "length", "template", "pin", "command"), VECTORS)
def test_pin_blocks_worked_by_hand(
    format_string: int, block: int, length: int, template: str, pin: str, command: str
) -> None:
    request = parse_verify(verify_structure(template, format_string=format_string, block=block, length=length))
    assert request.command(None, digits(pin)).hex() == bytes.fromhex(command).hex()


@pytest.mark.parametrize(
    ("structure", "old", "new", "command"),
    [
        pytest.param(
            modify_structure("0024008008 FFFFFFFFFFFFFFFF"),
            None,
            "4321",
            "0024008008 34333231FFFFFFFF",
            id="new-only",
        ),
        pytest.param(
            modify_structure("0024008010 " + "FF" * 16, new=8, confirm=3),
            "1234",
            "56789",
            "0024008010 31323334FFFFFFFF 3536373839FFFFFF",
            id="old-and-new",
        ),
        pytest.param(
            modify_structure(
                "0024008010 20FFFFFFFFFFFFFF20FFFFFFFFFFFFFF",
                format_string=0x89,
                block=0x47,
                length=0x04,
                new=8,
                confirm=3,
            ),
            "1234",
            "567890",
            "0024008010 241234FFFFFFFFFF 26567890FFFFFFFF",
            id="iso-9564-format-2",
        ),
        pytest.param(
            modify_structure("00240081", block=0, confirm=3),
            "123456",
            "87654321",
            "002400810E 313233343536 3837363534333231",
            id="variable",
        ),
    ],
)
def test_modification_commands_worked_by_hand(structure: bytes, old: str | None, new: str, command: str) -> None:
    request = parse_modify(structure)
    assert request.command(digits(old) if old else None, digits(new)).hex() == bytes.fromhex(command).hex()


@given(st.lists(st.integers(0, 9), min_size=4, max_size=8), st.sampled_from([0x80, 0x81, 0x82, 0x84, 0x85, 0x86]))
def test_a_block_changes_nothing_but_its_digits(pin: list[int], format_string: int) -> None:
    request = parse_verify(verify_structure(format_string=format_string))
    command = request.command(None, Digits(pin))
    assert command[:5] == bytes.fromhex(TEMPLATE)[:5]
    nibbles = command[5:].hex()
    text = {0: "".join(f"0{d}" for d in pin), 1: "".join(map(str, pin)), 2: "".join(f"3{d}" for d in pin)}
    wanted = text[format_string & 3]
    assert nibbles == (wanted.rjust(16, "f") if format_string & 4 else wanted.ljust(16, "f"))


@pytest.mark.parametrize(
    ("structure", "offset"),
    [
        (verify_structure()[:17], 1),
        (verify_structure(format_string=0x83), 12),
        (verify_structure(block=0x09, format_string=0x86), 13),
        (verify_structure("0020008002 FFFF", minimum=4), 13),
        (verify_structure(minimum=9), 15),
        (verify_structure(maximum=0, minimum=0), 15),
        (verify_structure(validation=0), 17),
        (verify_structure(validation=8), 17),
        (verify_structure(messages=2), 18),
        (verify_structure("0020008009 FFFF"), 25),
        (verify_structure("0020008008"), 25),
    ],
)
def test_the_byte_at_fault_in_a_verification_is_named(structure: bytes, offset: int) -> None:
    with pytest.raises(PinStructureError) as caught:
        parse_verify(structure)
    assert caught.value.offset == offset


@pytest.mark.parametrize(
    ("structure", "offset"),
    [
        (modify_structure("00240080")[:20], 1),
        (modify_structure("00240080", messages=3, indexes=1), 1),
        (modify_structure("00240080", block=0, minimum=9), 17),
        (modify_structure("00240080", block=0, confirm=4), 19),
        (modify_structure("00240080", block=0, messages=4), 21),
    ],
)
def test_the_byte_at_fault_in_a_modification_is_named(structure: bytes, offset: int) -> None:
    with pytest.raises(PinStructureError) as caught:
        parse_modify(structure)
    assert caught.value.offset == offset


@pytest.mark.parametrize(("messages", "indexes"), [(0, 1), (1, 2), (2, 2), (3, 3), (0xFF, 3)])
def test_message_indexes_are_there_as_the_driver_sends_them(messages: int, indexes: int) -> None:
    structure = modify_structure("00240080", block=0, messages=messages, indexes=indexes)
    assert parse_modify(structure).template == bytes.fromhex("00240080")
    always = modify_structure("00240080", block=0, messages=messages, indexes=3)
    assert parse_modify(always, all_message_indexes=True).template == bytes.fromhex("00240080")


@given(st.binary(max_size=40), st.booleans())
def test_any_structure_is_parsed_or_refused(structure: bytes, modify: bool) -> None:
    try:
        request = parse_modify(structure) if modify else parse_verify(structure)
    except PinStructureError as error:
        assert 1 <= error.offset <= 30
        return
    length = max(request.minimum, 1)
    try:
        request.command(digits("1" * length) if request.current else None, digits("1" * length))
    except PinStructureError as error:
        assert 12 <= error.offset <= 30


@pytest.fixture
def bench(make_bench: BenchMaker) -> Bench:
    bench = make_bench(bPINSupport=3)
    bench.power_on()
    bench.transmit(SELECT)
    bench.frames.clear()
    return bench


def secure(bench: Bench, structure: bytes, operation: int = 0) -> None:
    bench.send(ccid.PC_to_RDR_Secure, bytes((operation,)) + structure)


def outcome(bench: Bench) -> tuple[int, int, str]:
    final = [frame for frame in bench.frames if frame.command_status != ccid.COMMAND_TIME_EXTENSION]
    assert len(final) == 1
    assert final[0].message_type == ccid.RDR_to_PC_DataBlock
    return final[0].command_status, final[0].error, final[0].data.hex()


DONE = (ccid.COMMAND_PROCESSED, 0, "9000")


def dump(bench: Bench) -> str:
    return bench.transmit(bytes.fromhex("004000000D")).hex(" ", -1)


def test_the_published_reference(bench: Bench) -> None:
    """PIN 12345678 on the pad of an Ezio Shield: 9000, and the dump shows the command."""
    bench.interface.press([*"12345678", "enter"])
    secure(bench, verify_structure())
    assert outcome(bench) == DONE
    assert dump(bench) == "00 20 00 80 08 31 32 33 34 35 36 37 38 90 00"


def test_keys_may_come_later(bench: Bench) -> None:
    secure(bench, verify_structure())
    bench.interface.press(list("1234"))
    bench.interface.press(list("5678"))
    assert bench.frames == []
    bench.interface.press(["enter"])
    assert outcome(bench) == DONE


def test_the_host_is_kept_alive_while_keys_are_awaited(bench: Bench) -> None:
    secure(bench, verify_structure(timeout=20))
    bench.clock.advance(5.5)
    assert [(frame.command_status, frame.error) for frame in bench.frames] == [(ccid.COMMAND_TIME_EXTENSION, 1)] * 5
    bench.interface.press([*"12345678", "enter"])
    assert outcome(bench) == DONE
    assert bench.clock.pending == 0


def test_a_wrong_pin_costs_a_try(bench: Bench) -> None:
    bench.interface.press([*"1234", "enter"])
    secure(bench, verify_structure())
    assert outcome(bench) == (0, 0, "6a04")
    assert bench.transmit(bytes.fromhex("00200080")) == b"\x63\xc2"


@pytest.mark.parametrize(
    ("keys", "result"),
    [
        ("1234 cancel", (1, ccid.PIN_CANCELLED, "")),
        ("1234 timeout", (1, ccid.PIN_TIMEOUT, "")),
        ("99 correct 12345678 enter", DONE),
        ("123 enter", (0, 0, "6403")),
        ("12345678999 enter", DONE),
    ],
)
def test_how_an_entry_ends(bench: Bench, keys: str, result: tuple[int, int, str]) -> None:
    bench.interface.press([key for word in keys.split() for key in ([word] if word.isalpha() else word)])
    secure(bench, verify_structure())
    assert outcome(bench) == result


@pytest.mark.parametrize(
    ("validation", "keys", "ends"),
    [
        (1, "12345678", True),
        (1, "1234567", False),
        (2, "12345678", False),
        (3, "12345678", True),
        (1, "1234567 enter", False),
        (4, "12345678 enter", False),
        (4, "12345678 timeout", True),
        (5, "12345678", True),
    ],
)
def test_validation_conditions(bench: Bench, validation: int, keys: str, ends: bool) -> None:
    secure(bench, verify_structure(validation=validation))
    bench.interface.press([key for word in keys.split() for key in ([word] if word.isalpha() else word)])
    assert bool(bench.frames) is ends
    if ends:
        assert outcome(bench) == DONE


@pytest.mark.parametrize(("seconds", "timeout"), [(7, 7), (0, 30)])
def test_the_real_timeout(bench: Bench, seconds: int, timeout: float) -> None:
    secure(bench, verify_structure(timeout=seconds))
    bench.clock.advance(timeout - 0.1)
    assert all(frame.command_status == ccid.COMMAND_TIME_EXTENSION for frame in bench.frames)
    bench.clock.advance(0.2)
    assert outcome(bench) == (1, ccid.PIN_TIMEOUT, "")


def test_a_bad_structure_fails_at_its_byte(bench: Bench) -> None:
    secure(bench, verify_structure(validation=0))
    assert outcome(bench) == (1, 17, "")


def test_an_operation_that_the_reader_lacks(make_bench: BenchMaker) -> None:
    bench = make_bench(bPINSupport=1)
    bench.power_on()
    bench.frames.clear()
    secure(bench, modify_structure("00240080", block=0), operation=1)
    assert outcome(bench) == (1, 10, "")


@pytest.mark.parametrize(
    ("keys", "result"),
    [
        ("12345678 enter 87654321 enter 87654321 enter", (0, 0, "9000")),
        ("12345678 enter 87654321 enter 87654322 enter", (0, 0, "6402")),
        ("12345678 enter 87654321 enter cancel", (1, ccid.PIN_CANCELLED, "")),
        ("12345678 enter timeout", (1, ccid.PIN_TIMEOUT, "")),
    ],
)
def test_modification(bench: Bench, keys: str, result: tuple[int, int, str]) -> None:
    secure(bench, modify_structure("0024008010 " + "FF" * 16, new=8, confirm=3), operation=1)
    bench.interface.press([key for word in keys.split() for key in ([word] if word.isalpha() else word)])
    assert outcome(bench) == result
    if result == DONE:
        remembered = bench.transmit(bytes.fromhex("0040000015"))
        assert remembered == bytes.fromhex("0024008010") + b"1234567887654321" + b"\x90\x00"


def test_a_card_that_leaves_ends_the_entry(bench: Bench) -> None:
    secure(bench, verify_structure())
    bench.interface.press(["1"])
    bench.interface.remove(0)
    assert outcome(bench) == (1, ccid.ICC_MUTE, "")
    assert bench.clock.pending == 0


def test_abort_ends_the_entry(bench: Bench) -> None:
    secure(bench, verify_structure())
    bench.interface.control(0x21, ccid.ABORT, 9 << 8, 0, 0)
    bench.send(ccid.PC_to_RDR_Abort, sequence=9)
    assert [frame.message_type for frame in bench.frames] == [ccid.RDR_to_PC_SlotStatus]
    assert bench.clock.pending == 0


def test_keys_that_nobody_asked_for_can_be_cleared(bench: Bench) -> None:
    bench.interface.press(["9", "9"])
    bench.interface.clear_keys()
    bench.interface.press([*"12345678", "enter"])
    secure(bench, verify_structure())
    assert outcome(bench) == DONE


def test_an_unknown_key_is_refused_without_the_keys(bench: Bench) -> None:
    with pytest.raises(ValueError, match=r"^key 3 of 4 is neither a digit nor enter") as caught:
        bench.interface.press(["7", "7", "77", "7"])
    assert "77" not in str(caught.value)


def test_digits_have_no_printable_form(bench: Bench) -> None:
    request = parse_verify(verify_structure())
    pad = Pinpad(bench.clock.timer)
    outcomes: list[object] = []
    pad.start(request, outcomes.append)
    pad.press([*"87654321", "enter"])
    texts = [repr(digits("87654321")), str(digits("87654321")), repr(outcomes[0]), repr(pad), repr(request)]
    for text in texts:
        assert "8765" not in text
        assert "38373635" not in text
