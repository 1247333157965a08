"""What the tests do at the seam, to be recorded and played back."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial

import pytest

from fixtures.pcsc import constants, errors
from fixtures.pcsc.errors import PcscError
from fixtures.pcsc.provider import Provider, ReaderState
from tests.replay.small_stack import ATR, PIN, READER, SmallStack

T1 = constants.SCARD_PROTOCOL_T1
SHARED = constants.SCARD_SHARE_SHARED
WORKERS = 16


def connected(pcsc: Provider) -> tuple[int, int]:
    context = pcsc.establish_context(constants.SCARD_SCOPE_SYSTEM)
    card, protocol = pcsc.connect(context, READER, SHARED, constants.SCARD_PROTOCOL_ANY)
    assert protocol == T1
    return context, card


def every_call(pcsc: Provider, _stack: SmallStack | None) -> None:
    """Each call of the seam once or more, with errors among the answers."""
    context, card = connected(pcsc)
    assert pcsc.is_valid_context(context)
    assert READER in pcsc.list_readers(context)
    assert pcsc.status(card).atr == ATR
    assert pcsc.status(card).reader == READER
    first = pcsc.get_status_change(context, 0, [ReaderState(READER)])
    assert first[0].atr == ATR
    with pytest.raises(PcscError) as caught:
        pcsc.get_status_change(context, 10, [ReaderState(READER, first[0].event_state)])
    assert caught.value.code == errors.SCARD_E_TIMEOUT
    assert pcsc.control(card, constants.CM_IOCTL_GET_FEATURE_REQUEST, b"", 264) == bytes.fromhex("060442330006")
    assert pcsc.get_attrib(card, constants.SCARD_ATTR_ATR_STRING, 33) == ATR
    assert pcsc.get_attrib_length(card, constants.SCARD_ATTR_ATR_STRING) == len(ATR)
    with pytest.raises(PcscError):
        pcsc.set_attrib(card, constants.SCARD_ATTR_MAXINPUT, b"\x01")
    pcsc.begin_transaction(card)
    assert pcsc.transmit(card, T1, bytes.fromhex("80360000 04 00010203"), 264) == bytes.fromhex("00010203 9000")
    pcsc.end_transaction(card, constants.SCARD_LEAVE_CARD)
    with pytest.raises(PcscError) as caught:
        pcsc.transmit(card, T1, bytes(5) + bytes(range(32)), 30)
    assert (caught.value.symbol, caught.value.needed) == ("SCARD_E_INSUFFICIENT_BUFFER", 34)
    with pytest.raises(PcscError):
        pcsc.connect(context, "No such reader", SHARED, T1)
    pcsc.cancel(context)
    pcsc.disconnect(card, constants.SCARD_LEAVE_CARD)
    with pytest.raises(PcscError) as caught:
        pcsc.disconnect(card, constants.SCARD_LEAVE_CARD)
    assert caught.value.code == errors.SCARD_E_INVALID_HANDLE
    with pytest.raises(PcscError):
        pcsc.status(0x12345678)
    pcsc.release_context(context)


def reset_by_the_other(pcsc: Provider, _stack: SmallStack | None) -> None:
    """Two contexts in one thread: one resets the card, the other sees it until it reconnects."""
    first_context, first = connected(pcsc)
    second_context, second = connected(pcsc)
    pcsc.disconnect(second, constants.SCARD_RESET_CARD)
    for _ in range(2):
        with pytest.raises(PcscError) as caught:
            pcsc.transmit(first, T1, b"\x80\x30\x00\x00", 2)
        assert caught.value.code == errors.SCARD_W_RESET_CARD
    assert pcsc.reconnect(first, SHARED, T1, constants.SCARD_LEAVE_CARD) == T1
    assert pcsc.transmit(first, T1, b"\x80\x30\x00\x00", 2) == b"\x90\x00"
    pcsc.release_context(second_context)
    pcsc.release_context(first_context)


def pin_dump(pcsc: Provider, _stack: SmallStack | None) -> None:
    """The right PIN, a wrong one, and the dump of what the card received."""
    context, card = connected(pcsc)
    verify = bytes.fromhex("0020008008")
    assert pcsc.transmit(card, T1, verify + b"87654321", 2) == b"\x6a\x04"
    assert pcsc.transmit(card, T1, verify + PIN, 2) == b"\x90\x00"
    assert pcsc.transmit(card, T1, bytes.fromhex("004000000D"), 15) == verify + PIN + b"\x90\x00"
    pcsc.release_context(context)


def run_threads(calls: dict[str, Callable[[], None]]) -> None:
    """Runs each call in a thread of that name; raises the first error when all have ended."""
    failures: list[BaseException] = []

    def guarded(call: Callable[[], None]) -> None:
        try:
            call()
        except BaseException as error:  # noqa: BLE001 - raised below, in the thread of the test
            failures.append(error)

    threads = [threading.Thread(target=guarded, args=(call,), name=name) for name, call in calls.items()]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]


def sixteen_contexts(pcsc: Provider, _stack: SmallStack | None) -> None:
    """A context a thread, all transmitting in transactions: every answer is the thread's own."""

    def work(number: int) -> None:
        context, card = connected(pcsc)
        for turn in range(5):
            data = bytes([number, turn])
            pcsc.begin_transaction(card)
            assert pcsc.transmit(card, T1, b"\x80\x36\x00\x00\x02" + data, 264) == data + b"\x90\x00"
            pcsc.end_transaction(card, constants.SCARD_LEAVE_CARD)
        pcsc.disconnect(card, constants.SCARD_LEAVE_CARD)
        pcsc.release_context(context)

    run_threads({f"worker-{number}": partial(work, number) for number in range(WORKERS)})


def cancelled_wait(pcsc: Provider, stack: SmallStack | None) -> None:
    """One thread waits for ever, another cancels: the waiter is told, and not before the cancel was called."""
    context = pcsc.establish_context(constants.SCARD_SCOPE_SYSTEM)
    known = pcsc.get_status_change(context, 0, [ReaderState(READER)])[0].event_state
    told = threading.Event()

    def wait() -> None:
        with pytest.raises(PcscError) as caught:
            pcsc.get_status_change(context, constants.INFINITE, [ReaderState(READER, known)])
        assert caught.value.code == errors.SCARD_E_CANCELLED
        told.set()

    waiter = threading.Thread(target=wait, name="waiter")
    waiter.start()
    if stack is not None:
        assert stack.waiting.wait(10)
    assert not told.wait(0.05)
    pcsc.cancel(context)
    waiter.join()
    assert told.is_set()
    pcsc.release_context(context)


def blocked_begin(pcsc: Provider, stack: SmallStack | None) -> None:
    """A transaction holds up another handle's until it ends."""
    first_context, first = connected(pcsc)
    pcsc.begin_transaction(first)
    begun = threading.Event()

    def begin() -> None:
        context, card = connected(pcsc)
        pcsc.begin_transaction(card)
        begun.set()
        pcsc.end_transaction(card, constants.SCARD_LEAVE_CARD)
        pcsc.release_context(context)

    other = threading.Thread(target=begin, name="other")
    other.start()
    if stack is not None:
        assert stack.beginning.wait(10)
    assert not begun.wait(0.6)
    pcsc.end_transaction(first, constants.SCARD_LEAVE_CARD)
    other.join()
    pcsc.release_context(first_context)


ALL = [every_call, reset_by_the_other, pin_dump, sixteen_contexts, cancelled_wait, blocked_begin]
