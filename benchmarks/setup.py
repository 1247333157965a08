"""What is measured: a reader, a card and the stack that leads to them."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path


class PeerMissingError(Exception):
    """A peer cannot be measured here; the text says what to install."""


@dataclass(frozen=True)
class Setup:
    """One case.

    pcsc_name: a glob for the reader's PC/SC name. select: sent once before the command, empty for nothing.
    command: what is exchanged; response_length: bytes of its answer, 90 00 included.
    stack: starts everything behind a socket path, with a private directory for it, and ends it on exit.
    note: what is to be known of the case.
    """

    case: str
    pcsc_name: str
    select: bytes
    command: bytes
    response_length: int
    stack: Callable[[Path, Path], AbstractContextManager[None]]
    note: str = ""
