"""The source domain: clean pictures in FineGPR's layout, with everything about them known."""

from __future__ import annotations

import csv
import io
import math
from dataclasses import asdict, dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from PIL import Image

from ..datasets import FINEGPR_CODES as CODES
from ..datasets import FINEGPR_EXTRA_CODES as EXTRA_CODES
from .canvas import Canvas
from .figure import draw_figure
from .moment import catch, headroom
from .people import Look, Person, sample_person
from .scenery import PLACES, cutting, panorama
from .solids import View
from .weather import ILLUMINATIONS, WEATHERS, cast_shadow, develop, prepare

SIZE = (128, 256)
"""Width and height in pixels."""

QUALITY = 92
"""Of the JPEG files: no visible blocks."""

VIEWPOINTS = 36
MOST_VIEWS = VIEWPOINTS * len(WEATHERS) * len(ILLUMINATIONS) * len(PLACES)
"""So many different file names an identity can have."""

_STREAM = 11

_UMBRELLA = {"blizzard": 0.3, "snowlight": 0.2, "overcast": 0.1}
"""Chance of an open umbrella in that weather."""


@dataclass(frozen=True, slots=True)
class Shot:
    """One picture to take: who, from where, when; numbers as in the file name, from 1."""

    seed: int
    identity: int
    camera: int
    weather: int
    illumination: int
    place: int

    @property
    def path(self) -> str:
        """Relative to the output folder."""
        numbers = f"c{self.camera:02}_w{self.weather:02}_l{self.illumination:02}_p{self.place:02}"
        return f"{self.identity:04}/{self.identity:04}_{numbers}.jpg"

    @property
    def quality(self) -> int:
        """Of the JPEG file."""
        return QUALITY

    @property
    def viewpoint(self) -> int:
        """Degrees; c01 is 90, the front."""
        return (80 + 10 * self.camera) % 360

    def row(self) -> dict[str, Any]:
        """The line of the manifest."""
        look = _person(self.seed, self.identity).look
        attributes = asdict(look) | {
            "viewpoint": self.viewpoint,
            "weather": WEATHERS[self.weather - 1],
            "illumination": ILLUMINATIONS[self.illumination - 1],
            "scene": PLACES[self.place - 1],
        }
        if look.dress:
            del attributes["lower"]  # a dress is all that is said of it
        return {
            "path": self.path,
            "identity": self.identity,
            "camera": self.camera,
            "split": "train",
            "attributes": attributes,
        }

    def take(self, size: tuple[int, int]) -> Image.Image:
        """The picture, `size` (width, height)."""
        key = [self.seed, _STREAM, self.identity, self.camera, self.weather, self.illumination, self.place]
        rng = np.random.default_rng(np.random.SeedSequence(key))
        weather, illumination = WEATHERS[self.weather - 1], ILLUMINATIONS[self.illumination - 1]
        wide = panorama(self.seed, _STREAM, self.place, PLACES[self.place - 1], size)
        image = prepare(cutting(wide, size, rng), weather)
        paint(
            image, _person(self.seed, self.identity), self.viewpoint + float(rng.uniform(-4, 4)), weather, rng
        )
        return develop(image, weather, illumination, rng)


def paint(
    image: Image.Image, person: Person, viewpoint: float, weather: str, rng: np.random.Generator
) -> None:
    """Put the person into the picture, feet and hair inside it, seen from `viewpoint` degrees."""
    width, height = image.size
    moment = catch(person, rng, umbrella=_UMBRELLA.get(weather, 0.0), busy=0.3)
    share = float(rng.uniform(0.84, 0.91)) / headroom(person, moment)
    view = View(
        turn=math.radians(viewpoint - 90),
        tilt=float(rng.uniform(0.06, 0.16)),
        pixels_per_metre=height * share / person.build.height,
        ground_x=width * float(rng.uniform(0.45, 0.55)),
        ground_y=height * float(rng.uniform(0.94, 0.96)),
    )
    canvas = Canvas(image, light=-1.0 if rng.random() < 0.5 else 1.0)
    cast_shadow(canvas, view, weather, person.build.height)
    draw_figure(canvas, person, moment, view)
    canvas.finish()


def plan(identities: int, views: int, seed: int) -> list[Shot]:
    """`views` different pictures of each identity, spread over the viewpoints."""
    return [shot for identity in range(1, identities + 1) for shot in _plan_identity(identity, views, seed)]


def attribute_table(identities: int, seed: int) -> str:
    """CSV with FineGPR's coded attributes, one identity a line."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["identity", *CODES, *EXTRA_CODES])
    for identity in range(1, identities + 1):
        look = _person(seed, identity).look
        codes = [_code(look, name) for name in CODES]
        writer.writerow([f"{identity:04}", *codes, "" if look.dress else _code(look, "lower")])
    return text.getvalue()


def _plan_identity(identity: int, views: int, seed: int) -> list[Shot]:
    rng = np.random.default_rng(np.random.SeedSequence([seed, _STREAM, identity]))
    shots: dict[str, Shot] = {}
    order = rng.permutation(VIEWPOINTS) + 1
    while len(shots) < views:
        weather, illumination, place = (int(rng.integers(1, n + 1)) for n in (7, 7, 9))
        shot = Shot(seed, identity, int(order[len(shots) % VIEWPOINTS]), weather, illumination, place)
        shots.setdefault(shot.path, shot)
    return list(shots.values())


@lru_cache(maxsize=256)
def _person(seed: int, identity: int) -> Person:
    return sample_person(seed, "source", identity)


def _code(look: Look, name: str) -> str:
    return f"{(CODES | EXTRA_CODES)[name].index(getattr(look, name)) + 1:02}"
