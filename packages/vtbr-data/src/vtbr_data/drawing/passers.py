"""Other people, cut out once and pasted where a crop needs somebody in the background or in front."""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from .canvas import Canvas
from .figure import draw_figure
from .moment import Moment, catch, headroom
from .people import Person, sample_person
from .solids import View

_PASSERS = 64
"""So many other people walk about in a drawn set; they are seen as they are and mirrored."""

_FIRST = 10_000
"""Numbers of these people in the stream of distractors."""

_STREAM = 13


def paste_passer(
    image: Image.Image, seed: int, x: float, ground: float, tall: float, rng: np.random.Generator
) -> None:
    """Put one of the passers-by into `image`, feet at (x, ground), `tall` pixels high."""
    cut = _cut_out(seed, int(rng.integers(_PASSERS)), image.height)
    if rng.random() < 0.5:
        cut = cut.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    scale = tall / (_TALL * image.height)
    size = (max(1, round(cut.width * scale)), max(1, round(cut.height * scale)))
    cut = cut.resize(size, Image.Resampling.BILINEAR)
    image.paste(cut, (round(x - size[0] / 2), round(ground - size[1] * _FEET)), cut)


_TALL, _FEET = 0.9, 0.97
"""Height of a cut-out's body and place of its feet, as shares of the picture's height."""


@lru_cache(maxsize=4 * _PASSERS)
def _cut_out(seed: int, number: int, height: int) -> Image.Image:
    """One passer-by on nothing (RGBA), somewhere in their walk."""
    rng = np.random.default_rng(np.random.SeedSequence([seed, _STREAM, number]))
    person = sample_person(seed, "distractor", _FIRST + number)
    moment = catch(person, rng, umbrella=0.06, busy=0.3)
    width = round(0.8 * height)
    view = View(
        turn=float(rng.uniform(0, 2 * math.pi)),
        tilt=0.15,
        pixels_per_metre=_TALL * height / headroom(person, moment) / person.build.height,
        ground_x=width / 2,
        ground_y=_FEET * height,
    )
    # Drawn on black and on white: where the two differ, the ground shines through.
    black, white = (_on((tone, tone, tone), person, moment, view, (width, height)) for tone in (0, 255))
    opacity = 255 - (white - black).mean(axis=2, keepdims=True)
    colour = np.where(opacity > 0, black * 255 / np.maximum(opacity, 1), 0)
    pixels = np.concatenate([colour.clip(0, 255), opacity.clip(0, 255)], axis=2)
    return Image.fromarray(pixels.round().astype(np.uint8))


def _on(
    ground: tuple[int, int, int], person: Person, moment: Moment, view: View, size: tuple[int, int]
) -> NDArray[np.float64]:
    canvas = Canvas(Image.new("RGB", size, ground))
    draw_figure(canvas, person, moment, view)
    canvas.finish()
    return np.asarray(canvas.image, dtype=np.float64)
