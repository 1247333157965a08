"""The PIV card answers as NIST SP 800-73-4 says, and its keys do what their certificates say."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Sequence

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, utils
from hypothesis import given
from hypothesis import strategies as st

from fixtures.simulator.cards.piv import ber_tlv
from fixtures.simulator.cards.piv.card import PivCard
from fixtures.simulator.cards.piv.keys import KeyPair, make_keys
from fixtures.simulator.cards.registry import create_card
from fixtures.simulator.ccid.t0 import T0Card
from fixtures.simulator.specification import CardSpecification, SpecificationError

SPECIFICATION = CardSpecification("piv", "3B83 8031FE45 504956 C6")
SELECT = bytes.fromhex("00A4040009A00000030800001000 00")
RIGHT = bytes.fromhex("0020008008") + b"123456\xff\xff"
WRONG = bytes.fromhex("0020008008") + b"654321\xff\xff"


@pytest.fixture(scope="module")
def keys() -> dict[int, KeyPair]:
    return make_keys("")


@pytest.fixture
def card(keys: dict[int, KeyPair]) -> PivCard:
    card = PivCard(SPECIFICATION, keys)
    card.power_on(False)
    assert status(card, SELECT) == "9000"
    return card


def status(card: PivCard, command: bytes | str) -> str:
    raw = bytes.fromhex(command) if isinstance(command, str) else command
    return card.transmit(raw).data[-2:].hex().upper()


def whole(card: PivCard, command: bytes) -> bytes:
    """The response's data, fetched to its end with GET RESPONSE; the status must be 9000."""
    answer = card.transmit(command).data
    data = answer[:-2]
    while answer[-2] == 0x61:
        answer = card.transmit(bytes((0x00, 0xC0, 0x00, 0x00, answer[-1]))).data
        data += answer[:-2]
    assert answer[-2:] == b"\x90\x00"
    return data


def get_data(tag: str) -> bytes:
    body = bytes.fromhex(tag)
    field = ber_tlv.tlv(0x5C, body)
    return bytes.fromhex("00CB3FFF") + bytes((len(field),)) + field + b"\x00"


def certificate(card: PivCard, tag: str) -> x509.Certificate:
    container = ber_tlv.parse(ber_tlv.parse(whole(card, get_data(tag)))[0x53])
    assert (container[0x71], container[0xFE]) == (b"\x00", b"")
    return x509.load_der_x509_certificate(container[0x70])


def authenticate(card: PivCard, algorithm: int, reference: int, tag: int, value: bytes) -> bytes:
    """GENERAL AUTHENTICATE in a chain; the value of the response's tag 82."""
    template = ber_tlv.tlv(0x7C, ber_tlv.tlv(0x82) + ber_tlv.tlv(tag, value))
    pieces = [template[start : start + 200] for start in range(0, len(template), 200)]
    for piece in pieces[:-1]:
        assert status(card, bytes((0x10, 0x87, algorithm, reference, len(piece))) + piece) == "9000"
    last = bytes((0x00, 0x87, algorithm, reference, len(pieces[-1]))) + pieces[-1] + b"\x00"
    return ber_tlv.parse(ber_tlv.parse(whole(card, last))[0x7C])[0x82]


def test_nothing_but_select_works_before_it_and_after_a_reset(card: PivCard) -> None:
    assert status(card, get_data("5FC102")) == "9000"
    card.power_on(True)
    assert [status(card, command) for command in (get_data("5FC102"), RIGHT)] == ["6D00", "6D00"]


@pytest.mark.parametrize("name", ["A00000030800001000", "A0000003080000100001", "A000000308000010000100"])
def test_the_application_is_found_by_its_name_with_or_without_its_version(card: PivCard, name: str) -> None:
    raw = bytes.fromhex(name)
    template = ber_tlv.parse(whole(card, bytes.fromhex("00A40400") + bytes((len(raw),)) + raw + b"\0"))[0x61]
    assert ber_tlv.parse(template)[0x4F] == bytes.fromhex("000010000100")


def test_another_name_is_not_found_and_changes_nothing(card: PivCard) -> None:
    assert status(card, RIGHT) == "9000"
    assert status(card, "00A4040007A000000018FF01") == "6A82"
    assert status(card, "00A4040005A000000308") == "6A82"
    assert status(card, "00200080") == "9000"


def test_the_counter_of_tries_moves_and_comes_back(card: PivCard) -> None:
    assert status(card, "00200080") == "63C3"
    assert [status(card, WRONG), status(card, "00200080")] == ["63C2", "63C2"]
    assert [status(card, RIGHT), status(card, "00200080")] == ["9000", "9000"]
    assert [status(card, "0020FF80"), status(card, "00200080")] == ["9000", "63C3"]


def test_a_blocked_pin_stays_blocked_until_the_puk_comes(card: PivCard) -> None:
    assert [status(card, WRONG) for _ in range(4)] == ["63C2", "63C1", "6983", "6983"]
    assert [status(card, RIGHT), status(card, "00200080")] == ["6983", "63C0"]
    unblock = bytes.fromhex("002C008010")
    assert status(card, unblock + b"87654321" + b"777777\xff\xff") == "63C2"
    assert status(card, unblock + b"12345678" + b"777777\xff\xff") == "9000"
    assert status(card, bytes.fromhex("0020008008") + b"777777\xff\xff") == "9000"


def test_the_pin_can_be_changed_by_who_knows_it(card: PivCard) -> None:
    change = bytes.fromhex("0024008010")
    assert status(card, change + b"654321\xff\xff" + b"888888\xff\xff") == "63C2"
    assert status(card, change + b"123456\xff\xff" + b"888888\xff\xff") == "9000"
    assert [status(card, RIGHT), status(card, RIGHT[:5] + b"888888\xff\xff")] == ["63C2", "9000"]


@pytest.mark.parametrize(
    "value", [b"12345\xff\xff\xff", b"123456", b"12345a\xff\xff", b"123456\xff7", b"123456\x00\x00"]
)
def test_what_cannot_be_a_pin_costs_no_try(card: PivCard, value: bytes) -> None:
    assert status(card, bytes((0x00, 0x20, 0x00, 0x80, len(value))) + value) == "6A80"
    assert status(card, "00200080") == "63C3"


@pytest.mark.parametrize("command", ["00200000", "00200081", "0020010008", "002C0081", "00870711047C028100"])
def test_references_and_parameters_that_there_are_not(card: PivCard, command: str) -> None:
    assert status(card, command) in ("6A86", "6A88", "6700")


def test_a_signature_by_rsa_is_verified_with_the_certificate(card: PivCard) -> None:
    public = certificate(card, "5FC105").public_key()
    assert isinstance(public, rsa.RSAPublicKey)
    digest_info = bytes.fromhex("3031300D060960864801650304020105000420") + hashlib.sha256(b"message").digest()
    padded = b"\0\1" + b"\xff" * (256 - 3 - len(digest_info)) + b"\0" + digest_info
    assert status(card, RIGHT) == "9000"
    for _again in range(2):
        signature = authenticate(card, 0x07, 0x9A, 0x81, padded)
        public.verify(signature, b"message", padding.PKCS1v15(), hashes.SHA256())


@pytest.mark.parametrize(("tag", "reference"), [("5FC10A", 0x9C), ("5FC101", 0x9E)])
def test_a_signature_on_p256_is_verified_with_the_certificate(card: PivCard, tag: str, reference: int) -> None:
    public = certificate(card, tag).public_key()
    assert isinstance(public, ec.EllipticCurvePublicKey)
    assert status(card, RIGHT) == "9000"
    digest = hashlib.sha256(b"message").digest()
    signature = authenticate(card, 0x11, reference, 0x81, digest)
    public.verify(signature, digest, ec.ECDSA(utils.Prehashed(hashes.SHA256())))


def test_both_sides_of_an_agreement_share_the_secret(card: PivCard) -> None:
    public = certificate(card, "5FC10B").public_key()
    assert isinstance(public, ec.EllipticCurvePublicKey)
    mine = ec.generate_private_key(ec.SECP256R1())
    point = mine.public_key().public_bytes(serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)
    assert status(card, RIGHT) == "9000"
    assert authenticate(card, 0x11, 0x9D, 0x85, point) == mine.exchange(ec.ECDH(), public)


def test_which_key_needs_the_pin_and_when(card: PivCard) -> None:
    digest = ber_tlv.tlv(0x7C, ber_tlv.tlv(0x82) + ber_tlv.tlv(0x81, bytes(32)))
    sign = {reference: bytes((0x00, 0x87, 0x11, reference, len(digest))) + digest for reference in (0x9C, 0x9E)}
    assert [status(card, sign[0x9C]), status(card, sign[0x9E])] == ["6982", "9000"]
    assert [status(card, RIGHT), status(card, sign[0x9C]), status(card, sign[0x9C])] == ["9000", "9000", "6982"]
    assert [status(card, RIGHT), status(card, sign[0x9C])] == ["9000", "9000"]


def refused(card: PivCard, algorithm: int, reference: int, body: bytes) -> str:
    return status(card, bytes((0x00, 0x87, algorithm, reference, len(body))) + body)


def test_what_does_not_fit_a_key_is_refused(card: PivCard) -> None:
    assert status(card, RIGHT) == "9000"
    short = ber_tlv.tlv(0x7C, ber_tlv.tlv(0x82) + ber_tlv.tlv(0x81, bytes(20)))
    assert refused(card, 0x07, 0x9A, short) == "6A80"
    assert refused(card, 0x11, 0x9A, short) == "6A86"
    assert refused(card, 0x07, 0x82, short) == "6A88"
    off_curve = ber_tlv.tlv(0x7C, ber_tlv.tlv(0x82) + ber_tlv.tlv(0x85, b"\x04" + bytes(63) + b"\x01"))
    assert refused(card, 0x11, 0x9D, off_curve) == "6A80"
    assert refused(card, 0x11, 0x9E, b"\x7c\x7f\x81") == "6A80"


def test_the_management_key_gives_random_numbers_and_no_more(card: PivCard) -> None:
    drawn = {card.transmit(bytes.fromhex("0087009B047C028100 00")).data for _ in range(4)}
    assert len(drawn) == 4
    assert all(answer[:4] == bytes.fromhex("7C0A8108") and answer[-2:] == b"\x90\x00" for answer in drawn)
    assert status(card, "0087039B0C7C0A8208 0000000000000000") == "6982"


def test_a_chain_is_broken_by_another_command(card: PivCard) -> None:
    assert status(card, "1087119E02 7C26") == "9000"
    assert status(card, "00200080") == "63C3"
    assert status(card, "0087119E02 8200") == "6A80"


def test_a_chain_without_end_is_refused(card: PivCard) -> None:
    piece = bytes.fromhex("1087079AFF") + bytes(255)
    assert [status(card, piece) for _ in range(17)] == ["9000"] * 16 + ["6700"]


@pytest.mark.parametrize(("tag", "answer"), [("5FC10C", "6A82"), ("7F61", "6A82"), ("", "6A80")])
def test_objects_that_there_are_not(card: PivCard, tag: str, answer: str) -> None:
    assert status(card, get_data(tag)) == answer


def test_an_extended_le_brings_a_long_object_at_once(card: PivCard) -> None:
    parts = whole(card, get_data("5FC105"))
    at_once = card.transmit(bytes.fromhex("00CB3FFF0000055C035FC1050000")).data
    assert (len(parts) > 512, at_once) == (True, parts + b"\x90\x00")


def test_on_t0_a_long_object_comes_whole_too(keys: dict[int, KeyPair]) -> None:
    card = PivCard(SPECIFICATION, keys)
    card.power_on(False)
    line = T0Card(card)
    assert line.tpdu(SELECT[:-1]) is not None
    answer = line.apdu(get_data("5FC105"))
    assert answer is not None
    data = answer.data[:-2]
    while answer.data[-2] == 0x61:
        answer = line.apdu(bytes((0x00, 0xC0, 0x00, 0x00, answer.data[-1])))
        assert answer is not None
        data += answer.data[:-2]
    card.power_on(False)
    assert status(card, SELECT) == "9000"
    assert data == whole(card, get_data("5FC105"))


def test_without_the_library_the_card_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cryptography.hazmat.primitives.asymmetric", None)
    with pytest.raises(SpecificationError, match="install python3-cryptography"):
        create_card(SPECIFICATION)


def test_two_cards_have_keys_of_their_own(card: PivCard) -> None:
    other = create_card(SPECIFICATION)
    other.power_on(False)
    other.transmit(SELECT)
    assert isinstance(other, PivCard)
    assert certificate(other, "5FC105").public_key() != certificate(card, "5FC105").public_key()


@given(
    st.lists(st.tuples(st.sampled_from((0x53, 0x70, 0x5F2F, 0x5FC105, 0x7F61)), st.binary(max_size=300)), max_size=5)
)
def test_what_is_written_as_ber_tlv_is_read_again(objects: Sequence[tuple[int, bytes]]) -> None:
    assert ber_tlv.parse(b"".join(ber_tlv.tlv(tag, value) for tag, value in objects)) == dict(objects)


@given(st.binary(max_size=20))
def test_any_bytes_are_ber_tlv_or_refused(data: bytes) -> None:
    try:
        found = ber_tlv.parse(data)
    except ValueError:
        return
    assert sum(map(len, found.values())) <= len(data)


@given(st.binary(max_size=12))
def test_any_command_is_answered(keys: dict[int, KeyPair], data: bytes) -> None:
    card = PivCard(SPECIFICATION, keys)
    card.power_on(False)
    card.transmit(SELECT)
    assert len(card.transmit(data).data) >= 2
