"""What about the input makes its scores read differently from what people expect."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from .features import GALLERY, JUNK, QUERY, UNKNOWN_CAMERA, FeatureTable
from .protocol import Protocol

SAMPLED_COLUMNS = 8
"""Features that agree in this many columns are compared in all."""


def input_warnings(table: FeatureTable, protocol: Protocol) -> tuple[str, ...]:
    """Returns a sentence for each thing that people should know before they trust a score.

    Cameras that are not known under cross-camera scoring, queries whose feature or path is also a
    compared gallery image's, and paths that several gallery images share.

    >>> table = FeatureTable.of([[1], [1]], identity=[1, 1], camera=[-1, -1], split=[0, 1])
    >>> input_warnings(table, Protocol())[0][:31]
    'no camera of the queries and of'
    """
    found = [_cameras(table, protocol), _same_feature(table, protocol), *_paths(table, protocol)]
    return tuple(warning for warning in found if warning)


def _cameras(table: FeatureTable, protocol: Protocol) -> str:
    if not protocol.cross_camera:
        return ""
    sides = {"queries": table.split == QUERY, "gallery": (table.split == GALLERY) & (table.identity != JUNK)}
    unknown = {side: int((table.camera[rows] == UNKNOWN_CAMERA).sum()) for side, rows in sides.items()}
    counts = {side: int(rows.sum()) for side, rows in sides.items()}
    effect = "images by a query's own camera are compared too, and scores read higher than across cameras"
    remedy = "give cameras, or add --no-camera if this is meant"
    none = [side for side in sides if counts[side] and unknown[side] == counts[side]]
    if none:
        return f"no camera of the {' and of the '.join(none)} is known: {effect}: {remedy}"
    some = [f"{unknown[side]:,} of {counts[side]:,} in the {side}" for side in sides if unknown[side]]
    return f"cameras are not known ({', '.join(some)}): there {effect}: {remedy}" if some else ""


def _same_feature(table: FeatureTable, protocol: Protocol) -> str:
    queries, gallery = np.flatnonzero(table.split == QUERY), np.flatnonzero(table.split == GALLERY)
    query_key, key = _feature_keys(table, queries), _feature_keys(table, gallery)
    alike = gallery[np.isin(key, query_key)].tolist()
    by_key: dict[int, list[int]] = {}
    for row, own in zip(queries.tolist(), query_key.tolist(), strict=True):
        by_key.setdefault(own, []).append(row)
    found: dict[int, int] = {}
    for row, own in zip(alike, key[np.isin(key, query_key)].tolist(), strict=True):
        for query in by_key[own]:
            is_new = query not in found and _is_compared(table, protocol, query, row)
            if is_new and np.array_equal(table.features[query], table.features[row]):
                found[query] = row
    if not found:
        return ""
    query, row = next(iter(found.items()))
    return (
        f"{_count(len(found), 'query has', 'queries have')} the same feature as a compared gallery image "
        f"(first {table.path[query]} and {table.path[row]}): "
        "the same picture on both sides makes scores read higher"
    )


def _paths(table: FeatureTable, protocol: Protocol) -> Iterator[str]:
    if not protocol.own_image_left_out:
        return
    queries, gallery = np.flatnonzero(table.split == QUERY), np.flatnonzero(table.split == GALLERY)
    keys, first = np.unique(_path_keys(table, gallery), return_index=True)
    shared = len(gallery) - len(keys)
    if shared:
        yield (
            f"{_count(shared, 'gallery image has', 'gallery images have')} the path of another one: "
            "if they are not several people in one picture, they count twice"
        )
    query_key = _path_keys(table, queries)
    is_there = np.isin(query_key, keys)
    others = gallery[first[np.searchsorted(keys, query_key[is_there])]].tolist()
    both = [
        row
        for row, other in zip(queries[is_there].tolist(), others, strict=True)
        if table.path[row] == table.path[other] and _is_compared(table, protocol, row, other)
    ]
    if both:
        yield (
            f"{_count(len(both), 'query has', 'queries have')} the path of a gallery image that is compared "
            f"(first {table.path[both[0]]}): is it the same picture?"
        )


def _feature_keys(table: FeatureTable, rows: NDArray[np.int64]) -> NDArray[np.uint64]:
    """Returns a number of each row (n,) that is the same for equal features."""
    width = table.features.shape[1]
    columns = np.unique(np.linspace(0, width - 1, SAMPLED_COLUMNS).astype(np.int64))
    sample = np.ascontiguousarray(table.features[np.ix_(rows, columns)])
    bits = sample.view(np.uint16 if sample.itemsize == 2 else np.uint32).astype(np.uint64)
    factors = np.random.default_rng(0).integers(1, 2**63, len(columns), np.uint64)
    keys: NDArray[np.uint64] = (bits * factors).sum(axis=1, dtype=np.uint64)
    return keys


def _path_keys(table: FeatureTable, rows: NDArray[np.int64]) -> NDArray[np.int64]:
    """Returns a number of each row (n,) that is the same for equal paths."""
    text, offset = table.path.text.tobytes(), table.path.offset.tolist()
    return np.fromiter(
        (hash(text[offset[row] : offset[row + 1]]) for row in rows.tolist()), np.int64, len(rows)
    )


def _is_compared(table: FeatureTable, protocol: Protocol, query: int, row: int) -> bool:
    identity = int(table.identity[row])
    if identity == JUNK or int(table.identity[query]) == JUNK:
        return False
    if identity != table.identity[query]:
        return True
    if protocol.cross_camera and table.camera[query] != UNKNOWN_CAMERA:
        return bool(table.camera[row] != table.camera[query])
    return not protocol.own_image_left_out or table.path[row] != table.path[query]


def _count(number: int, one: str, many: str) -> str:
    return f"{number:,} {one if number == 1 else many}"
