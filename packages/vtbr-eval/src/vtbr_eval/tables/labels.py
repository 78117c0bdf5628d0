"""Identities and cameras of a table: whole numbers, or names that are numbered."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from ..errors import InputError
from . import values
from .values import LARGEST, counted

Refuse = Callable[[int, str], InputError]
"""Makes the error of a row, by its index, of what is said behind the row's place."""

_SPECIAL = {"identity": values.identity_that_is_no_name, "camera": values.camera_that_is_no_name}
_UNKNOWN = {"identity": "junk", "camera": "unknown"}


@dataclass(frozen=True, slots=True)
class Labels:
    """A column of identities or cameras."""

    numbers: list[int]
    """-1 where a cell is empty."""
    names: dict[int, str]
    """What was numbered, by row."""
    notes: list[str]
    are_numbers: bool
    """Whether the column holds numbers."""


def read_labels(key: str, cells: Sequence[Any], refuse: Refuse) -> Labels:
    """Reads the column of `identity` or `camera`."""
    cells = list(map(values.text, cells))
    are_numbers, names, notes = values.are_numbers(cells), dict[int, str](), []
    if are_numbers:
        numbers = [-1 if number is None else number for number in whole_numbers(key, cells, refuse, -1)]
    elif key == "camera" and (digits := values.camera_numbers(cells)) is not None:
        numbers = digits
        first = next(values.text(cell) for cell in cells if not values.is_empty(cell))
        notes.append(f'camera: numbers read from names like "{first}"')
    else:
        numbers, number = values.numbered_names(cells, _SPECIAL[key])
        names = {row: word for row, cell in enumerate(cells) if (word := values.text(cell)) in number}
        notes.append(f"{key}: {counted(len(number), 'name')} numbered from 1, kept as {key}_name")
    empty = sum(cells.count(cell) for cell in set(cells) if values.is_empty(cell))
    if empty:
        notes.append(f"{key}: empty in {counted(empty, 'row')}, read as -1 ({_UNKNOWN[key]})")
    return Labels(numbers, names, notes, are_numbers)


def whole_numbers(key: str, cells: Sequence[Any], refuse: Refuse, least: int) -> list[int | None]:
    """Returns the whole numbers of a column of numbers, None for empty cells."""
    texts = list(map(values.text, cells))
    known = {cell: None if values.is_empty(cell) else values.whole_number(cell, least) for cell in set(texts)}
    if any(isinstance(value, str) for value in known.values()):
        row = next(row for row, cell in enumerate(texts) if isinstance(known[cell], str))
        raise refuse(row, f": {key} {known[texts[row]]}")
    return [known[cell] for cell in texts]  # type: ignore[misc]


def from_one(
    identities: list[int], splits: Sequence[str], first: int | None, refuse: Refuse
) -> tuple[list[int], list[str]]:
    """Returns identities counted from 1, where they are counted from 0, and what to say of it."""
    zeros = [split for identity, split in zip(identities, splits, strict=True) if identity == 0]
    if first == 0 or (first is None and any(split != "gallery" for split in zeros)):
        if LARGEST in identities:
            what = f": identity is {LARGEST}: the largest allowed is {LARGEST - 1}"
            raise refuse(identities.index(LARGEST), what)
        return [i + 1 if i >= 0 else i for i in identities], [values.COUNTED_FROM_ZERO]
    if zeros and first is None:
        rows = counted(len(zeros), "row")
        return identities, [f"identity: 0 is a distractor in {rows}; if it is a person: --first-identity 0"]
    return identities, []
