"""The pseudo-terminal: opened and closed by its host at will, quiet when nobody uses it, gone when it is closed."""

from __future__ import annotations

import os
import queue
import stat
import sys
import termios
import threading
import time
import tty
from collections.abc import Iterator
from pathlib import Path

import pytest

if sys.platform != "linux":
    pytest.skip("pseudo-terminals in packet mode and eventfd are Linux's", allow_module_level=True)

from fixtures.simulator.serial.port import SerialPort

SECONDS = 5


class Reader:
    """A port whose other end collects what the host does."""

    def __init__(self, link: Path) -> None:
        self.heard: queue.Queue[bytes | None] = queue.Queue()
        self.port = SerialPort(link, lambda data, _now: self.heard.put(data), lambda: self.heard.put(None))

    def next(self) -> bytes | None:
        """The bytes that came, or None for an opening."""
        return self.heard.get(timeout=SECONDS)


@pytest.fixture
def reader(tmp_path: Path) -> Iterator[Reader]:
    reader = Reader(tmp_path / "serial-0")
    yield reader
    reader.port.close()


def open_as_the_driver_does(reader: Reader) -> int:
    host = os.open(reader.port.link, os.O_RDWR | os.O_NOCTTY)
    termios.tcflush(host, termios.TCIOFLUSH)
    tty.setraw(host, termios.TCSANOW)
    return host


def test_bytes_pass_both_ways_unchanged(reader: Reader) -> None:
    everything = bytes(range(256))
    host = open_as_the_driver_does(reader)
    try:
        assert reader.next() is None
        os.write(host, everything)
        came = b""
        while len(came) < 256:
            came += reader.next() or b""
        assert came == everything
        reader.port.write(everything)
        back = b""
        while len(back) < 256:
            back += os.read(host, 256)
        assert back == everything
    finally:
        os.close(host)


def test_each_opening_is_noticed_and_empties_the_line(reader: Reader) -> None:
    for _ in range(3):
        reader.port.write(b"left over")
        host = open_as_the_driver_does(reader)
        try:
            assert reader.next() is None
            os.set_blocking(host, False)
            with pytest.raises(BlockingIOError):
                os.read(host, 100)
            os.write(host, b"command")
            assert reader.next() == b"command"
        finally:
            os.close(host)


def test_port_is_for_its_user_alone(reader: Reader) -> None:
    assert stat.S_IMODE(os.stat(reader.port.link).st_mode) == 0o600


def test_nobody_reading_blocks_nobody(reader: Reader) -> None:
    for _ in range(100):
        reader.port.write(bytes(1000))


def test_idle_port_uses_no_time_before_and_after_a_host(reader: Reader) -> None:
    """A pseudo-terminal whose last user has closed it reports a hang-up for ever."""
    os.close(open_as_the_driver_does(reader))
    assert reader.next() is None
    used = time.process_time()
    time.sleep(0.3)
    assert time.process_time() - used < 0.1


def test_close_leaves_neither_path_nor_thread_nor_descriptor(tmp_path: Path) -> None:
    before, threads = len(os.listdir("/proc/self/fd")), threading.active_count()
    for _ in range(3):
        reader = Reader(tmp_path / "serial-0")
        reader.port.close()
        reader.port.close()
        reader.port.write(b"too late")
    assert list(tmp_path.iterdir()) == []
    assert (len(os.listdir("/proc/self/fd")), threading.active_count()) == (before, threads)
