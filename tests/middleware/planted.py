"""Faults that show at PKCS#11 level, planted by --fault planted:NAME from this folder."""

from __future__ import annotations

from typing import ClassVar

from fixtures.simulator.ccid import message as ccid
from fixtures.simulator.ccid.message import CcidMessage
from fixtures.simulator.faults.fault import Fault

_VERIFY, _GENERAL_AUTHENTICATE, _GET_RESPONSE = 0x20, 0x87, 0xC0
_TRIES_LEFT = 0x63
_PRESENT = 0x01


class _Watching(Fault):
    """Remembers the command that a response belongs to."""

    ins: ClassVar[int]
    _concerned = False

    def on_card_command(self, command: bytes) -> bytes:
        """Notes whether the next response is the one; GET RESPONSE goes on with the command before it."""
        if command[1:2] != bytes((_GET_RESPONSE,)):
            self._concerned = command[1:2] == bytes((self.ins,)) and len(command) > 5
        return command


class InsertionNeverSeen(Fault):
    """The card switch sticks once a card was taken out: the slot stays empty for the reader."""

    _removed = False

    def on_interrupt(self, data: bytes) -> bytes | None:
        """No insertion after the first removal."""
        present = bool(data[1] & _PRESENT)
        self._removed = self._removed or not present
        return None if self._removed and present else data

    def on_response(self, message: CcidMessage) -> CcidMessage:
        """Absent, from then on."""
        if not self._removed or message.message_type != ccid.RDR_to_PC_SlotStatus:
            return message
        return message._replace(specific=bytes((ccid.ICC_NOT_PRESENT,)) + message.specific[1:])


class RightPinRefused(_Watching):
    """Every PIN is told to be wrong."""

    ins = _VERIFY

    def on_card_response(self, response: bytes) -> bytes:
        """Two tries left in the place of success."""
        return b"\x63\xc2" if self._concerned and response == b"\x90\x00" else response


class WrongPinAccepted(_Watching):
    """Every PIN is told to be right."""

    ins = _VERIFY

    def on_card_response(self, response: bytes) -> bytes:
        """Success in the place of tries left."""
        return b"\x90\x00" if self._concerned and response[:1] == bytes((_TRIES_LEFT,)) else response


class SignatureBitFlipped(_Watching):
    """A bit of what the card computes is lost on the way."""

    ins = _GENERAL_AUTHENTICATE

    def on_card_response(self, response: bytes) -> bytes:
        """The last data byte with another lowest bit."""
        if not self._concerned or len(response) < 3:
            return response
        return response[:-3] + bytes((response[-3] ^ 1,)) + response[-2:]


class PinpadNotDeclared(Fault):
    """bPINSupport says that there is no pinpad."""

    def on_descriptor(self, descriptor: bytes) -> bytes:
        """0 in the class descriptor's last field but one (CCID 1.1, 5.1)."""
        start = descriptor.index(b"\x36\x21")
        return descriptor[: start + 52] + b"\0" + descriptor[start + 53 :]
