"""Who is compared with whom: matches, images left out, and queries that cannot be scored."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from .errors import InputError
from .features import DISTRACTOR, GALLERY, JUNK, QUERY, UNKNOWN_CAMERA, FeatureTable
from .protocol import Protocol

Integers = NDArray[np.int64]


class Reason(StrEnum):
    """Why a query has no correct match."""

    JUNK = "query_is_junk"
    DISTRACTOR = "query_is_distractor"
    ABSENT = "identity_absent"
    SAME_CAMERA = "same_camera_only"


@dataclass(frozen=True, kw_only=True)
class Pairing:
    """Queries and gallery are rows of the table, matches and images left out positions in `gallery`."""

    query: Integers
    """The queries that can be scored, in the table's order."""
    probe: Integers
    """All queries but junk, in the table's order: they take part in re-ranking."""
    gallery: Integers
    """The gallery without junk, in the table's order."""
    match: list[Integers]
    """For each scored query its correct matches, ascending and never empty."""
    left_out: list[Integers]
    """For each scored query the images of its identity that are not compared."""
    dropped: dict[int, Reason]
    """The queries that cannot be scored."""
    counts: dict[str, int]

    def narrowed(self, queries: NDArray[np.bool_], images: NDArray[np.bool_]) -> Pairing | None:
        """Returns the pairs of some scored queries (Q,) and some of the gallery (G,); None if no match is left.

        Queries without a match there are left out; probes and counts stay as they are.
        """
        position = np.flatnonzero(images)
        place = np.full(len(images), -1)
        place[position] = np.arange(len(position))
        match, left_out = (
            [place[positions][place[positions] >= 0] for positions in lists]
            for lists in (self.match, self.left_out)
        )
        kept = [i for i in np.flatnonzero(queries).tolist() if match[i].size]
        if not kept:
            return None
        return replace(
            self,
            query=self.query[kept],
            gallery=self.gallery[position],
            match=[match[i] for i in kept],
            left_out=[left_out[i] for i in kept],
        )


def pair(table: FeatureTable, protocol: Protocol) -> Pairing:
    """Sorts out the queries and the gallery of `table` under `protocol`.

    Raises `InputError` when there is no query, no gallery, or no query with a match.
    """
    in_gallery = table.split == GALLERY
    gallery = np.flatnonzero(in_gallery & (table.identity != JUNK))
    queries = np.flatnonzero(table.split == QUERY)
    _check_both_sides(table, queries, gallery)
    by_identity = np.argsort(table.identity[gallery], kind="stable")  # stable: positions stay ascending
    sorted_identity = table.identity[gallery][by_identity]
    first = np.searchsorted(sorted_identity, table.identity[queries], "left")
    last = np.searchsorted(sorted_identity, table.identity[queries], "right")
    scored, match, left_out, dropped = [], [], [], {}
    for query, begin, end in zip(queries.tolist(), first, last, strict=True):
        same_person = by_identity[begin:end]
        is_left_out = _left_out(table, query, gallery[same_person], protocol)
        reason = _reason_to_drop(int(table.identity[query]), is_left_out)
        if reason:
            dropped[query] = reason
            continue
        scored.append(query)
        match.append(same_person[~is_left_out])
        left_out.append(same_person[is_left_out])
    counts = {
        "queries": len(queries),
        "scored_queries": len(scored),
        "identities": int(np.unique(table.identity[scored]).size),
        "gallery": int(in_gallery.sum()),
        "distractors": int((table.identity[gallery] == DISTRACTOR).sum()),
        "junk": int(in_gallery.sum()) - len(gallery),
    }
    if not scored:
        raise InputError(_nothing_to_score(table, dropped))
    return Pairing(
        query=np.array(scored),
        probe=queries[table.identity[queries] != JUNK],
        gallery=gallery,
        match=match,
        left_out=left_out,
        dropped=dropped,
        counts=counts,
    )


def _check_both_sides(table: FeatureTable, queries: Integers, gallery: Integers) -> None:
    remedy = "the manifest's `split` must say query and gallery"
    if not queries.size:
        raise InputError(f"{table.name}: has no query among its {len(table):,} images: {remedy}")
    if not gallery.size:
        junk = int((table.split == GALLERY).sum())
        if junk:
            remedy = f"all {junk:,} gallery images are junk (identity -1); people count from 1"
        raise InputError(f"{table.name}: has no gallery to search in: {remedy}")


def _left_out(table: FeatureTable, query: int, rows: Integers, protocol: Protocol) -> NDArray[np.bool_]:
    camera = table.camera[query]
    if protocol.cross_camera and camera != UNKNOWN_CAMERA:
        same_camera: NDArray[np.bool_] = table.camera[rows] == camera
        return same_camera
    if not protocol.own_image_left_out:
        return np.zeros(len(rows), np.bool_)
    # Without cameras, the query's own image may be in the gallery: finding it proves nothing.
    return np.fromiter((table.path[row] == table.path[query] for row in rows), np.bool_, len(rows))


def _reason_to_drop(identity: int, is_left_out: NDArray[np.bool_]) -> Reason | None:
    if identity == JUNK:
        return Reason.JUNK
    if identity == DISTRACTOR:
        return Reason.DISTRACTOR
    if not is_left_out.size:
        return Reason.ABSENT
    return Reason.SAME_CAMERA if is_left_out.all() else None


def _nothing_to_score(table: FeatureTable, dropped: dict[int, Reason]) -> str:
    count = {reason: sum(1 for r in dropped.values() if r == reason) for reason in Reason}
    described = {
        Reason.SAME_CAMERA: "are in the gallery only by the query's own camera, which is left out",
        Reason.ABSENT: "show people who are not in the gallery",
        Reason.JUNK: "are junk (identity -1)",
        Reason.DISTRACTOR: "are distractors (identity 0)",
    }
    remedy = {
        Reason.SAME_CAMERA: "if the pictures come from one camera, add --no-camera",
        Reason.ABSENT: "check that `identity` numbers people alike in query and gallery",
        Reason.JUNK: "give `identity` in the manifest",
        Reason.DISTRACTOR: "people count from 1",
    }
    main = max(count, key=lambda reason: count[reason])
    reasons = ", ".join(f"{count[r]:,} {text}" for r, text in described.items() if count[r])
    return f"{table.name}: no query has a correct match in the gallery: {reasons}; {remedy[main]}"
