"""PIN blocks: the card receives the digits in the form that its structure asks for, at every length."""

from __future__ import annotations

import pytest

from fixtures import pin_forms, reader_test
from fixtures.card_choice import BOTH_PROTOCOLS
from fixtures.hands import ENTER, Hands
from fixtures.pcsc.pin_structures import PinVerifyStructure
from fixtures.pcsc.session import Pcsc
from fixtures.pin_forms import DIGITS, FORMS, LONGEST, SHORTEST, VERIFY
from fixtures.pinpad import SUCCESS, WRONG_LENGTH, Pinpad
from fixtures.reader_under_test import ReaderUnderTest

pytestmark = [
    pytest.mark.subject("Pinpad: PIN blocks"),
    pytest.mark.pinpad("verify"),
    pytest.mark.applet("reader-test"),
    pytest.mark.spends_pin_tries,
]

LENGTHS = range(SHORTEST - 1, LONGEST + 2)
EIGHT_FF = b"\xff" * 8


@pytest.mark.behaviour("verify-form-and-length")
@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.id)
@BOTH_PROTOCOLS
def test_card_receives_each_form_at_each_length(
    reader: ReaderUnderTest, pcsc: Pcsc, hands: Hands, protocol: int, form: pin_forms.PinForm
) -> None:
    """PC/SC part 10, 2.5.2; CCID 1.1, 6.1.11: below the smallest length 6403 and no command; digits beyond the greatest
    are not taken; between them the card receives the block that it asks for, and its own status word comes back.
    """
    wrong: list[str] = []
    with pcsc.context() as context, context.connect(reader.name, protocols=protocol) as card:
        for keyed in LENGTHS:
            pad = Pinpad(card)
            hands.press(DIGITS[:keyed], ENTER)
            status = pad.verify(form.verify())
            data = form.data(DIGITS[: min(keyed, LONGEST)])
            sent = reader_test.tries_left() if keyed < SHORTEST else VERIFY + bytes((len(data),)) + data
            expected = WRONG_LENGTH if keyed < SHORTEST else pin_forms.status_of(data)
            if status != expected:
                wrong.append(f"{keyed} digits: expected {expected:04X}, found {status:04X}")
            difference = pad.difference(sent)
            if difference:
                wrong.append(f"{keyed} digits: {difference}")
            pad.restore_tries()
    assert not wrong, "; ".join(wrong)


@pytest.mark.behaviour("verify-form-by-hand")
@pytest.mark.parametrize(
    ("format_string", "block_string", "length_format", "template", "digits", "received"),
    [
        pytest.param(0x82, 0x08, 0x00, "08 FFFFFFFFFFFFFFFF", "1234", "08 31323334FFFFFFFF", id="ascii"),
        pytest.param(0x86, 0x08, 0x00, "08 FFFFFFFFFFFFFFFF", "1234", "08 FFFFFFFF31323334", id="right"),
        pytest.param(0x89, 0x47, 0x04, "08 20FFFFFFFFFFFFFF", "1234", "08 241234FFFFFFFFFF", id="format-2"),
        pytest.param(0x89, 0x47, 0x04, "08 20FFFFFFFFFFFFFF", "12345", "08 2512345FFFFFFFFF", id="format-2-odd"),
        pytest.param(0x82, 0x00, 0x00, "00", "12345", "05 3132333435", id="variable"),
    ],
)
def test_block_is_the_one_worked_out_by_hand(
    reader: ReaderUnderTest,
    pcsc: Pcsc,
    hands: Hands,
    format_string: int,
    block_string: int,
    length_format: int,
    template: str,
    digits: str,
    received: str,
) -> None:
    """ISO 9564-1, format 2, and the other forms that cards in the field use most: Lc and data field as on paper."""
    structure = PinVerifyStructure(
        abData=VERIFY + bytes.fromhex(template),
        bmFormatString=format_string,
        bmPINBlockString=block_string,
        bmPINLengthFormat=length_format,
    )
    with pcsc.context() as context, context.connect(reader.name) as card:
        pad = Pinpad(card)
        hands.press(digits, ENTER)
        pad.verify(structure)
        pad.assert_received(VERIFY + bytes.fromhex(received))
        pad.restore_tries()


@pytest.mark.behaviour("verify-with-le")
def test_le_of_the_template_stays_behind_the_block(reader: ReaderUnderTest, pcsc: Pcsc, hands: Hands) -> None:
    """PC/SC part 10, 2.5.2: abData is a whole command, perhaps with Le; the card takes it as one of case 4."""
    with pcsc.context() as context, context.connect(reader.name) as card:
        pad = Pinpad(card)
        hands.press(DIGITS[:LONGEST], ENTER)
        assert pad.verify(PinVerifyStructure(abData=VERIFY + b"\x08" + EIGHT_FF + b"\x00")) == SUCCESS
        pad.assert_received(VERIFY + b"\x08" + pin_forms.PIN_BLOCKS["ascii-ff-8"])


@pytest.mark.behaviour("verify-other-reference")
def test_header_is_the_template_s(reader: ReaderUnderTest, pcsc: Pcsc, hands: Hands) -> None:
    """PC/SC part 10, 2.5.2: P1 and P2, which name the PIN, are the template's; here 00 20 12 83."""
    header = bytes.fromhex("00201283")
    with pcsc.context() as context, context.connect(reader.name) as card:
        pad = Pinpad(card)
        hands.press(DIGITS[:LONGEST], ENTER)
        assert pad.verify(PinVerifyStructure(abData=header + b"\x08" + EIGHT_FF)) == SUCCESS
        pad.assert_received(header + b"\x08" + pin_forms.PIN_BLOCKS["ascii-ff-8"])
