"""Curves of several runs as one."""

from __future__ import annotations

from collections.abc import Sequence


def mean_curve(curves: Sequence[Sequence[Sequence[float]]]) -> tuple[list[float], list[float]]:
    """The steps that all curves have, and their mean values there.

    >>> mean_curve([[[1, 2.0], [2, 4.0]], [[1, 4.0], [3, 5.0]]])
    ([1], [3.0])
    """
    tables = [dict(map(tuple, curve)) for curve in curves]
    steps = sorted(set.intersection(*(set(table) for table in tables))) if tables else []
    return steps, [sum(table[step] for table in tables) / len(tables) for step in steps]
