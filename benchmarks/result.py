"""What a benchmark found: samples for each case, and the peers they are compared with."""

from __future__ import annotations

import statistics
from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """One case: its samples in the result's unit, at least one, and what is to be known of them."""

    case: str
    samples: tuple[float, ...]
    note: str = ""

    @property
    def median(self) -> float:
        """The middle sample."""
        return statistics.median(self.samples)


@dataclass(frozen=True)
class Peer:
    """A case that the others are compared with: each median is divided by this one's.

    heading: of the column. share: show the quotient in percent instead of as a factor.
    """

    case: str
    heading: str
    share: bool = False


@dataclass(frozen=True)
class Result:
    """A table: rows of one unit, a column for each peer, and remarks.

    A peer that could not be measured has no row; its column stays empty, and a note says why.
    """

    name: str
    title: str
    unit: str
    rows: tuple[Row, ...]
    peers: tuple[Peer, ...] = ()
    notes: tuple[str, ...] = ()

    def ratio(self, row: Row, peer: Peer) -> float | None:
        """A row's median over the peer's; None where there is no peer to divide by."""
        of_peer = next((other.median for other in self.rows if other.case == peer.case), 0.0)
        return row.median / of_peer if of_peer else None
