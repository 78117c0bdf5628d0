"""What a lens and a sensor make of light: blur, exposure, white balance, tone, sharpening, noise, JPEG.

H x W pixels of linear RGB, then of 8 bits.
"""

from __future__ import annotations

import io
import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ..compiled import compiled

F = np.float32
Floats = NDArray[np.float32]


@dataclass(frozen=True, kw_only=True, slots=True)
class Optics:
    """One camera's way with light; lengths in pixels of a picture 128 high."""

    exposure: float = 0.0
    """Natural logarithm of what is added to the automatic exposure."""
    metering: float = 0.7
    """How far the exposure follows the brightness of the picture: 0 not at all, 1 always to the same grey."""
    balancing: float = 0.6
    """How far white balance turns the picture's mean to grey, in [0, 1]."""
    cast: tuple[float, float, float] = (1.0, 1.0, 1.0)
    """What stays of a tint, as factors of red, green and blue."""
    saturation: float = 0.9
    contrast: float = 1.1
    black: float = 0.0
    """What is added to everything, of 1: stray light."""
    glow: float = 0.03
    """Light that spreads from bright places."""
    blur: float = 0.4
    """Standard deviation of the defocus."""
    motion: tuple[float, float] = (0.0, 0.0)
    """How far things move while the shutter is open, right and down."""
    sharpening: float = 0.4
    noise: float = 0.008
    """Standard deviation of the brightness' noise, of 1."""
    resolved: float = 1.0
    """Share of the picture's pixels that the camera has: less is enlarged."""
    quality: int = 80
    """Of the JPEG file."""


GREY = 0.15
"""Linear brightness that an automatic exposure aims at."""

_DAYLIGHT = 0.16
"""Usual linear brightness of a street under an overcast noon: where no metering leaves it as it is."""

_CURVE_POINTS = 1024


def clean(exposure: float) -> Optics:
    """Return a camera that only exposes and balances white: no blur, noise, sharpening or tint, hardly any JPEG."""
    return Optics(
        exposure=exposure,
        saturation=1.0,
        contrast=1.0,
        glow=0.0,
        blur=0.0,
        sharpening=0.0,
        noise=0.0,
        quality=95,
    )


def take(light: Floats, optics: Optics, rng: np.random.Generator) -> Image.Image:
    """Turn linear light (H, W, 3), changed in place, into a picture."""
    scale = light.shape[0] / 128
    spare = np.empty_like(light)
    expose(light, *_gains(light, optics))
    if optics.glow > 0.01:
        spread = np.minimum(light, F(1.5))
        _blur(spread, spare, weights(3.0 * scale))
        _add(light, spread, F(optics.glow))
    if max(map(abs, optics.motion)) * scale > 0.7:
        _smear(light, spare, F(optics.motion[0] * scale), F(optics.motion[1] * scale))
        light, spare = spare, light
    if optics.blur * scale > 0.15:
        _blur(light, spare, weights(optics.blur * scale))
    _tone(light, _curve(), F(optics.saturation), F(optics.contrast), F(optics.black))
    if optics.sharpening > 0.05:
        soft = light.copy()
        _blur(soft, spare, weights(0.9 * max(1.0, 0.7 * scale)))
        _add_difference(light, soft, F(optics.sharpening))
    start = int(rng.integers(_GRAINS - light.size))
    grain = _grain()[start : start + light.size].reshape(light.shape)
    pixels = np.empty(light.shape, dtype=np.uint8)
    _quantise(light, grain, F(optics.noise), pixels)
    image = Image.fromarray(pixels)
    if optics.resolved < 0.97:
        width, height = image.size
        seen = (max(8, round(width * optics.resolved)), max(16, round(height * optics.resolved)))
        image = image.resize(
            seen, Image.Resampling.BOX if optics.resolved > 0.5 else Image.Resampling.BILINEAR
        )
        image = image.resize((width, height), Image.Resampling.BICUBIC)
    return image


def jpeg(image: Image.Image, quality: int) -> bytes:
    """Encode the picture as a JPEG file."""
    file = io.BytesIO()
    image.save(file, format="JPEG", quality=quality)
    return file.getvalue()


def _gains(light: Floats, optics: Optics) -> tuple[np.float32, np.float32, np.float32]:
    """Return the factors of red, green and blue: automatic exposure and white balance, which see this picture alone."""
    means = np.empty(5, dtype=np.float32)
    _meter(light, means)
    red, green, blue, whole, middle = (max(1e-4, float(value)) for value in means)
    seen = 0.6 * whole + 0.4 * middle
    gain = (
        math.exp(optics.exposure)
        * (GREY / seen) ** optics.metering
        * (GREY / _DAYLIGHT) ** (1 - optics.metering)
    )
    grey = (red + green + blue) / 3
    factors = [
        gain * own * (grey / colour) ** optics.balancing
        for colour, own in zip((red, green, blue), optics.cast, strict=True)
    ]
    return F(factors[0]), F(factors[1]), F(factors[2])


@lru_cache(maxsize=64)
def _gaussian(sigma_hundredths: int) -> Floats:
    sigma = sigma_hundredths / 100
    radius = max(1, math.ceil(2.2 * sigma))
    values = [math.exp(-0.5 * (k / sigma) ** 2) for k in range(-radius, radius + 1)]
    return np.array([value / sum(values) for value in values], dtype=np.float32)


def weights(sigma: float) -> Floats:
    """Return the weights of a Gaussian blur of `sigma` pixels, to a hundredth: (2 * radius + 1,)."""
    return _gaussian(max(15, round(sigma * 100)))


_GRAINS = 1 << 22


@lru_cache(maxsize=1)
def _grain() -> Floats:
    """Return normal noise, (2**22,); each picture takes a piece: drawing it anew takes longer than the rest."""
    return np.random.default_rng(20_261_129).standard_normal(_GRAINS, dtype=np.float32)


@lru_cache(maxsize=1)
def _curve() -> Floats:
    """Return the sRGB curve (IEC 61966-2-1) over the square root of linear light, (1025,): root 0 to 2 and value."""
    points = []
    for k in range(_CURVE_POINTS + 1):
        linear = (2.0 * k / _CURVE_POINTS) ** 2
        points.append(12.92 * linear if linear < 0.0031308 else 1.055 * linear ** (1 / 2.4) - 0.055)
    return np.array(points, dtype=np.float32)


@compiled
def _meter(light: Floats, out: Floats) -> None:
    """Measure the means of red, green, blue, of the brightness, and of that in the middle, into `out` (5,)."""
    height, width, _ = light.shape
    sums = np.zeros(5, np.float32)
    count, inner = F(height * width), F(0.0)
    for y in range(height):
        for x in range(width):
            red, green, blue = light[y, x, 0], light[y, x, 1], light[y, x, 2]
            bright = F(0.3) * red + F(0.59) * green + F(0.11) * blue
            sums[0] += red
            sums[1] += green
            sums[2] += blue
            sums[3] += bright
            if height <= 8 * y < 7 * height and width <= 4 * x < 3 * width:
                sums[4] += bright
                inner += F(1.0)
    for c in range(4):
        out[c] = sums[c] / count
    out[4] = sums[4] / max(inner, F(1.0))


@compiled
def expose(light: Floats, red: np.float32, green: np.float32, blue: np.float32) -> None:
    """Multiply the channels, in place."""
    for y in range(light.shape[0]):
        for x in range(light.shape[1]):
            light[y, x, 0] *= red
            light[y, x, 1] *= green
            light[y, x, 2] *= blue


@compiled
def _blur(image: Floats, spare: Floats, weight: Floats) -> None:
    """Blur (H, W, 3) by `weight` both ways, in place; beyond the edge its last pixels go on."""
    height, width, _ = image.shape
    rows, lines = image.reshape(height, width * 3), spare.reshape(height, width * 3)
    radius = weight.shape[0] // 2
    line = np.empty((width + 2 * radius) * 3, np.float32)
    for y in range(height):
        for k in range(radius):
            for c in range(3):
                line[k * 3 + c] = rows[y, c]
                line[(width + radius + k) * 3 + c] = rows[y, (width - 1) * 3 + c]
        for i in range(width * 3):
            line[radius * 3 + i] = rows[y, i]
            lines[y, i] = F(0.0)
        for k in range(weight.shape[0]):
            share, shift = weight[k], k * 3
            for i in range(width * 3):
                lines[y, i] += share * line[i + shift]
    for y in range(height):
        for i in range(width * 3):
            rows[y, i] = F(0.0)
        for k in range(weight.shape[0]):
            source = min(height - 1, max(0, y + k - radius))
            share = weight[k]
            for i in range(width * 3):
                rows[y, i] += share * lines[source, i]


@compiled
def _smear(image: Floats, out: Floats, right: np.float32, down: np.float32) -> None:
    """Average along a short line, into `out`: what moves while the shutter is open."""
    height, width, _ = image.shape
    steps = int(max(abs(right), abs(down))) + 2
    share = F(1.0) / F(steps)
    for y in range(height):
        for x in range(width):
            for c in range(3):
                total = F(0.0)
                for k in range(steps):
                    part = F(k) / F(steps - 1) - F(0.5)
                    yy = min(height - 1, max(0, int(F(y) + down * part + F(0.5))))
                    xx = min(width - 1, max(0, int(F(x) + right * part + F(0.5))))
                    total += image[yy, xx, c]
                out[y, x, c] = total * share


@compiled
def _add(image: Floats, other: Floats, share: np.float32) -> None:
    """Mix in `share` of `other`, in place, keeping most of the light that it takes."""
    for y in range(image.shape[0]):
        for x in range(image.shape[1]):
            for c in range(3):
                image[y, x, c] += share * (other[y, x, c] - F(0.3) * image[y, x, c])


@compiled
def _add_difference(image: Floats, soft: Floats, share: np.float32) -> None:
    for y in range(image.shape[0]):
        for x in range(image.shape[1]):
            for c in range(3):
                image[y, x, c] += share * (image[y, x, c] - soft[y, x, c])


@compiled
def _tone(
    image: Floats, curve: Floats, saturation: np.float32, contrast: np.float32, black: np.float32
) -> None:
    """Turn linear light into sRGB values around [0, 1], in place."""
    last = F(curve.shape[0] - 1)
    for y in range(image.shape[0]):
        for x in range(image.shape[1]):
            grey = F(0.3) * image[y, x, 0] + F(0.59) * image[y, x, 1] + F(0.11) * image[y, x, 2]
            for c in range(3):
                value = max(F(0.0), grey + (image[y, x, c] - grey) * saturation)
                at = min(math.sqrt(value) * F(0.5) * last, last - F(0.01))
                k = int(at)
                value = curve[k] + (curve[k + 1] - curve[k]) * (at - F(k))
                image[y, x, c] = (value - F(0.45)) * contrast + F(0.45) + black


@compiled
def _quantise(image: Floats, grain: Floats, noise: np.float32, out: NDArray[np.uint8]) -> None:
    """Add noise, mostly of brightness, and round to 8 bits; highlights roll off instead of clipping hard."""
    height, width, _ = image.shape
    for y in range(height):
        for x in range(width):
            bright = grain[y, x, 0]
            for c in range(3):
                value = image[y, x, c] + noise * (bright + F(0.6) * grain[y, x, c])
                if value > F(0.9):
                    value = F(0.9) + (value - F(0.9)) / (F(1.0) + (value - F(0.9)) * F(2.5))
                value = min(F(1.0), max(F(0.0), value))
                out[y, x, c] = np.uint8(value * F(255.0) + F(0.5))
