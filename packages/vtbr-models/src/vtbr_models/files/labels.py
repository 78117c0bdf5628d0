"""Identities and cameras of a table: whole numbers, or names that are numbered (docs/formats.md, Tables)."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import NamedTuple

from ..errors import InputError
from .values import NUMBER, TABLE_WORDS, counted

LARGEST = 2**63 - 1
ROW_NUMBERS = 'identity: another one in every row; if "{header}" numbers the rows: --column identity=NAME'

Refuse = Callable[[int, str], InputError]
"""Makes the error of a row, by its index, with the text that follows the row's name."""

_NUMBERED_WORD = re.compile(r"([^\W\d_]+)[ _-]?([0-9]{1,18})(?:[sS][0-9]{1,9})?")
_SPECIAL = {"identity": TABLE_WORDS["not_people"], "camera": TABLE_WORDS["not_cameras"]}
_EMPTY_MEANS = {"identity": "-1 (junk)", "camera": "-1 (unknown)"}


class Labels(NamedTuple):
    """A column of identities or cameras."""

    numbers: list[int]
    """-1 where a cell is empty."""
    names: Sequence[str | None]
    """What was numbered, None in rows where nothing was; empty where no row has a name."""
    notes: Sequence[str]
    are_numbers: bool
    """Whether the column holds numbers."""


def read_labels(key: str, texts: Sequence[str], refuse: Refuse) -> Labels:
    """Read the column of `identity` or `camera`; empty cells are ""."""
    names: Sequence[str | None] = ()
    notes = []
    are_numbers = all(NUMBER.fullmatch(text) for text in texts if text)
    if are_numbers:
        numbers = [-1 if number is None else number for number in whole_numbers(key, texts, refuse)]
    elif key == "camera" and (digits := _camera_digits(texts)) is not None:
        numbers = digits
        notes.append(f'camera: numbers read from names like "{next(filter(None, texts))}"')
    else:
        numbers, number = _named(texts, _SPECIAL[key])
        names = [text if text in number else None for text in texts]
        notes.append(f"{key}: {counted(len(number), 'name')} numbered from 1, kept as {key}_name")
    num_empty = texts.count("")
    if num_empty:
        notes.append(f"{key}: empty in {counted(num_empty, 'row')}, read as {_EMPTY_MEANS[key]}")
    return Labels(numbers, names, notes, are_numbers)


def whole_numbers(key: str, texts: Sequence[str], refuse: Refuse, *, smallest: int = -1) -> list[int | None]:
    """Return the whole numbers of a column of numbers, None for empty cells."""
    known = {text: _whole(text, smallest) if text else None for text in set(texts)}
    if any(isinstance(found, str) for found in known.values()):
        index = next(index for index, text in enumerate(texts) if isinstance(known[text], str))
        raise refuse(index, f": {key} is {texts[index]}{known[texts[index]]}")
    return [known[text] for text in texts]  # type: ignore[misc]


def _whole(text: str, smallest: int) -> int | str:
    """Return a number's exact value, or what is said of it behind its text."""
    number = Decimal(text)
    if number > LARGEST:
        return f": the largest allowed is {LARGEST}"
    if number != number.to_integral_value():
        return ", not a whole number"
    return int(number) if number >= smallest else f": the smallest allowed is {smallest}"


def from_one(
    identities: list[int], splits: Sequence[str], first: int | None, refuse: Refuse
) -> tuple[list[int], list[str]]:
    """Raise all identities by one where people are counted from 0, and say so."""
    zeros = [split for identity, split in zip(identities, splits, strict=True) if identity == 0]
    if first == 0 or (first is None and any(split != "gallery" for split in zeros)):
        if LARGEST in identities:
            text = f": identity is {LARGEST}: the largest allowed is {LARGEST - 1}"
            raise refuse(identities.index(LARGEST), text)
        raised = [identity + 1 if identity >= 0 else identity for identity in identities]
        return raised, ["identity: counted from 0, raised by 1"]
    if zeros and first is None:
        rows = counted(len(zeros), "row")
        return identities, [f"identity: 0 is a distractor in {rows}; if it is a person: --first-identity 0"]
    return identities, []


def _camera_digits(texts: Sequence[str]) -> list[int] | None:
    """Return the digits of `cam2`, `C1`, `Camera 03` where all cells are one word and digits."""
    matches = [_NUMBERED_WORD.fullmatch(text) if text else None for text in texts]
    if any(match is None for match, text in zip(matches, texts, strict=True) if text):
        return None
    words = {match[1].lower() for match in matches if match}
    return [int(match[2]) if match else -1 for match in matches] if len(words) == 1 else None


def _named(texts: Sequence[str], special: dict[str, int]) -> tuple[list[int], dict[str, int]]:
    """Number names from 1 in the order of their code points; return each cell's number, and the names'."""
    names = sorted({text for text in texts if text and text.lower() not in special})
    number = {name: place for place, name in enumerate(names, start=1)}
    return [number.get(text, special.get(text.lower(), -1)) for text in texts], number
