"""What stands near each query, and how far matches and non-matches lie: one pass over blocks.

Q scored queries, G gallery images (junk included), K images listed, D width of a feature.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from ..evaluation import Scores
from ..features import GALLERY, FeatureTable, blocks
from ..pairing import DISTRACTOR, JUNK, Integers
from ..ranking.ranks import Progress

QUERY_ROWS, GALLERY_ROWS = 512, 8192
"""A block of distances has 16 MiB."""

MAX_LEFT_OUT = 3
"""Images that are not compared are listed up to this number, so that they never crowd out the others."""

BINS = 4096
"""Of the distance histograms; a chart joins them to what it can show."""


class Kind(IntEnum):
    """What an image in a list is to its query."""

    WRONG = 0
    RIGHT = 1
    LEFT_OUT = 2
    JUNK = 3
    DISTRACTOR = 4


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One image of a ranked list: its row in the table, what it is and how far it lies."""

    row: int
    kind: Kind
    distance: float


@dataclass(frozen=True, kw_only=True, eq=False)
class Neighbours:
    """Lists and distances of all scored queries, in the order of `Scores`."""

    lists: list[list[Entry]]
    """For each query the K nearest compared images, up to 3 left out that lie among them and, where
    none of these is right, the nearest right one at the end."""
    lead: NDArray[np.float64]
    """(Q,) by how much the nearest wrong image lies nearer than the nearest right one."""
    upper: float
    """The bins below cut 0 to this distance into equal parts."""
    matches: Integers
    """(BINS,) pairs of a query and a correct match, by distance"""
    others: Integers
    """(BINS,) pairs of a query and somebody else, by distance"""


def find_neighbours(scores: Scores, top: int, progress: Progress | None = None) -> Neighbours:
    """List the `top` nearest images of each query and count all distances, never holding Q x G.

    Matches stand at the ranks that `scores` gives them; the others fill the places between.
    """
    table, pairing = scores.table, scores.pairing
    space = _Plain(table, scores.protocol.distance == "cosine")
    gallery = np.flatnonzero(table.split == GALLERY)
    is_junk = table.identity[gallery] == JUNK
    place = np.flatnonzero(~is_junk)  # from positions in pairing.gallery to positions in `gallery`
    lists: list[list[Entry]] = []
    lead = []
    matches, others = np.zeros(BINS, np.int64), np.zeros(BINS, np.int64)
    for start in range(0, len(pairing.query), QUERY_ROWS):
        stop = min(start + QUERY_ROWS, len(pairing.query))
        match = [place[m] for m in pairing.match[start:stop]]
        left_out = [place[m] for m in pairing.left_out[start:stop]]
        found = _Block(space, pairing.query[start:stop], match, left_out, top)
        found.search(gallery, is_junk)
        others += found.others
        for i, ranks in enumerate(scores.ranks[start:stop]):
            lists.append(found.ranked(i, gallery, ranks, top))
            lead.append(found.lead(i))
            matches += space.counted(found.match_distance[i])
        if progress:
            progress("listing neighbours", stop, len(pairing.query))
    return Neighbours(
        lists=lists, lead=np.array(lead), upper=space.upper * space.scale, matches=matches, others=others
    )


class _Plain:
    """Distances in float32, for looking at; the ranks themselves come from `ranking`."""

    def __init__(self, table: FeatureTable, is_cosine: bool) -> None:
        self.table = table
        self.is_cosine = is_cosine
        # Divided by the largest number, squares do not overflow; `scale` makes distances right again.
        largest = max(float(np.abs(table.features[block]).max()) for block in blocks(table.features))
        self.scale = 1.0 if is_cosine else largest or 1.0
        longest = max(float(self._lengths(block).max()) for block in blocks(table.features))
        self.upper = 2.0 if is_cosine else 2 * longest or 1.0

    def vectors(self, rows: Integers) -> NDArray[np.float32]:
        """(n, D), of length 1 for cosine."""
        raw = self.table.features[rows].astype(np.float64)
        length = np.sqrt(np.square(raw).sum(axis=1, keepdims=True)) if self.is_cosine else self.scale
        vector: NDArray[np.float32] = (raw / length).astype(np.float32)
        return vector

    def distances(self, a: NDArray[np.float32], b: NDArray[np.float32]) -> NDArray[np.float32]:
        """(len(a), len(b)), from 0 to `upper`, in units of `scale`."""
        distance: NDArray[np.float32] = a @ b.T
        if self.is_cosine:
            np.subtract(1, distance, out=distance)
        else:
            distance *= -2
            distance += np.square(a).sum(axis=1)[:, None]
            distance += np.square(b).sum(axis=1)
            np.sqrt(np.maximum(distance, 0, out=distance), out=distance)
        return np.clip(distance, 0, self.upper, out=distance)

    def counted(self, distance: NDArray[np.float32]) -> Integers:
        """How many of these distances fall into each bin."""
        bins = (distance.ravel() * np.float32(BINS / self.upper)).astype(np.int32)
        return np.bincount(np.minimum(bins, BINS - 1), minlength=BINS)

    def _lengths(self, block: slice) -> NDArray[np.float64]:
        squares = np.square(self.table.features[block].astype(np.float64) / self.scale)
        return np.asarray(np.sqrt(squares.sum(axis=1)))


class _Block:
    """The search of a block of queries through the gallery."""

    def __init__(
        self, space: _Plain, query: Integers, match: list[Integers], left_out: list[Integers], top: int
    ) -> None:
        self.space = space
        self.query = space.vectors(query)
        self.match, self.left_out = _Pairs(match), _Pairs(left_out)
        self.match_distance = [np.zeros(len(m), np.float32) for m in match]
        self.wrong = _Nearest(len(query), top)
        self.uncompared = _Nearest(len(query), MAX_LEFT_OUT)
        self.others = np.zeros(BINS, np.int64)

    def search(self, gallery: Integers, is_junk: NDArray[np.bool_]) -> None:
        """Go through the gallery once."""
        flat = np.concatenate(self.match_distance)
        for start in range(0, len(gallery), GALLERY_ROWS):
            stop = min(start + GALLERY_ROWS, len(gallery))
            distance = self.space.distances(self.query, self.space.vectors(gallery[start:stop]))
            uncompared = np.broadcast_to(is_junk[start:stop], distance.shape).copy()
            uncompared[self.left_out.within(start, stop)[1:]] = True
            pair, row, column = self.match.within(start, stop)
            flat[pair] = distance[row, column]
            not_wrong = uncompared.copy()
            not_wrong[row, column] = True
            self.others += self.space.counted(distance) - self.space.counted(distance[not_wrong])
            self.wrong.add(np.where(not_wrong, np.inf, distance), start)
            if uncompared.any():
                self.uncompared.add(np.where(uncompared, distance, np.inf), start)
        self.match_distance = np.split(flat, np.cumsum([len(m) for m in self.match_distance])[:-1])

    def ranked(self, i: int, gallery: Integers, ranks: Integers, top: int) -> list[Entry]:
        """The list of query i, whose matches have these ranks."""
        order = np.lexsort((self.match.positions[i], self.match_distance[i]))
        right = iter(zip(self.match.positions[i][order], self.match_distance[i][order], strict=True))
        wrong = self.wrong.of(i)
        at = set(ranks[ranks <= top].tolist())
        entries = []
        for rank in range(1, top + 1):
            found = next(right if rank in at else wrong, None)
            if found is not None:
                kind = Kind.RIGHT if rank in at else Kind.WRONG
                entries.append(self._entry(gallery, *found, kind))
        entries = self._with_uncompared(i, gallery, entries)
        if not at:  # what should have been found
            entries.append(self._entry(gallery, *next(right), Kind.RIGHT))
        return entries

    def lead(self, i: int) -> float:
        """How much nearer the nearest wrong image is than the nearest right one; -inf without one."""
        nearest = next(self.wrong.of(i), None)
        if nearest is None:
            return -np.inf
        return (float(self.match_distance[i].min()) - nearest[1]) * self.space.scale

    def _with_uncompared(self, i: int, gallery: Integers, entries: list[Entry]) -> list[Entry]:
        for position, distance in self.uncompared.of(i):
            at = sum(entry.distance < distance * self.space.scale for entry in entries)
            if at < len(entries):  # what lies behind the last one is not listed
                entries.insert(at, self._entry(gallery, position, distance, Kind.LEFT_OUT))
        return entries

    def _entry(self, gallery: Integers, position: int, distance: float, kind: Kind) -> Entry:
        row = int(gallery[position])
        identity = self.space.table.identity[row]
        special = {JUNK: Kind.JUNK, DISTRACTOR: Kind.DISTRACTOR}
        return Entry(
            row=row, kind=special.get(int(identity), kind), distance=float(distance) * self.space.scale
        )


class _Pairs:
    """Pairs of a query's place in the block and positions in the gallery."""

    def __init__(self, positions: list[Integers]) -> None:
        self.positions = positions
        self.row = np.repeat(np.arange(len(positions)), [len(p) for p in positions])
        self.column = np.concatenate([*positions, np.empty(0, np.int64)])

    def within(self, start: int, stop: int) -> tuple[Integers, Integers, Integers]:
        """Of the pairs whose image lies in this block: which they are, their row and their column."""
        pair = np.flatnonzero((self.column >= start) & (self.column < stop))
        return pair, self.row[pair], self.column[pair] - start


class _Nearest:
    """The nearest images of each query so far: distances and positions (n, K)."""

    def __init__(self, num_queries: int, top: int) -> None:
        self.distance = np.full((num_queries, top), np.inf, np.float32)
        self.position = np.full((num_queries, top), -1)

    def add(self, distance: NDArray[np.float32], start: int) -> None:
        """Take in a block (n, m) whose first column has position `start`; infinite ones never enter."""
        top = self.distance.shape[1]
        near = np.argpartition(distance, top - 1, axis=1)[:, :top] if distance.shape[1] > top else None
        if near is None:
            near = np.broadcast_to(np.arange(distance.shape[1]), distance.shape)
        all_distance = np.hstack([self.distance, np.take_along_axis(distance, near, axis=1)])
        all_position = np.hstack([self.position, near + start])
        order = np.lexsort((all_position, all_distance))[:, :top]
        self.distance = np.take_along_axis(all_distance, order, axis=1)
        self.position = np.take_along_axis(all_position, order, axis=1)

    def of(self, i: int) -> Iterator[tuple[int, float]]:
        """Positions and distances of query i, nearest first."""
        for position, distance in zip(self.position[i].tolist(), self.distance[i].tolist(), strict=True):
            if np.isfinite(distance):
                yield position, distance
