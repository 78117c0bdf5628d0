"""Finds the distances that separate one person's pictures from two people's, at given error rates.

Q queries, G gallery images, P people.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError
from ..features import DISTRACTOR, GALLERY, QUERY, UNKNOWN_CAMERA, FeatureTable
from ..pairing import Integers, Pairing, pair
from ..progress import Progress
from ..protocol import Protocol
from ..ranking import JudgedPairs, KeptPairs, Space, chunks, distance_between, prepared
from ..statistics import clustered_rate
from .thresholds import Threshold, Thresholds

FPR, FNIR = (1e-3,), (0.05,)
SAMPLED_PAIRS = 200_000
"""Pairs of two people from which the probability of a distance is estimated."""
PAIRS_AT_ONCE = 512
"""Pairs compared together: 16 MiB at a width of 2,048."""
BINS = 256
"""Equally filled parts of all distances, before neighbours are pooled."""
CAMERA_PEOPLE, CAMERA_PAIRS = 30, 20
"""A pair of cameras has thresholds of its own from this many people on, and if this many false pairs are expected."""


def calibrate(
    table: FeatureTable,
    protocol: Protocol | None = None,
    *,
    fpr: Sequence[float] = FPR,
    fnir: Sequence[float] = FNIR,
    is_safe: bool = False,
    seed: int = 0,
    progress: Progress | None = None,
) -> Thresholds:
    """Returns thresholds for these rates, measured on the people of `table`.

    Below the distance of `same` lies at most the share `fpr` of the pairs of two people; with
    `is_safe` the upper end of its interval is at most `fpr`. Beyond that of `other` lies at most the
    share `fnir` of the queries' nearest matches. Pairs are a query and a gallery image as `protocol`
    compares them; a table without queries is compared with itself. Junk and distractors are left out.
    Raises `InputError` for rates that the pairs cannot show, and for protocols that re-rank or draw.

    >>> table = FeatureTable.of(np.eye(3).repeat(4, axis=0), identity=np.arange(1, 4).repeat(4),
    ...     camera=[1, 2] * 6, split=[0, 1] * 6)
    >>> calibrate(table, fpr=[0.1]).same[0].distance
    1.0
    """
    protocol = protocol or Protocol()
    if protocol.rerank or protocol.draws:
        raise InputError("thresholds need a protocol without re-ranking and without random test sets")
    for name, rates in (("fpr", fpr), ("fnir", fnir)):
        for rate in rates:
            if not 0 < rate < 1:
                raise InputError(f"{name} is a rate between 0 and 1, not {rate}")
    table = _with_queries(prepared(table, protocol))
    pairing = pair(table, protocol)
    space = Space(table, protocol.distance)
    pairs = _Measured(space, pairing, protocol, progress)
    same = pairs.same(fpr, is_safe)
    model = table.metadata.get("model")
    return Thresholds(
        distance=protocol.distance,
        same=same,
        other=tuple(pairs.other(rate) for rate in fnir),
        cameras=_by_cameras(space, pairing, protocol, fpr, is_safe),
        probability=_log_likelihood_ratio(pairs.matching, pairs.sampled(seed)),
        model=model.get("fingerprint") if isinstance(model, dict) else None,
        counts={
            "people": pairs.people,
            "queries": len(pairs.judged.query),
            "gallery": len(pairing.gallery),
            "matching_pairs": len(pairs.matching),
            "other_pairs": pairs.judged.others,
        },
        protocol=protocol.to_json(),
        input={"name": table.name, "fingerprint": table.fingerprint},
    )


def measured_rate(
    table: FeatureTable, distance: float, protocol: Protocol | None = None
) -> tuple[float, float, float]:
    """Returns the share of the pairs of two people nearer than this, and its 95 % interval.

    To see what a threshold does on other pictures than those of its calibration.
    """
    protocol = protocol or Protocol()
    table = _with_queries(prepared(table, protocol))
    pairs = _Measured(Space(table, protocol.distance), pair(table, protocol), protocol)
    return pairs.rate_below(distance)


def _with_queries(table: FeatureTable) -> FeatureTable:
    """Returns the table without distractors; one without queries twice, as queries and as gallery."""
    kept = np.flatnonzero(table.identity != DISTRACTOR)
    rows = kept if (table.split == QUERY).any() else np.concatenate([kept, kept])
    split = table.split[rows]
    if not (table.split == QUERY).any():
        split = np.repeat(np.array([QUERY, GALLERY], np.uint8), len(kept))
    elif len(kept) == len(table):
        return table
    return replace(
        table,
        features=table.features[rows],
        identity=table.identity[rows],
        camera=table.camera[rows],
        split=split,
        path=type(table.path).of(table.path[row] for row in rows.tolist()),
    )


class _Measured:
    """The pairs of a pairing and what each person takes part in."""

    def __init__(
        self, space: Space, pairing: Pairing, protocol: Protocol, progress: Progress | None = None
    ) -> None:
        self.space, self.pairing, self.protocol, self.progress = space, pairing, protocol, progress
        self.judged = JudgedPairs(space, pairing)
        identity = space.table.identity
        everyone = np.concatenate([identity[self.judged.query], identity[pairing.gallery]])
        known, self._person = np.unique(everyone, return_inverse=True)
        self.people = len(known)
        self._query_person = self._person[: len(self.judged.query)]
        self._gallery_person = self._person[len(self.judged.query) :]
        self._matching = self.judged.match_distances()
        self.matching = np.concatenate(self._matching)
        """Distances of all matching pairs."""

    def same(self, rates: Sequence[float], is_safe: bool) -> tuple[Threshold, ...]:
        """Returns a threshold for each rate of pairs of two people."""
        places = {rate: int(rate * self.judged.others) for rate in rates}
        for rate, place in places.items():
            if place < 1:
                raise InputError(
                    f"{self.space.table.name}: {self.judged.others:,} pairs of two people cannot show a rate "
                    f"of {rate:g}: it needs {int(np.ceil(1 / rate)):,} or more"
                )
        kept = self.judged.nearest_others(max(places.values()) + 1, 1024, None, self.progress)
        return tuple(self._same(rate, places[rate], kept, is_safe) for rate in rates)

    def other(self, rate: float) -> Threshold:
        """Returns the threshold beyond which this share of the queries' nearest matches lies."""
        nearest = np.sort([float(distances.min()) for distances in self._matching])
        beyond = int(rate * len(nearest))
        distance = float(nearest[len(nearest) - 1 - beyond])
        missed = np.array([float(distances.min() > distance) for distances in self._matching])
        person = np.unique(self.space.table.identity[self.pairing.query], return_inverse=True)[1]
        totals = np.bincount(person).astype(np.float64)
        measured, *ends = clustered_rate(np.bincount(person, missed), totals, missed.sum(), len(missed))
        return Threshold(rate=rate, distance=distance, measured=measured, interval=(ends[0], ends[1]))

    def sampled(self, seed: int) -> NDArray[np.float64]:
        """Returns the distances of pairs of two people, drawn at random."""
        random = np.random.default_rng(seed)
        count = min(SAMPLED_PAIRS, 4 * self.judged.others)
        query, image = (
            random.integers(len(self._query_person), size=count),
            random.integers(len(self._gallery_person), size=count),
        )
        is_other = self._query_person[query] != self._gallery_person[image]
        query, image = query[is_other], image[is_other]
        order = np.argsort(query, kind="stable")
        query, image = self.judged.query[query[order]], self.pairing.gallery[image[order]]
        found = []
        for part in chunks(len(query), PAIRS_AT_ONCE):
            points = self.space.points(query[part])
            nearness = self.space.nearness_of_pairs(points, self.space.points(image[part]))
            found.append(self.space.distances(nearness, self.space.offsets(points)))
        return np.concatenate(found)

    def rate_below(self, distance: float) -> tuple[float, float, float]:
        """Returns the share of the pairs of two people nearer than this, and its interval."""
        return self._interval(self.judged.others_within(distance, self.progress))

    def _same(self, rate: float, place: int, kept: KeptPairs, is_safe: bool) -> Threshold:
        low = 0
        while is_safe and low < place:  # the largest place whose interval ends below the rate
            middle = (low + place + 1) // 2
            if self._interval(self.judged.other_at(kept, middle)[3])[2] <= rate:
                low = middle
            else:
                place = middle - 1
        _, query, image, nearer = self.judged.other_at(kept, place)
        measured, *ends = self._interval(nearer)
        if is_safe and ends[1] > rate:
            raise InputError(
                f"{self.space.table.name}: {self.people:,} people are too few to bound a rate of {rate:g} with "
                "certainty: give more people, a higher rate, or leave --safe out"
            )
        distance = distance_between(self.space.table, query, image, self.protocol)
        found, *found_ends = self._found(distance)
        return Threshold(
            rate=rate,
            distance=distance,
            measured=measured,
            interval=(ends[0], ends[1]),
            found=found,
            found_interval=(found_ends[0], found_ends[1]),
        )

    def _interval(self, nearer: Integers) -> tuple[float, float, float]:
        """Returns the share of these pairs among all of two people, and its interval."""
        query, image = np.divmod(nearer, len(self.pairing.gallery))
        count = partial(np.bincount, minlength=self.people)
        hits = count(self._query_person[query]) + count(self._gallery_person[image])
        queries, images = count(self._query_person), count(self._gallery_person)
        totals = queries * (images.sum() - images) + images * (queries.sum() - queries)
        return clustered_rate(
            hits.astype(np.float64), totals.astype(np.float64), len(nearer), self.judged.others
        )

    def _found(self, distance: float) -> tuple[float, float, float]:
        """Returns the share of the matching pairs nearer than this, and its interval."""
        person = np.unique(self.space.table.identity[self.pairing.query], return_inverse=True)[1]
        hits = np.array([float((distances < distance).sum()) for distances in self._matching])
        totals = np.array([len(distances) for distances in self._matching])
        return clustered_rate(
            np.bincount(person, hits), np.bincount(person, totals), hits.sum(), float(totals.sum())
        )


def _by_cameras(
    space: Space, pairing: Pairing, protocol: Protocol, rates: Sequence[float], is_safe: bool
) -> dict[tuple[int, int], tuple[Threshold, ...]]:
    """Returns `same` for each pair of known cameras that has people and pairs enough."""
    table = space.table
    query_camera, gallery_camera = table.camera[pairing.query], table.camera[pairing.gallery]
    found = {}
    for a in np.unique(query_camera[query_camera != UNKNOWN_CAMERA]).tolist():
        for b in np.unique(gallery_camera[gallery_camera != UNKNOWN_CAMERA]).tolist():
            part = pairing.narrowed(query_camera == a, gallery_camera == b)
            if part is None or np.unique(table.identity[part.query]).size < CAMERA_PEOPLE:
                continue
            measured = _Measured(space, replace(part, probe=part.query), protocol)
            if min(rates) * measured.judged.others >= CAMERA_PAIRS:
                found[a, b] = measured.same(rates, is_safe)
    return found if len(found) > 1 else {}


def _log_likelihood_ratio(
    matching: NDArray[np.float64], others: NDArray[np.float64]
) -> tuple[tuple[float, float], ...]:
    """Returns knots of a distance and the log of the likelihood ratio of one person to two, falling.

    Isotonic regression (pool adjacent violators; Ayer et al., 1955) over equally filled bins of
    both kinds, each kind of total weight 1; half a pair is added to each bin's kinds.
    """
    both = np.concatenate([matching, others])
    edges = np.unique(np.quantile(both, np.linspace(0, 1, BINS + 1)))
    if len(edges) < 2:
        return ((float(edges[0]), 0.0),)
    one, two = (np.histogram(values, edges)[0] for values in (matching, others))
    blocks: list[list[float]] = []
    for a, b, left, right in zip(one, two, edges, edges[1:], strict=False):
        blocks.append([float(a), float(b), float(left), float(right)])
        while len(blocks) > 1 and _ratio(blocks[-2], one, two) <= _ratio(blocks[-1], one, two):
            last = blocks.pop()
            blocks[-1] = [blocks[-1][0] + last[0], blocks[-1][1] + last[1], blocks[-1][2], last[3]]
    return tuple(((b[2] + b[3]) / 2, float(np.log(_ratio(b, one, two)))) for b in blocks)


def _ratio(block: list[float], one: Integers, two: Integers) -> float:
    return float(((block[0] + 0.5) / one.sum()) / ((block[1] + 0.5) / two.sum()))
