"""javax.smartcardio above the reader: the JDK's provider, one on JNA, and intarsys's, each in a JVM of its own.

What a provider is known to get wrong is an expected failure with its reason; docs/middleware.md has the table.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest

from fixtures import reader_test
from fixtures.hands import Hands
from fixtures.middleware.client import MiddlewareError
from fixtures.middleware.modules import MissingError
from fixtures.middleware.one_context import delays
from fixtures.middleware.session import Middleware
from fixtures.middleware.smartcardio import (
    INTARSYS,
    JDK,
    JNASMARTCARDIO,
    PROVIDERS,
    JavaCard,
    Provider,
    SmartCardIo,
    command,
)
from fixtures.reader_under_test import ReaderUnderTest

pytestmark = [
    pytest.mark.subject("javax.smartcardio"),
    pytest.mark.applet("reader-test"),
    pytest.mark.not_recorded("what middleware does is not seen at the seam"),
]

SUCCESS = b"\x90\x00"
WAIT_SECONDS = 2.0
PATIENCE_SECONDS = 10.0
DESELECTED = 0x6D00
BYTES_REMAIN = 0x6100

HELD_UP = {
    JDK.id: ({"list", "connect", "transmit"}, "one PC/SC context serves every call: each waits for the wait's end"),
    JNASMARTCARDIO.id: ({"connect", "transmit"}, "a list, its terminals and their cards share a context"),
}
"""By provider, the calls that a wait in another thread holds up, and why."""
LONGEST = {
    JDK.id: (8192, "the receive buffer of libj2pcsc has 8192 bytes"),
    JNASMARTCARDIO.id: (8192, "its receive buffer has 8192 bytes"),
    INTARSYS.id: (512, "its receive buffer is too short for an extended response"),
}
"""By provider, the shortest response in bytes, status word included, that it has no room for, or at most that; why."""
SHORTEST_ATR = {INTARSYS.id: 6}
"""By provider, the bytes that an ATR needs so that the card is seen."""
NO_GET_RESPONSE = {INTARSYS.id: "GET RESPONSE is not implemented: 61xx comes back"}
RESET_LEAVES_A_BAD_CARD = {INTARSYS.id: "a connection after disconnect(true) has no protocol: SCARD_E_PROTO_MISMATCH"}


@pytest.fixture(scope="session", autouse=True)
def _installed() -> None:
    """Skips before any reader is set up where Java or the client is missing."""
    try:
        command(JDK)
    except MissingError as error:
        pytest.skip(str(error))


@pytest.fixture(params=PROVIDERS, ids=lambda provider: provider.id)
def provider(request: pytest.FixtureRequest) -> Provider:
    """Each provider in turn; skips one whose jars are missing."""
    chosen: Provider = request.param
    try:
        command(chosen)
    except MissingError as error:
        pytest.skip(str(error))
    return chosen


@pytest.fixture
def java(middleware: Middleware, provider: Provider) -> SmartCardIo:
    """The provider in its JVM."""
    return middleware.smartcardio(provider)


def connected(java: SmartCardIo, reader: ReaderUnderTest) -> JavaCard:
    """A connection to the card, once the provider knows of it."""
    await_card(java, reader, PATIENCE_SECONDS)
    return java.connect(reader.name)


def await_card(java: SmartCardIo, reader: ReaderUnderTest, patience: float) -> None:
    """Waits until the provider knows of the card."""
    if len(reader.card.atr) < SHORTEST_ATR.get(java.provider.id, 0) and not java.is_card_present(reader.name):
        pytest.xfail(f"{java.provider.id}: sees no card whose ATR is that short ({len(reader.card.atr)} bytes)")
    java.await_card(reader.name, present=True, patience=patience)


def xfail_if(provider: Provider, known: Mapping[str, str], seen: bool) -> None:
    """Ends the test as an expected failure where the provider is known for what was seen."""
    if seen and provider.id in known:
        pytest.xfail(f"{provider.id}: {known[provider.id]}")


@pytest.mark.behaviour("smartcardio-calls-during-a-wait")
def test_a_wait_in_one_thread_holds_up_no_other(reader: ReaderUnderTest, java: SmartCardIo) -> None:
    """L. Rousseau's blog on javax.smartcardio: list, connect and transmit in other threads come back during a wait.

    A dead-lock is a call that has not come back long after the wait's end.
    """
    card = connected(java, reader)
    card.transmit(reader_test.SELECT)
    _took, held_up = delays(java, reader.name, card)
    expected, reason = HELD_UP.get(java.provider.id, (set(), ""))
    if held_up and held_up == expected:
        pytest.xfail(f"{java.provider.id}: {reason}")
    assert held_up == set()


@pytest.mark.behaviour("smartcardio-disconnect-reset")
def test_disconnect_resets_the_card_exactly_when_asked(reader: ReaderUnderTest, java: SmartCardIo) -> None:
    """The JDK inverted the argument before 8u20. After disconnect(true) nothing is selected, after false what was."""
    card = connected(java, reader)
    assert card.transmit(reader_test.SELECT) == SUCCESS
    card.disconnect(reset=False)
    again = java.connect(reader.name)
    assert again.status_and_data(reader_test.case_2(16)) == (0x9000, reader_test.counting(16))
    again.disconnect(reset=True)
    last = java.connect(reader.name)
    try:
        assert last.status_and_data(reader_test.case_2(16)) == (DESELECTED, b"")
    except MiddlewareError as error:
        xfail_if(java.provider, RESET_LEAVES_A_BAD_CARD, "SCARD_E_PROTO_MISMATCH" in str(error))
        raise


@pytest.mark.behaviour("smartcardio-get-response")
def test_rest_of_a_response_is_fetched_by_the_right_class(
    reader: ReaderUnderTest, java: SmartCardIo, apdus: Callable[[], list[str]]
) -> None:
    """ISO/IEC 7816-4, 5.4.1 and 11.7.1: on T=0, 61xx is followed by GET RESPONSE, class 00 or the command's own."""
    card = connected(java, reader)
    if card.protocol != "T=0":
        pytest.skip(f"card {reader.card.id} talks {card.protocol} here; 61xx is T=0's")
    assert card.transmit(reader_test.SELECT) == SUCCESS
    without_le = reader_test.case_4(3, 16)[:-1]
    status, data = card.status_and_data(without_le)
    if status == BYTES_REMAIN + 16:
        xfail_if(java.provider, NO_GET_RESPONSE, True)
    assert (status, data) == (0x9000, reader_test.counting(16))
    sent = apdus()
    (fetched,) = sent[sent.index(without_le.hex(" ").upper()) + 1 :]
    assert fetched in ("00 C0 00 00 10", "80 C0 00 00 10")


@pytest.mark.behaviour("smartcardio-response-lengths")
def test_responses_come_whole_up_to_the_longest(reader: ReaderUnderTest, java: SmartCardIo) -> None:
    """ISO/IEC 7816-3, 12.1.3: 1 to 256 bytes of response, and to 65,536 in the extended form, or a clear refusal."""
    card = connected(java, reader)
    assert card.transmit(reader_test.SELECT) == SUCCESS
    for length in (1, 255, 256):
        assert card.status_and_data(reader_test.case_2(length)) == (0x9000, reader_test.counting(length))
    if reader.features.exchange_level != "extended-apdu" or card.protocol != "T=1":
        return
    limit, reason = LONGEST.get(java.provider.id, (65539, ""))
    for length in (257, 1022, 8190, 8191, 32767, 65536):
        extended = bytes.fromhex("8000045500") + (length & 0xFFFF).to_bytes(2, "big")
        try:
            assert card.status_and_data(extended) == (0x9000, b"\x55" * length)
        except MiddlewareError as error:
            if length + 2 > limit and "SCARD_E_INSUFFICIENT_BUFFER" in str(error):
                pytest.xfail(f"{java.provider.id}: {reason}; {length} bytes are refused")
            raise


@pytest.mark.behaviour("smartcardio-card-events")
def test_waits_end_when_the_card_moves(reader: ReaderUnderTest, java: SmartCardIo, hands: Hands) -> None:
    """JSR 268, CardTerminal: waitForCardAbsent and waitForCardPresent return true when it happens, at once after it."""
    await_card(java, reader, hands.patience)
    waiting = java.start_wait_for_card_absent(reader.name, hands.patience)
    assert not waiting.came(0.2), "the wait ended before the card moved"
    hands.remove()
    assert waiting.result(hands.patience + WAIT_SECONDS) is True
    assert not java.is_card_present(reader.name)
    waiting = java.start_wait_for_card_present(reader.name, hands.patience)
    assert not waiting.came(0.2), "the wait ended before the card moved"
    hands.insert()
    assert waiting.result(hands.patience + WAIT_SECONDS) is True
    assert java.connect(reader.name).atr == reader.card.atr


@pytest.mark.behaviour("smartcardio-terminal-events")
def test_list_follows_a_reader_that_goes_and_comes(reader: ReaderUnderTest, java: SmartCardIo, hands: Hands) -> None:
    """JSR 268, CardTerminals.list(): the terminals that are there now; the card works in one that came back."""
    java.await_terminal(reader.name, listed=True, patience=hands.patience)
    hands.unplug()
    java.await_terminal(reader.name, listed=False, patience=hands.patience)
    hands.plug()
    java.await_terminal(reader.name, listed=True, patience=hands.patience)
    assert connected(java, reader).transmit(reader_test.SELECT) == SUCCESS
