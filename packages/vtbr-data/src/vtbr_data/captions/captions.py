"""Captions from attributes, in one of three styles and in several lengths.

The words keep to "Caption wording" in docs/formats.md, so that a reader finds the colours again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from msgspec.structs import replace

from ..attributes import KNOWN, problems
from ..errors import InputError
from ..manifest import Manifest, Row
from .grammar import ORDERS as ORDERS
from .grammar import STYLES as STYLES
from .grammar import sentence

OPTIONAL = (
    ("hair",),
    ("glasses",),
    ("hat",),
    ("bag",),
    ("shoes", "boots"),
    ("sleeves",),
    ("top",),
    ("viewpoint",),
    ("weather",),
    ("illumination",),
    ("scene",),
)
"""Attributes that a caption may leave out. Gender, age, garments and their colours always stay: without them,
other words would be wrong."""

OPTIONAL_NAMES = tuple(name for group in OPTIONAL for name in group)

_TRIES = 20  # before an image with few attributes is taken to have no further caption
_WORDS_A_GROUP = 4  # at most, of what may be left out
_BYTES = 4  # of a digest a choice: 12 options are equally likely to 3 in a billion
_RANGE: int = 256**_BYTES


class Dice:
    """Choices that depend on `seed` and nothing else: the same for every Python version and machine."""

    def __init__(self, seed: str) -> None:
        self._hash = hashlib.sha256(seed.encode("utf-8", "surrogatepass"))
        self._bytes = b""
        self._blocks = 0

    def choose(self, options: Sequence[str]) -> str:
        """Return one of `options`, all equally likely."""
        return options[self.below(len(options))] if len(options) > 1 else options[0]

    def below(self, limit: int) -> int:
        """Return a number from 0 to `limit` - 1, all equally likely."""
        return self._number() % limit

    def chance(self, share: float) -> bool:
        """Return True in `share` of all cases."""
        return self._number() < share * _RANGE

    def _number(self) -> int:
        if not self._bytes:
            block = self._hash.copy()
            block.update(b"\0%d" % self._blocks)
            self._bytes = block.digest()
            self._blocks += 1
        number = int.from_bytes(self._bytes[:_BYTES])
        self._bytes = self._bytes[_BYTES:]
        return number


@dataclass(frozen=True, kw_only=True, slots=True)
class CaptionStyle:
    """Style and length of captions."""

    style: str = "grammar"
    """One of `STYLES`."""
    order: str = "any"
    """One of `ORDERS`, or `any` of the style's orders."""
    detail: float = 1.0
    """Share of the optional attributes that is named, in [0, 1]."""
    max_words: int | None = None
    """Longer captions leave out more optional attributes, until they fit or none is left."""
    without: tuple[str, ...] = ()
    """Optional attributes that are never named."""

    def __post_init__(self) -> None:
        if self.style not in STYLES:
            raise ValueError(f"there is no style {self.style}: use one of {', '.join(STYLES)}")
        if self.order not in (*ORDERS, "any"):
            raise ValueError(f"there is no order {self.order}: use one of {', '.join(ORDERS)}, any")
        if not 0 <= self.detail <= 1:
            raise ValueError(f"detail must lie in [0, 1], not {self.detail}")
        if self.max_words is not None and self.max_words < 1:
            raise ValueError(f"max_words must be at least 1, not {self.max_words}")
        if odd := sorted(set(self.without) - set(OPTIONAL_NAMES)):
            raise ValueError(f"{odd[0]} cannot be left out: only {', '.join(OPTIONAL_NAMES)}")


def describe(attributes: Mapping[str, Any], dice: Dice, style: CaptionStyle = CaptionStyle()) -> str:
    """Return one caption that names known attributes and nothing else, in lower case.

    Raises `InputError` if a known attribute has an impossible value or none is known.

    >>> known = {"gender": "female", "upper_colour": "red", "viewpoint": 90}
    >>> describe(known, Dice("1"), CaptionStyle(style="template"))
    'a woman wearing a red top, seen from the front'
    >>> describe(known, Dice("1"))
    'a top in red worn by a woman, looking towards the viewer'
    """
    _check(attributes)
    return _spoken(attributes, dice, style)[0]


def spoken_attributes(
    attributes: Mapping[str, Any], dice: Dice, style: CaptionStyle
) -> tuple[str, Mapping[str, Any]]:
    """Return a caption as `describe` makes it, and the attributes that it names."""
    _check(attributes)
    return _spoken(attributes, dice, style)


def captions_of(
    path: str,
    attributes: Mapping[str, Any],
    *,
    seed: int,
    number: int,
    style: CaptionStyle = CaptionStyle(),
) -> tuple[str, ...]:
    """Return up to `number` different captions of the image `path`, the same for the same seed and path."""
    _check(attributes)
    found: dict[str, None] = {}
    for attempt in range(number * _TRIES):
        found[_spoken(attributes, Dice(f"{seed}\0{path}\0{attempt}"), style)[0]] = None
        if len(found) == number or (style.style == "template" and style.detail in (0, 1)):
            break
    return tuple(found)


def caption_rows(
    manifest: Manifest,
    *,
    seed: int = 0,
    per_image: int = 2,
    style: CaptionStyle = CaptionStyle(),
    skip_missing: bool = False,
    keep: bool = False,
) -> Iterator[Row]:
    """Yield the rows of `manifest` with captions made from their attributes.

    Captions that a row has are replaced, or with `keep` come first. A row without attributes raises
    `InputError` with its line, or with `skip_missing` stays as it is.
    """
    for index, row in enumerate(manifest.rows):
        if skip_missing and not any(name in row.attributes for name in KNOWN):
            yield row
            continue
        try:
            made = captions_of(row.path, row.attributes, seed=seed, number=per_image, style=style)
        except InputError as error:
            advice = (
                "" if any(name in row.attributes for name in KNOWN) else ": add some, or use --skip-missing"
            )
            raise InputError(f"{manifest.where(index)} ({row.path}) {error}{advice}") from error
        yield replace(row, captions=row.captions + made if keep else made)


def _check(attributes: Mapping[str, Any]) -> None:
    for problem in problems(attributes):
        raise InputError(problem)
    if not any(name in attributes for name in KNOWN):
        raise InputError("has none of the known attributes")


def _spoken(attributes: Mapping[str, Any], dice: Dice, style: CaptionStyle) -> tuple[str, Mapping[str, Any]]:
    attributes = _without(attributes, [style.without])
    if style.detail < 1:
        attributes = _without(attributes, [group for group in OPTIONAL if not dice.chance(style.detail)])
    caption = sentence(attributes, dice.choose, style=style.style, order=style.order)
    while style.max_words is not None and (excess := len(caption.split()) - style.max_words) > 0:
        groups = [group for group in OPTIONAL if any(name in attributes for name in group)]
        if not groups:
            break
        number = max(1, min(excess // _WORDS_A_GROUP, len(groups)))
        dropped = [groups.pop(dice.below(len(groups))) for _ in range(number)]
        attributes = _without(attributes, dropped)
        caption = sentence(attributes, dice.choose, style=style.style, order=style.order)
    return caption, attributes


def _without(attributes: Mapping[str, Any], groups: Sequence[tuple[str, ...]]) -> Mapping[str, Any]:
    dropped = {name for group in groups for name in group}
    return {name: value for name, value in attributes.items() if name not in dropped}


def every_caption(manifest: Manifest, *, split: str | None = None) -> Iterator[str]:
    """Yield the captions of a manifest, or of one split, in its order.

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
