"""Workers: one that dies costs its own reader only."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from pathlib import Path

from fixtures.inventory.loader import load
from fixtures.selection import RunDirectory
from fixtures.sweep.pool import Interruption, Pool
from fixtures.sweep.result import Subject
from tests.sweep.conftest import READERS


def test_a_worker_that_dies_is_replaced() -> None:
    inventory = load(Path(READERS))
    subjects = [Subject(reader, inventory.cards_in(reader)) for reader in inventory.readers[:2]]
    directory = RunDirectory()
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    before = set(multiprocessing.active_children())

    def kill() -> None:
        while not (workers := set(multiprocessing.active_children()) - before):
            threading.Event().wait(0.005)
        os.kill(workers.pop().pid or 0, signal.SIGKILL)

    killer = threading.Thread(target=kill)
    try:
        with (
            Interruption() as interruption,
            Pool(1, frozenset({"08E6:34C0", "076B:3021"}), directory.path, interruption) as pool,
        ):
            killer.start()
            first, second = pool.run(subjects)
    finally:
        killer.join()
        directory.close()
        for number, handler in handlers.items():
            signal.signal(number, handler)
    assert (first.id, first.status) == (subjects[0].reader.id, "error")
    assert first.reasons == ("its worker process ended with exit status -9",)
    assert (second.id, second.status) == (subjects[1].reader.id, "ok")
