"""Strips of pictures side by side, with maps laid over them, for a page or a picture.

Legend: gh gw places, h w pixels.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from .explaining import ExplainedCaption, ExplainedSearch, Heat, Match, Pixels, Word

FOR, AGAINST = (230, 97, 1), (0, 88, 200)
"""Orange and blue: told apart by all common kinds of colour vision."""
_STRONGEST = 0.85  # share of the colour where the map is strongest: the picture stays visible
_WHITE = 0.35  # share of white in the gray picture below: on dark clothes colours would not show
HEIGHT_PX = 192
"""Of each picture: small ones are enlarged so that maps can be seen."""
FULL_COLOUR = 0.95
"""Places stronger than this share of all in their strip have the full colour."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Shot:
    """One picture of a strip."""

    pixels: NDArray[np.uint8]
    """(h, w, 3)."""
    meaning: str
    """In a sentence, for those who cannot see it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Column:
    """Pictures below one another, with lines of text under them."""

    shots: Sequence[Shot]
    lines: Sequence[str]
    is_right: bool | None = None
    """Of a match: whether it shows the query's person."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Strip:
    """Columns side by side."""

    title: str
    rows: Sequence[str]
    """What the pictures in each row show."""
    columns: Sequence[Column]


def search_strip(search: ExplainedSearch) -> Strip:
    """Return the query, then of each match its picture, the query's map, its own map; one scale for all."""
    maps = [heat for match in search.matches for heat in (match.in_query, match.in_gallery)]
    strongest = _strongest(maps)
    name = search.query.keys["path"]
    query = Column(
        shots=[Shot(pixels=_large(search.pixels), meaning=f"the query {name}")],
        lines=["query", *_person(search.query.keys)],
    )
    matches = [_match_column(search, match, strongest) for match in search.matches]
    return Strip(
        title=name, rows=["picture", "where in the query", "where in the picture"], columns=[query, *matches]
    )


def caption_strip(found: ExplainedCaption) -> Strip:
    """Return the picture, then a map a word; one scale for all."""
    strongest = _strongest([word.heat for word in found.words])
    name = found.picture.keys["path"]
    picture = Column(shots=[Shot(pixels=_large(found.pixels), meaning=name)], lines=["picture"])
    columns = [_word_column(found, word, strongest) for word in found.words]
    return Strip(
        title=f"{name}: {found.caption}", rows=["where the word is from"], columns=[picture, *columns]
    )


def _match_column(search: ExplainedSearch, match: Match, strongest: float) -> Column:
    query, other = search.query.keys["path"], match.picture.keys["path"]
    verdict = {True: ["right"], False: ["wrong person"], None: []}[match.picture.is_right]
    rank = match.picture.keys.get("rank")
    return Column(
        shots=[
            Shot(pixels=_large(match.pixels), meaning=f"the gallery picture {other}"),
            Shot(
                pixels=overlay(_large(search.pixels), match.in_query, strongest),
                meaning=f"where in {query} the match with {other} lies",
            ),
            Shot(
                pixels=overlay(_large(match.pixels), match.in_gallery, strongest),
                meaning=f"where in {other} the match with {query} lies",
            ),
        ],
        lines=[
            *([] if rank is None else [f"rank {rank}"]),
            *verdict,
            f"cosine {match.cosine:.2f}",
            *_person(match.picture.keys),
        ],
        is_right=match.picture.is_right,
    )


def _word_column(found: ExplainedCaption, word: Word, strongest: float) -> Column:
    return Column(
        shots=[
            Shot(
                pixels=overlay(_large(found.pixels), word.heat, strongest),
                meaning=f"where {word.text} is from in {found.picture.keys['path']}",
            )
        ],
        lines=[word.text, f"{np.exp(word.log_likelihood):.0%}"],
    )


def _person(keys: object) -> list[str]:
    assert isinstance(keys, dict)
    identity, camera = keys.get("identity", -1), keys.get("camera", -1)
    known = [f"person {identity}"] * (identity not in (-1, None))
    return known + [f"camera {camera}"] * (camera not in (-1, None))


def _strongest(maps: Sequence[Heat]) -> float:
    """Return the value at which colours are full: a single place that is far stronger would leave all others
    pale.
    """
    return float(np.quantile(np.abs(np.stack(maps)), FULL_COLOUR))


def _large(pixels: Pixels) -> NDArray[np.uint8]:
    h, w = pixels.shape[:2]
    size = (round(w * HEIGHT_PX / h), HEIGHT_PX)
    return np.asarray(Image.fromarray(pixels).resize(size, Image.Resampling.BICUBIC))


def overlay(pixels: NDArray[np.uint8], heat: NDArray[np.float32], strongest: float) -> NDArray[np.uint8]:
    """Return picture (h, w, 3) under a map (gh, gw), whose colour is full at `strongest` and beyond.

    Between the middles of places it is interpolated; a place is as large as the network's stride, what it saw
    is larger.

    >>> overlay(np.zeros((2, 2, 3), np.uint8), np.ones((1, 1), np.float32), 1.0)[0, 0].tolist()
    [209, 96, 14]
    """
    h, w = pixels.shape[:2]
    smooth = np.asarray(Image.fromarray(heat.astype(np.float32)).resize((w, h), Image.Resampling.BILINEAR))
    amount = np.clip(smooth / max(strongest, np.finfo(np.float32).tiny), -1, 1)[..., None]
    light = pixels @ np.array([0.299, 0.587, 0.114])  # ITU-R BT.601
    below = (_WHITE * 255 + (1 - _WHITE) * light)[..., None]
    colour = np.where(amount > 0, np.array(FOR), np.array(AGAINST))
    alpha = _STRONGEST * np.abs(amount)
    blended: NDArray[np.uint8] = ((1 - alpha) * below + alpha * colour).round().astype(np.uint8)
    return blended
