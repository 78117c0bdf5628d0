"""What the ground of a place is made of: strips along a street or a path."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..camera.ground import Strip
from ..camera.noise import ASPHALT, CONCRETE, GRASS, GRAVEL
from .colours import RGB, linear, shaded

Floats = NDArray[np.float32]


def strip(start: float, kind: str, rng: np.random.Generator) -> Floats:
    """Draw a strip of a kind that begins at `start` metres across; (len(Strip),)."""
    row = np.zeros(len(Strip), dtype=np.float32)
    colour, factor, texture, fine, coarse = _KINDS[kind]
    row[Strip.START] = start
    row[Strip.RED : Strip.BLUE + 1] = linear(shaded(colour, rng, 0.025, factor))
    row[Strip.TEXTURE] = texture
    row[Strip.TEXTURE_SCALE] = rng.uniform(35, 75)
    row[Strip.FINE] = 1.5 * rng.uniform(*fine)
    row[Strip.COARSE] = 1.5 * rng.uniform(*coarse)
    row[Strip.WIDTH] = row[Strip.LENGTH] = row[Strip.MARK_WIDTH] = row[Strip.MARK_PERIOD] = 1.0
    if kind in _LAID:
        (laying, sizes, joint, shade, variety) = _LAID[kind]
        wide, long = sizes[int(rng.integers(len(sizes)))]
        row[Strip.LAYING : Strip.VARIETY + 1] = [
            laying, wide, long, rng.uniform(*joint), rng.uniform(*shade), rng.uniform(*variety)
        ]  # fmt: skip
    if kind in ("grass", "earth", "gravel", "slabs", "asphalt") and rng.random() < 0.55:
        share = rng.uniform(0.02, 0.25)
        leaf = linear(shaded(_LITTER[int(rng.integers(len(_LITTER)))], rng, 0.05))
        row[Strip.LITTER : Strip.LITTER_BLUE + 1] = [share, *leaf]
    return row


def line(row: Floats, at: float, width: float, period: float, duty: float, white: float) -> Floats:
    """Return the strip with a painted line along it, dashed if `duty` is below 1."""
    return _marked(row, 1, at, width, period, duty, white)


def zebra(row: Floats, width: float, period: float, duty: float, white: float) -> Floats:
    """Return the strip with a crossing: bars of twice `width`, on a share `duty` of each `period` along."""
    return _marked(row, 2, 0.0, width * 2, period, duty, white)


def bays(row: Floats, depth: float, width: float, period: float, white: float) -> Floats:
    """Return the strip with lines of parking bays, `depth` long."""
    return _marked(row, 3, depth, width, period, 1.0, white)


def _marked(
    row: Floats, mark: int, at: float, width: float, period: float, duty: float, white: float
) -> Floats:
    marked = row.copy()
    marked[Strip.MARK : Strip.MARK_WHITE + 1] = [mark, at, width, period, duty, white]
    return marked


_Range = tuple[float, float]
_KINDS: dict[str, tuple[RGB, _Range, int, _Range, _Range]] = {
    "asphalt": ((0.40, 0.40, 0.41), (0.6, 1.35), ASPHALT, (0.08, 0.22), (0.06, 0.18)),
    "slabs": ((0.56, 0.54, 0.51), (0.65, 1.25), CONCRETE, (0.03, 0.10), (0.05, 0.15)),
    "bricks": ((0.54, 0.41, 0.36), (0.7, 1.2), ASPHALT, (0.05, 0.14), (0.06, 0.16)),
    "cobbles": ((0.44, 0.43, 0.42), (0.7, 1.3), ASPHALT, (0.06, 0.16), (0.06, 0.16)),
    "concrete": ((0.60, 0.59, 0.56), (0.65, 1.2), CONCRETE, (0.03, 0.10), (0.06, 0.18)),
    "tiles": ((0.66, 0.63, 0.58), (0.6, 1.25), CONCRETE, (0.0, 0.03), (0.02, 0.06)),
    "boards": ((0.46, 0.37, 0.29), (0.7, 1.3), CONCRETE, (0.05, 0.12), (0.05, 0.12)),
    "kerb": ((0.62, 0.61, 0.59), (0.75, 1.2), CONCRETE, (0.03, 0.08), (0.05, 0.1)),
    "grass": ((0.40, 0.44, 0.27), (0.65, 1.2), GRASS, (0.25, 0.5), (0.12, 0.3)),
    "earth": ((0.45, 0.38, 0.30), (0.65, 1.25), GRAVEL, (0.06, 0.2), (0.15, 0.3)),
    "gravel": ((0.57, 0.53, 0.46), (0.7, 1.25), GRAVEL, (0.12, 0.3), (0.06, 0.16)),
    "sand": ((0.68, 0.60, 0.48), (0.8, 1.15), CONCRETE, (0.04, 0.1), (0.08, 0.18)),
}
"""Colour, brightness, layer of noise, and how strongly it shows, fine and coarse."""

_LAID: dict[str, tuple[int, tuple[tuple[float, float], ...], _Range, _Range, _Range]] = {
    "slabs": (1, ((0.3, 0.3), (0.4, 0.4), (0.6, 0.9), (1.0, 1.0)), (0.008, 0.02), (0.45, 0.85), (0.05, 0.3)),
    "bricks": (2, ((0.1, 0.2), (0.12, 0.24)), (0.006, 0.012), (0.5, 0.8), (0.1, 0.4)),
    "cobbles": (2, ((0.1, 0.1), (0.14, 0.18)), (0.012, 0.025), (0.4, 0.75), (0.15, 0.4)),
    "tiles": (1, ((0.3, 0.3), (0.6, 0.6), (0.8, 0.8)), (0.004, 0.01), (0.6, 1.1), (0.02, 0.12)),
    "boards": (3, ((0.14, 2.0), (0.1, 1.5)), (0.006, 0.012), (0.3, 0.5), (0.1, 0.3)),
}  # fmt: skip
"""Laying, sizes, width and brightness of the joints, and how much pieces differ."""

_LITTER: tuple[RGB, ...] = ((0.50, 0.38, 0.22), (0.55, 0.50, 0.25), (0.25, 0.23, 0.21), (0.75, 0.74, 0.70))
