"""Ids of tokens as people write them."""

from __future__ import annotations

import json

from ..errors import InputError


def ids_of_line(line: str, number: int, size: int) -> list[int]:
    """Return the ids in a line, a JSON list of whole numbers below `size`; raises `InputError` with the
    line's number.

    >>> ids_of_line("[1, 7]", 1, 10)
    [1, 7]
    """
    try:
        ids = json.loads(line)
    except (ValueError, RecursionError):
        ids = None
    if not isinstance(ids, list) or not all(type(one) is int for one in ids):
        shown = line.strip()[:40]
        raise InputError(f"line {number} is not a list of ids like [17, 23] but {shown!r}")
    wrong = next((one for one in ids if not 0 <= one < size), None)
    if wrong is not None:
        raise InputError(f"line {number} has the id {wrong}: the tokenizer has 0 to {size - 1}")
    return ids
