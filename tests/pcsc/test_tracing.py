"""The trace: every call, in words, without secrets."""

from __future__ import annotations

import pickle
import threading
from dataclasses import fields

import pytest

from fixtures.masked_bytes import Masked
from fixtures.pcsc import constants
from fixtures.pcsc.constants import SCARD_RESET_CARD, SCARD_STATE_PRESENT
from fixtures.pcsc.errors import SCARD_E_INSUFFICIENT_BUFFER, SCARD_E_TIMEOUT, SCARD_E_UNKNOWN_READER
from fixtures.pcsc.expect import raises_pcsc
from fixtures.pcsc.pin_structures import PinVerifyStructure
from fixtures.pcsc.provider import ReaderState
from fixtures.pcsc.session import Pcsc
from fixtures.pcsc.trace_text import described, render
from fixtures.pcsc.tracing import TraceEvent, TracingPcsc
from tests.pcsc.fake import READER, FakePcsc

PIN = b"12345678"
VERIFY = bytes.fromhex("0020008008") + PIN
DUMP = bytes.fromhex("004000000D")


def card_with_a_pin(command: bytes) -> bytes:
    return VERIFY + b"\x90\x00" if command == DUMP else b"\x90\x00"


@pytest.fixture
def events() -> list[TraceEvent]:
    return []


@pytest.fixture
def pcsc(events: list[TraceEvent]) -> Pcsc:
    return Pcsc(TracingPcsc(FakePcsc(card_with_a_pin), events.append, {"pin": PIN}))


def test_every_call_is_told_with_arguments_and_result_in_words(pcsc: Pcsc, events: list[TraceEvent]) -> None:
    with pcsc.context() as context, context.connect(READER) as card:
        context.readers()
        context.is_valid()
        card.status()
        card.begin_transaction()
        card.end_transaction()
        card.reconnect(initialization=SCARD_RESET_CARD)
        card.get_attrib(constants.SCARD_ATTR_ATR_STRING)
        card.get_attrib_length(constants.SCARD_ATTR_ATR_STRING)
        card.set_attrib(constants.SCARD_ATTR_MAXINPUT, PIN)
        context.get_status_change(0, [ReaderState(READER)])
        context.cancel()
    handle = f"{context.handle:X}"
    assert [described(event) for event in events] == [
        f"SCardEstablishContext(scope=system) -> context {handle}",
        f"SCardConnect(reader={READER}, share=shared, protocols=T=0+T=1) -> card {card.handle:X}, T=1",
        f"SCardListReaders() -> {READER}",
        "SCardIsValidContext() -> valid",
        f"SCardStatus() -> {READER}: present, T=1, 3B 00",
        "SCardBeginTransaction()",
        "SCardEndTransaction(disposition=leave)",
        "SCardReconnect(share=shared, protocols=T=0+T=1, initialization=reset) -> T=0",
        "SCardGetAttrib(attribute=SCARD_ATTR_ATR_STRING, receive_size=264 bytes) -> 3B 00",
        "SCardGetAttrib(attribute=SCARD_ATTR_ATR_STRING) -> 2 bytes",
        "SCardSetAttrib(attribute=SCARD_ATTR_MAXINPUT, value=** ** ** ** ** ** ** **)",
        f"SCardGetStatusChange(timeout=0 ms, states={READER}: unaware) -> {READER}: present #1, ATR 3B 00",
        "SCardCancel()",
        "SCardDisconnect(disposition=leave)",
        "SCardReleaseContext()",
    ]
    assert {event.context for event in events} == {context.handle}
    assert {event.thread for event in events} == {threading.current_thread().name}
    assert all(event.duration >= 0 for event in events)
    assert [event.start for event in events] == sorted(event.start for event in events)


def test_apdu_is_told_with_its_status_word(pcsc: Pcsc, events: list[TraceEvent]) -> None:
    with pcsc.context() as context, context.connect(READER) as card:
        card.transmit(VERIFY)
    (event,) = (event for event in events if event.call == "SCardTransmit")
    assert event.command is not None
    assert event.command.segments[1:] == (Masked(8, "pin"),)
    assert (event.sw, event.status_word_name) == (0x9000, "success")


def test_no_secret_is_kept_in_any_event(pcsc: Pcsc, events: list[TraceEvent]) -> None:
    structure = PinVerifyStructure(abData=VERIFY).to_bytes()
    with pcsc.context() as context, context.connect(READER) as card:
        card.transmit(VERIFY)
        card.transmit(DUMP)
        with raises_pcsc(SCARD_E_INSUFFICIENT_BUFFER):
            card.transmit(DUMP, receive_size=3)
        card.control(0x42330006, structure)
        card.control(1, DUMP)
        card.set_attrib(1, PIN)
    for event in events:
        kept = pickle.dumps([getattr(event, field.name) for field in fields(event)])
        assert PIN not in kept, event.call
    assert PIN.hex(" ").upper() not in render(events)


def test_failures_are_told_and_raised(pcsc: Pcsc, events: list[TraceEvent]) -> None:
    with pcsc.context() as context:
        with raises_pcsc(SCARD_E_UNKNOWN_READER):
            context.connect("nobody's")
        with raises_pcsc(SCARD_E_TIMEOUT):
            context.get_status_change(1, [ReaderState(READER, SCARD_STATE_PRESENT)])
    assert [event.error_code for event in events] == [0, SCARD_E_UNKNOWN_READER, SCARD_E_TIMEOUT, 0]
    assert events[1].result == "SCardConnect returned SCARD_E_UNKNOWN_READER (0x80100009)"
    assert events[1].raw_result is None


def test_rendered_trace(pcsc: Pcsc, events: list[TraceEvent]) -> None:
    with pcsc.context() as context, context.connect(READER) as card:
        card.transmit(VERIFY)
        card.transmit(bytes(40))
        with raises_pcsc(SCARD_E_INSUFFICIENT_BUFFER):
            card.transmit(DUMP, receive_size=3)
        card.control(0x42330006, b"", receive_size=2)
    lines = [line[17:] for line in render(events).splitlines()]
    masked_time = [line.rpartition(" (")[0] if line.endswith("ms)") else line for line in lines]
    assert masked_time[2:-2] == [
        "-> 00 20 00 80 08 ** ** ** ** ** ** ** **",
        "<- 90 00  success",
        "-> " + " ".join(["00"] * 32),
        "   " + " ".join(["00"] * 8),
        "<- 90 00  success",
        "-> 00 40 00 00 0D",
        "!! SCardTransmit returned SCARD_E_INSUFFICIENT_BUFFER (0x80100008), 15 bytes needed",
        "=> control_code=0x42330006, receive_size=2 bytes (no bytes)",
        "<= 90 00 ",
    ]


def test_threads_and_cards_are_named_when_there_are_several(pcsc: Pcsc, events: list[TraceEvent]) -> None:
    def exchange() -> None:
        with pcsc.context() as context, context.connect(READER) as card:
            card.transmit(b"\x00\xa4\x00\x00")

    threads = [threading.Thread(target=exchange, name=f"worker-{number}") for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(events) == 8 * 5
    text = render(events)
    assert all(text.count(f"[worker-{number}]") == 6 for number in range(8))
    for event in events:
        if event.card:
            assert event.context
    assert text.count("card ") >= 8 * 4


def test_nothing_rendered_from_nothing() -> None:
    assert render([]) == ""


def test_another_threads_command_does_not_uncover_a_dump() -> None:
    """Two threads on one handle: the dump's answer comes back after the other thread's command went out."""
    events: list[TraceEvent] = []
    dumping, other_done = threading.Event(), threading.Event()

    def answer(command: bytes) -> bytes:
        if command == DUMP:
            dumping.set()
            assert other_done.wait(10)
            return VERIFY + b"\x90\x00"
        return b"\x90\x00"

    pcsc = Pcsc(TracingPcsc(FakePcsc(answer), events.append))
    card = pcsc.context().connect(READER)
    thread = threading.Thread(target=card.transmit, args=(DUMP,))
    thread.start()
    assert dumping.wait(10)
    card.transmit(b"\x00\xa4\x00\x00")
    other_done.set()
    thread.join(10)
    pcsc.close()
    assert PIN.hex(" ") not in render(events)
    assert "00 20 00 80 08 **" in render(events)
