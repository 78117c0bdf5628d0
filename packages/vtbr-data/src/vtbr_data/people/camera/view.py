"""Where a camera stands and looks, and which part of its picture is cut out."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .backdrop import Rays
from .mesh import bounds
from .raster import place, project

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class View:
    """A camera and a rectangle of its picture; slopes are lengths at a distance of 1 along its axis."""

    eye: Floats
    """(3,), in metres."""
    axes: Floats
    """(3, 3), unit vectors right, up, forward."""
    left: float
    top: float
    width: float
    height: float

    def samples(self, vertices: Floats, width: int, height: int) -> Floats:
        """Return the sample coordinates and 1 / depth of `vertices`, (V, 3), in a grid of `width` x `height`."""
        screen = np.empty_like(vertices)
        project(vertices, self.eye, self.axes, screen)
        x, y = np.float32(width / self.width), np.float32(height / self.height)
        place(screen, x, np.float32(-self.left) * x, y, np.float32(-self.top) * y)
        return screen

    def rays(self, width: int, height: int) -> Rays:
        """Return where the pixels of a picture of `width` x `height` look."""
        window = (self.left, self.top, self.width / width, self.height / height)
        return Rays(self.eye, self.axes, np.array(window, dtype=np.float32))


def looking(eye: Floats, target: Floats, roll: float = 0.0) -> Floats:
    """Return the axes (3, 3) of a camera at `eye` that looks at `target`, turned by `roll` radians."""
    x, y, z = (float(b) - float(a) for a, b in zip(eye, target, strict=True))
    length = math.sqrt(x * x + y * y + z * z)
    x, y, z = x / length, y / length, z / length
    flat = math.hypot(x, z)
    right = (-z / flat, 0.0, x / flat)
    up = (right[1] * z - right[2] * y, right[2] * x - right[0] * z, right[0] * y - right[1] * x)
    cosine, sine = math.cos(roll), math.sin(roll)
    turned = [r * cosine + u * sine for r, u in zip(right, up, strict=True)]
    upward = [u * cosine - r * sine for r, u in zip(right, up, strict=True)]
    return np.array([turned, upward, (x, y, z)], dtype=np.float32)


def extent(vertices: Floats, eye: Floats, axes: Floats) -> tuple[float, float, float, float]:
    """Return the slopes of the left, right, top and bottom edge of what is seen of `vertices` (V, 3)."""
    screen = np.empty_like(vertices)
    project(vertices, eye, axes, screen)
    (left, top, _), (right, bottom, _) = (corner.tolist() for corner in bounds(screen))
    return left, right, top, bottom
