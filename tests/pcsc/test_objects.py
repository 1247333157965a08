"""Context, Card, Pcsc and raises_pcsc over a provider in memory."""

from __future__ import annotations

import threading

import pytest

from fixtures.pcsc.card import Response, ShortResponseError
from fixtures.pcsc.constants import (
    INFINITE,
    MAX_BUFFER_SIZE_EXTENDED,
    SCARD_LEAVE_CARD,
    SCARD_PROTOCOL_ANY,
    SCARD_PROTOCOL_RAW,
    SCARD_PROTOCOL_T0,
    SCARD_PROTOCOL_T1,
    SCARD_RESET_CARD,
    SCARD_SHARE_EXCLUSIVE,
    SCARD_SHARE_SHARED,
    SCARD_STATE_PRESENT,
)
from fixtures.pcsc.errors import (
    SCARD_E_CANCELLED,
    SCARD_E_INSUFFICIENT_BUFFER,
    SCARD_E_INVALID_HANDLE,
    SCARD_E_NO_SERVICE,
    SCARD_E_UNKNOWN_READER,
    SCARD_W_REMOVED_CARD,
    SCARD_W_RESET_CARD,
    PcscError,
)
from fixtures.pcsc.expect import raises_pcsc
from fixtures.pcsc.provider import ReaderState
from fixtures.pcsc.session import Pcsc
from tests.pcsc.fake import ATR, READER, FakePcsc

SELECT = bytes.fromhex("00A4040000")


def test_response_is_split_into_data_and_status_word() -> None:
    with Pcsc(FakePcsc(lambda command: command + b"\x63\xc2")) as pcsc, pcsc.context() as context:
        response = context.connect(READER).transmit(SELECT)
    assert response == Response(SELECT, 0x63C2)
    assert response.status_word_name == "2 tries left"


@pytest.mark.parametrize("raw", [b"", b"\x90"])
def test_response_without_a_status_word_is_an_error_of_its_own(raw: bytes) -> None:
    with Pcsc(FakePcsc(lambda _command: raw)) as pcsc, pcsc.context() as context:
        card = context.connect(READER)
        with pytest.raises(ShortResponseError, match=f"returned {len(raw)} bytes"):
            card.transmit(SELECT)
        assert card.transmit_raw(SELECT) == raw


def test_card_passes_protocol_and_buffer_sizes_on() -> None:
    provider = FakePcsc(lambda _command: bytes(32) + b"\x90\x00")
    with Pcsc(provider) as pcsc, pcsc.context() as context, context.connect(READER) as card:
        card.transmit(SELECT)
        with raises_pcsc(SCARD_E_INSUFFICIENT_BUFFER) as caught:
            card.transmit(SELECT, receive_size=30)
        assert caught.error.needed == 34
        card.reconnect()
        card.transmit_raw(SELECT, 258)
        card.transmit_raw(SELECT, 258, SCARD_PROTOCOL_RAW)
        assert (card.get_attrib(0), card.get_attrib_length(0), card.status().atr) == (ATR, len(ATR), ATR)
    assert [call[1:] for call in provider.calls if call[0] == "transmit"] == [
        (SCARD_PROTOCOL_T1, MAX_BUFFER_SIZE_EXTENDED),
        (SCARD_PROTOCOL_T1, 30),
        (SCARD_PROTOCOL_T0, 258),
        (SCARD_PROTOCOL_RAW, 258),
    ]


def test_reconnect_keeps_share_and_protocols_unless_told() -> None:
    provider = FakePcsc()
    with Pcsc(provider) as pcsc, pcsc.context() as context:
        card = context.connect(READER, share=SCARD_SHARE_EXCLUSIVE, protocols=SCARD_PROTOCOL_T1)
        card.reconnect(initialization=SCARD_RESET_CARD)
        card.reconnect(share=SCARD_SHARE_SHARED, protocols=SCARD_PROTOCOL_ANY)
        card.reconnect()
    assert [call[1:] for call in provider.calls if call[0] == "reconnect"] == [
        (SCARD_SHARE_EXCLUSIVE, SCARD_PROTOCOL_T1, SCARD_RESET_CARD),
        (SCARD_SHARE_SHARED, SCARD_PROTOCOL_ANY, SCARD_LEAVE_CARD),
        (SCARD_SHARE_SHARED, SCARD_PROTOCOL_ANY, SCARD_LEAVE_CARD),
    ]


def test_card_is_left_on_exit_and_not_disconnected_twice() -> None:
    provider = FakePcsc()
    with Pcsc(provider) as pcsc, pcsc.context() as context:
        with context.connect(READER):
            pass
        with context.connect(READER) as card:
            card.disconnect(SCARD_RESET_CARD)
            assert not card.connected
    assert [call[2] for call in provider.calls if call[0] == "disconnect"] == [SCARD_LEAVE_CARD, SCARD_RESET_CARD]


def test_second_disconnect_reaches_the_provider() -> None:
    with Pcsc(FakePcsc()) as pcsc, pcsc.context() as context:
        card = context.connect(READER)
        card.disconnect()
        with raises_pcsc(SCARD_E_INVALID_HANDLE):
            card.disconnect()


def test_released_context_is_asked_all_the_same() -> None:
    with Pcsc(FakePcsc()) as pcsc:
        context = pcsc.context()
        card = context.connect(READER)
        context.release()
        assert not context.is_valid()
        assert not card.connected
        with raises_pcsc(SCARD_E_INVALID_HANDLE):
            context.connect(READER)
        with raises_pcsc(SCARD_E_INVALID_HANDLE):
            card.transmit(SELECT)


def test_dead_service_on_exit_does_not_hide_the_tests_own_error() -> None:
    provider = FakePcsc()

    def fail() -> None:
        with Pcsc(provider) as pcsc, pcsc.context() as context, context.connect(READER):
            provider.dead = SCARD_E_NO_SERVICE
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()


class TestTransaction:
    """card.transaction()"""

    def test_ends_with_the_disposition(self) -> None:
        provider = FakePcsc()
        with (
            Pcsc(provider) as pcsc,
            pcsc.context() as context,
            context.connect(READER) as card,
            card.transaction(SCARD_RESET_CARD),
        ):
            card.transmit(SELECT)
        assert provider.names()[2:5] == ["begin_transaction", "transmit", "end_transaction"]
        assert provider.calls[4] == ("end_transaction", SCARD_RESET_CARD)

    def test_error_inside_outlives_the_error_of_ending(self) -> None:
        provider = FakePcsc()
        with Pcsc(provider) as pcsc, pcsc.context() as context, context.connect(READER) as card:

            def fail() -> None:
                with card.transaction():
                    provider.dead = SCARD_W_REMOVED_CARD
                    raise ZeroDivisionError

            with pytest.raises(ZeroDivisionError):
                fail()
            provider.dead = 0

    def test_error_of_ending_is_told_when_there_is_no_other(self) -> None:
        provider = FakePcsc()
        with Pcsc(provider) as pcsc, pcsc.context() as context, context.connect(READER) as card:
            with raises_pcsc(SCARD_W_REMOVED_CARD), card.transaction():
                provider.dead = SCARD_W_REMOVED_CARD
            provider.dead = 0


class TestSession:
    """Pcsc releases what a test leaves open."""

    def test_close_disconnects_and_releases_the_newest_first(self) -> None:
        provider = FakePcsc()
        pcsc = Pcsc(provider)
        first, second = pcsc.context(), pcsc.context()
        first.connect(READER)
        second.connect(READER)
        pcsc.close()
        assert provider.names()[4:] == ["disconnect", "release_context", "disconnect", "release_context"]
        assert provider.calls[5] == ("release_context", second.handle)
        assert (provider.contexts, provider.cards, pcsc.open_contexts()) == (set(), {}, [])

    def test_close_twice_does_nothing_more(self) -> None:
        provider = FakePcsc()
        pcsc = Pcsc(provider)
        pcsc.context()
        pcsc.close()
        before = len(provider.calls)
        pcsc.close()
        assert len(provider.calls) == before

    def test_close_ends_a_wait_in_another_thread_before_it_releases(self) -> None:
        provider = FakePcsc()
        pcsc = Pcsc(provider)
        context = pcsc.context()
        codes: list[int] = []
        asked = threading.Event()
        waits = provider.get_status_change

        def told(handle: int, timeout: int, states: list[ReaderState]) -> list[ReaderState]:
            asked.set()
            return waits(handle, timeout, states)

        provider.get_status_change = told  # type: ignore[method-assign, assignment]

        def wait() -> None:
            with raises_pcsc(SCARD_E_CANCELLED) as caught:
                context.get_status_change(INFINITE, [ReaderState(READER, SCARD_STATE_PRESENT)])
            codes.append(caught.error.code)

        waiter = threading.Thread(target=wait)
        waiter.start()
        assert asked.wait(10)
        pcsc.close()
        waiter.join(10)
        assert codes == [SCARD_E_CANCELLED]
        assert provider.names()[-1] == "release_context"

    def test_contexts_from_many_threads_are_all_released(self) -> None:
        provider = FakePcsc()
        pcsc = Pcsc(provider)
        threads = [threading.Thread(target=lambda: [pcsc.context() for _ in range(20)]) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(pcsc.open_contexts()) == 160
        pcsc.close()
        assert not provider.contexts


class TestRaisesPcsc:
    """raises_pcsc names what was expected and what came."""

    def test_expected_code_is_caught(self) -> None:
        with raises_pcsc(SCARD_W_RESET_CARD) as caught:
            raise PcscError(SCARD_W_RESET_CARD, "SCardTransmit")
        assert caught.error.call == "SCardTransmit"

    def test_signed_code_means_the_same(self) -> None:
        with raises_pcsc(SCARD_W_RESET_CARD - (1 << 32)):
            raise PcscError(SCARD_W_RESET_CARD - (1 << 32), "SCardTransmit")

    def test_any_of_several_codes_is_caught(self) -> None:
        with raises_pcsc(SCARD_W_RESET_CARD, SCARD_W_REMOVED_CARD):
            raise PcscError(SCARD_W_REMOVED_CARD, "SCardStatus")

    def test_other_code_names_both(self) -> None:
        with (
            pytest.raises(
                AssertionError, match=r"expected SCARD_W_RESET_CARD, but SCardStatus returned SCARD_W_REMOVED_CARD"
            ) as failed,
            raises_pcsc(SCARD_W_RESET_CARD),
        ):
            raise PcscError(SCARD_W_REMOVED_CARD, "SCardStatus")
        assert isinstance(failed.value.__cause__, PcscError)

    def test_no_error_names_success(self) -> None:
        with (
            pytest.raises(AssertionError, match=r"expected SCARD_E_UNKNOWN_READER, .*SCARD_S_SUCCESS"),
            raises_pcsc(SCARD_E_UNKNOWN_READER),
        ):
            pass

    def test_other_exceptions_pass(self) -> None:
        with pytest.raises(KeyError), raises_pcsc(SCARD_W_RESET_CARD):
            raise KeyError

    def test_error_before_its_time_is_refused(self) -> None:
        with pytest.raises(AssertionError, match="nothing was raised"):
            raises_pcsc(SCARD_W_RESET_CARD).error  # noqa: B018 - the property raises
