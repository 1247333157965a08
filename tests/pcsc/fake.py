"""A provider in memory: one reader, one card that answers from a table, and every call noted."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Sequence

from fixtures.pcsc.constants import INFINITE, SCARD_PRESENT, SCARD_PROTOCOL_T0, SCARD_PROTOCOL_T1, SCARD_STATE_PRESENT
from fixtures.pcsc.errors import (
    SCARD_E_CANCELLED,
    SCARD_E_INSUFFICIENT_BUFFER,
    SCARD_E_INVALID_HANDLE,
    SCARD_E_TIMEOUT,
    SCARD_E_UNKNOWN_READER,
    PcscError,
)
from fixtures.pcsc.provider import CardStatus, ReaderState

READER = "Fake Reader 00 00"
ATR = bytes.fromhex("3B00")


class FakePcsc:
    """Provider. dead: a code that every call on a card or a context returns from now on, 0 for none."""

    def __init__(self, answer: Callable[[bytes], bytes] = lambda _command: b"\x90\x00") -> None:
        self.answer = answer
        self.calls: list[tuple[object, ...]] = []
        self.dead = 0
        self.contexts: set[int] = set()
        self.cards: dict[int, int] = {}
        self._numbers = itertools.count(1)
        self._cancelled = threading.Event()

    def establish_context(self, scope: int) -> int:
        self._note("establish_context", scope)
        context = next(self._numbers)
        self.contexts.add(context)
        return context

    def release_context(self, context: int) -> None:
        self._note("release_context", context)
        self._known(context in self.contexts, "SCardReleaseContext")
        self.contexts.remove(context)
        self.cards = {card: owner for card, owner in self.cards.items() if owner != context}

    def is_valid_context(self, context: int) -> bool:
        return context in self.contexts

    def list_readers(self, context: int) -> list[str]:
        self._known(context in self.contexts, "SCardListReaders")
        return [READER]

    def connect(self, context: int, reader: str, share: int, protocols: int) -> tuple[int, int]:
        self._note("connect", reader, share, protocols)
        self._known(context in self.contexts, "SCardConnect")
        if reader != READER:
            raise PcscError(SCARD_E_UNKNOWN_READER, "SCardConnect")
        card = next(self._numbers)
        self.cards[card] = context
        return card, SCARD_PROTOCOL_T1

    def reconnect(self, card: int, share: int, protocols: int, initialization: int) -> int:
        self._note("reconnect", share, protocols, initialization)
        self._known(card in self.cards, "SCardReconnect")
        return SCARD_PROTOCOL_T0

    def disconnect(self, card: int, disposition: int) -> None:
        self._note("disconnect", card, disposition)
        self._known(card in self.cards, "SCardDisconnect")
        del self.cards[card]

    def begin_transaction(self, card: int) -> None:
        self._note("begin_transaction")
        self._known(card in self.cards, "SCardBeginTransaction")

    def end_transaction(self, card: int, disposition: int) -> None:
        self._note("end_transaction", disposition)
        self._known(card in self.cards, "SCardEndTransaction")

    def status(self, card: int) -> CardStatus:
        self._known(card in self.cards, "SCardStatus")
        return CardStatus(READER, SCARD_PRESENT, SCARD_PROTOCOL_T1, ATR)

    def get_status_change(self, context: int, timeout: int, states: Sequence[ReaderState]) -> list[ReaderState]:
        self._known(context in self.contexts, "SCardGetStatusChange")
        if all(state.current_state for state in states):
            if self._cancelled.wait(30 if timeout == INFINITE else timeout / 1000):
                raise PcscError(SCARD_E_CANCELLED, "SCardGetStatusChange")
            raise PcscError(SCARD_E_TIMEOUT, "SCardGetStatusChange")
        return [ReaderState(state.reader, state.current_state, SCARD_STATE_PRESENT | 1 << 16, ATR) for state in states]

    def cancel(self, context: int) -> None:
        self._note("cancel", context)
        self._cancelled.set()

    def transmit(self, card: int, protocol: int, command: bytes, receive_size: int) -> bytes:
        self._note("transmit", protocol, receive_size)
        self._known(card in self.cards, "SCardTransmit")
        response = self.answer(command)
        if len(response) > receive_size:
            raise PcscError(SCARD_E_INSUFFICIENT_BUFFER, "SCardTransmit", needed=len(response))
        return response

    def control(self, card: int, control_code: int, data: bytes, receive_size: int) -> bytes:
        self._note("control", control_code, receive_size)
        self._known(card in self.cards, "SCardControl")
        return self.answer(data)

    def get_attrib_length(self, card: int, attribute: int) -> int:
        self._known(card in self.cards, "SCardGetAttrib")
        return len(ATR)

    def get_attrib(self, card: int, attribute: int, receive_size: int) -> bytes:
        self._known(card in self.cards, "SCardGetAttrib")
        return ATR

    def set_attrib(self, card: int, attribute: int, value: bytes) -> None:
        self._known(card in self.cards, "SCardSetAttrib")

    def names(self) -> list[object]:
        """The calls made so far, by name."""
        return [call[0] for call in self.calls]

    def _note(self, *call: object) -> None:
        self.calls.append(call)

    def _known(self, known: bool, call: str) -> None:
        if self.dead:
            raise PcscError(self.dead, call)
        if not known:
            raise PcscError(SCARD_E_INVALID_HANDLE, call)
