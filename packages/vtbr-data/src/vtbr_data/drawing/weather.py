"""Weather and time of day: what stands between the person and the camera, and which light falls on both."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from .canvas import BLACK, WHITE, Canvas
from .scenery import HORIZON
from .solids import View

WEATHERS = ("sunny", "clouds", "overcast", "foggy", "neutral", "blizzard", "snowlight")
ILLUMINATIONS = ("midnight", "dawn", "forenoon", "noon", "afternoon", "dusk", "night")
"""FineGPR's w01 to w07 and l01 to l07."""

_GAIN: dict[str, tuple[float, float, float]] = {
    "midnight": (0.50, 0.52, 0.58),
    "dawn": (0.92, 0.82, 0.78),
    "forenoon": (1.00, 0.99, 0.96),
    "noon": (1.08, 1.08, 1.07),
    "afternoon": (1.03, 0.98, 0.90),
    "dusk": (0.84, 0.71, 0.66),
    "night": (0.60, 0.57, 0.58),
}
_SHADOW = {
    "sunny": 0.42,
    "clouds": 0.22,
    "overcast": 0.14,
    "foggy": 0.08,
    "neutral": 0.22,
    "blizzard": 0.08,
    "snowlight": 0.20,
}
_CONTRAST = {
    "sunny": 1.12,
    "clouds": 1.0,
    "overcast": 0.92,
    "foggy": 0.9,
    "neutral": 1.0,
    "blizzard": 0.94,
    "snowlight": 1.04,
}
_VEIL = {"foggy": (0.55, 0.20), "blizzard": (0.32, 0.12), "snowlight": (0.10, 0.03), "overcast": (0.08, 0.02)}
"""How much of a grey veil lies over the place and how much over the person."""

_FLAKES = {"blizzard": 170, "snowlight": 60}


def prepare(place: Image.Image, weather: str) -> Image.Image:
    """The place in that weather, before the person steps in: veil and snow on the ground."""
    behind = _VEIL.get(weather, (0.0, 0.0))[0]
    if weather in _FLAKES:
        pixels = np.asarray(place, dtype=np.float32)
        rows = np.linspace(0, 1, place.height, dtype=np.float32)[:, None, None]
        white = np.clip((rows - HORIZON + 0.02) * 8, 0, 0.6)
        place = Image.fromarray((pixels + (236 - pixels) * white).astype(np.uint8))
    return Image.blend(place, Image.new("RGB", place.size, (206, 210, 214)), behind) if behind else place


def cast_shadow(canvas: Canvas, view: View, weather: str, height: float) -> None:
    """The person's shadow on the ground: long in the sun, a dark spot otherwise."""
    strength = _SHADOW[weather]
    reach = height * view.pixels_per_metre
    x, y = view.ground_x, view.ground_y
    canvas.ellipse(x, y, 0.15 * reach, 0.028 * reach, BLACK, strength * 0.7)
    canvas.ellipse(x, y, 0.10 * reach, 0.018 * reach, BLACK, strength * 0.7)
    if weather == "sunny":
        away = -canvas.light
        outline = np.array(
            [[-0.09, 0.012], [0.09, 0.012], [0.50, -0.055], [0.62, -0.085], [0.52, -0.095], [0.30, -0.06]]
        )
        canvas.fill(outline * reach * [away, 1.0] + [x, y], BLACK, strength * 0.8)


def develop(image: Image.Image, weather: str, illumination: str, rng: np.random.Generator) -> Image.Image:
    """Veil, snow flakes, contrast and the light of the hour over the finished drawing."""
    if weather in _FLAKES:
        image = _snow(image, _FLAKES[weather], weather == "blizzard", rng)
    pixels = np.asarray(image, dtype=np.float32)
    veil = _VEIL.get(weather, (0.0, 0.0))[1]
    slope = _CONTRAST[weather] * (1 - veil)
    offset = 128 * (1 - _CONTRAST[weather]) * (1 - veil) + 208 * veil
    gain = np.asarray(_GAIN[illumination], dtype=np.float32) * np.float32(rng.uniform(0.95, 1.05))
    pixels = pixels * (slope * gain) + offset * gain
    if illumination in ("night", "midnight"):
        pixels = pixels * _lamp(image.size, float(rng.uniform(0.25, 0.75)), illumination == "night")
    pixels += rng.standard_normal(pixels.shape[:2], dtype=np.float32)[:, :, None] * 2.0
    return Image.fromarray(np.clip(pixels, 0, 255, out=pixels).astype(np.uint8))


def _snow(image: Image.Image, count: int, driving: bool, rng: np.random.Generator) -> Image.Image:
    canvas = Canvas(image)
    width, height = image.size
    slant = float(rng.uniform(-0.9, 0.9))
    table = rng.random((count, 3))
    for across, down, size in table.tolist():
        x, y = across * width, down * height
        radius = height * (0.002 + 0.0042 * size)
        if driving:
            tail = np.array([[x, y], [x + slant * 5 * radius, y + 5 * radius]])
            canvas.line(tail, WHITE, 1.3 * radius, 0.55 + 0.35 * size)
        else:
            canvas.ellipse(x, y, radius, radius, WHITE, 0.6 + 0.35 * size)
    canvas.finish()
    return image


def _lamp(size: tuple[int, int], across: float, warm: bool) -> NDArray[np.float32]:
    """A street lamp above: brighter around the person, dark towards the corners; shape (height, width, 3)."""
    width, height = size
    x = np.linspace(0, 1, width, dtype=np.float32)[None, :] - across
    y = (np.linspace(0, 1, height, dtype=np.float32)[:, None] - 0.4) * 0.8
    pool = np.exp(-3.0 * (x * x + y * y))
    tint = np.array([1.10, 0.98, 0.78] if warm else [0.92, 0.98, 1.06], dtype=np.float32)
    glow = np.float32(0.72) + np.float32(0.62) * pool[:, :, None] * tint
    return glow.astype(np.float32)
