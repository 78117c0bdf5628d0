"""VIPeR: 632 people, one picture each from two cameras, in random halves."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from ..manifest import Row
from .dataset import Dataset, IndexOptions
from .halves import first_half
from .listing import first_picture_matches, holds, matches, require

FOLDERS = {"cam_a": 1, "cam_b": 2}

_NAME = re.compile(r"(?P<identity>\d+)_(?P<angle>\d+)\.bmp")


def viper_rows(folder: Path, options: IndexOptions) -> Iterator[Row]:
    """List both cameras: half of the people train; of the others cam_a is query and cam_b gallery.

    VIPeR counts people from 000, which would be a distractor: identities are one more than in the file names.
    """
    require(folder, [f"{name}/" for name in FOLDERS], "VIPeR")
    found = {name: matches(folder, name, _NAME, "000_45.bmp (identity, angle)", options) for name in FOLDERS}
    people = (int(match["identity"]) + 1 for some in found.values() for match in some)
    train = first_half(people, "viper", options)
    for name, camera in FOLDERS.items():
        for match in found[name]:
            identity = int(match["identity"]) + 1
            split = "train" if identity in train else "query" if camera == 1 else "gallery"
            # The angle is the camera's to the person's walk; which side is shown is not told.
            yield Row(f"{name}/{match[0]}", identity, camera, split, extra={"angle": int(match["angle"])})


VIPER = Dataset(
    name="viper",
    title="VIPeR",
    layout="cam_a, cam_b with IDENTITY_ANGLE.bmp; --seed and --split-index choose the halves",
    source="Gray, Brennan, Tao, Evaluating Appearance Models, PETS 2007",
    rows=viper_rows,
    recognise=lambda folder: holds(folder, "cam_b/") and first_picture_matches(folder / "cam_a", _NAME),
    counts={
        "train": {"images": 632, "identities": 316},
        "query": {"images": 316, "identities": 316},
        "gallery": {"images": 316, "identities": 316},
    },
)
