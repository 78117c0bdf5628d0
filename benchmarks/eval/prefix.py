"""What a product over a prefix of rotated dimensions would decide: the share of pairs left, by prefix.

    python -m benchmarks.eval.prefix FEATURES [QUERIES]

Features of length 1 are turned by the principal axes of the gallery, so that the first P dimensions
hold most of their energy. q . g then lies within |rest of q| |rest of g| of the product over P
dimensions (Cauchy-Schwarz). A pair is left when that interval holds the nearness of one of the
query's matches. The cost is P / D for the prefix, P / D of an (N x D) x D product for the rotation,
and the pairs left, each of which costs more than one in a product: it is gathered.
"""

from __future__ import annotations

import sys
import time

import numpy as np
from numpy.typing import NDArray

from vtbr_eval import Protocol, read_features
from vtbr_eval.pairing import pair
from vtbr_eval.ranking.space import Space

SAMPLED, QUERIES = 4096, 200


def main() -> None:
    """Print a row for each prefix."""
    table = read_features(sys.argv[1])
    pairing = pair(table, Protocol())
    space = Space(table, "cosine")
    asked = np.linspace(0, len(pairing.query) - 1, int((sys.argv[2:] or [QUERIES])[0])).astype(int)
    gallery, query = space.vectors(pairing.gallery), space.vectors(pairing.query[asked])
    sample = gallery[:: max(1, len(gallery) // SAMPLED)]
    middle = sample.mean(axis=0)
    axes = np.linalg.eigh(np.cov(sample.T))[1][:, ::-1].astype(np.float32)
    gallery, query = (gallery - middle) @ axes, (query - middle) @ axes
    width, whole = gallery.shape[1], query @ gallery.T
    rotation = len(table) * width / (len(pairing.query) * len(gallery))
    dear = scattered(query, gallery) / in_product(query, gallery)
    print(f"a scattered pair costs {dear:.0f} times one in a product\n")
    print("| prefix | energy | pairs left | cost, of the product |")
    print("| --- | --- | --- | --- |")
    for prefix in (width // 16, width // 8, width // 4, width // 2):
        first = query[:, :prefix] @ gallery[:, :prefix].T
        rest = [np.linalg.norm(side[:, prefix:], axis=1) for side in (query, gallery)]
        left = 0
        for row, guess, bound, i in zip(whole, first, rest[0][:, None] * rest[1], asked, strict=True):
            wanted = np.sort(row[pairing.match[i]])
            left += (wanted.searchsorted(guess + bound, "right") > wanted.searchsorted(guess - bound)).sum()
        energy = np.square(gallery[:, :prefix]).sum() / np.square(gallery).sum()
        share = left / first.size
        total = prefix / width + dear * share + rotation * prefix / width
        print(f"| {prefix} of {width} | {energy:.1%} | {share:.1%} | {total:.2f} |")


def in_product(query: NDArray[np.float32], gallery: NDArray[np.float32]) -> float:
    """Return the seconds a pair."""
    start = time.process_time()
    query @ gallery.T
    return (time.process_time() - start) / (len(query) * len(gallery))


def scattered(query: NDArray[np.float32], gallery: NDArray[np.float32]) -> float:
    """Return the seconds a pair, of every tenth gallery image."""
    rows = np.arange(0, len(gallery), 10)
    start = time.process_time()
    for one in query:
        gallery[rows] @ one
    return (time.process_time() - start) / (len(query) * len(rows))


if __name__ == "__main__":
    main()
