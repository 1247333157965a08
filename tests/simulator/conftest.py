"""The bench as a fixture."""

from __future__ import annotations

import pytest

from fixtures.simulator.ccid.hooks import Faults
from fixtures.simulator.ccid.personality import Personality
from fixtures.simulator.specification import InterfaceSpecification
from tests.simulator.bench import ATR, Bench, BenchMaker


@pytest.fixture
def make_bench() -> BenchMaker:
    """Makes a bench for an interface with these descriptor fields, with a test card in slot 0 unless card=False."""

    def make(
        *,
        card: bool = True,
        atr: str = ATR,
        faults: Faults | None = None,
        personality: Personality | None = None,
        **fields: int,
    ) -> Bench:
        bench = Bench(InterfaceSpecification(**fields), faults, personality)  # type: ignore[arg-type]
        if card:
            bench.insert_test_card(atr=atr)
        return bench

    return make
