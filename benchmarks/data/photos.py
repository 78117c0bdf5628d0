"""Pictures with the structure and the JPEG size of photographs, of nobody."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from vtbr_data.manifest.row import Row
from vtbr_data.training import FolderPictures, Samples

CAPTIONS = (
    "a woman in a red long-sleeved shirt and blue trousers, facing left",
    "seen from the back, a man with a bag walks to the right",
)


def write_photos(folder: Path, count: int, width: int, height: int) -> Samples:
    """Write `count` JPEGs: a coarse pattern, finer ones over it, and the noise of a sensor."""
    random = np.random.default_rng(0)
    rows = []
    for number in range(count):
        pixels = np.zeros((height, width, 3))
        for cell, strength in ((32, 1.0), (8, 0.3), (2, 0.1)):
            shape = (max(2, height // cell), max(2, width // cell), 3)
            layer = Image.fromarray(random.integers(0, 256, shape, dtype=np.uint8))
            pixels += strength * np.asarray(layer.resize((width, height), Image.Resampling.BICUBIC))
        pixels = pixels / 1.4 + random.normal(0, 2, pixels.shape)
        name = f"{number:05d}.jpg"
        Image.fromarray(pixels.clip(0, 255).astype(np.uint8)).save(folder / name, quality=90)
        rows.append(Row(name, number // 4 + 1, split="train", captions=CAPTIONS))
    return Samples(rows, FolderPictures(folder, [row.path for row in rows]))
