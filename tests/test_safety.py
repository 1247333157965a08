"""Card safety: what is looked at before a PIN try is spent, and that the first surprise ends it for the run."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from fixtures import reader_test
from fixtures.inventory.model import Card
from fixtures.pcsc.card import Card as CardHandle
from fixtures.pcsc.errors import SCARD_W_REMOVED_CARD
from fixtures.pcsc.session import Pcsc
from fixtures.safety import SpendingGuard, serial_number
from fixtures.simulator.cards.reader_test import ReaderTestCard
from fixtures.simulator.specification import CardSpecification
from tests.pcsc.fake import ATR, READER, FakePcsc
from tests.runs.conftest import run_suites

CARD = Card("mine", "Mine", ATR, (0,), disposable=True, applets=("reader-test",))
SERIAL = "0BADCAFE"


class Bench:
    """A card of the simulator's in a fake reader."""

    def __init__(self, serial: str = "") -> None:
        self.card = ReaderTestCard(CardSpecification("reader-test", ATR.hex(), serial=serial))
        self.provider = FakePcsc(lambda command: self.card.transmit(command).data)
        self.session = Pcsc(self.provider)
        self.handle: CardHandle = self.session.context().connect(READER)


@pytest.fixture
def bench() -> Iterator[Bench]:
    made = Bench()
    yield made
    made.session.close()


def sent(bench: Bench) -> bool:
    """Whether the card got a command."""
    return "transmit" in bench.provider.names()


def refusal(guard: SpendingGuard, card: Card, handle: CardHandle) -> str:
    """Why the guard refuses."""
    with pytest.raises(pytest.skip.Exception) as caught:
        guard.check("bench-1", card, handle)
    return str(caught.value)


def test_card_of_the_inventory_may_be_spent(bench: Bench) -> None:
    guard = SpendingGuard()
    guard.check("bench-1", CARD, bench.handle)
    assert not guard.surprise
    assert bench.card.tries == reader_test.MAX_TRIES


def test_card_that_is_not_disposable_is_no_surprise(bench: Bench) -> None:
    guard = SpendingGuard()
    kept = Card("kept", "Kept", ATR, (0,), disposable=False, applets=("reader-test",))
    assert "not declared disposable" in refusal(guard, kept, bench.handle)
    assert not sent(bench)
    guard.check("bench-1", CARD, bench.handle)


def test_another_atr_is_refused_before_anything_is_sent(bench: Bench) -> None:
    guard = SpendingGuard()
    other = Card("other", "Other", b"\x3b\x01\xaa", (0,), disposable=True, applets=("reader-test",))
    assert "answers 3B 00, card other has the ATR 3B 01 AA" in refusal(guard, other, bench.handle)
    assert not sent(bench)


def test_warm_atr_is_the_cards_own_too(bench: Bench) -> None:
    card = Card("mine", "Mine", b"\x3b\x01\xaa", (0,), disposable=True, applets=("reader-test",), warm_atr=ATR)
    SpendingGuard().check("bench-1", card, bench.handle)


@pytest.mark.parametrize("tries", [0, 1])
def test_last_try_is_not_spent(bench: Bench, tries: int) -> None:
    bench.card.tries = tries
    assert f"has {tries} PIN tries left" in refusal(SpendingGuard(), CARD, bench.handle)
    assert bench.card.tries == tries


def test_counter_that_is_not_told_is_refused(bench: Bench) -> None:
    bench.provider.answer = lambda command: b"\x90\x00" if command[1] == 0xA4 else b"\x69\x82"
    assert "does not tell how many PIN tries are left (6982)" in refusal(SpendingGuard(), CARD, bench.handle)


def test_applet_that_is_not_there_is_refused(bench: Bench) -> None:
    bench.provider.answer = lambda _command: b"\x6a\x82"
    assert "does not select the applet that it carries (6A82)" in refusal(SpendingGuard(), CARD, bench.handle)


def test_card_that_cannot_be_looked_at_is_refused(bench: Bench) -> None:
    bench.provider.dead = SCARD_W_REMOVED_CARD
    assert "cannot be looked at: SCardStatus returned SCARD_W_REMOVED_CARD" in refusal(
        SpendingGuard(), CARD, bench.handle
    )


def test_first_surprise_holds_for_the_rest_of_the_run(bench: Bench) -> None:
    guard = SpendingGuard()
    bench.card.tries = 1
    first = refusal(guard, CARD, bench.handle)
    bench.card.tries = reader_test.MAX_TRIES
    calls = len(bench.provider.calls)
    assert refusal(guard, CARD, bench.handle) == first.replace("refused:", "refused for the rest of the run:")
    assert len(bench.provider.calls) == calls


@pytest.mark.parametrize(
    ("told", "expected", "words"),
    [
        (SERIAL, "0bad cafe", ""),
        (SERIAL, "0BADCAFF", f"has the serial number {SERIAL}, card mine has 0BADCAFF"),
        ("", SERIAL, f"does not tell its serial number, card mine has {SERIAL}"),
    ],
)
def test_serial_number_is_compared_where_the_inventory_has_one(told: str, expected: str, words: str) -> None:
    bench = Bench(told)
    card = Card("mine", "Mine", ATR, (0,), disposable=True, applets=("reader-test",), serial=expected)
    guard = SpendingGuard()
    if words:
        assert words in refusal(guard, card, bench.handle)
    else:
        guard.check("bench-1", card, bench.handle)
    bench.session.close()


def test_serial_number_comes_by_a_second_try_with_the_right_length(bench: Bench) -> None:
    card = ReaderTestCard(CardSpecification("reader-test", ATR.hex(), serial=SERIAL))
    asked: list[bytes] = []

    def answer(command: bytes) -> bytes:
        asked.append(command)
        return b"\x6c\x2d" if len(asked) == 2 else card.transmit(command).data

    bench.provider.answer = answer
    assert serial_number(bench.handle) == SERIAL
    assert [command[-1] for command in asked[1:]] == [0x2D, 0x2D]


def test_run_refuses_to_spend_a_card_with_another_atr(tmp_path: Path) -> None:
    """A reader that changes the ATR: whose PIN tries would they be? The first test says it, the others remember."""
    run = run_suites(
        tmp_path / "run",
        *("suites/test_pinpad.py", "suites/test_pin_entry.py", "-m", "spends_pin_tries"),
        *("--backend", "sim", "--reader", "ezio", "--fault", "atr-of-another-card"),
    )
    assert run.exit_code == 0, run.output[-3000:]
    reasons = sorted(run.skips.values())
    assert len(reasons) > 1
    assert sum("refused: the card in gemalto-ezio-shield answers" in reason for reason in reasons) == 1
    assert sum("refused for the rest of the run" in reason for reason in reasons) == len(reasons) - 1


def test_run_spends_a_card_whose_serial_number_is_the_inventorys(tmp_path: Path) -> None:
    inventory = Path("inventory")
    for name in ("readers.yaml", "cards.yaml"):
        text = (inventory / name).read_text().replace("kind: sample\n", f"kind: reader-test\n    serial: {SERIAL}\n")
        (tmp_path / name).write_text(text)
    run = run_suites(
        tmp_path / "run",
        *("suites/test_truncation.py", "-k", "wrong_le", "--backend", "sim", "--reader", "ezio"),
        *("--inventory", str(tmp_path / "readers.yaml")),
    )
    assert run.exit_code == 0, run.output[-3000:]
    assert set(run.outcomes.values()) == {"passed"}
