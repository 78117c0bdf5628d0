"""The six surveillance cameras of the target domain: where they hang and what they do to a picture."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from PIL import Image

from .difficulty import Difficulty


@dataclass(frozen=True, slots=True)
class Camera:
    """One camera: colour gains, brightness, contrast, saturation, share of a crop's pixels that it resolves,
    noise in grey levels, JPEG quality.

    `direction` is the viewpoint in degrees that it mostly sees (90 the front), `spread` the standard
    deviation around it; `both_ways`: people walk past in the opposite direction just as often. `tilt` is
    how far it looks down, in radians, `horizon` where the ground begins in its pictures, from the top.
    """

    cast: tuple[float, float, float]
    lift: float
    contrast: float
    saturation: float
    sharpness: float
    noise: float
    quality: int
    direction: float
    spread: float
    both_ways: bool
    tilt: float
    horizon: float
    scene: str
    shadow: float


CAMERAS = (
    Camera((1.02, 1.00, 0.93), 4, 1.05, 0.95, 0.80, 4.0, 80, 90, 28, True, 0.16, 0.34, "urban", 0.30),
    Camera((0.90, 0.97, 1.08), 10, 0.88, 0.75, 0.66, 5.0, 72, 0, 24, True, 0.22, 0.12, "urban", 0.14),
    Camera((0.95, 1.04, 0.93), 2, 1.00, 0.90, 0.74, 4.5, 76, 270, 30, False, 0.12, 0.36, "wild", 0.22),
    Camera((1.12, 1.06, 0.98), 16, 1.02, 0.82, 0.84, 4.0, 80, 135, 34, False, 0.26, 0.06, "urban", 0.36),
    Camera((0.72, 0.70, 0.74), 4, 0.95, 0.85, 0.62, 8.0, 70, 225, 32, True, 0.18, 0.24, "urban", 0.12),
    Camera((1.04, 0.96, 1.00), 6, 0.94, 0.70, 0.54, 6.0, 62, 180, 36, True, 0.10, 0.46, "wild", 0.20),
)
"""c1 to c6. c5 stands in the shade, c6 is the old one with less resolution, as in the real sets."""


@dataclass(frozen=True, slots=True)
class Walk:
    """What all crops of one walk past a camera have in common: direction of view in degrees, share of pixels
    left by the distance, gains of red, green and blue, which side the light comes from, and a pace."""

    degrees: float
    nearness: float
    gains: tuple[float, float, float]
    light: float
    dapple: float


def walk_past(camera: Camera, knobs: Difficulty, rng: np.random.Generator) -> Walk:
    """A walk past `camera`, under the light of some hour and season."""
    turned = 180 if camera.both_ways and rng.random() < 0.5 else 0
    degrees = camera.direction + turned + rng.normal(0.0, camera.spread)
    if rng.random() < knobs.turn:
        degrees = rng.uniform(0.0, 360.0)
    nearness = float(rng.uniform(0.35, 0.7)) if rng.random() < knobs.far else 1.0
    exposure = rng.normal(0.0, knobs.light)
    red, blue = rng.normal(0.0, knobs.white_balance, 2)
    # Automatic exposure holds the extremes: three standard deviations of the default are a factor of 1.8.
    exposure = max(-0.65, min(0.5, float(exposure)))
    gains = (math.exp(exposure + red), math.exp(exposure), math.exp(exposure + blue))
    return Walk(
        degrees=float(degrees) % 360,
        nearness=nearness,
        gains=gains,
        light=-1.0 if rng.random() < 0.5 else 1.0,
        dapple=float(rng.normal(0.0, 0.8 * knobs.light)),
    )


def record(
    camera: Camera,
    walk: Walk,
    knobs: Difficulty,
    image: Image.Image,
    size: tuple[int, int],
    rng: np.random.Generator,
) -> Image.Image:
    """What the camera makes of a clean picture, as a crop of `size`: pixels, blur, colours, light, noise.

    The picture is seen in as few pixels as the camera has for it and then enlarged, as detection crops are.
    """
    sharp = camera.sharpness**knobs.blur * walk.nearness * float(rng.uniform(0.85, 1.1))
    smear = float(rng.uniform(0.45, 0.8)) if rng.random() < 0.1 * knobs.blur else 1.0
    seen = (
        max(8, min(size[0], round(size[0] * sharp * smear))),
        max(16, min(size[1], round(size[1] * sharp))),
    )
    small = image.resize(seen, Image.Resampling.BOX if sharp > 0.5 else Image.Resampling.BILINEAR)
    pixels = np.asarray(small.convert("RGB", _colours(camera, walk, knobs)), dtype=np.float32)
    if walk.dapple:
        # Half of the picture lies in the shade of something.
        edge = np.float32(rng.uniform(0.2, 0.8))
        down = np.linspace(0, 1, seen[1], dtype=np.float32) - edge
        shade = 1 + np.float32(walk.dapple) * np.clip(down * 6, -0.5, 0.5)
        pixels = pixels * np.maximum(shade, 0.3)[:, None, None]
    grain = rng.standard_normal((*pixels.shape[:2], 3), dtype=np.float32)
    pixels = pixels + grain * np.float32(camera.noise * knobs.noise)
    noisy = Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))
    return noisy.resize(size, Image.Resampling.BICUBIC)


def _colours(camera: Camera, walk: Walk, knobs: Difficulty) -> tuple[float, ...]:
    """Rows of (red, green, blue, offset): saturation around grey, contrast around the middle, gains."""
    middle = 118.0
    saturation = 1 - (1 - camera.saturation) * knobs.cast
    contrast = 1 + (camera.contrast - 1) * knobs.cast
    rows: list[float] = []
    for channel, (own, light) in enumerate(zip(camera.cast, walk.gains, strict=True)):
        gain = own**knobs.cast * light
        for other in range(3):
            weight = (1 - saturation) / 3 + (saturation if other == channel else 0.0)
            rows.append(weight * gain * contrast)
        rows.append(middle * gain * (1 - contrast) + camera.lift * knobs.cast)
    return tuple(rows)
