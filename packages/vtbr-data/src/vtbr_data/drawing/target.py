"""The target domain: surveillance crops of other people, under Market-1501's names and in its folders."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from PIL import Image

from .cameras import CAMERAS, Camera, occlude, record, viewpoint
from .canvas import BLACK, Canvas
from .figure import Moment, draw_figure
from .people import Person, sample_person
from .scenery import cutting, panorama
from .solids import View

SIZE = (64, 128)
"""Width and height in pixels, as Market-1501 has them."""

QUALITY = 75
"""Of the JPEG files: as video leaves it."""

FOLDERS = {"train": "bounding_box_train", "query": "query", "gallery": "bounding_box_test"}

JUNK_SHARE = DISTRACTOR_SHARE = 0.10
"""Junk and distractors, each as a share of the gallery images of known people."""

_STREAM = 12
_OCCLUDED = 0.16
_COMPANY = 0.12
_LOOSE = 0.15
"""Chances that something stands in front, that somebody else is there too, that the box missed by far."""


@dataclass(frozen=True, slots=True)
class Shot:
    """One crop to take. `subject` counts within `kind`: person, distractor or junk."""

    seed: int
    kind: str
    subject: int
    identity: int
    camera: int
    sequence: int
    frame: int
    box: int
    split: str

    @property
    def path(self) -> str:
        """Relative to the output folder."""
        identity = "-1" if self.identity < 0 else f"{self.identity:04}"
        name = f"{identity}_c{self.camera}s{self.sequence}_{self.frame:06}_{self.box:02}.jpg"
        return f"{FOLDERS[self.split]}/{name}"

    def row(self) -> dict[str, Any]:
        """The line of the manifest."""
        return {
            "path": self.path,
            "identity": self.identity,
            "camera": self.camera,
            "split": self.split,
            "sequence": self.sequence,
            "box": self.box,
        }

    def take(self, size: tuple[int, int]) -> Image.Image:
        """The crop, `size` (width, height)."""
        kind = ("person", "distractor", "junk").index(self.kind)
        rng = _rng(self.seed, 4, kind, self.subject, self.camera, self.sequence, self.frame)
        camera = CAMERAS[self.camera - 1]
        wide = panorama(self.seed, _STREAM, self.camera, camera.scene, size, camera.horizon)
        image = cutting(wide, size, rng)
        canvas = Canvas(image, light=-1.0 if self.camera % 2 else 1.0)
        if self.kind == "junk":
            _paint_junk(canvas, camera, self, rng)
        else:
            _paint_person(canvas, camera, self, rng)
        canvas.finish()
        return record(camera, image, rng)


def plan(identities: int, views: int, seed: int) -> list[Shot]:
    """All crops: the first half of the identities trains, the second half is queried and searched for."""
    num_train = identities // 2
    shots: list[Shot] = []
    for identity in range(1, identities + 1):
        shots += _plan_identity(identity, views, seed, is_train=identity <= num_train)
    num_gallery = sum(shot.split == "gallery" for shot in shots)
    shots += _plan_strangers("junk", -1, max(1, round(JUNK_SHARE * num_gallery)), seed)
    shots += _plan_strangers("distractor", 0, max(1, round(DISTRACTOR_SHARE * num_gallery)), seed)
    return shots


def _plan_identity(identity: int, views: int, seed: int, *, is_train: bool) -> list[Shot]:
    rng = _rng(seed, 1, identity)
    num_cameras = int(rng.integers(2, max(2, min(len(CAMERAS), views // 2)) + 1))
    cameras = rng.permutation(len(CAMERAS))[:num_cameras] + 1
    shots = []
    for turn, camera in enumerate(cameras.tolist()):
        num_images = views // num_cameras + (turn < views % num_cameras)
        sequence, frame = int(rng.integers(1, 7)), int(rng.integers(1, 90_000))
        # One query a camera, while an image is left there for the others to find (two views: one, one).
        has_query = num_images > 1 or (views == 2 and turn == 0)
        for image in range(num_images):
            split = "train" if is_train else "query" if image == 0 and has_query else "gallery"
            box = int(rng.integers(1, 5))
            shots.append(Shot(seed, "person", identity, identity, camera, sequence, frame, box, split))
            frame += int(rng.integers(10, 60))
    return shots


def _plan_strangers(kind: str, identity: int, count: int, seed: int) -> list[Shot]:
    rng = _rng(seed, 2 if kind == "junk" else 3)
    shots: dict[str, Shot] = {}
    while len(shots) < count:
        camera, sequence, frame, box = (int(rng.integers(1, n)) for n in (len(CAMERAS) + 1, 7, 100_000, 8))
        shot = Shot(seed, kind, len(shots) + 1, identity, camera, sequence, frame, box, "gallery")
        shots.setdefault(shot.path, shot)
    return list(shots.values())


def _paint_person(canvas: Canvas, camera: Camera, shot: Shot, rng: np.random.Generator) -> None:
    person = _person(shot.seed, "target" if shot.kind == "person" else "distractor", shot.subject)
    # Whoever walks past a camera is seen from about the same side in all images of that sequence.
    walk = _rng(shot.seed, 5, shot.subject, shot.camera, shot.sequence)
    degrees = viewpoint(camera, walk) + float(rng.normal(0, 9))
    is_loose = rng.random() < _LOOSE
    view = _frame(canvas, person, camera, degrees, rng, miss=2.2 if is_loose else 1.0)
    has_company = rng.random() < _COMPANY
    if has_company:
        _paint_company(canvas, camera, shot, rng)
    _shade_ground(canvas, camera, view, person)
    energy = 0.15 if walk.random() < 0.2 else float(walk.uniform(0.6, 1.0))
    draw_figure(canvas, person, Moment(float(rng.random()), energy), view)
    if rng.random() < _OCCLUDED:
        occlude(canvas, rng)


def _frame(
    canvas: Canvas, person: Person, camera: Camera, degrees: float, rng: np.random.Generator, miss: float
) -> View:
    """The person as a detector's box has it: `miss` 1 a little off, more is worse."""
    width, height = canvas.image.size
    share = float(rng.normal(0.87, 0.035 * miss))
    return View(
        turn=math.radians(degrees - 90),
        tilt=camera.tilt + float(rng.normal(0, 0.02)),
        pixels_per_metre=height * share / person.build.height,
        ground_x=width * (0.5 + float(rng.normal(0, 0.04 * miss))),
        ground_y=height * (0.955 + float(rng.normal(0, 0.018 * miss))),
    )


def _paint_company(canvas: Canvas, camera: Camera, shot: Shot, rng: np.random.Generator) -> None:
    """Somebody else at the edge, a little farther away."""
    other = _person(shot.seed, "distractor", 10_000 + int(rng.integers(200)))
    width, height = canvas.image.size
    side = -1 if rng.random() < 0.5 else 1
    view = View(
        turn=float(rng.uniform(0, 2 * math.pi)),
        tilt=camera.tilt,
        pixels_per_metre=height * float(rng.uniform(0.68, 0.84)) / other.build.height,
        ground_x=width * (0.5 + side * float(rng.uniform(0.38, 0.6))),
        ground_y=height * float(rng.uniform(0.86, 0.93)),
    )
    _shade_ground(canvas, camera, view, other)
    draw_figure(canvas, other, Moment(float(rng.random()), 0.8), view)


def _paint_junk(canvas: Canvas, camera: Camera, shot: Shot, rng: np.random.Generator) -> None:
    """What a detector takes for a person: nothing at all, or a piece of somebody."""
    width, height = canvas.image.size
    if rng.random() < 0.45:
        if rng.random() < 0.5:
            occlude(canvas, rng)
        return
    person = _person(shot.seed, "distractor", 20_000 + shot.subject)
    share = float(rng.uniform(1.5, 2.6))
    view = View(
        turn=float(rng.uniform(0, 2 * math.pi)),
        tilt=camera.tilt,
        pixels_per_metre=height * share / person.build.height,
        ground_x=width * (0.5 + float(rng.choice([-1, 1])) * float(rng.uniform(0.0, 0.6))),
        ground_y=height * float(rng.uniform(0.9, share)),
    )
    _shade_ground(canvas, camera, view, person)
    draw_figure(canvas, person, Moment(float(rng.random()), 0.8), view)


def _shade_ground(canvas: Canvas, camera: Camera, view: View, person: Person) -> None:
    reach = person.build.height * view.pixels_per_metre
    for spread in (0.16, 0.11):
        canvas.ellipse(
            view.ground_x, view.ground_y, spread * reach, spread * 0.22 * reach, BLACK, camera.shadow * 0.7
        )


@lru_cache(maxsize=256)
def _person(seed: int, stream: str, number: int) -> Person:
    return sample_person(seed, stream, number)


def _rng(seed: int, *key: int) -> np.random.Generator:
    return np.random.default_rng(np.random.SeedSequence([seed, _STREAM, *key]))
