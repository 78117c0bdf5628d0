"""The target domain: surveillance crops of other people, under Market-1501's names and in its folders."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..camera.lens import clean, jpeg, take
from ..camera.mesh import Mesh, stand
from ..world.place import Place, Thing, nowhere
from ..world.weather import even_light, fall
from .cast import actor, caught
from .difficulty import NAMES, Difficulty, knobs
from .recorder import Recorder, Walk, optics, recorder, walk_past
from .shoot import Box, frame, shoot
from .surroundings import company, obstacle
from .visible import said_of

SIZE = (64, 128)
"""Width and height in pixels, as Market-1501 has them."""

FOLDERS = {"train": "bounding_box_train", "query": "query", "gallery": "bounding_box_test"}

CAMERAS = 6
"""Unless told otherwise, as Market-1501."""

MOST_VIEWS = 15_000
"""So many pictures of an identity have frame numbers of six digits."""

_STREAM = 12
_KINDS = ("person", "distractor", "junk")
_MOST_CAMERAS_OF_ONE = 6


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
    difficulty: float

    @property
    def path(self) -> str:
        """Relative to the output folder."""
        identity = "-1" if self.identity < 0 else f"{self.identity:04}"
        name = f"{identity}_c{self.camera}s{self.sequence}_{self.frame:06}_{self.box:02}.jpg"
        return f"{FOLDERS[self.split]}/{name}"

    def take(
        self, size: tuple[int, int], without: frozenset[str] = frozenset()
    ) -> tuple[bytes, dict[str, Any]]:
        """Render the crop: a JPEG file of `size` (width, height), and its line of the manifest.

        `without` are `INGREDIENTS` to leave out.
        """
        content, attributes = self._crop(size, without)
        row = {"path": self.path, "identity": self.identity, "camera": self.camera, "split": self.split,
               "sequence": self.sequence, "box": self.box}  # fmt: skip
        return content, row | ({"attributes": attributes} if attributes else {})

    def _crop(self, size: tuple[int, int], without: frozenset[str]) -> tuple[bytes, dict[str, Any]]:
        """Render the crop: a JPEG file, and what is said of it (nothing of junk)."""
        kind = _KINDS.index(self.kind)
        rng = _rng(self.seed, 4, kind, self.subject, self.camera, self.sequence, self.frame)
        knob, camera = knobs(self.difficulty), recorder(self.seed, self.camera)
        sky = even_light() if "light" in without else camera.sky(self.seed, self.sequence, knob)
        where = nowhere(camera.place) if "background" in without else camera.place
        # Whoever walks past a camera goes about the same way in all crops of that walk.
        walk = walk_past(camera, knob, _rng(self.seed, 5, self.subject, self.camera, self.sequence))
        stream = "target" if self.kind == "person" else "distractor"
        number = self.subject + (10_000 if self.kind == "junk" else 0)
        somebody = actor(self.seed, stream, number, without)
        figure = caught(somebody, rng, knob.carried, rain=sky.falling == "rain")
        subject = _placed(figure, camera, walk, rng)
        box = _junk_box(rng) if self.kind == "junk" else _box(knob, rng)
        view = frame(subject, where, box)
        others, obstacles = self._around(subject, where, knob, rng, without)
        if self.kind == "junk" and rng.random() < 0.45:  # nothing at all
            subject, others = _away(subject), []
        seen = shoot(where, sky, subject, view, size, others, obstacles)
        fall(seen.light, sky, rng)
        lens = optics(camera, walk, knob, sky, rng)
        lens = clean(sky.exposure) if "cameras" in without else lens
        image = take(seen.light, lens, rng)
        said = said_of(figure, _viewpoint(subject, camera, walk), where, sky, seen, image)
        return jpeg(image, lens.quality), {} if self.kind == "junk" else said

    def _around(
        self, subject: Mesh, where: Place, knob: Difficulty, rng: np.random.Generator, without: frozenset[str]
    ) -> tuple[list[Mesh], list[Thing]]:
        """Draw others and obstacles around the person; left out, they are drawn all the
        same, so that the rest stays.
        """
        others = company(self.seed, subject, where, rng, without) if rng.random() < knob.company else []
        obstacles: list[Thing] = []
        if rng.random() < knob.occluded:
            passers, obstacles = obstacle(self.seed, subject, where, rng, without)
            others += passers
        return ([], []) if "occluders" in without else (others, obstacles)


def plan(
    identities: int,
    views: int,
    seed: int,
    difficulty: float = NAMES["default"],
    cameras: int = CAMERAS,
    cameras_each: int | None = None,
) -> list[Shot]:
    """Plan all crops: the first half of the identities trains, the second half is queried and searched for."""
    num_train = identities // 2
    shots: list[Shot] = []
    for identity in range(1, identities + 1):
        is_train = identity <= num_train
        shots += _plan_identity(identity, views, seed, difficulty, cameras, cameras_each, is_train=is_train)
    num_gallery = sum(shot.split == "gallery" for shot in shots)
    knob = knobs(difficulty)
    for kind, number, share in (("junk", -1, knob.junk), ("distractor", 0, knob.distractors)):
        count = max(1, round(share * num_gallery))
        shots += _plan_strangers(kind, number, count, seed, difficulty, cameras)
    return shots


def _plan_identity(
    identity: int,
    views: int,
    seed: int,
    difficulty: float,
    cameras: int,
    cameras_each: int | None,
    *,
    is_train: bool,
) -> list[Shot]:
    rng = _rng(seed, 1, identity)
    most = max(2, min(cameras, _MOST_CAMERAS_OF_ONE, views // 2))
    num_cameras = cameras_each or int(rng.integers(2, most + 1))
    chosen = rng.permutation(cameras)[:num_cameras] + 1
    shots = []
    for turn, camera in enumerate(chosen.tolist()):
        num_images = views // num_cameras + (turn < views % num_cameras)
        sequence, number = int(rng.integers(1, 7)), int(rng.integers(1, 90_000))
        # One query a camera, while an image is left there for the others to find; with one a camera, one.
        has_query = num_images > 1 or (turn == 0 and views > 1)
        for image in range(num_images):
            split = "train" if is_train else "query" if image == 0 and has_query else "gallery"
            box = int(rng.integers(1, 5))
            shots.append(
                Shot(seed, "person", identity, identity, camera, sequence, number, box, split, difficulty)
            )
            number += int(rng.integers(10, 60))
    return shots


def _plan_strangers(
    kind: str, identity: int, count: int, seed: int, difficulty: float, cameras: int
) -> list[Shot]:
    rng = _rng(seed, 2 if kind == "junk" else 3)
    shots: dict[str, Shot] = {}
    while len(shots) < count:
        camera, sequence, number, box = (int(rng.integers(1, n)) for n in (cameras + 1, 7, 100_000, 8))
        shot = Shot(
            seed, kind, len(shots) + 1, identity, camera, sequence, number, box, "gallery", difficulty
        )
        shots.setdefault(shot.path, shot)
    return list(shots.values())


def _placed(figure: Any, camera: Recorder, walk: Walk, rng: np.random.Generator) -> Mesh:
    """Put the person at some point of the walk."""
    along = walk.along + float(rng.uniform(-1.2, 1.2)) * walk.pace
    x, z = camera.place.point(walk.across + float(rng.normal(0, 0.15)), along)
    nearest = float(camera.place.eye[2]) + 2.5
    return stand(figure, x, max(z, nearest), walk.facing + float(rng.normal(0, 0.16)))


def _viewpoint(subject: Mesh, camera: Recorder, walk: Walk) -> int:
    """Return the degrees from which the person is seen: 90 faces the camera, 0 the left edge of the picture."""
    x, z = (float(value) for value in (subject.centre - camera.place.eye)[[0, 2]])
    towards_camera = math.atan2(-x, -z)
    return round(90 - math.degrees(walk.facing - towards_camera)) % 360


def _box(knob: Difficulty, rng: np.random.Generator) -> Box:
    """Draw a detector's box: a little off, or wrong in one of four ways."""
    jitter = knob.jitter
    loose = 1.05 + abs(float(rng.normal(0, 0.03 * jitter)))
    shape = min(0.58, max(0.30, 0.42 * math.exp(float(rng.normal(0, 0.13 * jitter)))))
    side = float(rng.uniform(1.0 - 0.13 * jitter, 1.02))
    right, down = float(rng.normal(0, 0.03 * jitter)), float(rng.normal(0, 0.012 * jitter))
    if rng.random() < knob.box:
        error = int(rng.integers(4))
        if error == 0:  # the legs are cut off
            cut = float(rng.uniform(0.12, 0.4))
            loose, down = loose * (1 - cut), down - cut / 2 / (1 - cut)
        elif error == 1:  # the head is cut off
            cut = float(rng.uniform(0.06, 0.2))
            loose, down = loose * (1 - cut), down + cut / 2 / (1 - cut)
        elif error == 2:  # half out of the box at a side
            right += float(rng.choice([-1, 1])) * float(rng.uniform(0.2, 0.42))
        else:  # far too large
            loose *= float(rng.uniform(1.2, 1.6))
            right += float(rng.uniform(-0.12, 0.12))
    return Box(loose, shape, side if shape < 0.5 else 0.0, right, down)


def _junk_box(rng: np.random.Generator) -> Box:
    """Draw a box around a piece of somebody."""
    loose = float(rng.uniform(0.25, 0.6))
    right, down = float(rng.normal(0, 0.5)), float(rng.uniform(-0.7, 0.7))
    return Box(loose, float(rng.uniform(0.35, 0.6)), 0.0, right, down)


def _away(subject: Mesh) -> Mesh:
    """Put the person far behind everything: nobody is seen."""
    return stand(subject, 0.0, -500.0, 0.0)


def _rng(seed: int, *key: int) -> np.random.Generator:
    return np.random.default_rng(np.random.SeedSequence([seed, _STREAM, *key]))
