"""Images as unit vectors, whose products are cosine similarities.

N images, D width of what is known of them, K width of a vector.
"""

from __future__ import annotations

import hashlib
from array import array
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError
from .features import Features

WIDTH = 256
"""K: wider features are projected onto as many random directions (Johnson and Lindenstrauss), which moves a
cosine by about 0.06, one standard deviation."""

_ROWS = 16_384  # a block: with 2,048 float32 features 128 MiB


def feature_vectors(features: Features, paths: list[str], *, seed: int) -> NDArray[np.float32]:
    """Return the features of `paths`, (N, K) float32, each of length 1 (of zeros: 0)."""
    rows = features.rows_of(paths)
    width = features.values.shape[1]
    directions = None
    if width > WIDTH:
        directions = np.random.default_rng([seed, 1]).standard_normal((width, WIDTH), np.float32)
    vectors = np.empty((len(rows), min(width, WIDTH)), np.float32)
    for start in range(0, len(rows), _ROWS):
        block = np.array(features.values[rows[start : start + _ROWS]], np.float32)
        if not np.isfinite(block).all():
            bad = int(np.flatnonzero(~np.isfinite(block).all(axis=1))[0])
            raise InputError(f"{features.name}: the features of {paths[start + bad]} are not finite")
        block = _unit(block)
        vectors[start : start + _ROWS] = block if directions is None else _unit(block @ directions)
    return vectors


def caption_vectors(captions: Sequence[Sequence[str]]) -> NDArray[np.float32]:
    """Return captions of each image as hashed words and pairs of words, (N, K) float32, each of length 1.

    TF-IDF (Salton and Buckley 1988): a term counts log(N / images with it), once an image. A term is hashed
    to one of K columns with a sign (Weinberger et al., ICML 2009). Raises `InputError` if no image has a
    caption.
    """
    if not any(captions):
        raise InputError(
            "there are no captions to compare: give --features, or make some by vtbr-data caption"
        )
    number: dict[str, int] = {}
    terms, ends = array("i"), array("q", [0])
    for said in captions:
        found: dict[str, None] = {}  # in the order of the text, so that sums are the same each time
        for caption in said:
            words = caption.lower().split()
            found.update(dict.fromkeys(words))
            found.update(dict.fromkeys(map(" ".join, pairwise(words))))
        terms.extend([number.setdefault(term, len(number)) for term in found])
        ends.append(len(terms))
    flat, offsets = np.frombuffer(terms, np.int32), np.frombuffer(ends, np.int64)
    weight = np.log(len(captions) / np.bincount(flat, minlength=len(number))) + 1e-6
    hashed = np.array([_hash(term) for term in number], np.uint64)
    column = (hashed % WIDTH).astype(np.int64)
    signed = np.where(hashed >> np.uint64(63), weight, -weight)
    vectors = np.empty((len(captions), WIDTH), np.float32)
    for start in range(0, len(captions), _ROWS):
        stop = min(start + _ROWS, len(captions))
        part = flat[offsets[start] : offsets[stop]]
        owner = np.repeat(np.arange(stop - start), np.diff(offsets[start : stop + 1]))
        sums = np.bincount(owner * WIDTH + column[part], signed[part], (stop - start) * WIDTH)
        vectors[start:stop] = _unit(sums.reshape(-1, WIDTH).astype(np.float32))
    return vectors


def _hash(term: str) -> int:
    return int.from_bytes(hashlib.blake2b(term.encode("utf-8", "surrogatepass"), digest_size=8).digest())


def _unit(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    length = np.sqrt(np.einsum("nk,nk->n", rows, rows))
    length[length == 0] = 1
    rows /= length[:, None]
    return rows
