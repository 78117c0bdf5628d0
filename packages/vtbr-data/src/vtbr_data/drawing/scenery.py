"""Places: wide pictures of streets and parks, drawn once a process, of which every image shows a cutting."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from PIL import Image, ImageFilter

from .canvas import Canvas
from .park import draw_park
from .street import draw_street

PLACES = ("urban", "urban", "wild", "urban", "wild", "urban", "urban", "wild", "urban")
"""FineGPR's p01 to p09."""

HORIZON = 0.62
"""Where the ground begins in the source domain, as a share of the image height from the top."""

_WIDTHS = 5
"""A place is this many images wide."""

_PAVING = ((168, 164, 158), (146, 144, 142), (184, 176, 164), (132, 130, 128), (172, 150, 136))


@lru_cache(maxsize=64)
def panorama(
    seed: int, stream: int, place: int, kind: str, size: tuple[int, int], horizon: float = HORIZON
) -> Image.Image:
    """A place (`kind` urban or wild) for images of `size` (width, height); equal arguments, equal pixels.

    `horizon` says where the ground begins: the higher the camera hangs, the smaller it is.
    """
    rng = np.random.default_rng(np.random.SeedSequence([seed, stream, place]))
    width, height = size
    image = Image.new("RGB", (width * _WIDTHS, height), (200, 205, 210))
    _ramp(image, rng, kind, horizon)
    canvas = Canvas(image)
    (draw_street if kind == "urban" else draw_park)(canvas, rng, horizon, place)
    canvas.finish()
    grain = rng.normal(0.0, 4.0, (height, width * _WIDTHS, 1))
    noisy = np.clip(np.asarray(image, dtype=np.float64) + grain, 0, 255).astype(np.uint8)
    # The lens is focused on the person: what stands behind is a little soft.
    return Image.fromarray(noisy).filter(ImageFilter.GaussianBlur(height / 220))


def cutting(wide: Image.Image, size: tuple[int, int], rng: np.random.Generator) -> Image.Image:
    """A random window of `size` out of a panorama, now and then mirrored."""
    width, height = size
    left = int(rng.integers(0, wide.width - width + 1))
    window = wide.crop((left, 0, left + width, height))
    return window.transpose(Image.Transpose.FLIP_LEFT_RIGHT) if rng.random() < 0.5 else window


def _ramp(image: Image.Image, rng: np.random.Generator, kind: str, horizon: float) -> None:
    """Sky above the horizon and ground below it, as gradients."""
    height = image.height
    sky_top, sky_low = np.array([128, 168, 214.0]), np.array([216, 226, 234.0])
    if kind == "urban":
        base = np.asarray(_PAVING[int(rng.integers(len(_PAVING)))], dtype=np.float64)
    else:
        base = np.array([118.0, 138, 82]) + rng.normal(0, 8, 3)
    rows = np.linspace(0, 1, height)[:, None]
    sky = sky_top + (sky_low - sky_top) * np.clip(rows / horizon, 0, 1)
    ground = base * (0.82 + 0.28 * np.clip((rows - horizon) / (1 - horizon), 0, 1))
    column = np.where(rows < horizon, sky, ground).clip(0, 255).astype(np.uint8)
    image.paste(Image.fromarray(np.repeat(column[:, None, :], 1, axis=1)).resize(image.size))
