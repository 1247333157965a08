"""A PIN stays masked, wherever it stands: APDU, PIN structure, T=1 block, CCID message, log line."""

from __future__ import annotations

from functools import reduce
from itertools import pairwise
from operator import xor

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from fixtures.masked_bytes import Clear, Masked, MaskedBytes
from fixtures.redaction import ApduRedactor, CcidRedactor, LogRedactor, redact_pin_structure

VERIFY = bytes.fromhex("00 20 00 80 08")
PIN = b"12345678"
VERIFY_HIDDEN = "00 20 00 80 08 ** ** ** ** ** ** ** **"
PIN_INS = (0x20, 0x21, 0x24, 0x25, 0x26, 0x28, 0x2C, 0x2D)

pins = st.text("0123456789", min_size=4, max_size=16).map(str.encode)
"""Four digits at least: shorter ones meet lengths and headers by chance."""


def short(header: bytes, data: bytes) -> bytes:
    return header + bytes((len(data),)) + data


def frame(kind: int, payload: bytes, *, slot: int = 0, seq: int = 0, chain: int = 0, status: int = 0) -> bytes:
    tail = bytes((0, chain, 0)) if kind < 0x80 else bytes((status, 0, chain))
    return bytes((kind,)) + len(payload).to_bytes(4, "little") + bytes((slot, seq)) + tail + payload


def block(pcb: int, information: bytes) -> bytes:
    body = bytes((0, pcb, len(information))) + information
    return body + bytes((reduce(xor, body),))


def absent(pin: bytes, masked: MaskedBytes) -> None:
    """The digits are in none of the segments, and in neither way of writing the whole in hex."""
    assert not any(pin in part.data for part in masked.segments if isinstance(part, Clear))
    assert pin not in masked.data
    absent_in_text(pin, masked.hex_groups())


def absent_in_text(pin: bytes, text: str) -> None:
    assert pin.hex(" ").upper() not in text.upper()
    assert pin.hex().upper() not in text.upper().replace(" ", "")


@st.composite
def pin_commands(draw: st.DrawFn) -> tuple[bytes, bytes]:
    """A PIN, and a command that carries it, in one of the forms that cards and hosts use."""
    pin = draw(pins)
    before, after = draw(st.binary(max_size=9)), draw(st.binary(max_size=9))
    data = before + pin + after
    cla = draw(st.sampled_from((0x00, 0x04, 0x0C, 0x10, 0x01, 0x41)))
    header = bytes((cla, draw(st.sampled_from(PIN_INS)), draw(st.integers(0, 255)), draw(st.integers(0, 255))))
    form = draw(st.sampled_from(("short", "extended", "with Le", "cut", "wrong Lc")))
    if form == "short":
        return pin, short(header, data)
    if form == "extended":
        return pin, header + b"\0" + len(data).to_bytes(2, "big") + data
    if form == "with Le":
        return pin, short(header, data) + b"\0"
    if form == "cut":
        return pin, (header + bytes((len(data) + draw(st.integers(1, 20)),)) + data)
    return pin, header + bytes((draw(st.integers(0, 255)),)) + data


@given(pin_commands())
def test_digits_of_a_pin_command_never_appear(command: tuple[bytes, bytes]) -> None:
    pin, apdu = command
    assume(pin not in apdu[:5])
    absent(pin, ApduRedactor().command(apdu))


@pytest.mark.parametrize("cut", range(14))
def test_verify_cut_anywhere_shows_its_header_alone(cut: int) -> None:
    masked = ApduRedactor().command((VERIFY + PIN)[:cut])
    assert masked.hex_groups() == VERIFY_HIDDEN[: max(0, 3 * cut - 1)]


def test_header_and_length_stay_readable_in_the_extended_form() -> None:
    masked = ApduRedactor().command(bytes.fromhex("00 24 00 81 00 00 08") + PIN)
    assert masked.hex_groups() == "00 24 00 81 00 00 08" + " **" * 8


@pytest.mark.parametrize("header", ["8021", "8022", "8023", "8025", "802D", "8032", "8036", "803E", "00A4", "00B0"])
def test_data_tests_and_other_commands_stay_clear(header: str) -> None:
    apdu = bytes.fromhex(header) + bytes((0, 0, 8)) + bytes(range(8))
    assert ApduRedactor().command(apdu) == MaskedBytes((Clear(apdu),))


@pytest.mark.parametrize("header", ["8020", "8024", "802C", "A020", "8F20", "80D8", "FF82"])
def test_proprietary_pin_commands_and_key_loading_are_masked(header: str) -> None:
    apdu = bytes.fromhex(header) + bytes((0, 0, 8)) + PIN
    assert ApduRedactor().command(apdu).segments == (Clear(apdu[:5]), Masked(8))


def test_verify_that_asks_for_the_tries_left_is_clear() -> None:
    assert ApduRedactor().command(bytes.fromhex("0020000000")).hex_groups() == "00 20 00 00 00"


class TestDump:
    """INS 40 returns the last VERIFY byte for byte: its answer hides what VERIFY would."""

    DUMP = bytes.fromhex("00 40 00 00 0D")

    def test_shows_the_dumped_header_and_hides_the_rest(self) -> None:
        redactor = ApduRedactor()
        redactor.command(self.DUMP)
        assert redactor.response(VERIFY + PIN + b"\x90\x00").hex_groups() == f"{VERIFY_HIDDEN} 90 00"

    def test_hides_everything_when_it_dumps_something_else(self) -> None:
        redactor = ApduRedactor()
        redactor.command(self.DUMP)
        assert redactor.response(PIN + b"\x90\x00").hex_groups() == "** " * 8 + "90 00"

    def test_hides_what_get_response_fetches_afterwards_in_every_piece(self) -> None:
        redactor = ApduRedactor()
        redactor.command(self.DUMP)
        assert redactor.response(b"\x61\x0d").hex_groups() == "61 0D"
        redactor.command(bytes.fromhex("00C0000009"))
        assert redactor.response(VERIFY + PIN[:4] + b"\x61\x04").hex_groups() == "00 20 00 80 08 ** ** ** ** 61 04"
        redactor.command(bytes.fromhex("00C0000004"))
        assert redactor.response(PIN[4:] + b"\x90\x00").hex_groups() == "** ** ** ** 90 00"

    def test_hides_nothing_of_the_command_after_it(self) -> None:
        redactor = ApduRedactor()
        redactor.command(self.DUMP)
        redactor.response(VERIFY + PIN + b"\x90\x00")
        redactor.command(bytes.fromhex("80340004 04"))
        assert redactor.response(bytes.fromhex("00010203 9000")).hex_groups() == "00 01 02 03 90 00"

    @given(pin_commands())
    def test_never_shows_the_digits(self, command: tuple[bytes, bytes]) -> None:
        pin, apdu = command
        assume(pin not in apdu[:5])
        redactor = ApduRedactor()
        redactor.command(self.DUMP)
        absent(pin, redactor.response(apdu + b"\x90\x00"))


def test_chained_verify_hides_the_data_of_each_command() -> None:
    redactor = ApduRedactor()
    assert redactor.command(short(bytes.fromhex("10200080"), PIN[:4])).hex_groups() == "10 20 00 80 04 ** ** ** **"
    assert redactor.command(short(VERIFY[:4], PIN[4:])).hex_groups() == "00 20 00 80 04 ** ** ** **"


def test_verify_inside_envelopes_is_hidden_to_its_end() -> None:
    redactor = ApduRedactor()
    inner = VERIFY + PIN
    first = redactor.command(short(bytes.fromhex("00C20000"), inner[:9]))
    assert first.hex_groups() == "00 C2 00 00 09 00 20 00 80 08 ** ** ** **"
    assert redactor.command(short(bytes.fromhex("00C20000"), inner[9:])).hex_groups() == "00 C2 00 00 04 ** ** ** **"
    redactor.command(bytes.fromhex("00C20000"))
    clear = short(bytes.fromhex("00C20000"), bytes.fromhex("00B0000000"))
    assert not redactor.command(clear).hidden


class TestSecrets:
    """Declared secrets are called by name where a masked run is one, and nowhere else."""

    def test_run_that_is_a_secret_bears_its_name(self) -> None:
        masked = ApduRedactor({"pin": PIN, "puk": b"87654321"}).command(VERIFY + PIN)
        assert masked.segments == (Clear(VERIFY), Masked(8, "pin"))

    def test_old_and_new_pin_are_named_side_by_side_and_padding_is_not(self) -> None:
        redactor = ApduRedactor({"old": b"1234", "new": b"567890"})
        data = b"1234\xff\xff567890\xff\xff"
        masked = redactor.command(short(bytes.fromhex("00240081"), data))
        assert masked.segments[1:] == (Masked(4, "old"), Masked(2), Masked(6, "new"), Masked(2))

    def test_secret_outside_a_secrets_place_stays(self) -> None:
        masked = ApduRedactor({"pin": PIN}).command(short(bytes.fromhex("80320000"), PIN))
        assert not masked.hidden

    def test_masked_bytes_keep_their_length_and_hold_no_secret(self) -> None:
        masked = ApduRedactor({"pin": PIN}).command(VERIFY + PIN)
        assert (len(masked), masked.data) == (13, VERIFY + bytes(8))
        assert PIN not in repr(masked).encode()


class TestPinStructure:
    """What a host hands to FEATURE_VERIFY_PIN_DIRECT and its kin."""

    VERIFY_STRUCTURE = bytes.fromhex("0000820800080402010904000000000D000000")
    MODIFY_STRUCTURE = bytes.fromhex("00008208000008080403020309040001020000 00 15000000")

    def test_template_of_ff_is_clear(self) -> None:
        assert not redact_pin_structure(self.VERIFY_STRUCTURE + VERIFY + b"\xff" * 8).hidden

    def test_template_with_anything_else_is_masked(self) -> None:
        masked = redact_pin_structure(self.VERIFY_STRUCTURE + VERIFY + PIN, {"pin": PIN})
        assert masked.segments == (Clear(self.VERIFY_STRUCTURE + VERIFY), Masked(8, "pin"))

    def test_template_of_an_unusual_command_is_masked_too(self) -> None:
        masked = redact_pin_structure(self.VERIFY_STRUCTURE + bytes.fromhex("80 AA 00 00 08") + PIN)
        assert masked.segments[1:] == (Masked(8),)

    def test_modify_structure(self) -> None:
        template = short(bytes.fromhex("00240000"), PIN * 2)
        masked = redact_pin_structure(self.MODIFY_STRUCTURE + template)
        assert masked.segments == (Clear(self.MODIFY_STRUCTURE + template[:5]), Masked(16))

    @given(pins, st.sampled_from((0, 19, 24)), st.binary(min_size=24, max_size=24))
    def test_digits_never_appear_even_when_the_length_is_wrong(self, pin: bytes, at: int, head: bytes) -> None:
        assume(pin not in head)
        absent(pin, redact_pin_structure(head[:at] + short(VERIFY[:4], pin)))

    def test_other_control_data_is_clear(self) -> None:
        assert redact_pin_structure(b"").segments == ()
        assert redact_pin_structure(bytes.fromhex("1F 02")).hex_groups() == "1F 02"


class TestCcid:
    """Frames of every exchange level, in the order they pass."""

    def test_apdu_level(self) -> None:
        redactor = CcidRedactor({"pin": PIN})
        masked = redactor.out(frame(0x6F, VERIFY + PIN))
        assert masked.segments == (Clear(frame(0x6F, VERIFY + PIN)[:15]), Masked(8, "pin"))
        assert not redactor.in_(frame(0x80, b"\x90\x00")).hidden

    def test_dump_answer_belongs_to_the_slot_that_asked(self) -> None:
        redactor = CcidRedactor()
        redactor.out(frame(0x6F, bytes.fromhex("004000000D"), slot=1))
        redactor.out(frame(0x6F, bytes.fromhex("8034000D0D"), slot=0))
        assert not redactor.in_(frame(0x80, VERIFY + PIN + b"\x90\x00", slot=0)).hidden
        assert not redactor.in_(frame(0x80, b"", slot=1, status=0x80)).hidden
        assert (
            redactor.in_(frame(0x80, VERIFY + PIN + b"\x90\x00", slot=1))
            .hex_groups()
            .endswith("08" + " **" * 8 + " 90 00")
        )

    def test_t1_block_with_its_check_byte(self) -> None:
        masked = CcidRedactor().out(frame(0x6F, block(0x40, VERIFY + PIN)))
        assert masked.hex_groups().endswith("00 40 0D 00 20 00 80 08" + " **" * 9)

    def test_t1_blocks_that_carry_no_pin_are_clear_even_when_they_look_like_verify(self) -> None:
        redactor = CcidRedactor()
        select = bytes.fromhex("00A4040007A000000018FF01")
        for pcb in (0x00, 0x40, 0x20, 0x60):
            assert not redactor.out(frame(0x6F, block(pcb, select))).hidden, f"PCB {pcb:02X}"
            assert not redactor.in_(frame(0x80, block(pcb & 0x40, b"\x01\x02\x03\x04\x90\x00"))).hidden, (
                f"PCB {pcb:02X}"
            )

    def test_t1_chain_is_hidden_to_its_end_and_when_repeated(self) -> None:
        redactor = CcidRedactor()
        first = redactor.out(frame(0x6F, block(0x20, VERIFY + PIN[:3])))
        assert first.hex_groups().endswith("00 20 00 80 08 ** ** ** **")
        redactor.in_(frame(0x80, block(0x90, b"")))
        last = frame(0x6F, block(0x40, PIN[3:]))
        assert redactor.out(last).hex_groups().endswith("00 40 05" + " **" * 6)
        redactor.in_(frame(0x80, block(0x81, b"")))
        assert redactor.out(last).hex_groups().endswith("00 40 05" + " **" * 6)

    def test_t1_dump_in_two_blocks(self) -> None:
        redactor = CcidRedactor()
        redactor.out(frame(0x6F, block(0x00, bytes.fromhex("004000000D"))))
        first = redactor.in_(frame(0x80, block(0x20, VERIFY + PIN[:3])))
        assert first.hex_groups().endswith("00 20 00 80 08 ** ** ** **")
        redactor.out(frame(0x6F, block(0x90, b"")))
        assert (
            redactor.in_(frame(0x80, block(0x40, PIN[3:] + b"\x90\x00")))
            .hex_groups()
            .endswith("00 40 07" + " **" * 5 + " 90 00 **")
        )

    def test_t0_character_level(self) -> None:
        redactor = CcidRedactor()
        assert not redactor.out(frame(0x6F, VERIFY, chain=1)).hidden
        redactor.in_(frame(0x80, b"\x20"))
        assert redactor.out(frame(0x6F, PIN[:1], chain=1)).hex_groups().endswith("00 **")
        redactor.in_(frame(0x80, b"\xdf"))
        assert redactor.out(frame(0x6F, PIN[1:], chain=2)).hex_groups().endswith("** ** ** ** ** ** **")
        redactor.in_(frame(0x80, b"\x90\x00"))
        assert not redactor.out(frame(0x6F, bytes.fromhex("00A40400023F00"))).hidden

    def test_header_that_was_refused_hides_nothing_of_the_next_command(self) -> None:
        redactor = CcidRedactor()
        redactor.out(frame(0x6F, VERIFY))
        redactor.in_(frame(0x80, b"\x67\x00"))
        assert not redactor.out(frame(0x6F, bytes.fromhex("00A40400023F00"))).hidden

    def test_chained_extended_apdu(self) -> None:
        redactor = CcidRedactor()
        command = bytes.fromhex("00 20 00 80 00 01 00") + PIN * 32
        assert PIN not in redactor.out(frame(0x6F, command[:100], chain=1)).data
        assert redactor.out(frame(0x6F, command[100:200], chain=3)).segments[1:] == (Masked(100),)
        assert redactor.out(frame(0x6F, command[200:], chain=2)).segments[1:] == (Masked(63),)
        assert not redactor.out(frame(0x6F, bytes.fromhex("00A40400023F00"))).hidden

    @pytest.mark.parametrize(("operation", "messages"), [("verify", 1), ("modify", 1), ("modify", 2), ("modify", 3)])
    def test_secure_template(self, operation: str, messages: int) -> None:
        if operation == "verify":
            head = bytes((0,)) + bytes(14)
        else:
            head = bytes((1,)) + bytes(13) + bytes(range(messages)) + bytes(3)
        template = short(bytes.fromhex("00240000"), PIN)
        masked = CcidRedactor().out(frame(0x69, head + template))
        assert masked.segments[1:] == (Masked(8),)
        assert not CcidRedactor().out(frame(0x69, head + template[:5] + b"\xff" * 8)).hidden

    @given(pin_commands(), st.sampled_from((0x00, 0x40)), st.integers(1, 40), st.booleans())
    def test_digits_never_appear_in_t1_chains(
        self, command: tuple[bytes, bytes], number: int, size: int, broken: bool
    ) -> None:
        pin, apdu = command
        assume(pin not in apdu[:5])
        redactor = CcidRedactor()
        text = ""
        pieces = [apdu[at : at + size] for at in range(0, len(apdu), size)]
        for index, piece in enumerate(pieces):
            sent = bytearray(block(number | (0x20 if index < len(pieces) - 1 else 0), piece))
            sent[-1] ^= broken
            number ^= 0x40
            masked = redactor.out(frame(0x6F, bytes(sent)))
            absent(pin, masked)
            text += masked.hex_groups()[3 * 13 : -3] + " "
        absent_in_text(pin, text)

    @given(pin_commands(), st.integers(0, 2), st.integers(0, 255))
    def test_digits_never_appear_in_frames(self, command: tuple[bytes, bytes], slot: int, seq: int) -> None:
        pin, apdu = command
        assume(pin not in apdu[:5])
        redactor = CcidRedactor()
        absent(pin, redactor.out(frame(0x6F, apdu, slot=slot, seq=seq)))
        redactor.in_(frame(0x80, b"\x90\x00", slot=slot, seq=seq))
        redactor.out(frame(0x6F, bytes.fromhex("0040000000"), slot=slot, seq=seq))
        absent(pin, redactor.in_(frame(0x80, apdu + b"\x90\x00", slot=slot, seq=seq)))

    @given(st.lists(st.binary(max_size=40), max_size=12))
    def test_any_bytes_are_taken_and_keep_their_length(self, frames: list[bytes]) -> None:
        redactor = CcidRedactor()
        for number, data in enumerate(frames):
            masked = redactor.out(data) if number % 2 else redactor.in_(data)
            assert len(masked) == len(data)
            assert all(b in (a, 0) for a, b in zip(data, masked.data, strict=True))


class TestLog:
    """Lines as pcscd 1.9.9 and libccid 1.5.2 write them."""

    def test_frames_apdus_and_answers(self) -> None:
        redactor = LogRedactor()
        sent = frame(0x6F, VERIFY + PIN).hex(" ").upper()
        lines = [
            "00000045 [140001] APDU: 00 20 00 80 08 31 32 33 34 35 36 37 38 ",
            f"00000012 [140001] -> 000000 {sent} ",
            "00001201 [140001] <- 000000 80 02 00 00 00 00 00 00 00 00 90 00 ",
            "00000031 [140001] SW: 90 00 ",
        ]
        shown = [redactor.line(line) for line in lines]
        assert shown[0] == f"00000045 [140001] APDU: {VERIFY_HIDDEN} "
        assert shown[1] == f"00000012 [140001] -> 000000 {sent[:44]}" + " **" * 8 + " "
        assert shown[2:] == lines[2:]

    def test_dump_answer(self) -> None:
        redactor = LogRedactor()
        answer = (VERIFY + PIN + b"\x90\x00").hex(" ").upper()
        assert redactor.line("00000001 APDU: 00 40 00 00 0D ") == "00000001 APDU: 00 40 00 00 0D "
        assert redactor.line(f"00000001 SW: {answer} ") == f"00000001 SW: {VERIFY_HIDDEN} 90 00 "

    def test_threads_do_not_mix(self) -> None:
        redactor = LogRedactor()
        redactor.line("00000001 [1] APDU: 00 40 00 00 0D ")
        redactor.line("00000001 [2] APDU: 80 34 00 02 02 ")
        assert redactor.line("00000001 [1] SW: 31 32 90 00 ") == "00000001 [1] SW: ** ** 90 00 "
        assert redactor.line("00000001 [2] SW: 00 01 90 00 ") == "00000001 [2] SW: 00 01 90 00 "

    def test_serial_frame_and_its_check_byte(self) -> None:
        body = b"\x03\x06" + frame(0x6F, VERIFY + PIN)
        line = f"-> 010000 {(body + bytes((reduce(xor, body),))).hex(' ').upper()}"
        shown = LogRedactor().line(line)
        assert shown.endswith("00 20 00 80 08" + " **" * 9)

    @pytest.mark.parametrize(
        "line",
        [
            "00000000 debuglog.c:289:DebugLogSetLevel() debug level=debug",
            "99999999 [139872345678912] winscard.c:922:SCardReconnect() Card ATR: 3B 24 00 12 34 56 78 9A ",
            "00000021 ATR: 3B 2C 00 80 08 31 32 33 34",
            "00000007 ifdhandler.c:150:CreateChannelByNameOrChannel() Lun: 0, device: usb:08e6/34c0:libudev:0",
            "00000003  two   spaces\tand a tab, 0x42330006",
            "",
        ],
    )
    def test_other_lines_stay_as_they_are(self, line: str) -> None:
        assert LogRedactor().line(line) == line

    @given(
        pin_commands(),
        st.sampled_from(
            (
                "APDU: ",
                "00000012 [1404] APDU: ",
                "TxBuffer ",
                "bytes: ",
                "\x1b[36m00000031\x1b[0m \x1b[34m",
                "send: ",
                "sending: ",
                "len=13 ",
                "12 ",
            )
        ),
        st.sampled_from((" ", "", ":", "  ")),
        st.booleans(),
    )
    def test_digits_never_appear(self, command: tuple[bytes, bytes], label: str, between: str, upper: bool) -> None:
        pin, apdu = command
        assume(pin not in apdu[:5])
        digits = apdu.hex(" ").replace(" ", between)
        shown = LogRedactor().line(label + (digits.upper() if upper else digits))
        absent_in_text(pin, shown)

    @given(pin_commands(), st.sampled_from(("usb", "serial")))
    def test_digits_never_appear_in_logged_frames(self, command: tuple[bytes, bytes], port: str) -> None:
        pin, apdu = command
        assume(pin not in apdu[:5])
        redactor = LogRedactor()

        def logged(arrow: str, data: bytes) -> str:
            if port == "serial":
                data = b"\x03\x06" + data
                data += bytes((reduce(xor, data),))
            return redactor.line(f"00000009 [77] {arrow} 000000 {data.hex(' ').upper()} ")

        absent_in_text(pin, logged("->", frame(0x6F, apdu)))
        logged("<-", frame(0x80, b"\x90\x00"))
        logged("->", frame(0x6F, bytes.fromhex("0040000000")))
        absent_in_text(pin, logged("<-", frame(0x80, apdu + b"\x90\x00")))

    def test_dump_answer_read_from_a_serial_port_in_pieces_is_hidden(self) -> None:
        redactor = LogRedactor()
        redactor.line("-> 000000 03 06 " + frame(0x6F, bytes.fromhex("004000000D")).hex(" ") + " 00")
        body = b"\x03\x06" + frame(0x80, VERIFY + PIN + b"\x90\x00") + b"\x00"
        for start, end in pairwise((0, 3, 15, 22, len(body))):
            absent_in_text(PIN[:3], redactor.line(f"<- 000000 {body[start:end].hex(' ')} "))

    @given(st.text(max_size=80))
    def test_any_text_is_taken_and_keeps_its_length(self, text: str) -> None:
        assert len(LogRedactor().line(text)) == len(text)
