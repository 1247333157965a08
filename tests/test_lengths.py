"""The choice of lengths: telling ones always, random ones by the seed, all of them with --full."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from fixtures.lengths import Lengths

SELECTION = Lengths(full=False, seed=1, place="reader/case")
EDGES = {1, 2, 3, 4, 5, 7, 8, 9, 127, 128, 129, 255, 256}


def test_edges_and_powers_of_two_are_always_there() -> None:
    chosen = SELECTION.between(1, 256)
    assert set(chosen) >= EDGES
    assert list(chosen) == sorted(set(chosen))


def test_lengths_of_the_test_itself_are_there_as_far_as_they_lie_in_the_range() -> None:
    assert {245, 300} & set(SELECTION.between(1, 256, 245, 300)) == {245}


def test_seed_reader_and_case_decide_on_the_random_ones() -> None:
    assert SELECTION.between(1, 65535) == Lengths(False, 1, "reader/case").between(1, 65535)
    others = [Lengths(False, 2, "reader/case"), Lengths(False, 1, "reader/other")]
    assert all(SELECTION.between(1, 65535) != other.between(1, 65535) for other in others)


def test_full_is_every_one() -> None:
    assert Lengths(True, 1, "reader/case").between(1, 256) == tuple(range(1, 257))


def test_full_in_steps_joins_the_selection() -> None:
    full = Lengths(True, 1, "reader/case").between(1, 65535, step=100)
    assert set(full) == set(SELECTION.between(1, 65535)) | set(range(1, 65536, 100))


@given(st.integers(0, 70000), st.integers(0, 70000), st.integers())
def test_no_length_lies_outside(first: int, span: int, seed: int) -> None:
    chosen = Lengths(False, seed, "reader/case").between(first, first + span)
    assert chosen[0] == first
    assert chosen[-1] == first + span
