"""PRID 2011, single-shot: 200 people in both cameras, 549 more in the second only."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from ..manifest import Row
from .dataset import Dataset, IndexOptions
from .halves import first_half
from .listing import first_picture_matches, holds, matches, require

FOLDERS = {"single_shot/cam_a": 1, "single_shot/cam_b": 2}
IN_BOTH = 200
"""Persons 1 to 200 of camera A are those of camera B; above, the same number means different people."""

_NAME = re.compile(r"person_(\d+)\.png")


def prid_rows(folder: Path, options: IndexOptions) -> Iterator[Row]:
    """List half of the 200 for training; of the others camera A is query; the rest of B is gallery.

    The 185 people whom only camera A has seen match nobody; they are left out, as in the set's protocol.
    """
    require(folder, [f"{name}/" for name in FOLDERS], "PRID 2011")
    found = {name: matches(folder, name, _NAME, "person_0001.png", options) for name in FOLDERS}
    a, b = ({int(match[1]) for match in some} for some in found.values())
    both = {identity for identity in a & b if identity <= IN_BOTH}
    train = first_half(both, "prid2011", options)
    for name, camera in FOLDERS.items():
        for match in found[name]:
            identity = int(match[1])
            if camera == 1 and identity not in both:
                continue
            split = "train" if identity in train else "query" if camera == 1 else "gallery"
            yield Row(f"{name}/{match[0]}", identity, camera, split)
    if left_out := len(a - both):
        options.say(f"left out {left_out} images of people whom camera A alone has seen")


PRID2011 = Dataset(
    name="prid2011",
    title="PRID 2011",
    layout="single_shot/cam_a, single_shot/cam_b with person_0001.png; random halves of the 200 in both",
    source="Hirzer et al., Re-Identification by Descriptive and Discriminative Classification, SCIA 2011",
    rows=prid_rows,
    recognise=lambda folder: (
        holds(folder, "single_shot/cam_b/") and first_picture_matches(folder / "single_shot/cam_a", _NAME)
    ),
    counts={
        "train": {"images": 200, "identities": 100},
        "query": {"images": 100, "identities": 100},
        "gallery": {"images": 649, "identities": 649},
    },
)
