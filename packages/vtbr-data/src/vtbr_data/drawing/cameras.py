"""The six surveillance cameras of the target domain: where they hang and what they do to a picture."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageFilter

from .canvas import BLACK, Canvas
from .palette import blend


@dataclass(frozen=True, slots=True)
class Camera:
    """One camera: colour gains, brightness, contrast, saturation, blur in image heights, noise in grey
    levels.

    `direction` is the viewpoint in degrees that it mostly sees (90 the front), `spread` the standard
    deviation around it; `both_ways`: people walk past in the opposite direction just as often. `tilt` is
    how far it looks down, in radians, `horizon` where the ground begins in its pictures, from the top.
    """

    cast: tuple[float, float, float]
    lift: float
    contrast: float
    saturation: float
    blur: float
    noise: float
    direction: float
    spread: float
    both_ways: bool
    tilt: float
    horizon: float
    scene: str
    shadow: float


CAMERAS = (
    Camera((1.02, 1.00, 0.93), 4, 1.05, 0.95, 0.0035, 3.0, 90, 28, True, 0.16, 0.34, "urban", 0.30),
    Camera((0.90, 0.97, 1.08), 10, 0.88, 0.75, 0.0050, 4.0, 0, 24, True, 0.22, 0.12, "urban", 0.14),
    Camera((0.95, 1.04, 0.93), 2, 1.00, 0.90, 0.0040, 3.5, 270, 30, False, 0.12, 0.36, "wild", 0.22),
    Camera((1.12, 1.06, 0.98), 16, 1.02, 0.82, 0.0030, 3.0, 135, 34, False, 0.26, 0.06, "urban", 0.36),
    Camera((0.72, 0.70, 0.74), 4, 0.95, 0.85, 0.0055, 6.5, 225, 32, True, 0.18, 0.24, "urban", 0.12),
    Camera((1.04, 0.96, 1.00), 6, 0.94, 0.70, 0.0070, 4.5, 180, 36, True, 0.10, 0.46, "wild", 0.20),
)
"""c1 to c6. c5 stands in the shade, c6 is the old one with less resolution, as in the real sets."""


def viewpoint(camera: Camera, rng: np.random.Generator) -> float:
    """Degrees from which somebody walking past this camera is seen."""
    turned = 180 if camera.both_ways and rng.random() < 0.5 else 0
    return float(camera.direction + turned + rng.normal(0.0, camera.spread)) % 360


def record(camera: Camera, image: Image.Image, rng: np.random.Generator) -> Image.Image:
    """What the camera makes of a clean picture: blur, colours, noise."""
    blur = camera.blur * float(rng.uniform(0.7, 1.5)) * image.height
    exposure = float(rng.normal(1.0, 0.06))
    blurred = image.filter(ImageFilter.GaussianBlur(blur)).convert("RGB", _colours(camera, exposure))
    pixels = np.asarray(blurred, dtype=np.float32)
    pixels = pixels + rng.standard_normal(pixels.shape, dtype=np.float32) * np.float32(camera.noise)
    return Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))


def _colours(camera: Camera, exposure: float) -> tuple[float, ...]:
    """Rows of (red, green, blue, offset): saturation around grey, contrast around the middle, colour gain."""
    middle = 118.0
    rows: list[float] = []
    for channel, gain in enumerate(camera.cast):
        for other in range(3):
            weight = (1 - camera.saturation) / 3 + (camera.saturation if other == channel else 0.0)
            rows.append(weight * gain * camera.contrast * exposure)
        rows.append(middle * gain * exposure * (1 - camera.contrast) + camera.lift)
    return tuple(rows)


def occlude(canvas: Canvas, rng: np.random.Generator) -> None:
    """Something between camera and person: a pole, a bush, a wall or a bicycle rack along the lower edge."""
    width, height = canvas.image.size
    kind = rng.choice(["pole", "bush", "wall", "rail"], p=[0.35, 0.3, 0.2, 0.15])
    if kind == "pole":
        x = float(rng.uniform(0.1, 0.9)) * width
        thick = float(rng.uniform(0.04, 0.11)) * width
        tone = blend((96, 98, 100), BLACK, float(rng.uniform(0.0, 0.5)))
        canvas.rectangle(x, -2, x + thick, height + 2, tone)
        canvas.rectangle(x + thick * 0.6, -2, x + thick, height + 2, BLACK, 0.25)
    elif kind == "bush":
        edge = float(rng.uniform(0.72, 0.9)) * height
        for _ in range(16):
            radius = float(rng.uniform(0.05, 0.11)) * height
            tone = blend((66, 98, 52), BLACK, float(rng.uniform(0.0, 0.45)))
            x = float(rng.uniform(-0.1, 1.1)) * width
            canvas.ellipse(x, max(edge + radius, height - radius * 0.6), radius * 1.2, radius, tone)
    elif kind == "wall":
        left = rng.random() < 0.5
        reach = float(rng.uniform(0.08, 0.28)) * width
        tone = blend((160, 150, 138), BLACK, float(rng.uniform(0.0, 0.4)))
        canvas.rectangle(-2 if left else width - reach, -2, reach if left else width + 2, height + 2, tone)
    else:
        top = float(rng.uniform(0.62, 0.8)) * height
        tone = (82, 84, 88)
        canvas.rectangle(-2, top, width + 2, top + 0.015 * height, tone)
        for x in np.arange(float(rng.uniform(0, 0.2)) * width, width, 0.22 * width):
            canvas.rectangle(float(x), top, float(x) + 0.04 * width, height + 2, tone)
