"""A wall's picture in the making: rectangles, lines and rings in metres, and what of them shines at night."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from ..camera.noise import fractal
from .colours import RGB

HEIGHT, WIDTH = 160, 768
SCALE = 32.0
"""Pixels a metre."""

_DRAWN = 2
"""Pictures are drawn at twice the size, then reduced."""


class Sheet:
    """A picture 24 m long and 5 m high, filled with one colour."""

    def __init__(self, base: RGB, rng: np.random.Generator) -> None:
        size = (WIDTH * _DRAWN, HEIGHT * _DRAWN)
        self.base, self.rng = base, rng
        self._image = Image.new("RGB", size, _bytes(base))
        self._shine = Image.new("L", size, 0)
        self._pen, self._glow = ImageDraw.Draw(self._image), ImageDraw.Draw(self._shine)

    def box(self, left: float, low: float, width: float, height: float, colour: RGB, shine: int = 0) -> None:
        """Paint a rectangle; `low` is its lower edge above the ground. What leaves at the right comes in again."""
        scale, total = SCALE * _DRAWN, WIDTH * _DRAWN
        top, bottom = HEIGHT * _DRAWN - (low + height) * scale, HEIGHT * _DRAWN - low * scale - 1
        start, end = left * scale % total, left * scale % total + width * scale - 1
        if bottom < top or end < start:
            return
        for shift in (0, total) if end > total else (0,):
            frame = (start - shift, top, end - shift, bottom)
            self._pen.rectangle(frame, fill=_bytes(colour))
            self._glow.rectangle(frame, fill=shine)

    def line(self, points: list[tuple[float, float]], width: float, colour: RGB) -> None:
        """Paint a line through points."""
        scale = SCALE * _DRAWN
        path = [(x * scale, HEIGHT * _DRAWN - y * scale) for x, y in points]
        self._pen.line(path, fill=_bytes(colour), width=max(1, round(width * scale)))

    def ring(self, x: float, y: float, radius: float, colour: RGB) -> None:
        """Paint a wheel."""
        scale, height = SCALE * _DRAWN, HEIGHT * _DRAWN
        frame = (
            (x - radius) * scale, height - (y + radius) * scale,
            (x + radius) * scale, height - (y - radius) * scale,
        )  # fmt: skip
        self._pen.ellipse(frame, outline=_bytes(colour), width=3)

    def light(self) -> NDArray[np.float64]:
        """Return the picture as linear RGB, (HEIGHT, WIDTH, 3)."""
        small = self._image.resize((WIDTH, HEIGHT), Image.Resampling.BOX)
        light: NDArray[np.float64] = (np.asarray(small, dtype=np.float64) / 255) ** 2.2
        return light

    def finished(self, roughness: float, stains: float) -> NDArray[np.uint8]:
        """Return the picture as the renderer reads it, with noise; (HEIGHT, WIDTH, 4)."""
        shape = (HEIGHT, WIDTH)
        noise = roughness * fractal(self.rng, 0.6, shape) + stains * fractal(self.rng, 1.7, shape)
        light = self.light() * np.clip(1 + noise, 0.3, 1.9)[..., None]
        # Rain and dust darken the foot of a wall.
        light *= (1 - 0.25 * np.linspace(0, 1, HEIGHT) ** 6)[:, None, None]
        shine = self._shine.resize((WIDTH, HEIGHT), Image.Resampling.BOX)
        return encoded(light, np.asarray(shine))


def encoded(light: NDArray[np.float64], shine: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Encode linear RGB up to 4/3, and what shines, as 8 bits with finer steps in the dark."""
    roots = np.sqrt(np.clip(light, 0.0, 4 / 3) * 0.75) * 255
    return np.concatenate([np.rint(roots).astype(np.uint8), shine[..., None]], axis=2)


def _bytes(colour: RGB) -> tuple[int, int, int]:
    red, green, blue = (max(0, min(255, round(255 * value))) for value in colour)
    return red, green, blue
