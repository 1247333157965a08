"""PKCS#11 above the reader: what a module makes of cards that come and go, of PINs, of resets, and of its keys.

The module is OpenSC's, or another one by --pkcs11-module, in a process of its own; the card is a PIV card. The control
is test_pkcs11_control.py.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator

import pytest

from fixtures import piv, safety
from fixtures.hands import CANCEL, ENTER, TIMEOUT, Hands
from fixtures.middleware import modules
from fixtures.middleware.pkcs11 import (
    CKF_PROTECTED_AUTHENTICATION_PATH,
    CKF_TOKEN_PRESENT,
    Pkcs11,
    Session,
    raises_ckr,
)
from fixtures.middleware.session import Middleware
from fixtures.middleware.tokens import (
    MESSAGE,
    VENDOR_ERROR,
    assert_refused_alone,
    await_flag,
    certificate_of,
    key_of,
    sign_or_error,
    state_or_error,
    vendor_error_of,
    what_it_says,
)
from fixtures.pcsc.card import Card
from fixtures.pcsc.constants import SCARD_RESET_CARD, SCARD_STATE_EMPTY, SCARD_STATE_PRESENT
from fixtures.pcsc.session import Pcsc
from fixtures.reader_under_test import ReaderUnderTest
from fixtures.states import state_of, wait_for

pytestmark = [
    pytest.mark.subject("PKCS#11"),
    pytest.mark.simulated_card("piv"),
    pytest.mark.applet("piv"),
    pytest.mark.not_recorded("what middleware does is not seen at the seam"),
]

PUBLIC, LOGGED_IN = "CKS_RO_PUBLIC_SESSION", "CKS_RO_USER_FUNCTIONS"
REMOVED = ("CKR_DEVICE_REMOVED", "CKR_TOKEN_NOT_PRESENT", "CKR_SESSION_HANDLE_INVALID", "CKR_SESSION_CLOSED")
"""What a session of a token that is gone may say (PKCS #11 3.0, 5.1.3, and 6.7.4: removal closes its sessions)."""
LOGGED_OUT = ("CKR_USER_NOT_LOGGED_IN", "CKR_DEVICE_REMOVED", "CKR_DEVICE_ERROR", "CKR_SESSION_HANDLE_INVALID")
"""What a session may say whose card was reset under it."""


@pytest.fixture(scope="session", autouse=True)
def _installed(pytestconfig: pytest.Config) -> None:
    """Skips before any reader is set up where there is nothing to test it with."""
    try:
        modules.require_pkcs11(pytestconfig.getoption("pkcs11_module"))
        modules.require_python("cryptography")
    except modules.MissingError as error:
        pytest.skip(str(error))


@pytest.fixture
def module(middleware: Middleware) -> Pkcs11:
    """The module under test, loaded and initialized."""
    return middleware.pkcs11()


@pytest.fixture
def login(reader: ReaderUnderTest, hands: Hands) -> Callable[[Session], None]:
    """Logs a session in with the right PIN: from the host, or on the pad where the reader has one."""

    def log_in(session: Session) -> None:
        if reader.features.verify_pin_direct:
            hands.press(piv.PIN.decode(), ENTER)
            session.login(None, within=hands.patience)
        else:
            session.login(piv.PIN)

    return log_in


@pytest.fixture
def outside(reader: ReaderUnderTest, pcsc: Pcsc) -> Iterator[Card]:
    """Another program's connection to the same card, with the PIV application selected and nothing verified."""
    with pcsc.context() as context:
        with context.connect(reader.name) as card:
            card.disconnect(SCARD_RESET_CARD)
        with context.connect(reader.name) as card:
            assert card.transmit(piv.SELECT).sw & 0xFF00 in (0x9000, 0x6100)
            yield card


def tries_left(card: Card) -> int:
    """How many PIN tries are left; skips where only one is."""
    return safety.require_tries(card, question=piv.TRIES_LEFT)


def read_object(card: Card, tag: bytes) -> bytes:
    """A PIV data object, fetched to its end with GET RESPONSE."""
    answer = card.transmit(piv.get_data(tag))
    data = answer.data
    while answer.sw >> 8 == 0x61:
        answer = card.transmit(bytes([0x00, 0xC0, 0x00, 0x00, answer.sw & 0xFF]))
        data += answer.data
    assert answer.sw == 0x9000
    return data


def require_pinpad(reader: ReaderUnderTest) -> None:
    """Skips a reader that has no pinpad."""
    if not reader.features.verify_pin_direct:
        pytest.skip(f"{reader.id} has no pinpad (readers.yaml: features.verify_pin_direct)")


@pytest.mark.behaviour("pkcs11-slot-list")
def test_slots_without_a_token_are_listed_only_when_asked(
    reader: ReaderUnderTest, module: Pkcs11, hands: Hands
) -> None:
    """PKCS #11 3.0, 5.5.1: C_GetSlotList with tokenPresent lists only slots with a token, without it all of them."""
    slot = module.slot_of(reader.name)
    assert module.slots_of(reader.name, token_present=True) == [slot]
    module.forget_slot_events()
    hands.remove()
    await_flag(module, slot, present=False, patience=hands.patience)
    assert module.slots_of(reader.name) == [slot]
    assert module.slots_of(reader.name, token_present=True) == []


@pytest.mark.behaviour("pkcs11-token-flag")
def test_token_flag_follows_the_card(reader: ReaderUnderTest, module: Pkcs11, hands: Hands) -> None:
    """PKCS #11 3.0, 3.2: CKF_TOKEN_PRESENT is set while a card is in, and C_GetTokenInfo works only then."""
    slot = module.slot_of(reader.name)
    assert CKF_TOKEN_PRESENT in module.slot_info(slot).flags
    hands.remove()
    await_flag(module, slot, present=False, patience=hands.patience)
    with raises_ckr("CKR_TOKEN_NOT_PRESENT"):
        module.token_info(slot)
    hands.insert()
    await_flag(module, slot, present=True, patience=hands.patience)
    assert module.token_info(slot).serial_number


@pytest.mark.behaviour("pkcs11-wait-for-slot-event")
def test_waiting_for_a_slot_event_ends_when_the_card_moves(
    reader: ReaderUnderTest, module: Pkcs11, hands: Hands
) -> None:
    """PKCS #11 3.0, 5.5.4: C_WaitForSlotEvent returns the slot of the card that went, then of the one that came."""
    slot = module.slot_of(reader.name)
    module.forget_slot_events()
    with raises_ckr("CKR_NO_EVENT"):
        module.poll_slot_event()
    for move in (hands.remove, hands.insert):
        waiting = module.start_wait_for_slot_event()
        assert not waiting.came(0.3), "the wait ended before anything happened"
        move()
        assert waiting.result(hands.patience) == slot


@pytest.mark.behaviour("pkcs11-protected-authentication-path")
def test_protected_authentication_path_is_the_pinpads(reader: ReaderUnderTest, module: Pkcs11) -> None:
    """PKCS #11 3.0, 3.2: CKF_PROTECTED_AUTHENTICATION_PATH iff the PIN can be entered without the host."""
    flags = module.token_info(module.slot_of(reader.name)).flags
    assert (CKF_PROTECTED_AUTHENTICATION_PATH in flags) == reader.features.verify_pin_direct


@pytest.mark.behaviour("pkcs11-login-on-the-pad")
@pytest.mark.spends_pin_tries
def test_login_without_a_pin_drives_the_pad(
    reader: ReaderUnderTest, module: Pkcs11, hands: Hands, wire: Callable[[], list[str]]
) -> None:
    """PKCS #11 3.0, 5.6.8: C_Login with a null PIN has the pad ask for it, and the PIN never passes the host."""
    require_pinpad(reader)
    session = module.open_session(module.slot_of(reader.name))
    hands.press(piv.PIN.decode(), ENTER)
    session.login(None, within=hands.patience)
    assert session.state() == LOGGED_IN
    assert wire().count("PC_to_RDR_Secure") == 1


@pytest.mark.behaviour("pkcs11-pad-given-up")
@pytest.mark.spends_pin_tries
@pytest.mark.parametrize("key", [CANCEL, TIMEOUT])
def test_entry_that_is_given_up_is_no_login_and_costs_no_try(
    reader: ReaderUnderTest, middleware: Middleware, outside: Card, hands: Hands, key: str
) -> None:
    """PKCS #11 3.0, 5.1.6: CKR_FUNCTION_CANCELED, or what says that no PIN came; the card's counter stands."""
    require_pinpad(reader)
    before = tries_left(outside)
    module = middleware.pkcs11()
    session = module.open_session(module.slot_of(reader.name))
    hands.press(piv.PIN[:2].decode(), key)
    with raises_ckr("CKR_FUNCTION_CANCELED", "CKR_FUNCTION_FAILED", "CKR_PIN_INVALID", "CKR_PIN_INCORRECT"):
        session.login(None, within=hands.patience)
    assert session.state() == PUBLIC
    assert tries_left(outside) == before


@pytest.mark.behaviour("pkcs11-wrong-pin")
@pytest.mark.spends_pin_tries
def test_wrong_pin_is_told_and_counted(
    reader: ReaderUnderTest,
    middleware: Middleware,
    outside: Card,
    hands: Hands,
    login: Callable[[Session], None],
) -> None:
    """PKCS #11 3.0, 5.1.3: CKR_PIN_INCORRECT; the card counts one try, and the right PIN gives it back."""
    before = tries_left(outside)
    module = middleware.pkcs11()
    session = module.open_session(module.slot_of(reader.name))
    with raises_ckr("CKR_PIN_INCORRECT"):
        if reader.features.verify_pin_direct:
            hands.press(piv.WRONG_PIN.decode(), ENTER)
            session.login(None, within=hands.patience)
        else:
            session.login(piv.WRONG_PIN)
    assert session.state() == PUBLIC
    assert tries_left(outside) == before - 1
    login(session)
    outside.disconnect(SCARD_RESET_CARD)


@pytest.mark.behaviour("pkcs11-signatures")
@pytest.mark.spends_pin_tries
@pytest.mark.parametrize(("key_type", "mechanism"), [("CKK_RSA", "CKM_SHA256_RSA_PKCS"), ("CKK_EC", "CKM_ECDSA")])
def test_signatures_are_verified_with_the_certificate(
    reader: ReaderUnderTest, module: Pkcs11, login: Callable[[Session], None], key_type: str, mechanism: str
) -> None:
    """RFC 8017, 8.2, and FIPS 186-4, 6: what the card signs is verified by another library (cryptography)."""
    from fixtures.middleware.verification import certified_key, shown_key, verifies

    session = module.open_session(module.slot_of(reader.name))
    login(session)
    key, key_id = key_of(session, key_type)
    message = MESSAGE if key_type == "CKK_RSA" else hashlib.sha256(MESSAGE).digest()
    signature = session.sign(key, mechanism, message)
    public = certified_key(certificate_of(session, key_id))
    assert verifies(public, signature, MESSAGE)
    assert not verifies(public, signature, b"another message")
    assert public.public_numbers() == shown_key(session, key_id).public_numbers()


@pytest.mark.behaviour("pkcs11-login-for-each-signature")
@pytest.mark.spends_pin_tries
def test_key_that_wants_a_login_each_time_signs_with_one_and_not_without(
    reader: ReaderUnderTest, module: Pkcs11, hands: Hands, login: Callable[[Session], None]
) -> None:
    """PKCS #11 3.0, 4.9: CKA_ALWAYS_AUTHENTICATE wants C_Login with CKU_CONTEXT_SPECIFIC after C_SignInit."""
    from fixtures.middleware.verification import certified_key, verifies

    session = module.open_session(module.slot_of(reader.name))
    login(session)
    key, key_id = key_of(session, "CKK_EC", always=True)
    digest = hashlib.sha256(MESSAGE).digest()
    public = certified_key(certificate_of(session, key_id))
    for _turn in range(2):
        if reader.features.verify_pin_direct:
            hands.press(piv.PIN.decode(), ENTER)
            signature = session.sign_with_login(key, "CKM_ECDSA", digest, None)
        else:
            signature = session.sign_with_login(key, "CKM_ECDSA", digest, piv.PIN)
        assert verifies(public, signature, MESSAGE)
    with raises_ckr("CKR_USER_NOT_LOGGED_IN"):
        session.sign(key, "CKM_ECDSA", digest)


@pytest.mark.behaviour("pkcs11-decryption")
@pytest.mark.spends_pin_tries
def test_what_is_encrypted_for_the_card_is_decrypted_by_it(
    reader: ReaderUnderTest, module: Pkcs11, login: Callable[[Session], None]
) -> None:
    """RFC 8017, 7.2: a chained command of more than 255 bytes and a response of 256 pass the reader unharmed."""
    from fixtures.middleware.verification import certified_key, encrypted

    session = module.open_session(module.slot_of(reader.name))
    login(session)
    key, key_id = key_of(session, "CKK_RSA")
    hidden = encrypted(certified_key(certificate_of(session, key_id)), MESSAGE)
    assert session.decrypt(key, "CKM_RSA_PKCS", hidden) == MESSAGE


@pytest.mark.behaviour("pkcs11-long-object")
def test_certificate_is_the_cards_byte_for_byte(reader: ReaderUnderTest, outside: Card, middleware: Middleware) -> None:
    """A certificate of several hundred bytes comes in parts (GET RESPONSE): the same by PKCS#11 and by PC/SC."""
    container = read_object(outside, piv.AUTHENTICATION_CERTIFICATE)
    module = middleware.pkcs11()
    session = module.open_session(module.slot_of(reader.name))
    found = session.find(CKA_CLASS="CKO_CERTIFICATE")
    values = [session.attributes(handle, ["CKA_VALUE"])[0] for handle in found]
    assert len(container) > 256
    assert any(value is not None and value in container for value in values)


@pytest.mark.behaviour("pkcs11-tool-test")
@pytest.mark.spends_pin_tries
def test_pkcs11_tool_finds_no_errors(reader: ReaderUnderTest, middleware: Middleware, hands: Hands) -> None:
    """OpenSC's own test of a token: random numbers, digests, signatures, decryption; the PIN on the pad or by --pin."""
    with middleware.pkcs11() as module:
        slot = module.slot_of(reader.name)
    if reader.features.verify_pin_direct:
        hands.press(piv.PIN.decode(), ENTER)
    said = middleware.pkcs11_tool(slot, None if reader.features.verify_pin_direct else piv.PIN)
    assert said.rstrip().endswith("No errors")


@pytest.mark.behaviour("pkcs11-removal-in-mid-session")
@pytest.mark.spends_pin_tries
@pytest.mark.parametrize("looking", [True, False], ids=["seen", "unseen"])
def test_session_of_a_card_that_went_is_over(
    reader: ReaderUnderTest,
    module: Pkcs11,
    hands: Hands,
    pcsc: Pcsc,
    login: Callable[[Session], None],
    looking: bool,
) -> None:
    """PKCS #11 3.0, 6.7.4: removal ends the sessions; a card put back is a new token, with nobody logged in.

    Where the program did not look while the card was out, OpenSC 0.23 opens a session and closes it again at its first
    use (CKR_SESSION_HANDLE_INVALID); the next one holds.
    """
    slot = module.slot_of(reader.name)
    session = module.open_session(slot)
    login(session)
    key, _key_id = key_of(session, "CKK_RSA")
    assert session.sign(key, "CKM_SHA256_RSA_PKCS", MESSAGE)
    with pcsc.context() as context:
        known = state_of(context, reader.name)
        hands.remove()
        known = wait_for(context, known, SCARD_STATE_EMPTY, hands)
        if looking:
            assert sign_or_error(session, key)[1] in REMOVED
            assert CKF_TOKEN_PRESENT not in module.slot_info(slot).flags
        hands.insert()
        wait_for(context, known, SCARD_STATE_PRESENT, hands)
    assert sign_or_error(session, key)[1] in REMOVED
    again = module.open_session(module.slot_of(reader.name))
    if not looking and state_or_error(again) == "CKR_SESSION_HANDLE_INVALID":
        again = module.open_session(slot)
    assert state_or_error(again) == PUBLIC
    login(again)
    key, _key_id = key_of(again, "CKK_RSA")
    assert again.sign(key, "CKM_SHA256_RSA_PKCS", MESSAGE)


@pytest.mark.behaviour("pkcs11-two-sessions-and-a-reset")
@pytest.mark.spends_pin_tries
def test_two_sessions_survive_a_reset_from_outside(
    reader: ReaderUnderTest, module: Pkcs11, pcsc: Pcsc, login: Callable[[Session], None]
) -> None:
    """PKCS #11 3.0, 5.6.8: a login holds for all sessions; a reset by another program ends it, and says so."""
    from fixtures.middleware.verification import certified_key, verifies

    slot = module.slot_of(reader.name)
    first, second = module.open_session(slot), module.open_session(slot)
    login(first)
    assert second.state() == LOGGED_IN
    key, key_id = key_of(second, "CKK_RSA")
    public = certified_key(certificate_of(second, key_id))
    with pcsc.context() as context, context.connect(reader.name) as other:
        other.disconnect(SCARD_RESET_CARD)
    for session in (first, second):
        signature, error = sign_or_error(session, key)
        assert error in LOGGED_OUT or verifies(public, signature, MESSAGE)


@pytest.mark.behaviour("pkcs11-refused-attribute")
@pytest.mark.spends_pin_tries
def test_attribute_that_the_token_refuses_costs_no_other(
    reader: ReaderUnderTest, module: Pkcs11, login: Callable[[Session], None]
) -> None:
    """PKCS #11 3.0, 5.7.5: CKR_ATTRIBUTE_SENSITIVE for the private exponent; what else was asked for comes."""
    session = module.open_session(module.slot_of(reader.name))
    login(session)
    assert_refused_alone(session)


@pytest.mark.behaviour("pkcs11-spy")
@pytest.mark.spends_pin_tries
def test_spy_changes_nothing(reader: ReaderUnderTest, middleware: Middleware, login: Callable[[Session], None]) -> None:
    """OpenSC's pkcs11-spy stands between program and module: the same calls come back with the same answers."""
    with middleware.pkcs11() as bare:
        expected = what_it_says(bare, bare.slot_of(reader.name), login)
    with middleware.pkcs11_spied() as spied:
        assert what_it_says(spied, spied.slot_of(reader.name), login) == expected
    assert {"C_Login", "C_Sign", "C_GetSlotList"} <= middleware.spied_calls()


@pytest.mark.behaviour("pkcs11-vendor-error")
@pytest.mark.parametrize("spied", [False, True], ids=["bare", "spied"])
def test_vendor_error_keeps_its_number(reader: ReaderUnderTest, middleware: Middleware, spied: bool) -> None:
    """PKCS #11 3.0, 5.1: return values from CKR_VENDOR_DEFINED on are the module's own, and reach the program whole."""
    module = middleware.pkcs11_with_vendor_error(VENDOR_ERROR, spied=spied)
    assert vendor_error_of(module, module.slot_of(reader.name)) == VENDOR_ERROR
