"""The client's own process: a JSON object a line in, one a line out, and the loops that are measured in between.

pcsc-lite reads PCSCLITE_CSOCK_NAME once, so each stack gets a client of its own; client.py starts it. The end of
standard input is the order to stop.
"""

from __future__ import annotations

import fnmatch
import json
import sys
import time
from collections.abc import Callable
from typing import Any

from smartcard import scard

from fixtures.pcsc.card import Card
from fixtures.pcsc.constants import PNP_NOTIFICATION, SCARD_PROTOCOL_T0, SCARD_STATE_PRESENT, SCARD_STATE_UNAWARE
from fixtures.pcsc.context import Context
from fixtures.pcsc.errors import SCARD_E_TIMEOUT, PcscError
from fixtures.pcsc.live import LivePcsc
from fixtures.pcsc.provider import ReaderState
from fixtures.pcsc.tracing import TraceEvent, TracingPcsc

PYSCARD = "pyscard"
CARD = "card"
TRACED_CARD = "traced card"

Arguments = dict[str, Any]
Answer = dict[str, object]


class WrongResponseError(Exception):
    """A response that is not what the benchmark counts on: a figure for it would be of something else."""


class Service:
    """What the benchmark can ask for, one method a command."""

    def __init__(self) -> None:
        self._provider = LivePcsc()
        self._trace: list[TraceEvent] = []
        self._traced = TracingPcsc(self._provider, self._trace.append)
        self._context: Context | None = None
        self._card: Card | None = None

    def connect(self, arguments: Arguments) -> Answer:
        """Waits for a reader with a card, connects and reads the ATR."""
        context = self._context = Context(self._provider)
        deadline = time.monotonic() + float(arguments["seconds"])
        name = self._await_card(context, str(arguments["pcsc_name"]), deadline)
        self._card = context.connect(name)
        return {"reader": name, "atr": self._card.status().atr.hex()}

    def disconnect(self, _arguments: Arguments) -> Answer:
        """Gives card and context back."""
        if self._context is not None:
            self._context.close()
        self._context = self._card = None
        return {}

    def ask(self, arguments: Arguments) -> Answer:
        """One exchange."""
        response = self._connected().transmit_raw(bytes.fromhex(arguments["command"]))
        return {"response": response.hex()}

    def loop(self, arguments: Arguments) -> Answer:
        """Exchanges one after the other; how many seconds they took together."""
        run: Callable[[bytes, int, int], float] = {
            PYSCARD: self._pyscard_loop,
            CARD: self._card_loop,
            TRACED_CARD: self._traced_loop,
        }[arguments["kind"]]
        command = bytes.fromhex(arguments["command"])
        return {"seconds": run(command, int(arguments["length"]), int(arguments["count"]))}

    def _pyscard_loop(self, command: bytes, length: int, count: int) -> float:
        card = self._connected()
        handle, apdu = card.handle, list(command)
        protocol = scard.SCARD_PCI_T0 if card.protocol == SCARD_PROTOCOL_T0 else scard.SCARD_PCI_T1
        began = time.perf_counter()
        for _ in range(count):
            code, response = scard.SCardTransmit(handle, protocol, apdu)
            if code != scard.SCARD_S_SUCCESS or len(response) != length or response[-2] != 0x90:
                raise WrongResponseError(f"SCardTransmit returned {code:#x} and {len(response)} bytes")
        return time.perf_counter() - began

    def _card_loop(self, command: bytes, length: int, count: int) -> float:
        return _through(self._connected(), command, length, count)

    def _traced_loop(self, command: bytes, length: int, count: int) -> float:
        bare = self._connected()
        seconds = _through(Card(self._traced, bare.handle, bare.protocol), command, length, count)
        if len(self._trace) != count:
            raise WrongResponseError(f"{count} exchanges left {len(self._trace)} events in the trace")
        self._trace.clear()
        return seconds

    def _connected(self) -> Card:
        if self._card is None:
            raise WrongResponseError("no card is connected")
        return self._card

    @staticmethod
    def _await_card(context: Context, pattern: str, deadline: float) -> str:
        def changed(state: ReaderState) -> ReaderState:
            left = int((deadline - time.monotonic()) * 1000)
            if left <= 0:
                raise WrongResponseError(f"no card came up in {pattern}; readers: {', '.join(context.readers())}")
            try:
                return context.get_status_change(left, [state])[0]
            except PcscError as error:
                if error.code != SCARD_E_TIMEOUT:
                    raise
                return state

        while not (names := fnmatch.filter(context.readers(), pattern)):
            changed(ReaderState(PNP_NOTIFICATION))
        state = changed(ReaderState(names[0], SCARD_STATE_UNAWARE))
        while not state.event_state & SCARD_STATE_PRESENT:
            state = changed(ReaderState(names[0], state.event_state))
        return names[0]


def _through(card: Card, command: bytes, length: int, count: int) -> float:
    began = time.perf_counter()
    for _ in range(count):
        response = card.transmit(command)
        if response.sw != 0x9000 or len(response.data) != length - 2:
            raise WrongResponseError(f"{response.sw:04X} and {len(response.data)} bytes")
    return time.perf_counter() - began


def main() -> int:
    """Reads commands until standard input ends."""
    service = Service()
    commands: dict[str, Callable[[Arguments], Answer]] = {
        "connect": service.connect,
        "disconnect": service.disconnect,
        "ask": service.ask,
        "loop": service.loop,
    }
    print(json.dumps({"ready": True}), flush=True)
    for line in sys.stdin:
        request: Arguments = json.loads(line)
        try:
            answer = commands[request.pop("command_name")](request)
        except (PcscError, WrongResponseError) as error:
            answer = {"error": str(error)}
        print(json.dumps(answer), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
