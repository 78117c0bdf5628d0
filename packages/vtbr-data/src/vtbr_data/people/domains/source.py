"""The source domain: clean pictures in FineGPR's layout, with everything that they show known."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...datasets import FINEGPR_CODES as CODES
from ...datasets import FINEGPR_EXTRA_CODES as EXTRA_CODES
from ..camera.lens import Optics, clean, jpeg, take
from ..camera.mesh import stand
from ..world.place import nowhere, place
from ..world.weather import ILLUMINATIONS, NIGHT, WEATHERS, Conditions, conditions, even_light, fall
from .cast import actor, caught, known
from .shoot import Box, frame, shoot
from .visible import said_of

SIZE = (128, 256)
"""Width and height in pixels."""

QUALITY = 92
"""Of the JPEG files: no visible blocks."""

VIEWPOINTS = 36
PLACES = ("street", "square", "park", "crossing", "meadow", "parking", "campus", "wood", "arcade")
"""FineGPR's p01 to p09: urban, urban, wild, urban, wild, urban, urban, wild, urban."""

MOST_VIEWS = VIEWPOINTS * len(WEATHERS) * len(ILLUMINATIONS) * len(PLACES)
"""So many different file names an identity can have."""

_STREAM = 11


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
    def viewpoint(self) -> int:
        """Degrees; c01 is 90, the front."""
        return (80 + 10 * self.camera) % 360

    def take(
        self, size: tuple[int, int], without: frozenset[str] = frozenset()
    ) -> tuple[bytes, dict[str, Any]]:
        """Render the picture: a JPEG file of `size` (width, height), and its line of the manifest.

        `without` are `INGREDIENTS` to leave out.
        """
        key = [self.seed, _STREAM, self.identity, self.camera, self.weather, self.illumination, self.place]
        rng = np.random.default_rng(np.random.SeedSequence(key))
        weather, illumination = WEATHERS[self.weather - 1], ILLUMINATIONS[self.illumination - 1]
        where = place(self.seed, int(rng.integers(6)), PLACES[self.place - 1])
        turn = where.sun + {"dawn": -1.4, "forenoon": -0.8, "noon": 0.0, "afternoon": 0.8}.get(
            illumination, 1.4
        )
        sky = conditions(_weather(weather, rng), illumination, turn, where.ground_colour, rng)
        sky = even_light() if "light" in without else sky
        where = nowhere(where) if "background" in without else where
        x, z = where.point(float(rng.uniform(*where.walkway)) * 0.7, float(rng.uniform(-1.5, 1.5)))
        figure = caught(actor(self.seed, "source", self.identity, without), rng, rain=sky.falling == "rain")
        facing = _facing(self.viewpoint + float(rng.uniform(-4, 4)), x - where.eye[0], z - where.eye[2])
        subject = stand(figure, x, z, facing)
        box = Box(float(rng.uniform(1.06, 1.2)), size[0] / size[1], 1.08, *rng.normal(0, 0.015, 2).tolist())
        view = frame(subject, where, box)
        # A box that had to be wider is taller, too: nothing is squeezed.
        grown = view.width * size[1] / size[0]
        view = frame(
            subject, where, Box(box.loose * grown / view.height, box.shape, 0.0, box.right, box.down)
        )
        seen = shoot(where, sky, subject, view, size)
        fall(seen.light, sky, rng)
        optics = _optics(sky, rng)
        optics = clean(sky.exposure) if "cameras" in without else optics
        image = take(seen.light, optics, rng)
        attributes = said_of(figure, self.viewpoint, where, sky, seen, image)
        row = {"path": self.path, "identity": self.identity, "camera": self.camera, "split": "train",
               "attributes": attributes}  # fmt: skip
        return jpeg(image, optics.quality), row


def plan(identities: int, views: int, seed: int) -> list[Shot]:
    """Plan `views` different pictures of each identity, spread over the viewpoints."""
    return [shot for identity in range(1, identities + 1) for shot in _plan_identity(identity, views, seed)]


def attribute_table(identities: int, seed: int, without: frozenset[str] = frozenset()) -> str:
    """Return a CSV with FineGPR's coded attributes, one identity a line: the person's, seen or not."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["identity", *CODES, *EXTRA_CODES])
    for identity in range(1, identities + 1):
        person = known(seed, "source", identity, without)
        codes = [_code(person, name) for name in (*CODES, *EXTRA_CODES)]
        writer.writerow([f"{identity:04}", *codes])
    return text.getvalue()


def _optics(sky: Conditions, rng: np.random.Generator) -> Optics:
    """Draw a good camera: sharp, little noise, more of it at night."""
    is_night = sky.illumination in NIGHT
    return Optics(
        exposure=sky.exposure + 0.15 + float(rng.normal(0, 0.08)),
        metering=0.8,
        balancing=0.25 if is_night or sky.illumination in ("dawn", "dusk") else 0.5,
        saturation=float(rng.uniform(0.8, 1.0)),
        contrast=float(rng.uniform(1.0, 1.2)),
        blur=float(rng.uniform(0.2, 0.4)),
        sharpening=float(rng.uniform(0.1, 0.5)),
        noise=0.012 if is_night else 0.005,
        quality=QUALITY,
    )


def _weather(weather: str, rng: np.random.Generator) -> str:
    """Turn some overcast weather into rain, which FineGPR has not; captions do not name it."""
    return "rain" if weather == "overcast" and rng.random() < 0.3 else weather


def _facing(viewpoint: float, away_x: float, away_z: float) -> float:
    """Return the radians to turn somebody who stands in that direction from the camera, so that it sees `viewpoint`.

    90 faces the camera, 0 the left edge of the picture.
    """
    towards_camera = math.atan2(-away_x, -away_z)
    return towards_camera + math.radians(90 - viewpoint)


def _plan_identity(identity: int, views: int, seed: int) -> list[Shot]:
    rng = np.random.default_rng(np.random.SeedSequence([seed, _STREAM, identity]))
    shots: dict[str, Shot] = {}
    order = rng.permutation(VIEWPOINTS) + 1
    while len(shots) < views:
        weather, illumination, spot = (int(rng.integers(1, n + 1)) for n in (7, 7, 9))
        shot = Shot(seed, identity, int(order[len(shots) % VIEWPOINTS]), weather, illumination, spot)
        shots.setdefault(shot.path, shot)
    return list(shots.values())


def _code(person: Mapping[str, Any], name: str) -> str:
    values = (CODES | EXTRA_CODES)[name]
    return f"{values.index(person[name]) + 1:02}" if person.get(name) in values else ""
