"""The applet as a card of the simulator: its life, and what it says where it cannot run."""

from __future__ import annotations

import stat
import subprocess
import sys
from pathlib import Path

import pytest

from fixtures.inventory.tables import CARD_KINDS
from fixtures.simulator.cards.card import CardAnswer
from fixtures.simulator.cards.jcardsim import TARGET_VARIABLE, JCardSimCard, class_path
from fixtures.simulator.cards.reader_test import BUSY_UNIT
from fixtures.simulator.cards.registry import create_card, kinds
from fixtures.simulator.specification import SpecificationError
from tests.applets.conftest import SPECIFICATION
from tests.applets.exchanges import SELECT

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def card(extended_length_jvm: JCardSimCard) -> JCardSimCard:
    extended_length_jvm.renew()
    extended_length_jvm.power_on(False)
    return extended_length_jvm


def run(card: JCardSimCard, command: str) -> str:
    return card.transmit(bytes.fromhex(command)).data.hex().upper()


def test_the_answer_to_reset_is_the_specification_s(card: JCardSimCard) -> None:
    assert (card.power_on(False), card.power_on(True)) == (bytes.fromhex("3B021450"), bytes.fromhex("3B021451"))
    assert (card.atr(False), card.atr(True)) == (bytes.fromhex("3B021450"), bytes.fromhex("3B021451"))


def test_a_spent_try_outlives_every_reset_and_the_selection_none(card: JCardSimCard) -> None:
    for reset in (lambda: card.power_on(False), lambda: card.power_on(True), card.power_off):
        card.transmit(SELECT)
        run(card, "0020008001FF")
        reset()
        assert run(card, "80300000") == "6D00"
    card.transmit(SELECT)
    assert run(card, "00200080") == "63C0"


def test_busy_takes_a_card_s_time_and_nothing_else_does(card: JCardSimCard) -> None:
    assert card.transmit(bytes.fromhex("80380007")).duration == 0.0
    card.transmit(SELECT)
    assert card.transmit(bytes.fromhex("80380007")) == CardAnswer(b"\x90\x00", 7 * BUSY_UNIT)
    assert card.transmit(bytes.fromhex("80300000")).duration == 0.0


def test_an_empty_command_is_a_wrong_length(card: JCardSimCard) -> None:
    assert run(card, "") == "6700"


@pytest.mark.usefixtures("card")
def test_the_registry_makes_it() -> None:
    made = create_card(SPECIFICATION)
    assert isinstance(made, JCardSimCard)
    with made:
        assert made.transmit(SELECT).data == b"\x90\x00"


def test_two_cards_share_nothing(card: JCardSimCard) -> None:
    with JCardSimCard(SPECIFICATION) as other:
        card.transmit(SELECT)
        other.transmit(SELECT)
        run(card, "0020008001FF")
        assert (run(card, "00200080"), run(other, "00200080")) == ("63C2", "63C3")


@pytest.mark.usefixtures("card")
def test_a_card_whose_jvm_has_ended_is_mute() -> None:
    with JCardSimCard(SPECIFICATION) as other:
        other.close()
        assert other.transmit(SELECT) == CardAnswer(b"")
        assert other.power_on(False) == b""
        other.power_off()


@pytest.mark.usefixtures("card")
def test_the_jvm_ends_with_the_process_that_started_it() -> None:
    """Even one that is killed: nothing but the end of its standard input tells the JVM."""
    program = (
        "import os, signal\n"
        "from fixtures.simulator.cards.jcardsim import JCardSimCard\n"
        "from fixtures.simulator.specification import CardSpecification\n"
        "card = JCardSimCard(CardSpecification('jcardsim', '3B00'))\n"
        "print(card.power_on(False).hex(), flush=True)\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    # The JVM inherits standard error, and run() waits until nobody holds that pipe any more.
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, timeout=60, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (-9, b"3b00\n", b"")


@pytest.mark.parametrize("missing", ["classpath.txt", "classes", "library.jar"])
def test_what_is_not_built_is_named_with_the_command_that_builds_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, missing: str
) -> None:
    monkeypatch.setenv(TARGET_VARIABLE, str(tmp_path))
    library = tmp_path / "library.jar"
    if missing != "classes":
        (tmp_path / "classes").mkdir()
    if missing != "library.jar":
        library.touch()
    if missing != "classpath.txt":
        (tmp_path / "classpath.txt").write_text(str(library))
    with pytest.raises(SpecificationError, match=rf"{missing} is missing\): \./bootstrap run -e applets"):
        class_path()


def test_a_machine_without_java_is_told_what_installs_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SpecificationError, match=r"there is no java.*\./bootstrap run -e applets"):
        JCardSimCard(SPECIFICATION)


@pytest.mark.usefixtures("card")
def test_a_program_that_does_not_start_is_an_error(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    java = tmp_path / "bin" / "java"
    java.parent.mkdir()
    java.write_text("#!/bin/sh\nexit 3\n")
    java.chmod(stat.S_IRWXU)
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    with pytest.raises(SpecificationError, match="does not start: it ended with 3"):
        JCardSimCard(SPECIFICATION)


def test_the_inventory_knows_the_kinds_of_the_registry() -> None:
    assert sorted(CARD_KINDS) == kinds()
