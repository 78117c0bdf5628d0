"""Captions of an image as one tree, in which common beginnings are stored once.

Legend: C captions, N nodes (tokens that are read), E edges (tokens that are predicted), L tokens.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

MAX_NODES = 512
"""Nodes of a tree: attention reads all nodes from each, so larger trees cost more than they share."""


@dataclass(frozen=True, kw_only=True, slots=True)
class CaptionTree:
    """Tokens and their positions, which of the others each may read, and what is predicted at it."""

    captions: Sequence[int]
    """Their numbers in the list that the tree was made from."""
    tokens: NDArray[np.int64]
    """(N,) of the nodes; each comes after the one that it follows."""
    positions: NDArray[np.int64]
    """(N,) in its captions, 0 for the start."""
    is_seen: NDArray[np.bool_]
    """(N, N): whether node n reads node m, which comes before it in its captions or is n itself."""
    edge_node: NDArray[np.int64]
    edge_token: NDArray[np.int64]
    """(E,): token `edge_token` comes next at node `edge_node`."""
    paths: NDArray[np.int64]
    """(C, L) edges of each caption, filled up with E."""


def trees(captions: Sequence[Sequence[int]], max_nodes: int = MAX_NODES) -> Iterator[CaptionTree]:
    """Yield trees of at most `max_nodes` (or of one caption) that hold all captions.

    Each caption runs from its start to its end, both included; all have the same start.

    >>> (tree,) = trees([[1, 7, 8, 2], [1, 7, 9, 2], [1, 7, 2]])
    >>> tree.tokens.tolist(), tree.positions.tolist(), len(tree.edge_token)
    ([1, 7, 8, 9], [0, 1, 2, 2], 6)
    """
    order = sorted(range(len(captions)), key=lambda number: tuple(captions[number]))
    group: list[int] = []
    num_nodes = 0
    previous: tuple[int, ...] = ()
    for number in order:
        caption = tuple(captions[number][:-1])
        differs = (n for n, (a, b) in enumerate(zip(caption, previous, strict=False)) if a != b)
        shared = next(differs, min(len(caption), len(previous)))
        if group and num_nodes + len(caption) - shared > max_nodes:
            yield _tree(captions, sorted(group))
            group, num_nodes, shared = [], 0, 0
        group.append(number)
        num_nodes += len(caption) - shared
        previous = caption
    if group:
        yield _tree(captions, sorted(group))


def _tree(captions: Sequence[Sequence[int]], numbers: Sequence[int]) -> CaptionTree:
    nodes: dict[tuple[int, int], int] = {}  # (parent, token) to node; the start has the parent -1
    edges: dict[tuple[int, int], int] = {}
    paths = []
    for number in numbers:
        node, path = -1, []
        for token, following in itertools.pairwise(captions[number]):
            node = nodes.setdefault((node, token), len(nodes))
            path.append(edges.setdefault((node, following), len(edges)))
        paths.append(path)
    is_seen = np.eye(len(nodes), dtype=np.bool_)
    positions = np.zeros(len(nodes), np.int64)
    for (parent, _), node in nodes.items():
        if parent >= 0:
            is_seen[node, : parent + 1] |= is_seen[parent, : parent + 1]
            positions[node] = positions[parent] + 1
    filled = np.full((len(paths), max(map(len, paths))), len(edges), np.int64)
    for row, path in zip(filled, paths, strict=True):
        row[: len(path)] = path
    return CaptionTree(
        captions=numbers,
        tokens=np.array([token for _, token in nodes], np.int64),
        positions=positions,
        is_seen=is_seen,
        edge_node=np.array([node for node, _ in edges], np.int64),
        edge_token=np.array([token for _, token in edges], np.int64),
        paths=filled,
    )
