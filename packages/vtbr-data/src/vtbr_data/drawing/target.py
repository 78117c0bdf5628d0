"""The target domain: surveillance crops of other people, under Market-1501's names and in its folders."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from PIL import Image

from .cameras import CAMERAS, record, walk_past
from .crop import Scene, paint_junk, paint_person
from .difficulty import NAMES, knobs
from .people import Person, sample_person
from .scenery import cutting, panorama

SIZE = (64, 128)
"""Width and height in pixels, as Market-1501 has them."""

FOLDERS = {"train": "bounding_box_train", "query": "query", "gallery": "bounding_box_test"}

_STREAM = 12
_KINDS = ("person", "distractor", "junk")


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

    @property
    def quality(self) -> int:
        """Of the JPEG file: as the camera leaves it."""
        return CAMERAS[self.camera - 1].quality

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
        kind = _KINDS.index(self.kind)
        rng = _rng(self.seed, 4, kind, self.subject, self.camera, self.sequence, self.frame)
        camera, knob = CAMERAS[self.camera - 1], knobs(self.difficulty)
        # Detectors' boxes have many shapes, and all are squeezed into one.
        squeeze = 1 + max(-0.25, min(0.25, float(rng.normal(0, 0.07 * knob.jitter))))
        drawn = (round(size[0] * squeeze), size[1])
        wide = panorama(self.seed, _STREAM, self.camera, camera.scene, size, camera.horizon)
        image = cutting(wide, drawn, rng)
        # Whoever walks past a camera is seen from about the same side in all crops of that walk.
        walk_rng = _rng(self.seed, 5, self.subject, self.camera, self.sequence)
        walk = walk_past(camera, knob, walk_rng)
        scene = Scene(image, camera, walk, knob, self.seed, rng)
        if self.kind == "junk":
            paint_junk(scene, _person(self.seed, "distractor", 20_000 + self.subject))
        else:
            stream = "target" if self.kind == "person" else "distractor"
            paint_person(scene, _person(self.seed, stream, self.subject), walk_rng)
        return record(camera, walk, knob, image, size, rng)


def plan(identities: int, views: int, seed: int, difficulty: float = NAMES["default"]) -> list[Shot]:
    """All crops: the first half of the identities trains, the second half is queried and searched for."""
    num_train = identities // 2
    shots: list[Shot] = []
    for identity in range(1, identities + 1):
        shots += _plan_identity(identity, views, seed, difficulty, is_train=identity <= num_train)
    num_gallery = sum(shot.split == "gallery" for shot in shots)
    knob = knobs(difficulty)
    for kind, number, share in (("junk", -1, knob.junk), ("distractor", 0, knob.distractors)):
        shots += _plan_strangers(kind, number, max(1, round(share * num_gallery)), seed, difficulty)
    return shots


def _plan_identity(identity: int, views: int, seed: int, difficulty: float, *, is_train: bool) -> list[Shot]:
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
            shots.append(
                Shot(seed, "person", identity, identity, camera, sequence, frame, box, split, difficulty)
            )
            frame += int(rng.integers(10, 60))
    return shots


def _plan_strangers(kind: str, identity: int, count: int, seed: int, difficulty: float) -> list[Shot]:
    rng = _rng(seed, 2 if kind == "junk" else 3)
    shots: dict[str, Shot] = {}
    while len(shots) < count:
        camera, sequence, frame, box = (int(rng.integers(1, n)) for n in (len(CAMERAS) + 1, 7, 100_000, 8))
        shot = Shot(seed, kind, len(shots) + 1, identity, camera, sequence, frame, box, "gallery", difficulty)
        shots.setdefault(shot.path, shot)
    return list(shots.values())


@lru_cache(maxsize=256)
def _person(seed: int, stream: str, number: int) -> Person:
    return sample_person(seed, stream, number)


def _rng(seed: int, *key: int) -> np.random.Generator:
    return np.random.default_rng(np.random.SeedSequence([seed, _STREAM, *key]))
