"""The nearest images of each query, and the distances of matches and non-matches: one pass over blocks.

Q scored queries, G gallery images (junk included), K images listed, D width of a feature.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import IntEnum
from threading import Lock
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..evaluation import Scores, first_of_row, of_reranked
from ..features import DISTRACTOR, GALLERY, JUNK, FeatureTable
from ..pairing import Integers
from ..progress import Progress
from ..ranking import Batch, Marked, NearestLists, Space, Tile, chunks, scan_pairs

QUERY_ROWS = 1024
"""Queries held at a time."""
GALLERY_ROWS: int | None = None
"""Of a block; None: as many as `scan_pairs` takes."""
CHUNK_ROWS = 1024
"""Images looked at together for their lengths."""

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


class Entry(NamedTuple):
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
    """Lists the `top` nearest images of each query and counts all distances, never holding Q x G.

    Matches stand at the ranks that `scores` gives them; the others fill the places between. Under
    re-ranking distances are the re-ranked ones, and junk, which has none, is not listed.
    """
    if scores.protocol.rerank:
        return _find_reranked(scores, top, progress)
    table, pairing = scores.table, scores.pairing
    space = Space(table, scores.protocol.distance)
    gallery = np.flatnonzero(table.split == GALLERY)
    place = np.flatnonzero(table.identity[gallery] != JUNK)  # from pairing.gallery to `gallery`
    histograms = _Histograms(space, np.concatenate([pairing.query, gallery]))
    lists: list[list[Entry]] = []
    lead: list[float] = []
    batches = scan_pairs(
        space,
        pairing.query,
        gallery,
        doing="listing neighbours",
        query_rows=QUERY_ROWS,
        gallery_rows=GALLERY_ROWS,
        progress=progress,
    )
    for batch in batches:
        match = [place[m] for m in pairing.match[batch.rows]]
        batch_lists = _Lists(batch, match, [place[m] for m in pairing.left_out[batch.rows]], histograms, top)
        for i, ranks in enumerate(scores.ranks[batch.rows]):
            found = batch_lists.found(i)
            lists.append(found.ranked(table, ranks, top))
            lead.append(found.lead)
    return Neighbours(
        lists=lists,
        lead=np.array(lead),
        upper=histograms.upper / space.scale,
        matches=histograms.matches,
        others=histograms.others,
    )


class _Histograms:
    """Counts of distances by kind of pair, in bins from 0 to `upper` (in the space's unit)."""

    def __init__(self, space: Space, rows: Integers) -> None:
        self.is_cosine = space.distance == "cosine"
        self.upper = 2.0 if self.is_cosine else 2 * _longest(space, rows) or 1.0
        self.matches, self.others = np.zeros(BINS, np.int64), np.zeros(BINS, np.int64)
        self._lock = Lock()

    def count(
        self,
        estimate: NDArray[np.float32],
        origin: NDArray[np.float64],
        matches: tuple[Integers, Integers],
        uncompared: NDArray[np.bool_],
    ) -> None:
        """Counts the pairs of a tile, whose estimates are `origin` (n,) where the distance is 0."""
        distance = np.subtract(origin.astype(np.float32)[:, None], estimate)
        if not self.is_cosine:
            distance *= 2
            np.sqrt(np.maximum(distance, 0, out=distance), out=distance)
        np.clip(distance, 0, self.upper, out=distance)
        bins = (distance * np.float32(BINS / self.upper)).astype(np.int32)
        np.minimum(bins, BINS - 1, out=bins)
        found = np.bincount(bins[matches], minlength=BINS)
        others = np.bincount(bins.ravel(), minlength=BINS) - np.bincount(bins[uncompared], minlength=BINS)
        with self._lock:
            self.matches += found
            self.others += others - found


def _longest(space: Space, rows: Integers) -> float:
    parts = chunks(len(rows), CHUNK_ROWS)
    return float(np.sqrt(max(space.points(rows[part]).squared.max() for part in parts)))


class _Lists:
    """The nearest images of a batch of queries: matches, wrong images, and those not compared."""

    def __init__(
        self, batch: Batch, match: list[Integers], left_out: list[Integers], histograms: _Histograms, top: int
    ) -> None:
        self.batch, self._histograms = batch, histograms
        self.offset = batch.space.offsets(batch.space.points(batch.query))
        self.match, self.left_out = Marked(match), Marked(left_out)
        self.is_junk = batch.space.table.identity[batch.gallery] == JUNK
        wrong, uncompared = NearestLists(batch, top), NearestLists(batch, MAX_LEFT_OUT)
        self._collect = wrong, uncompared
        batch.visit(self._take)
        self.wrong, self.uncompared = map(self._decided, self._collect)
        nearness = batch.exact_in_threads(self.match.query, self.match.position)
        self.right = [
            self._by_distance(i, match[i], nearness[begin:end])
            for i, (begin, end) in enumerate(zip(self.match.first, self.match.first[1:], strict=False))
        ]

    def _take(self, tile: Tile) -> None:
        wrong, uncompared = self._collect
        match, left_out = (marked.in_tile(tile)[1:] for marked in (self.match, self.left_out))
        is_uncompared = np.broadcast_to(self.is_junk[tile.images], tile.estimate.shape).copy()
        is_uncompared[left_out] = True
        unit = 1.0 if self.batch.space.distance == "cosine" else self.offset[tile.queries]
        origin = unit - self.batch.above[tile.queries]
        self._histograms.count(tile.estimate, origin, match, is_uncompared)
        if is_uncompared.any():
            estimate = np.where(is_uncompared, tile.estimate, np.float32(-np.inf))
            uncompared.take(replace(tile, estimate=estimate))
        tile.estimate[is_uncompared] = -np.inf
        tile.estimate[match] = -np.inf
        wrong.take(tile)

    def _decided(self, lists: NearestLists) -> list[list[tuple[int, float]]]:
        return [
            list(zip(position.tolist(), self._distances(i, nearness), strict=True))
            for i, (position, nearness) in enumerate(lists.decided())
        ]

    def _distances(self, i: int, nearness: NDArray[np.float64]) -> list[float]:
        found: list[float] = self.batch.space.distances(nearness, float(self.offset[i])).tolist()
        return found

    def _by_distance(
        self, i: int, position: Integers, nearness: NDArray[np.float64]
    ) -> list[tuple[int, float]]:
        order = np.lexsort((position, -nearness))
        return list(zip(position[order].tolist(), self._distances(i, nearness[order]), strict=True))

    def found(self, i: int) -> _Found:
        """Returns what was found for query i, by rows of the table."""
        return _Found(*(self._rows(found[i]) for found in (self.right, self.wrong, self.uncompared)))

    def _rows(self, found: list[tuple[int, float]]) -> list[tuple[int, float]]:
        return [(int(self.batch.gallery[position]), distance) for position, distance in found]


@dataclass(frozen=True)
class _Found:
    """Images of one query, nearest first, as rows of the table with their distances."""

    right: list[tuple[int, float]]
    wrong: list[tuple[int, float]]
    uncompared: list[tuple[int, float]]

    @property
    def lead(self) -> float:
        """How much nearer the nearest wrong image is than the nearest right one; -inf without one."""
        return self.right[0][1] - self.wrong[0][1] if self.wrong else -np.inf

    def ranked(self, table: FeatureTable, ranks: Integers, top: int) -> list[Entry]:
        """Returns the list of a query whose matches have these ranks."""
        right, wrong = iter(self.right), iter(self.wrong)
        at = set(ranks[ranks <= top].tolist())
        entries = []
        for rank in range(1, top + 1):
            found = next(right if rank in at else wrong, None)
            if found is not None:
                entries.append(_entry(table, *found, Kind.RIGHT if rank in at else Kind.WRONG))
        for row, distance in self.uncompared:
            before = sum(entry.distance < distance for entry in entries)
            if before < len(entries):  # what lies behind the last one is not listed
                entries.insert(before, _entry(table, row, distance, Kind.LEFT_OUT))
        if not at:  # what should have been found
            entries.append(_entry(table, *next(right), Kind.RIGHT))
        return entries


def _entry(table: FeatureTable, row: int, distance: float, kind: Kind) -> Entry:
    special = {JUNK: Kind.JUNK, DISTRACTOR: Kind.DISTRACTOR}
    return Entry(row=row, kind=special.get(int(table.identity[row]), kind), distance=distance)


def _find_reranked(scores: Scores, top: int, progress: Progress | None) -> Neighbours:
    """Returns lists and counts of the re-ranked distances, which lie in [0, 1]."""
    table, pairing = scores.table, scores.pairing
    space = Space(table, scores.protocol.distance)

    def take(i: int, distance: NDArray[np.float64]) -> tuple[_Found, Integers, Integers]:
        match, left_out = pairing.match[i], pairing.left_out[i]
        bins = np.minimum((distance * BINS).astype(np.int64), BINS - 1)
        matches = np.bincount(bins[match], minlength=BINS)
        others = np.bincount(bins, minlength=BINS) - np.bincount(bins[left_out], minlength=BINS) - matches
        wrong, _ = first_of_row(distance, np.concatenate([match, left_out]), top)
        sides = (_by_distance(distance, match), wrong, _by_distance(distance, left_out)[:MAX_LEFT_OUT])
        found = [[(int(pairing.gallery[p]), float(distance[p])) for p in side.tolist()] for side in sides]
        return _Found(*found), matches, others

    lists: list[list[Entry]] = []
    lead: list[float] = []
    counted = np.zeros((2, BINS), np.int64)
    for found, *counts in of_reranked(space, pairing, scores.protocol, take, progress):
        lists.append(found.ranked(table, scores.ranks[len(lists)], top))
        lead.append(found.lead)
        counted += np.stack(counts)
    return Neighbours(lists=lists, lead=np.array(lead), upper=1.0, matches=counted[0], others=counted[1])


def _by_distance(distance: NDArray[np.float64], position: Integers) -> Integers:
    return position[np.lexsort((position, distance[position]))]
