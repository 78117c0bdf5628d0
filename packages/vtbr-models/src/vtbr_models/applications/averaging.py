"""Mean features of tracklets, or of whatever else the rows of a manifest share.

Legend: N images, G groups, B images of a batch, D width of a feature.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError
from ..files import Row


@dataclass(frozen=True, slots=True)
class Groups:
    """Rows that share a value of a key, in the order in which the values appear."""

    rows: Sequence[Row]
    """The first row of each group, which names it in the file."""
    number: Sequence[int]
    """(N,) the group of each row."""
    weight: NDArray[np.float64]
    """(N,) of each row in its group's mean."""

    def average(
        self, batches: Iterable[tuple[Sequence[int], NDArray[np.float32]]]
    ) -> tuple[Sequence[Row], NDArray[np.float32]]:
        """Return the groups' first rows, and weighted means (G, D) of features that arrive by rows' indices.

        Groups of which no features arrive are left out.
        """
        totals, weights = None, np.zeros(len(self.rows))
        for indices, features in batches:
            if totals is None:
                totals = np.zeros((len(self.rows), features.shape[1]))
            for index, feature in zip(indices, features, strict=True):
                group, weight = self.number[index], self.weight[index]
                totals[group] += weight * feature
                weights[group] += weight
        assert totals is not None
        found = np.flatnonzero(weights)
        means = (totals[found] / weights[found, None]).astype(np.float32)
        return [self.rows[group] for group in found.tolist()], means


def group_rows(rows: Sequence[Row], key: str, weight_key: str | None = None) -> Groups:
    """Group rows by the value of `key`; rows of one value must agree in split, identity and camera.

    `weight_key` names numbers above 0, such as a detector's confidence. Raises InputError, naming the row,
    where a row has no such key, a weight is not usable, or a group's rows differ.
    """
    first: dict[tuple[str, str], int] = {}
    named: list[Row] = []
    numbers = []
    for row in rows:
        value = _value(row, key)
        number = first.setdefault((row.split, repr(value)), len(named))
        if number == len(named):
            named.append(row)
        _check_agreement(named[number], row, key, value)
        numbers.append(number)
    weights = np.array([1.0 if weight_key is None else _weight(row, weight_key) for row in rows])
    return Groups(named, numbers, weights)


def batches_of(features: NDArray[np.float32], size: int = 1024) -> Iterator[NDArray[np.float32]]:
    """Yield features (G, D) in parts of at most `size`."""
    for start in range(0, len(features), size):
        yield features[start : start + size]


def _value(row: Row, key: str) -> Any:
    value = getattr(row, key) if key in ("identity", "camera", "split") else row.keys.get(key)
    if value is None or value == "":
        raise InputError(f"{row.path} has no {key}: give --average-by a key that all rows have")
    return value


def _check_agreement(first: Row, row: Row, key: str, value: object) -> None:
    for name in ("identity", "camera"):
        if getattr(first, name) != getattr(row, name):
            raise InputError(
                f"{first.path} and {row.path} have one {key} ({value}) and different {name}: "
                "average by a key that tells them apart"
            )


def _weight(row: Row, key: str) -> float:
    value = row.keys.get(key)
    try:
        weight = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        weight = 0.0
    if not 0 < weight < float("inf"):
        raise InputError(f"{row.path}: {key} must be a number above 0 to weigh by, not {value!r}")
    return weight
