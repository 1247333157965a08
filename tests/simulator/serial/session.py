"""One reader of inventory/serial.yaml under the real daemon and driver: does what its arguments say, prints JSON.

A program, because the PC/SC library reads its socket's name once a process: session.py DIRECTORY READER STEP...
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

from fixtures import reader_test
from fixtures.bench.ready import await_reader
from fixtures.bench.simulated import specification
from fixtures.inventory.loader import load
from fixtures.inventory.model import Card, Reader
from fixtures.pcsc.card import Card as ConnectedCard
from fixtures.pcsc.constants import (
    CM_IOCTL_GET_FEATURE_REQUEST,
    SCARD_STATE_EMPTY,
    SCARD_STATE_MUTE,
    SCARD_STATE_PRESENT,
    SCARD_STATE_UNAVAILABLE,
    SCARD_STATE_UNAWARE,
    SCARD_STATE_UNKNOWN,
)
from fixtures.pcsc.errors import SCARD_E_TIMEOUT, PcscError
from fixtures.pcsc.expect import raises_pcsc
from fixtures.pcsc.live import LivePcsc
from fixtures.pcsc.part10 import Feature, parse_features
from fixtures.pcsc.pin_structures import PinVerifyStructure
from fixtures.pcsc.provider import ReaderState
from fixtures.pcsc.session import Pcsc
from fixtures.simulator.client import Simulator
from fixtures.simulator.daemon import DaemonOptions

ROOT = Path(__file__).parents[3]
SECONDS = 20.0
VERIFY = bytes.fromhex("0020008008") + b"\xff" * 8
ABSENT = SCARD_STATE_EMPTY | SCARD_STATE_UNKNOWN | SCARD_STATE_UNAVAILABLE | SCARD_STATE_MUTE


class Session:
    """A simulated reader, and the host's side of it."""

    def __init__(self, simulator: Simulator, entry: Reader, provider: LivePcsc) -> None:
        self.simulator = simulator
        self.entry = entry
        self.provider = provider
        self.pcsc = Pcsc(provider)
        self.name = self.ready()

    def ready(self) -> str:
        return await_reader(
            self.provider,
            self.entry,
            with_card=True,
            daemon_is_gone=lambda: self.simulator.daemon_death() is not None,
        )

    def names(self) -> object:
        """All PC/SC names."""
        with self.pcsc.context() as context:
            return list(context.readers())

    def atrs(self) -> object:
        """The ATR that each PC/SC reader shows, empty without a card."""
        with self.pcsc.context() as context:
            states = [ReaderState(name, SCARD_STATE_UNAWARE) for name in context.readers()]
            return [state.atr.hex(" ").upper() for state in context.get_status_change(0, states)]

    def apdu(self) -> object:
        """256 bytes from the card in the first slot."""
        with self.pcsc.context() as context, context.connect(self.name) as card:
            assert card.transmit(reader_test.SELECT).sw == 0x9000
            response = card.transmit(reader_test.case_2(256))
            return response.data == reader_test.counting(256) and response.sw == 0x9000

    def every_slot(self) -> object:
        """The answers to SELECT of the cards in all slots, connected at the same time."""
        with self.pcsc.context() as context:
            cards: list[ConnectedCard | None] = []
            for name in context.readers():
                try:
                    cards.append(context.connect(name))
                except PcscError:
                    cards.append(None)
            return [f"{card.transmit(reader_test.SELECT).sw:04X}" if card is not None else None for card in cards]

    def verify(self) -> object:
        """The published PIN on the pad."""
        with self.pcsc.context() as context, context.connect(self.name) as card:
            card.transmit(reader_test.SELECT)
            code = parse_features(card.control(CM_IOCTL_GET_FEATURE_REQUEST))[Feature.VERIFY_PIN_DIRECT]
            self.simulator.press(self.entry.id, [*reader_test.PIN.decode(), "enter"])
            return card.control(code, PinVerifyStructure(abData=VERIFY).to_bytes()).hex()

    def moved(self) -> object:
        """Whether PC/SC sees the card go and come."""
        self.simulator.remove(self.entry.id)
        self.await_state(ABSENT)
        self.simulator.insert(self.entry.id)
        self.await_state(SCARD_STATE_PRESENT)
        return self.apdu()

    def unplugged(self) -> object:
        """Whether the reader works again after its cable was out."""
        self.simulator.unplug(self.entry.id)
        self.await_state(ABSENT)
        self.simulator.plug(self.entry.id)
        self.await_state(SCARD_STATE_PRESENT)
        return self.apdu()

    def restarted(self) -> object:
        """Whether the reader works under the next daemon."""
        self.simulator.restart_daemon()
        self.ready()
        return self.apdu()

    def killed(self) -> object:
        """Whether the reader works under the next daemon when one was killed while a PIN was awaited."""
        errors: list[str] = []

        def wait_for_a_pin() -> None:
            pcsc = Pcsc(self.provider)
            try:
                with pcsc.context() as context, context.connect(self.name) as card:
                    features = parse_features(card.control(CM_IOCTL_GET_FEATURE_REQUEST))
                    card.control(features[Feature.VERIFY_PIN_DIRECT], PinVerifyStructure(abData=VERIFY).to_bytes())
            except PcscError as error:
                errors.append(error.symbol)

        mark = self.simulator.mark()
        thread = threading.Thread(target=wait_for_a_pin)
        thread.start()
        self.until(lambda: any(frame.text.startswith("69") for frame in self.simulator.frames(mark)))
        os.kill(self.simulator.daemon_process_id, signal.SIGKILL)
        thread.join(SECONDS)
        assert errors
        death = self.simulator.daemon_death(wait=SECONDS)
        assert death is not None
        return [death.signal_name, self.restarted(), self.verify()]

    def idle(self) -> object:
        """The share of a processor that daemon and simulator use when nothing happens, over a second."""
        daemon = self.simulator.daemon_process_id
        processes = (daemon, int(stat_fields(daemon)[1]))
        with self.pcsc.context() as context:
            (known,) = context.get_status_change(0, [ReaderState(self.name, SCARD_STATE_UNAWARE)])
            before = sum(map(processor_seconds, processes))
            with raises_pcsc(SCARD_E_TIMEOUT):  # nothing happens
                context.get_status_change(1000, [ReaderState(self.name, known.event_state)])
        return sum(map(processor_seconds, processes)) - before

    def await_state(self, wanted: int) -> None:
        with self.pcsc.context() as context:
            self.until(
                lambda: bool(
                    context.get_status_change(0, [ReaderState(self.name, SCARD_STATE_UNAWARE)])[0].event_state & wanted
                )
            )

    def until(self, condition: Callable[[], bool]) -> None:
        deadline = time.monotonic() + SECONDS
        while not condition():
            assert time.monotonic() < deadline, "it did not happen in time"
            time.sleep(0.02)


def stat_fields(process: int) -> list[str]:
    """proc(5), from state on: the second is the parent, the daemon's being the simulator."""
    return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()


def processor_seconds(process: int) -> float:
    fields = stat_fields(process)
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def main(directory: Path, reader: str, *steps: str) -> None:
    inventory = load(ROOT / "inventory" / "serial.yaml")
    (entry,) = inventory.matching([reader])
    cards: tuple[Card | None, ...] = inventory.cards_in(entry)
    socket_path = directory / "pcscd.comm"
    os.environ["PCSCLITE_CSOCK_NAME"] = str(socket_path)
    with Simulator([specification(entry, cards[0], cards[1:])], socket_path, directory, DaemonOptions()) as simulator:
        session = Session(simulator, entry, LivePcsc())
        sys.stdout.write(json.dumps({step: getattr(session, step)() for step in steps}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), *sys.argv[2:])
