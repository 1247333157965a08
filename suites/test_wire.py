"""The CCID wire: the reader spoken to without a driver, message by message, as CCID 1.1 has it."""

from __future__ import annotations

import pytest

from fixtures import reader_test
from fixtures.bench.bench import Wire
from fixtures.ccid_wire import message as ccid
from fixtures.ccid_wire.message import Response
from fixtures.pcsc.atr import Atr
from fixtures.reader_under_test import ReaderUnderTest
from fixtures.requirements import require_card_detection

pytestmark = pytest.mark.subject("CCID wire")

REFUSED = (ccid.FAILED, ccid.CMD_NOT_SUPPORTED)
AUTOMATIC_PARAMETERS = 0x40
AUTOMATIC_ACTIVATION = 0x04
AUTOMATIC_VOLTAGE = 0x08
CLOCK_STOP = 0x100
PIN_ENTRY = 0x03
APDU_LEVELS = ("short-apdu", "extended-apdu")
UNKNOWN_COMMAND = 0x7F
BUSY_UNITS = 8
PARAMETER_BYTES = {0: 5, 1: 7}
STOP_CLOCK = bytes((1, 0, 0))


def features_of(reader: ReaderUnderTest) -> int:
    """The dwFeatures of the inventory; skips where it has no descriptor."""
    if reader.descriptor is None:
        pytest.skip(f"the inventory has no descriptor of {reader.id} (readers.yaml: descriptor)")
    return reader.descriptor.dwFeatures


def power_select(reader: ReaderUnderTest) -> bytes:
    """bPowerSelect for the reader: automatic where it chooses the voltage, else the first that it has (6.1.1)."""
    if features_of(reader) & AUTOMATIC_VOLTAGE or reader.descriptor is None:
        return bytes(3)
    return bytes((next(place for place in (1, 2, 3) if reader.descriptor.bVoltageSupport >> place - 1 & 1), 0, 0))


def powered(reader: ReaderUnderTest, wire: Wire) -> Response:
    """The response to a power-on that worked."""
    response = wire.conversation.command(ccid.PC_to_RDR_IccPowerOn, specific=power_select(reader))
    assert (response.bMessageType, response.bmCommandStatus) == (ccid.RDR_to_PC_DataBlock, ccid.PROCESSED)
    return response


@pytest.mark.behaviour("wire-power-on")
def test_power_on_answers_with_the_atr(reader: ReaderUnderTest, ccid_wire: Wire) -> None:
    """IccPowerOn brings the ATR and an active card, IccPowerOff takes it again (CCID 1.1, 6.1.1 and 6.1.2)."""
    talk = ccid_wire.conversation
    response = powered(reader, ccid_wire)
    assert (response.bmICCStatus, response.abData) == (ccid.ICC_ACTIVE, reader.card.atr)
    status = talk.command(ccid.PC_to_RDR_GetSlotStatus)
    assert (status.bMessageType, status.bmICCStatus) == (ccid.RDR_to_PC_SlotStatus, ccid.ICC_ACTIVE)
    off = talk.command(ccid.PC_to_RDR_IccPowerOff)
    assert (off.bMessageType, off.bmICCStatus) == (ccid.RDR_to_PC_SlotStatus, ccid.ICC_INACTIVE)
    assert talk.command(ccid.PC_to_RDR_GetSlotStatus).bmICCStatus == ccid.ICC_INACTIVE


@pytest.mark.behaviour("wire-voltage")
def test_voltage_that_the_reader_does_not_choose_or_have_is_refused(reader: ReaderUnderTest, ccid_wire: Wire) -> None:
    """bPowerSelect 0 without automatic voltage, or a voltage beyond bVoltageSupport: failed, its offset 7 (6.1.1)."""
    features = features_of(reader)
    supported = reader.descriptor.bVoltageSupport if reader.descriptor is not None else 0
    refused = [place for place in (1, 2, 3) if not supported >> place - 1 & 1]
    if not features & (AUTOMATIC_VOLTAGE | AUTOMATIC_ACTIVATION):
        refused.append(0)
    if not refused or not supported:
        pytest.skip(f"{reader.id} has every voltage (readers.yaml: descriptor.bVoltageSupport)")
    for select in refused:
        response = ccid_wire.conversation.command(ccid.PC_to_RDR_IccPowerOn, specific=bytes((select, 0, 0)))
        assert response.failure == (ccid.FAILED, ccid.BAD_FIRST_SPECIFIC), f"bPowerSelect {select}"


@pytest.mark.behaviour("wire-sequence-and-slot")
def test_response_bears_slot_and_sequence_number_of_its_command(reader: ReaderUnderTest, ccid_wire: Wire) -> None:
    """bSlot and bSeq of a response are those of the command (CCID 1.1, 6.2), also where bSeq comes round to 0."""
    talk = ccid_wire.conversation
    for slot in range(reader.entry.slots if reader.descriptor is None else reader.descriptor.bMaxSlotIndex + 1):
        for first in (0, 127, 254):
            talk.sequence = first
            for _turn in range(4):
                sequence = talk.send(ccid.PC_to_RDR_GetSlotStatus, slot=slot)
                response = talk.receive()
                assert (response.bSlot, response.bSeq) == (slot, sequence)


@pytest.mark.behaviour("wire-bad-slot")
def test_slot_that_there_is_not_is_refused(reader: ReaderUnderTest, ccid_wire: Wire) -> None:
    """A bSlot beyond bMaxSlotIndex: failed, with the offset of bSlot, 5, as bError (CCID 1.1, 6.2.6)."""
    features_of(reader)
    beyond = reader.descriptor.bMaxSlotIndex + 1 if reader.descriptor is not None else 1
    for kind in (ccid.PC_to_RDR_GetSlotStatus, ccid.PC_to_RDR_IccPowerOn, ccid.PC_to_RDR_GetParameters):
        response = ccid_wire.conversation.command(kind, slot=beyond)
        assert response.failure == (ccid.FAILED, ccid.BAD_SLOT)


@pytest.mark.behaviour("wire-unknown-command")
def test_command_that_nobody_knows_is_refused(reader: ReaderUnderTest, ccid_wire: Wire) -> None:
    """A bMessageType that CCID does not have: failed, bError 0, and the next command is answered (6.2.6)."""
    assert reader.id
    assert ccid_wire.conversation.command(UNKNOWN_COMMAND).failure == REFUSED
    assert ccid_wire.conversation.command(ccid.PC_to_RDR_GetSlotStatus).bmCommandStatus == ccid.PROCESSED


@pytest.mark.behaviour("wire-bad-length")
def test_length_that_is_not_the_datas_is_refused(reader: ReaderUnderTest, ccid_wire: Wire) -> None:
    """dwLength counts more than follows: failed, with the offset of dwLength, 1, as bError (CCID 1.1, 6.2.6)."""
    assert reader.id
    talk = ccid_wire.conversation
    frame = bytearray(ccid.command(ccid.PC_to_RDR_GetSlotStatus, 0, talk.sequence))
    frame[1] = 4
    talk.send_frame(bytes(frame))
    assert talk.receive().failure == (ccid.FAILED, ccid.BAD_DWLENGTH)
    assert talk.command(ccid.PC_to_RDR_GetSlotStatus).bmCommandStatus == ccid.PROCESSED


@pytest.mark.behaviour("wire-no-card")
def test_commands_to_an_empty_slot_are_refused_as_mute(reader: ReaderUnderTest, ccid_wire: Wire) -> None:
    """Without a card: ICC_MUTE and bmICCStatus 2; GetSlotStatus is no failure (CCID 1.1, 6.1.1 and 6.2.6)."""
    require_card_detection(reader)
    talk = ccid_wire.conversation
    ccid_wire.hands.remove()
    for kind, specific in ((ccid.PC_to_RDR_IccPowerOn, power_select(reader)), (ccid.PC_to_RDR_GetParameters, bytes(3))):
        response = talk.command(kind, specific=specific)
        assert (response.failure, response.bmICCStatus) == ((ccid.FAILED, ccid.ICC_MUTE), ccid.NO_ICC)
    status = talk.command(ccid.PC_to_RDR_GetSlotStatus)
    assert (status.bmCommandStatus, status.bmICCStatus) == (ccid.PROCESSED, ccid.NO_ICC)


@pytest.mark.behaviour("wire-mute-card")
def test_card_that_answers_no_reset_is_mute(reader: ReaderUnderTest, ccid_wire: Wire) -> None:
    """IccPowerOn of a card that says nothing: failed, bError ICC_MUTE, and the card is not active (osmocom)."""
    require_card_detection(reader)
    ccid_wire.hands.remove()
    ccid_wire.hands.insert_upside_down()
    response = ccid_wire.conversation.command(ccid.PC_to_RDR_IccPowerOn, specific=power_select(reader))
    assert (response.failure, response.bmICCStatus) == ((ccid.FAILED, ccid.ICC_MUTE), ccid.ICC_INACTIVE)


@pytest.mark.behaviour("wire-parameters")
def test_parameters_are_those_of_the_card_and_can_be_set(reader: ReaderUnderTest, ccid_wire: Wire) -> None:
    """Get, Set and ResetParameters: the protocol of the ATR, what was set, and the default again (CCID 1.1, 6.1.5 on).

    T=0 has five bytes, T=1 seven; the third is the extra guard time, which is set to another value.
    """
    if features_of(reader) & AUTOMATIC_PARAMETERS:
        pytest.skip(f"{reader.id} negotiates parameters by itself (readers.yaml: descriptor.dwFeatures, 40h)")
    talk = ccid_wire.conversation
    atr = Atr.parse(powered(reader, ccid_wire).abData)
    first = talk.command(ccid.PC_to_RDR_GetParameters)
    assert (first.bMessageType, first.bmCommandStatus) == (ccid.RDR_to_PC_Parameters, ccid.PROCESSED)
    assert first.bSpecific in atr.protocols
    assert len(first.abData) == PARAMETER_BYTES[first.bSpecific]
    changed = bytes((first.abData[0], first.abData[1], first.abData[2] ^ 0x05)) + first.abData[3:]
    protocol = bytes((first.bSpecific, 0, 0))
    assert talk.command(ccid.PC_to_RDR_SetParameters, changed, protocol).abData == changed
    assert talk.command(ccid.PC_to_RDR_GetParameters).abData == changed
    assert talk.command(ccid.PC_to_RDR_ResetParameters).abData == first.abData
    assert talk.command(ccid.PC_to_RDR_GetParameters).abData == first.abData


@pytest.mark.behaviour("wire-parameters-refused")
def test_parameters_of_an_unknown_protocol_are_refused(reader: ReaderUnderTest, ccid_wire: Wire) -> None:
    """SetParameters with bProtocolNum 5: failed, with its offset, 7, as bError; what was set stays (6.1.7)."""
    if features_of(reader) & AUTOMATIC_PARAMETERS:
        pytest.skip(f"{reader.id} negotiates parameters by itself (readers.yaml: descriptor.dwFeatures, 40h)")
    talk = ccid_wire.conversation
    powered(reader, ccid_wire)
    before = talk.command(ccid.PC_to_RDR_GetParameters)
    refused = talk.command(ccid.PC_to_RDR_SetParameters, before.abData, bytes((5, 0, 0)))
    assert refused.failure == (ccid.FAILED, ccid.BAD_FIRST_SPECIFIC)
    assert talk.command(ccid.PC_to_RDR_GetParameters).abData == before.abData


@pytest.mark.behaviour("wire-unsupported")
def test_what_the_descriptor_does_not_support_is_refused(reader: ReaderUnderTest, ccid_wire: Wire) -> None:
    """Secure without bPINSupport, Mechanical without dwMechanical, IccClock without 100h: failed, bError 0."""
    features = features_of(reader)
    descriptor = reader.descriptor
    if descriptor is None:
        raise LookupError(reader.id)
    unsupported = []
    if not descriptor.bPINSupport & PIN_ENTRY:
        unsupported.append((ccid.PC_to_RDR_Secure, bytes(20), bytes(3)))
    if not descriptor.dwMechanical:
        unsupported.append((ccid.PC_to_RDR_Mechanical, b"", STOP_CLOCK))
    if not features & CLOCK_STOP:
        unsupported.append((ccid.PC_to_RDR_IccClock, b"", STOP_CLOCK))
    if not unsupported:
        pytest.skip(f"{reader.id} supports all of it (readers.yaml: descriptor)")
    powered(reader, ccid_wire)
    for kind, data, specific in unsupported:
        assert ccid_wire.conversation.command(kind, data, specific).failure == REFUSED
    assert ccid_wire.conversation.command(ccid.PC_to_RDR_GetSlotStatus).bmICCStatus == ccid.ICC_ACTIVE


@pytest.mark.behaviour("wire-abort")
def test_abort_by_request_and_message_frees_the_slot(reader: ReaderUnderTest, ccid_wire: Wire) -> None:
    """ABORT on the control pipe, then PC_to_RDR_Abort with the same bSeq: a slot status, and all goes on (5.3.1).

    Between the two every other command to the slot fails with CMD_ABORTED.
    """
    assert reader.id
    talk = ccid_wire.conversation
    powered(reader, ccid_wire)
    sequence = talk.sequence
    talk.abort(0, sequence)
    talk.send_frame(ccid.command(ccid.PC_to_RDR_GetSlotStatus, 0, sequence + 1 & 0xFF))
    assert talk.receive().failure == (ccid.FAILED, ccid.CMD_ABORTED)
    assert talk.send(ccid.PC_to_RDR_Abort) == sequence
    done = talk.receive()
    assert (done.bMessageType, done.bSeq, done.bmCommandStatus) == (ccid.RDR_to_PC_SlotStatus, sequence, ccid.PROCESSED)
    assert talk.command(ccid.PC_to_RDR_GetSlotStatus).bmCommandStatus == ccid.PROCESSED


@pytest.mark.behaviour("wire-exchange")
@pytest.mark.applet("reader-test")
def test_exchange_of_an_apdu_on_the_wire(reader: ReaderUnderTest, ccid_wire: Wire) -> None:
    """XfrBlock carries a command APDU and brings the response in one DataBlock (CCID 1.1, 6.1.4 and 6.2.1)."""
    if reader.features.exchange_level not in APDU_LEVELS:
        pytest.skip(f"{reader.id} has exchange level {reader.features.exchange_level} (readers.yaml)")
    talk = ccid_wire.conversation
    powered(reader, ccid_wire)
    assert talk.command(ccid.PC_to_RDR_XfrBlock, reader_test.SELECT).abData == b"\x90\x00"
    for length in (1, 16, 32):
        response = talk.command(ccid.PC_to_RDR_XfrBlock, reader_test.case_2(length))
        assert (response.bMessageType, response.bSpecific) == (ccid.RDR_to_PC_DataBlock, 0)
        assert response.abData == reader_test.counting(length) + b"\x90\x00"


@pytest.mark.behaviour("wire-exchange-without-power")
@pytest.mark.applet("reader-test")
def test_exchange_with_a_card_that_has_no_power_is_refused(reader: ReaderUnderTest, ccid_wire: Wire) -> None:
    """XfrBlock before IccPowerOn: failed, ICC_MUTE, the card inactive (CCID 1.1, 6.1.4 and 6.2.6)."""
    response = ccid_wire.conversation.command(ccid.PC_to_RDR_XfrBlock, reader_test.SELECT)
    assert reader.id
    assert (response.failure, response.bmICCStatus) == ((ccid.FAILED, ccid.ICC_MUTE), ccid.ICC_INACTIVE)


@pytest.mark.behaviour("wire-time-extension")
@pytest.mark.applet("reader-test")
def test_busy_card_makes_time_extensions_and_a_busy_slot(reader: ReaderUnderTest, ccid_wire: Wire) -> None:
    """While the card works: bmCommandStatus 2 under the command's bSeq, CMD_SLOT_BUSY for others (6.2.6)."""
    if reader.features.exchange_level not in APDU_LEVELS:
        pytest.skip(f"{reader.id} has exchange level {reader.features.exchange_level} (readers.yaml)")
    talk = ccid_wire.conversation
    powered(reader, ccid_wire)
    assert talk.command(ccid.PC_to_RDR_XfrBlock, reader_test.SELECT).abData == b"\x90\x00"
    working = talk.send(ccid.PC_to_RDR_XfrBlock, reader_test.busy(BUSY_UNITS))
    refused = talk.send(ccid.PC_to_RDR_XfrBlock, reader_test.case_2(16))
    extensions, answers = 0, {}
    while len(answers) < 2:
        response = talk.receive()
        if response.bmCommandStatus == ccid.TIME_EXTENSION:
            assert response.bSeq == working
            extensions += 1
        else:
            answers[response.bSeq] = response
    assert extensions
    assert answers[refused].failure == (ccid.FAILED, ccid.CMD_SLOT_BUSY)
    assert answers[working].abData == b"\x90\x00"
