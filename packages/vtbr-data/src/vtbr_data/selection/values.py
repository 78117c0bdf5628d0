"""The values that images are counted and balanced by."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..attributes import KNOWN
from ..errors import InputError
from ..manifest import Row

_OWN = ("identity", "camera", "split")
_SECTOR_DEGREES = 45


def value_of(row: Row, key: str) -> str:
    """Return the row's value of a column, an attribute or any other key, as text; of `viewpoint` the nearest
    of eight directions; `unknown` where there is none.

    >>> value_of(Row("a.jpg", 7, attributes={"hat": True, "viewpoint": 100}), "viewpoint")
    '90'
    """
    if key in _OWN:
        return str(getattr(row, key))
    value: Any = row.attributes.get(key, row.extra.get(key))
    if value is None:
        return "unknown"
    if key == "viewpoint" and type(value) is int:
        return str((value * 2 + _SECTOR_DEGREES) // (2 * _SECTOR_DEGREES) % 8 * _SECTOR_DEGREES)
    return str(value).lower() if isinstance(value, bool) else str(value)


def group_numbers(rows: Sequence[Row], keys: Sequence[str]) -> NDArray[np.int64]:
    """Return a number for each row, the same for rows with the same values of all `keys`.

    Raises `InputError` for a key that no row has.
    """
    for key in keys:
        if key not in _OWN and not any(key in row.attributes or key in row.extra for row in rows):
            known = sorted({name for row in rows[:1000] for name in (*row.attributes, *row.extra)})
            raise InputError(f"no image has {key}: balance by one of {', '.join((*_OWN, *known))}")
    number: dict[tuple[str, ...], int] = {}
    return np.array(
        [number.setdefault(tuple(value_of(row, key) for key in keys), len(number)) for row in rows], np.int64
    )


def value_counts(rows: Sequence[Row], keys: Sequence[str]) -> dict[str, dict[str, int]]:
    """Return how many rows have each value, of the split, the camera, each known attribute and `keys` but
    identity.
    """
    present = {name for row in rows for name in row.attributes}
    names = dict.fromkeys(("split", "camera", *(name for name in KNOWN if name in present), *keys))
    names.pop("identity", None)
    found = {}
    for name in names:
        counted = Counter(value_of(row, name) for row in rows)
        found[name] = dict(sorted(counted.items()))
    return found
