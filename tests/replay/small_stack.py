"""A small PC/SC stack inside the test, and a recording of what was done with it."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from fixtures.pcsc import constants, errors
from fixtures.pcsc.errors import PcscError
from fixtures.pcsc.provider import CardStatus, Provider, ReaderState
from fixtures.replay.player import ReplayPcsc
from fixtures.replay.recorder import RecordingPcsc
from fixtures.replay.recording import Header, Recording

READER = "Acme Reader 00 00"
ATR = bytes.fromhex("3B8F8001804F0CA000000306030001000000006A")
PIN = b"12345678"
SECRETS = {"pin": PIN}
AGAIN = "pytest suites/test_x.py --backend sim --record --reader acme"

HEADER = Header(
    source="simulated",
    reader="acme",
    reader_name=READER,
    firmware="1.00",
    card="reader-test",
    atr=ATR,
    daemon="pcscd 1.9.9",
    driver="libccid 1.5.2",
    os="Debian 12",
    date="2024-05-06",
    suite_version="1",
    case="x.case",
)


@dataclass(eq=False)
class _Card:
    context: int
    was_reset: bool = False


@dataclass
class SmallStack:
    """One reader with one card: shared handles, resets, transactions, waits and cancels, and a card that echoes."""

    first_handle: int = 7000
    first_event: int = 5
    before_transmit: Callable[[bytes], None] = lambda _: None
    _contexts: dict[int, bool] = field(default_factory=dict)
    _cards: dict[int, _Card] = field(default_factory=dict)
    _owner: _Card | None = None
    _changed: threading.Condition = field(default_factory=threading.Condition)
    _remembered: bytes = b""

    def __post_init__(self) -> None:
        self._handles = itertools.count(self.first_handle, 3)
        self.waiting = threading.Event()
        self.beginning = threading.Event()

    def _card(self, card: int, call: str) -> _Card:
        if card not in self._cards:
            raise PcscError(errors.SCARD_E_INVALID_HANDLE, call)
        return self._cards[card]

    def _fresh(self, card: int, call: str) -> _Card:
        found = self._card(card, call)
        if found.was_reset:
            raise PcscError(errors.SCARD_W_RESET_CARD, call)
        return found

    def _reset_by(self, mine: _Card) -> None:
        for other in self._cards.values():
            if other is not mine:
                other.was_reset = True

    def establish_context(self, scope: int) -> int:
        assert scope == constants.SCARD_SCOPE_SYSTEM
        with self._changed:
            handle = next(self._handles)
            self._contexts[handle] = False
            return handle

    def release_context(self, context: int) -> None:
        with self._changed:
            if self._contexts.pop(context, None) is None:
                raise PcscError(errors.SCARD_E_INVALID_HANDLE, "SCardReleaseContext")

    def is_valid_context(self, context: int) -> bool:
        return context in self._contexts

    def list_readers(self, context: int) -> list[str]:
        assert context in self._contexts
        return [READER, "Other Reader 01 00"]

    def connect(self, context: int, reader: str, share: int, protocols: int) -> tuple[int, int]:
        if reader != READER:
            raise PcscError(errors.SCARD_E_UNKNOWN_READER, "SCardConnect")
        with self._changed:
            handle = next(self._handles)
            self._cards[handle] = _Card(context)
            return handle, protocols & constants.SCARD_PROTOCOL_T1

    def reconnect(self, card: int, share: int, protocols: int, initialization: int) -> int:
        self._card(card, "SCardReconnect").was_reset = False
        return constants.SCARD_PROTOCOL_T1

    def disconnect(self, card: int, disposition: int) -> None:
        with self._changed:
            mine = self._card(card, "SCardDisconnect")
            del self._cards[card]
            if disposition == constants.SCARD_RESET_CARD:
                self._reset_by(mine)

    def begin_transaction(self, card: int) -> None:
        with self._changed:
            mine = self._fresh(card, "SCardBeginTransaction")
            if self._owner is not None:
                self.beginning.set()
            self._changed.wait_for(lambda: self._owner is None)
            self._owner = mine

    def end_transaction(self, card: int, disposition: int) -> None:
        with self._changed:
            if self._owner is not self._card(card, "SCardEndTransaction"):
                raise PcscError(errors.SCARD_E_NOT_TRANSACTED, "SCardEndTransaction")
            self._owner = None
            self._changed.notify_all()

    def status(self, card: int) -> CardStatus:
        self._fresh(card, "SCardStatus")
        state = constants.SCARD_PRESENT | constants.SCARD_POWERED | constants.SCARD_SPECIFIC
        return CardStatus(READER, state, constants.SCARD_PROTOCOL_T1, ATR)

    def get_status_change(self, context: int, timeout: int, states: Sequence[ReaderState]) -> list[ReaderState]:
        present = constants.SCARD_STATE_PRESENT | self.first_event << 16
        if all(state.current_state == present for state in states):
            with self._changed:
                self.waiting.set()
                self._changed.wait_for(lambda: self._contexts[context], None if timeout == constants.INFINITE else 0.01)
                code = errors.SCARD_E_CANCELLED if self._contexts[context] else errors.SCARD_E_TIMEOUT
                self._contexts[context] = False
                raise PcscError(code, "SCardGetStatusChange")
        return [replace(state, event_state=present, atr=ATR) for state in states]

    def cancel(self, context: int) -> None:
        with self._changed:
            self._contexts[context] = True
            self._changed.notify_all()

    def transmit(self, card: int, protocol: int, command: bytes, receive_size: int) -> bytes:
        self._fresh(card, "SCardTransmit")
        self.before_transmit(command)
        if command[1] == 0x20:
            self._remembered = command
            response = b"\x90\x00" if command[5:] == PIN else b"\x6a\x04"
        elif command[1] == 0x40:
            response = self._remembered + b"\x90\x00"
        else:
            response = command[5:] + b"\x90\x00"
        if len(response) > receive_size:
            raise PcscError(errors.SCARD_E_INSUFFICIENT_BUFFER, "SCardTransmit", needed=len(response))
        return response

    def control(self, card: int, control_code: int, data: bytes, receive_size: int) -> bytes:
        return bytes.fromhex("060442330006")

    def get_attrib_length(self, card: int, attribute: int) -> int:
        return len(ATR)

    def get_attrib(self, card: int, attribute: int, receive_size: int) -> bytes:
        return ATR

    def set_attrib(self, card: int, attribute: int, value: bytes) -> None:
        raise PcscError(errors.SCARD_E_UNSUPPORTED_FEATURE, "SCardSetAttrib")


class Scenario(Protocol):
    """What a test does with a provider; stack has events for a scenario to wait for, when there is a stack."""

    def __call__(self, pcsc: Provider, stack: SmallStack | None, /) -> None: ...


def record(scenario: Scenario, stack: SmallStack | None = None) -> Recording:
    """A scenario's recording."""
    stack = stack or SmallStack()
    recorder = RecordingPcsc(stack, SECRETS, READER)
    scenario(recorder, stack)
    return recorder.recording(HEADER)


def play(scenario: Scenario, recording: Recording, *, patience: float = 10.0) -> None:
    """Runs a scenario on a recording, and asks that all of it was used."""
    replay = ReplayPcsc(recording, SECRETS, AGAIN, patience=patience)
    scenario(replay, None)
    replay.finish()
