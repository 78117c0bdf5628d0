"""What the cells of a column mean: numbers, names, splits, captions, attributes."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any, NoReturn

TABLE_WORDS: Mapping[str, Any] = json.loads(Path(__file__).with_name("table_words.json").read_text("utf-8"))
"""The words of docs/formats.md, Tables; vtbr-data and vtbr-models hold the same file."""
EMPTY = frozenset(TABLE_WORDS["empty"])
"""In lower case."""
LARGEST = 2**63 - 1
SPLIT_WORDS = {word: split for split, words in TABLE_WORDS["splits"].items() for word in words.split()}
"""By normal form."""
HELD_OUT = frozenset(TABLE_WORDS["held_out"].split())
"""Splits that are scored as gallery, and whose word is kept."""
TRUE, FALSE = (frozenset(TABLE_WORDS[key].split()) for key in ("true", "false"))
COUNTED_FROM_ZERO = "identity: counted from 0, raised by 1"

_DEGREES = range(360)
KNOWN_ATTRIBUTES: dict[str, frozenset[Any] | range] = {
    name: frozenset(values) or _DEGREES for name, values in TABLE_WORDS["attributes"].items()
}
_NUMBER = re.compile(r"-?[0-9]+(?:\.[0-9]*)?(?:[eE][-+]?[0-9]{1,6})?")
_WORD_AND_DIGITS = re.compile(r"([^\W\d_]+)[ _-]?([0-9]{1,18})(?:[sS][0-9]{1,9})?")


@lru_cache(4096)
def normal(header: str) -> str:
    """Returns a name without spaces, `_` and `-`, in lower case.

    >>> normal("Person_ID")
    'personid'
    """
    return re.sub(r"[\s_-]", "", header).lower()


def text(cell: Any) -> str:
    """Returns a cell as text: of numbers, truth values and lists that of JSON, of nothing none."""
    if isinstance(cell, str):
        return cell.strip()
    if cell is None or cell != cell:  # null, and pandas' NaN for it
        return ""
    if isinstance(cell, bool | list | dict):
        return json.dumps(cell, ensure_ascii=False, default=str)
    return str(cell)


def is_empty(cell: Any) -> bool:
    """Tells whether a cell says nothing."""
    return text(cell).lower() in EMPTY


def are_numbers(cells: Iterable[Any]) -> bool:
    """Tells whether all cells that are not empty are numbers."""
    return all(_NUMBER.fullmatch(cell) or is_empty(cell) for cell in set(map(text, cells)))


def whole_number(cell: Any, least: int) -> int | str:
    """Returns a number's exact value, or what is wrong with it.

    >>> whole_number("7.0", -1), whole_number("1.5", -1)
    (7, 'is 1.5, not a whole number')
    """
    number = Decimal(text(cell))
    if number > LARGEST:
        return f"is {text(cell)}: the largest allowed is {LARGEST}"
    if number != number.to_integral_value():
        return f"is {text(cell)}, not a whole number"
    return int(number) if number >= least else f"is {text(cell)}: the smallest allowed is {least}"


def is_fraction(cell: Any) -> bool:
    """Tells whether a cell of numbers holds one that is not whole."""
    if is_empty(cell):
        return False
    number = Decimal(text(cell))
    return number != number.to_integral_value()


def counted(number: int, what: str) -> str:
    """Returns a number and its unit, in the plural where there is not exactly one.

    >>> counted(2, "row")
    '2 rows'
    """
    return f"{number} {what}{'' if number == 1 else 's'}"


def numbered_names(
    cells: Sequence[Any], special: Callable[[str], int | None]
) -> tuple[list[int], dict[str, int]]:
    """Numbers the different names from 1 in the order of their code points; empty ones are -1.

    `special` gives the number of what is no name. Returns the numbers and the names' own.
    """
    names = [text(cell) for cell in cells]
    named = sorted({name for name in names if not is_empty(name) and special(name) is None})
    number = {name: i for i, name in enumerate(named, 1)}
    found = [-1 if is_empty(name) else number.get(name, special(name)) for name in names]
    return [value for value in found if value is not None], number


def identity_that_is_no_name(name: str) -> int | None:
    """Returns -1 of junk and 0 of a distractor."""
    number: int | None = TABLE_WORDS["not_people"].get(name.lower())
    return number


def camera_that_is_no_name(name: str) -> int | None:
    """Returns -1 of an unknown camera."""
    number: int | None = TABLE_WORDS["not_cameras"].get(name)
    return number


def camera_numbers(cells: Sequence[Any]) -> list[int] | None:
    """Returns the numbers in `cam2`, `Camera 03`, if all cells are one word and digits; empty ones are -1.

    >>> camera_numbers(["cam2", "CAM_03", ""]), camera_numbers(["cam2", "gate1"])
    ([2, 3, -1], None)
    """
    found, words = [], set()
    for cell in cells:
        match = _WORD_AND_DIGITS.fullmatch(text(cell))
        if not is_empty(cell) and not match:
            return None
        if match and not is_empty(cell):
            words.add(match[1].lower())
        found.append(int(match[2]) if match and not is_empty(cell) else -1)
    return found if len(words) == 1 else None


def split_of(cell: Any) -> str | None:
    """Returns the split that a word means, or None.

    >>> split_of("Probe"), split_of("val"), split_of("foo")
    ('query', 'gallery', None)
    """
    name = normal(text(cell))
    return "gallery" if name in HELD_OUT else SPLIT_WORDS.get(name)


def is_held_out(cell: Any) -> bool:
    """Tells whether a word is `val`, `test` or the like."""
    return normal(text(cell)) in HELD_OUT


def mark(cell: Any) -> bool | None:
    """Returns what a cell of `is_query` and the like says; None where it says neither."""
    word = text(cell).lower()
    if word in EMPTY or word in FALSE or word == "f":
        return False
    return True if word in TRUE or word == "t" else None


def captions(cell: Any) -> list[str]:
    """Returns the captions in a cell: a list as JSON or Python writes it, or one caption."""
    found = cell if isinstance(cell, list) else [cell]
    word = text(cell)
    if isinstance(cell, str) and word.startswith("[") and word.endswith("]"):
        for parse in (json.loads, ast.literal_eval):
            try:
                listed = parse(word)
            except (ValueError, SyntaxError, RecursionError, MemoryError):
                continue
            if isinstance(listed, list) and all(isinstance(one, str) for one in listed):
                found = listed
                break
    return [caption for caption in map(text, found) if caption]


def attribute(name: str, cell: Any) -> tuple[Any, bool]:
    """Returns an attribute's value, None where there is none, and whether it is one that is known."""
    word = text(cell).lower()
    if word in EMPTY - {"none"}:
        return None, True
    known = KNOWN_ATTRIBUTES.get(name)
    if known is None:
        return {"true": True, "false": False}.get(word, text(cell)), True
    if isinstance(known, range):
        value = whole_number(cell, 0) if _NUMBER.fullmatch(text(cell)) else text(cell)
        return (value, True) if value in known else (text(cell), False)
    if True in known:
        return (word in TRUE, True) if word in TRUE | FALSE else (text(cell), False)
    value = TABLE_WORDS["same_word"].get(word, word)
    return (value, True) if value in known else (text(cell), False)


def attributes_object(cell: Any) -> dict[str, Any] | None:
    """Returns the JSON object in a cell without its nulls, empty where nothing is there; None for all else."""
    if is_empty(cell):
        return {}
    try:
        found = load_json(cell) if isinstance(cell, str) else cell
    except ValueError:
        return None
    return (
        {name: item for name, item in found.items() if item is not None} if isinstance(found, dict) else None
    )


def load_json(text: str) -> Any:
    """Parses JSON as it is specified; raises `ValueError` that says what is wrong and in which column."""
    try:
        found = _JSON.decode(text)
        if "\\ud" in text.lower():
            json.dumps(found, ensure_ascii=False).encode()
    except json.JSONDecodeError as error:
        line = f"line {error.lineno} " if "\n" in text else ""
        raise ValueError(f"{error.msg}, {line}column {error.colno}") from None
    except RecursionError:
        raise ValueError("nested too deeply") from None
    except UnicodeEncodeError:
        raise ValueError("half a surrogate pair") from None
    return found


def _refuse_constant(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not allowed")


_JSON = json.JSONDecoder(parse_constant=_refuse_constant)
