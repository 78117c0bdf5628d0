"""Attributes of the people of Market-1501 and DukeMTMC-reID, joined onto a manifest.

Published with Lin et al., Improving Person Re-identification by Attribute and Identity Learning, 2019.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from ..attributes import COLOURS
from ..errors import InputError
from ..manifest import Row
from .dataset import Dataset
from .matlab import load_mat

_NO, _YES = 1, 2

CODES: Mapping[str, tuple[str, Mapping[int, object]]] = {
    "gender": ("gender", {1: "male", 2: "female"}),
    "hair": ("hair", {1: "short", 2: "long"}),
    "hat": ("hat", {_NO: False, _YES: True}),
    "boots": ("boots", {_NO: False, _YES: True}),
    "up": ("sleeves", {1: "long", 2: "short"}),
    "top": ("top", {1: "short", 2: "long"}),
    "shoes": ("shoes", {1: "dark", 2: "light"}),
    "age": ("age", {2: "teenager", 3: "adult", 4: "older"}),
}
"""Field of the file to attribute of docs/formats.md and its values; age 1, a child, has none there."""

CARRIED = ("backpack", "bag", "handbag")
"""Any of them is a bag; each is kept under its own name as well, `bag` as `shoulder_bag`."""


def with_attributes(
    rows: Iterable[Row], file: Path, dataset: Dataset, *, say: Callable[[str], None]
) -> Iterator[Row]:
    """Yield `rows` with what `file` knows of their people, who are those of `dataset`."""
    if not dataset.attributes:
        raise InputError(f"{dataset.title} has no file of attributes: leave --attributes out")
    people = read_people(file, dataset.attributes)
    without = 0
    for row in rows:
        person = people.get(row.identity)
        without += person is None and row.identity > 0
        yield replace(row, attributes=row.attributes | person) if person else row
    say(f"{file} knows {len(people)} people; {without} images are of others")


def read_people(file: Path, variable: str) -> dict[int, dict[str, Any]]:
    """Return attributes of each identity, of training and test."""
    whole = load_mat(file, variable)
    people: dict[int, dict[str, Any]] = {}
    try:
        for part in ("train", "test"):
            fields = dict(whole[part])
            for place, label in enumerate(fields.pop("image_index")):
                people[int(label)] = _attributes({name: int(codes[place]) for name, codes in fields.items()})
    except (IndexError, KeyError, TypeError, ValueError, OverflowError) as error:
        raise InputError(f"{file}: {variable} is not laid out as its makers published it") from error
    return people


def _attributes(codes: Mapping[str, int]) -> dict[str, Any]:
    """Return attributes in the spelling of docs/formats.md; a colour that has no word there is left out."""
    found: dict[str, Any] = {}
    for field, (name, values) in CODES.items():
        if codes.get(field) in values:
            found[name] = values[codes[field]]
    carried = {name: codes[name] == _YES for name in CARRIED if name in codes}
    if carried:
        found["bag"] = any(carried.values())
        found |= {"shoulder_bag" if name == "bag" else name: is_there for name, is_there in carried.items()}
    for start, name in (("up", "upper_colour"), ("down", "lower_colour")):
        colours = [colour for colour in COLOURS if codes.get(start + colour) == _YES]
        if len(colours) == 1:
            found[name] = colours[0]
    if codes.get("clothes") == 1:
        found["lower"] = "skirt"
    elif "down" in codes and "clothes" in codes:
        found["lower"] = "trousers" if codes["down"] == 1 else "shorts"
    return found
