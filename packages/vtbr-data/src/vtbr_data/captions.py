"""Captions from attributes: the three orders of FineGPR-C, each part in several wordings.

The words keep to "Caption wording" in docs/formats.md, so that a reader finds the colours again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from msgspec.structs import replace

from vtbr_data import wording
from vtbr_data.attributes import KNOWN, problems
from vtbr_data.errors import InputError
from vtbr_data.manifest import Manifest
from vtbr_data.row import Row

ORDERS = ("person-first", "weather-first", "viewpoint-first")
"""Orders of the parts, after FineGPR-C: person, clothes, weather, viewpoint, extras; weather, person,
viewpoint, clothes, extras; weather, viewpoint, person, clothes, extras."""

_WEARING = ("wearing", "in", "dressed in")
_TRIES = 20  # before an image with few attributes is taken to have no further caption


class Dice:
    """Choices that depend on `seed` and nothing else: the same for every Python version and machine."""

    def __init__(self, seed: str) -> None:
        self._seed = seed
        self._throws = 0

    def choose(self, options: Sequence[str]) -> str:
        """One of `options`, all equally likely."""
        digest = hashlib.sha256(f"{self._seed}\0{self._throws}".encode()).digest()
        self._throws += 1
        return options[int.from_bytes(digest[:8]) % len(options)]


def describe(attributes: Mapping[str, Any], dice: Dice, order: str = "any") -> str:
    """One caption that says the known attributes and nothing else, in lower case.

    `order` is one of `ORDERS` or `any`. Raises `InputError` if a known attribute has an impossible value or
    none is known.

    >>> describe({"gender": "female", "upper_colour": "red", "viewpoint": 90}, Dice("1"), "person-first")
    'a female pedestrian dressed in a red jacket, facing the camera'
    """
    for problem in problems(attributes):
        raise InputError(problem)
    if not any(name in attributes for name in KNOWN):
        raise InputError("has no attributes to speak of")
    if order == "any":
        order = dice.choose(ORDERS)
    person, clothes, surroundings, viewpoint, extras = (
        part(attributes, dice.choose)
        for part in (wording.person, wording.clothes, wording.surroundings, wording.viewpoint, wording.extras)
    )
    clothes = clothes and f"{dice.choose(_WEARING)} {clothes}"
    extras = extras and f"with {extras}"
    dressed = _joined(" ", person, clothes)
    if order == "person-first":
        return _joined(", ", dressed, surroundings, viewpoint, extras)
    if order == "viewpoint-first":
        return _joined(", ", surroundings, viewpoint, dressed, extras)
    return _joined(", ", surroundings, *((person, viewpoint, clothes) if viewpoint else (dressed,)), extras)


def captions_of(
    path: str, attributes: Mapping[str, Any], *, seed: int, number: int, order: str
) -> tuple[str, ...]:
    """Up to `number` different captions of the image `path`, the same for the same seed and path."""
    found: dict[str, None] = {}
    for attempt in range(number * _TRIES):
        found[describe(attributes, Dice(f"{seed}\0{path}\0{attempt}"), order)] = None
        if len(found) == number:
            break
    return tuple(found)


def caption_rows(
    manifest: Manifest,
    *,
    seed: int = 0,
    per_image: int = 2,
    order: str = "any",
    skip_missing: bool = False,
    keep: bool = False,
) -> Iterator[Row]:
    """The rows of `manifest` with captions made from their attributes.

    Captions that a row has are replaced, or with `keep` come first. A row without attributes raises
    `InputError` with its line, or with `skip_missing` stays as it is.
    """
    for index, row in enumerate(manifest.rows):
        if skip_missing and not any(name in row.attributes for name in KNOWN):
            yield row
            continue
        try:
            made = captions_of(row.path, row.attributes, seed=seed, number=per_image, order=order)
        except InputError as error:
            advice = (
                "" if any(name in row.attributes for name in KNOWN) else ": add some, or use --skip-missing"
            )
            raise InputError(f"{manifest.where(index)} ({row.path}) {error}{advice}") from error
        yield replace(row, captions=row.captions + made if keep else made)


def _joined(separator: str, *parts: str) -> str:
    return separator.join(part for part in parts if part)


def every_caption(manifest: Manifest, *, split: str | None = None) -> Iterator[str]:
    """The captions of a manifest, or of one split, in its order.

    Raises `InputError` with the line of an empty caption, and if there is none at all.
    """
    has_any = False
    for index, row in enumerate(manifest.rows):
        for number, caption in enumerate(row.captions if split in (None, row.split) else (), start=1):
            if not caption.strip():
                raise InputError(
                    f"{manifest.where(index)} ({row.path}): caption {number} is empty: remove or write it"
                )
            has_any = True
            yield caption
    if not has_any:
        where = f"the {split} images of {manifest.name}" if split else manifest.name
        raise InputError(f"there are no captions in {where}: make some with vtbr-data caption")
