"""A CCID interface on virtual time, driven frame by frame."""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Callable

from fixtures.simulator.cards.reader_test import ReaderTestCard
from fixtures.simulator.ccid import message as ccid
from fixtures.simulator.ccid.hooks import Faults
from fixtures.simulator.ccid.message import CcidMessage
from fixtures.simulator.ccid.personality import Personality
from fixtures.simulator.ccid.reader import CcidInterface
from fixtures.simulator.specification import CardSpecification, InterfaceSpecification

ATR = "3B D6 18 00 80 B1 80 6D 1F 03 80 51 00 61 10 30 9E"


class _Handle:
    def __init__(self) -> None:
        self.cancelled = False

    def cancel(self) -> None:
        self.cancelled = True


class VirtualClock:
    """Timers that run when the test says that time has passed."""

    def __init__(self) -> None:
        self.now = 0.0
        self._queue: list[tuple[float, int, _Handle, Callable[[], None]]] = []
        self._count = itertools.count()

    def timer(self, delay: float, callback: Callable[[], None]) -> _Handle:
        handle = _Handle()
        heapq.heappush(self._queue, (self.now + delay, next(self._count), handle, callback))
        return handle

    @property
    def pending(self) -> int:
        return sum(not entry[2].cancelled for entry in self._queue)

    def advance(self, seconds: float) -> None:
        end = self.now + seconds
        while self._queue and self._queue[0][0] <= end + 1e-9:
            self.now, _, handle, callback = heapq.heappop(self._queue)
            if not handle.cancelled:
                callback()
        self.now = end


class Bench:
    """The host's side of one interface: commands go out, answers are collected."""

    def __init__(
        self,
        specification: InterfaceSpecification,
        faults: Faults | None = None,
        personality: Personality | None = None,
    ) -> None:
        self.clock = VirtualClock()
        self.frames: list[CcidMessage] = []
        self.interrupts: list[bytes] = []
        self.seen: list[tuple[str, bytes]] = []
        self._sequence = itertools.count()
        self.interface = CcidInterface(
            specification,
            self,
            self.clock.timer,
            faults=faults,
            observer=lambda direction, frame: self.seen.append((direction, bytes(frame))),
            personality=personality,
        )

    def bulk_in(self, frame: bytes) -> None:
        self.frames.append(CcidMessage.parse(frame))

    def interrupt_in(self, data: bytes) -> None:
        self.interrupts.append(data)

    def send(
        self,
        message_type: int,
        data: bytes = b"",
        specific: bytes = b"\0\0\0",
        slot: int = 0,
        sequence: int | None = None,
    ) -> int:
        """Send a command; returns its sequence number."""
        number = next(self._sequence) & 0xFF if sequence is None else sequence
        self.interface.bulk_out(CcidMessage(message_type, slot, number, specific, data).build())
        return number

    def ask(self, message_type: int, data: bytes = b"", specific: bytes = b"\0\0\0", slot: int = 0) -> CcidMessage:
        """Send a command that is answered at once by one message."""
        before = len(self.frames)
        number = self.send(message_type, data, specific, slot)
        assert len(self.frames) == before + 1, "exactly one answer at once"
        assert (self.frames[-1].slot, self.frames[-1].sequence) == (slot, number)
        return self.frames[-1]

    def power_on(self, slot: int = 0) -> bytes:
        answer = self.ask(ccid.PC_to_RDR_IccPowerOn, slot=slot)
        assert answer.command_status == ccid.COMMAND_PROCESSED
        return answer.data

    def transmit(self, apdu: bytes, slot: int = 0) -> bytes:
        answer = self.ask(ccid.PC_to_RDR_XfrBlock, apdu, slot=slot)
        assert answer.command_status == ccid.COMMAND_PROCESSED, hex(answer.error)
        return answer.data

    def insert_test_card(self, slot: int = 0, atr: str = ATR) -> ReaderTestCard:
        card = ReaderTestCard(CardSpecification("reader-test", atr))
        self.interface.insert(slot, card)
        return card


BenchMaker = Callable[..., Bench]
