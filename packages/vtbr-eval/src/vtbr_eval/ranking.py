"""The ranks of each query's correct matches, without a query x gallery matrix and without a sort.

A block of float32 nearness comes from one matrix product; for each query what lies clearly nearer
than a match is counted. Pairs too close to call are decided in double precision, ties by the
position in the gallery. The ranks therefore depend neither on the size of the blocks nor on the
number of threads.

Q queries, G gallery images, M matches of one query, D width of a feature.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from .pairing import Integers, Pairing
from .space import Points, Space, tolerance

QUERY_ROWS, GALLERY_ROWS = 1024, 4096
"""A block of nearness has 16 MiB, and converting a gallery block costs little beside its product."""

Progress = Callable[[str, int, int], None]
"""Called with what is being done, how much of it is done, and how much there is."""


def match_ranks(
    space: Space,
    pairing: Pairing,
    *,
    query_rows: int = QUERY_ROWS,
    gallery_rows: int = GALLERY_ROWS,
    progress: Progress | None = None,
) -> list[Integers]:
    """For each scored query the ranks (M,) of its matches from 1, ascending.

    Images left out take no rank. Uses (query_rows + gallery_rows) x D and query_rows x
    gallery_rows numbers of memory besides the features.
    """
    ranks: list[Integers] = []
    for start in range(0, len(pairing.query), query_rows):
        stop = min(start + query_rows, len(pairing.query))
        ranks += _ranks_of_block(space, pairing, range(start, stop), gallery_rows)
        if progress:
            progress("ranking", stop, len(pairing.query))
    return ranks


def ranks_in_row(distance: NDArray[np.floating], match: Integers, left_out: Integers) -> Integers:
    """The ranks (M,) from 1 of `match` in one query's row of distances (G,), ascending.

    >>> ranks_in_row(np.array([0.1, 0.2, 0.2, 0.3]), np.array([2]), np.array([0])).tolist()
    [2]
    """
    wanted, positions = distance[match], np.arange(len(distance))
    compared = np.ones(len(distance), bool)
    compared[left_out] = False
    nearer = (distance < wanted[:, None]) | ((distance == wanted[:, None]) & (positions < match[:, None]))
    return np.sort(1 + (nearer & compared).sum(axis=1))


def _ranks_of_block(space: Space, pairing: Pairing, block: range, gallery_rows: int) -> list[Integers]:
    queries = space.points(pairing.query[block.start : block.stop])
    sought = [
        _Sought(space, vector, pairing.gallery, pairing.match[i], pairing.left_out[i])
        for i, vector in zip(block, queries.vector, strict=True)
    ]
    for start in range(0, len(pairing.gallery), gallery_rows):
        gallery = space.points(pairing.gallery[start : start + gallery_rows])
        nearness = queries.vector @ gallery.vector.T
        nearness -= gallery.offset.astype(np.float32)
        margin = tolerance(queries, gallery)
        for row, matches in zip(nearness, sought, strict=True):
            matches.count(row, gallery, start, margin)
    return [matches.ranks() for matches in sought]


class _Sought:
    """One query's matches, from the farthest to the nearest, and how many images lie nearer than each."""

    def __init__(
        self, space: Space, query: NDArray[np.float32], gallery: Integers, match: Integers, left_out: Integers
    ) -> None:
        self.space = space
        self.query = query
        wanted = space.nearness(query, space.points(gallery[match]))
        order = np.lexsort((-match, wanted))
        self.wanted, self.position = wanted[order], match[order]
        self.num_nearer = np.zeros(len(match), np.int64)
        if left_out.size:
            not_compared = space.nearness(query, space.points(gallery[left_out]))
            self.num_nearer -= self._compare(not_compared, left_out)

    def count(self, nearness: NDArray[np.float32], gallery: Points, start: int, margin: float) -> None:
        """Count in a block (n,) of the gallery whose first image has position `start`."""
        near = np.flatnonzero(nearness > self.wanted[0] - margin)
        value = nearness[near].astype(np.float64)
        beaten = np.searchsorted(self.wanted, value - margin, "left")  # certainly nearer than these
        is_close = np.searchsorted(self.wanted, value + margin, "right") > beaten
        at_least = np.bincount(beaten[~is_close], minlength=len(self.wanted) + 1)[::-1].cumsum()[::-1]
        self.num_nearer += at_least[1:]
        close = near[is_close]
        if close.size:
            points = Points(gallery.vector[close], gallery.offset[close], gallery.longest)
            self.num_nearer += self._compare(self.space.nearness(self.query, points), close + start)

    def ranks(self) -> Integers:
        """Ranks from 1, ascending."""
        return 1 + self.num_nearer[::-1]

    def _compare(self, nearness: NDArray[np.float64], position: Integers) -> Integers:
        """How many of these images (n,) lie nearer than each match (M,), exactly."""
        is_nearer = nearness[:, None] > self.wanted
        is_tie_before = (nearness[:, None] == self.wanted) & (position[:, None] < self.position)
        count: Integers = (is_nearer | is_tie_before).sum(axis=0)
        return count
