"""The values of a table's columns: docs/formats.md, Tables, from "Empty" to "Attributes".

Each function takes the cells of a column from the top and raises `BadCellError` for the first that is wrong.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, NoReturn

from ..attributes import TABLE_WORDS, VALUES
from ..errors import InputError

LARGEST = 2**63 - 1

_EMPTY = frozenset(TABLE_WORDS["empty"]) - {"none"}
_NUMBER = re.compile(r"-?[0-9]+(?:\.[0-9]*)?(?:[eE][-+]?[0-9]{1,6})?")
_CAMERA = re.compile(r"([^\W\d_]+)[ _-]?([0-9]{1,18})(?:[sS][0-9]{1,9})?")
_TRUE, _FALSE = (frozenset(TABLE_WORDS[key].split()) for key in ("true", "false"))
_SPLITS = {word: split for split, words in TABLE_WORDS["splits"].items() for word in words.split()}
_TESTS = frozenset(TABLE_WORDS["held_out"].split())
"""Words of parts that are both query and gallery, or neither."""
_SAME_WORD: Mapping[str, str] = TABLE_WORDS["same_word"]


class BadCellError(InputError):
    """A cell that cannot be read: the row's place from 0, and the text that follows the row's name."""

    def __init__(self, place: int, message: str) -> None:
        super().__init__(message)
        self.place = place


def is_empty(cell: str) -> bool:
    """Return whether a cell of anything but captions, attributes and unknown columns holds nothing."""
    return cell == "" or cell.lower() in _EMPTY or cell.lower() == "none"


def numbers(cells: Sequence[str], key: str, smallest: int = -1) -> list[int | None] | None:
    """Return the whole numbers of a column, None for empty cells; None in place of all if some are words."""
    different = {cell: None if is_empty(cell) else _decimal(cell) for cell in set(cells)}
    if any(value is None and not is_empty(cell) for cell, value in different.items()):
        return None
    whole: dict[str, int | None] = {}
    for cell, value in different.items():
        if value is None:
            whole[cell] = None
        elif value == value.to_integral_value() and smallest <= value <= LARGEST:
            whole[cell] = int(value)
    if len(whole) < len(different):
        place = next(place for place, cell in enumerate(cells) if cell not in whole)
        raise BadCellError(place, f": {key} is {cells[place]}{_fault(different[cells[place]], smallest)}")
    return [whole[cell] for cell in cells]


def signed_numbers(cells: Sequence[str], key: str) -> list[int | None] | None:
    """Return the whole numbers of a column that may be below -1; None if any cell holds anything else."""
    for cell in set(cells):
        value = _decimal(cell)
        is_whole = value is not None and value == value.to_integral_value()
        if not is_empty(cell) and not is_whole:
            return None
    return numbers(cells, key, smallest=-LARGEST)


def name_numbers(cells: Sequence[str], special: Mapping[str, int]) -> tuple[list[int | None], dict[str, int]]:
    """Return number names in their order from 1; return each cell's number and the numbers of names.

    >>> name_numbers(["bob", "junk", "ann"], {"junk": -1})
    ([2, -1, 1], {'ann': 1, 'bob': 2})
    """
    names = sorted({cell for cell in cells if not is_empty(cell) and cell.lower() not in special})
    number = {name: place for place, name in enumerate(names, start=1)}
    return [number.get(cell, special.get(cell.lower())) for cell in cells], number


def camera_digits(cells: Sequence[str]) -> list[int | None] | None:
    """Return the numbers of cameras named `cam1`, `cam2`; None if any is named in another way."""
    found: dict[str, int | None] = {}
    words = set()
    for cell in set(cells):
        match = _CAMERA.fullmatch(cell)
        if match:
            words.add(match[1].lower())
            found[cell] = int(match[2])
        elif is_empty(cell):
            found[cell] = None
        else:
            return None
    return [found[cell] for cell in cells] if len(words) == 1 else None


def split_of(word: str) -> str | None:
    """Return the split that a word means, `gallery` for the likes of `val` and `test`; None for others."""
    form = re.sub(r"[\s_-]", "", word).lower()
    return _SPLITS.get(form, "gallery" if form in _TESTS else None)


def is_test_word(word: str) -> bool:
    """Return whether a word of a split names a part that is not divided into query and gallery."""
    return re.sub(r"[\s_-]", "", word).lower() in _TESTS


def truth(cells: Sequence[str], key: str) -> list[bool]:
    """Return the truth values of a column of marks; empty cells are false."""
    found = []
    for place, cell in enumerate(cells):
        value = cell.lower()
        if value not in _TRUE | _FALSE | {"t", "f"} and not is_empty(cell):
            raise BadCellError(place, f': {key} is "{cell}": use true or false')
        found.append(value in _TRUE or value == "t")
    return found


def captions(cell: object) -> list[str]:
    """Return the captions of a cell: a list of text, one that is written as JSON or Python, or one text.

    >>> captions("['a man', 'in red']"), captions("[a man]")
    (['a man', 'in red'], ['[a man]'])
    """
    if isinstance(cell, str) and cell.startswith("[") and cell.endswith("]"):
        cell = _listed(cell)
    said = map(text_of, cell if isinstance(cell, list) else [cell])
    return [text for text in said if text]


def attribute(name: str, cell: str) -> tuple[object, bool]:
    """Return the value of an attribute's cell, None for nothing, and whether it is one that is known."""
    lower = cell.lower()
    if lower in _EMPTY:
        return None, True
    if name not in VALUES and name != "viewpoint":
        return {"true": True, "false": False}.get(lower, cell), True
    if name == "viewpoint":
        value = _decimal(cell)
        is_right = value is not None and value == value.to_integral_value() and 0 <= value <= 359
        return (int(value) if value is not None and is_right else cell), is_right
    if VALUES[name] == (True, False):
        return (lower in _TRUE, True) if lower in _TRUE or lower in _FALSE else (cell, False)
    word = _SAME_WORD.get(lower, lower)
    return (word, True) if word in VALUES[name] else (cell, False)


def attributes_object(cell: object) -> dict[str, Any] | None:
    """Return the attributes of a cell that holds a JSON object, without nulls; None if it holds none."""
    if is_empty(text_of(cell)):
        return {}
    if isinstance(cell, str):
        try:
            cell = json.loads(cell, parse_constant=_refuse_constant)
        except (ValueError, RecursionError):
            return None
    if not isinstance(cell, dict):
        return None
    return {name: value for name, value in cell.items() if value is not None}


def text_of(cell: object) -> str:
    """Return the text of a typed cell: of numbers, truth values and lists that of JSON, of nothing none."""
    if isinstance(cell, str):
        return cell.strip()
    if cell is None or cell != cell:  # null, and pandas' NaN for it
        return ""
    if isinstance(cell, (bool, list, dict)):
        return json.dumps(cell, ensure_ascii=False, default=str)
    return str(cell)


def _refuse_constant(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not allowed")


def _decimal(cell: str) -> Decimal | None:
    return Decimal(cell) if _NUMBER.fullmatch(cell) else None


def _fault(value: Decimal | None, smallest: int) -> str:
    assert value is not None
    if value > LARGEST:
        return f": the largest allowed is {LARGEST}"
    if value == value.to_integral_value():
        return f": the smallest allowed is {smallest}"
    return ", not a whole number"


def _listed(cell: str) -> object:
    for read in (json.loads, ast.literal_eval):
        try:
            found = read(cell)
        except (ValueError, SyntaxError, RecursionError, MemoryError):
            continue
        if isinstance(found, list) and all(isinstance(text, str) for text in found):
            return found
    return cell
