"""Pictures that look the same, found by a perceptual hash.

The hash is "dHash" (Krawetz, Kind of Like That, 2013) with 256 bits: is each cell of a 16 x 17 grid of
brightness darker than its right neighbour? N pictures; bits are (N, 4) uint64.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from .pictures import GLANCE_HEIGHT, GLANCE_WIDTH

MAX_BITS = 24
"""Different pictures of VIPeR are at least 62 bits apart, of flat drawings of people 45; a copy saved again as JPEG of
quality 50, brightened or halved, is mostly below 24 (docs/lab-notes.md)."""

LEAST_CONTRAST = 3.0
"""Standard deviation, of 255, below which a picture is too even to be told from others."""

_TABLES = 24
_MOST_PAIRS = 4_000_000  # compared at once, and of one key: bounds memory and time

Bits = NDArray[np.uint64]
Pairs = list[tuple[int, int, int]]


def hashes(glances: Sequence[bytes]) -> tuple[Bits, NDArray[np.bool_]]:
    """Return the hash of each glance (of `PictureState`), and whether it has contrast enough to be compared.

    An empty glance, of a picture that could not be read, has not.
    """
    blank = bytes(GLANCE_HEIGHT * GLANCE_WIDTH)
    grey = np.frombuffer(b"".join(glance or blank for glance in glances), np.uint8)
    grey = grey.reshape(len(glances), GLANCE_HEIGHT, GLANCE_WIDTH)
    darker = grey[:, :, :-1] < grey[:, :, 1:]
    bits = np.packbits(darker.reshape(len(glances), -1), axis=1).view(np.uint64)
    return bits, grey.std(axis=(1, 2)) >= LEAST_CONTRAST


def near_pairs(a: Bits, b: Bits, max_bits: int = MAX_BITS) -> Pairs:
    """Return pairs `(i, j, bits)` of `a[i]` and `b[j]` that differ in at most `max_bits`, sorted.

    Locality-sensitive hashing (Indyk, Motwani, 1998): only those are compared that agree in all of some bits
    drawn at random, for one of 24 draws; a pair at the limit may be missed, one much nearer hardly.
    """
    found: dict[tuple[int, int], int] = {}
    if not len(a) or not len(b):
        return []
    all_a, all_b = _unpacked(a), _unpacked(b)
    # Enough bits that chance agreement of different pictures stays rare as their number grows.
    num_key_bits = min(32, 12 + max(len(a), len(b)).bit_length() // 2)
    draw = np.random.default_rng(0)
    for _ in range(_TABLES):
        chosen = draw.choice(all_a.shape[1], num_key_bits, replace=False)
        for i, j in _agreeing(_keys(all_a, chosen), _keys(all_b, chosen)):
            bits = np.bitwise_count(a[i] ^ b[j]).sum(axis=1, dtype=np.int64)
            near = bits <= max_bits
            found.update(
                zip(zip(i[near].tolist(), j[near].tolist(), strict=True), bits[near].tolist(), strict=True)
            )
    return sorted((i, j, bits) for (i, j), bits in found.items())


def _unpacked(bits: Bits) -> NDArray[np.uint8]:
    return np.unpackbits(bits.view(np.uint8), axis=1)


def _keys(unpacked: NDArray[np.uint8], chosen: NDArray[np.int64]) -> NDArray[np.uint64]:
    weights = np.uint64(1) << np.arange(len(chosen), dtype=np.uint64)
    keys = np.zeros(len(unpacked), np.uint64)
    for bit, weight in zip(chosen, weights, strict=True):
        keys |= unpacked[:, bit] * weight
    return keys


def _agreeing(
    keys_a: NDArray[np.uint64], keys_b: NDArray[np.uint64]
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Yield indices of all pairs with equal keys, in blocks; keys that too many share are left out."""
    order = np.argsort(keys_b, kind="stable")
    ranked = keys_b[order]
    first = np.searchsorted(ranked, keys_a, "left")
    number = np.searchsorted(ranked, keys_a, "right") - first
    _, group, sizes = np.unique(keys_a, return_inverse=True, return_counts=True)
    number[number * sizes[group] > _MOST_PAIRS] = 0
    ends = np.cumsum(number)
    start = 0
    while start < len(keys_a):
        before = ends[start] - number[start]
        stop = max(start + 1, int(np.searchsorted(ends, before + _MOST_PAIRS, "right")))
        counts = number[start:stop]
        i = np.repeat(np.arange(start, stop), counts)
        within = np.arange(len(i)) - np.repeat(ends[start:stop] - counts - before, counts)
        yield i, order[np.repeat(first[start:stop], counts) + within]
        start = stop
