"""The control of the PKCS#11 suite: SoftHSM2, which needs no reader, answers the same questions.

What it gets wrong as well is not the reader's doing, but PyKCS11's, the spy's or the test's.
"""

from __future__ import annotations

import hashlib

import pytest

from fixtures import piv
from fixtures.middleware import modules, softhsm
from fixtures.middleware.pkcs11 import CKF_PROTECTED_AUTHENTICATION_PATH, Pkcs11, Session, raises_ckr
from fixtures.middleware.session import Middleware
from fixtures.middleware.tokens import (
    MESSAGE,
    VENDOR_ERROR,
    assert_refused_alone,
    key_of,
    vendor_error_of,
    what_it_says,
)

pytestmark = pytest.mark.subject("PKCS#11")

LOGGED_IN = "CKS_RO_USER_FUNCTIONS"


@pytest.fixture
def control(middleware: Middleware) -> Pkcs11:
    """SoftHSM2 with a token that has the test PIN."""
    try:
        modules.require_python("cryptography")
        return middleware.pkcs11_control(piv.PIN)
    except modules.MissingError as error:
        pytest.skip(str(error))


def test_control_tells_a_wrong_pin(control: Pkcs11) -> None:
    """SoftHSM2: CKR_PIN_INCORRECT, and the right PIN after it."""
    session = control.open_session(softhsm.slot_of_token(control))
    with raises_ckr("CKR_PIN_INCORRECT"):
        session.login(piv.WRONG_PIN)
    session.login(piv.PIN)
    assert session.state() == LOGGED_IN


def test_control_signs_what_is_verified(control: Pkcs11) -> None:
    """SoftHSM2: RSA and P-256, verified by another library; a null PIN is refused where there is no pad."""
    from fixtures.middleware.verification import shown_key, verifies

    slot = softhsm.slot_of_token(control)
    assert CKF_PROTECTED_AUTHENTICATION_PATH not in control.token_info(slot).flags
    session = control.open_session(slot)
    session.login(piv.PIN)
    for key_type, mechanism in (("CKK_RSA", "CKM_SHA256_RSA_PKCS"), ("CKK_EC", "CKM_ECDSA")):
        key, key_id = key_of(session, key_type)
        message = MESSAGE if key_type == "CKK_RSA" else hashlib.sha256(MESSAGE).digest()
        assert verifies(shown_key(session, key_id), session.sign(key, mechanism, message), MESSAGE)


def test_control_refuses_one_attribute_alone(control: Pkcs11) -> None:
    """SoftHSM2: the private exponent is sensitive, the modulus is not."""
    session = control.open_session(softhsm.slot_of_token(control))
    session.login(piv.PIN)
    assert_refused_alone(session)


def test_control_behind_the_spy_says_the_same(control: Pkcs11, middleware: Middleware) -> None:
    """SoftHSM2 behind pkcs11-spy, and a vendor's error through both."""

    def log_in(session: Session) -> None:
        session.login(piv.PIN)

    expected = what_it_says(control, softhsm.slot_of_token(control), log_in)
    spied = middleware.pkcs11_spied(control_pin=piv.PIN)
    assert what_it_says(spied, softhsm.slot_of_token(spied), log_in) == expected
    for through_spy in (False, True):
        module = middleware.pkcs11_with_vendor_error(VENDOR_ERROR, control_pin=piv.PIN, spied=through_spy)
        assert vendor_error_of(module, softhsm.slot_of_token(module)) == VENDOR_ERROR
