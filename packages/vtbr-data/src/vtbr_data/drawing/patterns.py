"""Patterns woven into tops, and prints on chest and back."""

from __future__ import annotations

import math

import numpy as np

from .canvas import Canvas
from .people import Garment, Person
from .solids import Lathe

STRIPE = 0.34
"""Share of a pattern's period in the second colour: so little that the first gives the garment its name."""


def draw_pattern(canvas: Canvas, body: Lathe, garment: Garment, height: float) -> None:
    """The garment's pattern on the clothed torso of somebody `height` metres tall."""
    top, bottom = float(body.up[0]), float(body.up[-1])
    period, colour = garment.period, garment.second
    if garment.pattern in ("horizontal", "check"):
        opacity = 0.92 if garment.pattern == "horizontal" else 0.35
        for up in np.arange(top - 0.03 * height - garment.phase, bottom, -period):
            canvas.fill_all(body.band(up, up - period * STRIPE), colour, opacity)
    if garment.pattern in ("vertical", "check"):
        opacity = 0.9 if garment.pattern == "vertical" else 0.35
        step = 2 * math.pi / max(6, round(0.95 / period))
        for angle in np.arange(garment.phase * 4, garment.phase * 4 + 2 * math.pi - 0.01, step):
            canvas.fill_all(body.patch(angle, angle + step * STRIPE), colour, opacity)
    if garment.pattern == "dots":
        scale = body.view.pixels_per_metre * period * 0.20
        for row, up in enumerate(np.arange(top - 0.05 * height, bottom + 0.01, -period * 0.75)):
            for angle in np.arange(-math.pi + (row % 2) * 0.31, math.pi, 0.62):
                spot = body.spot(float(angle), float(up))
                if spot:
                    canvas.ellipse(spot[0], spot[1], scale * spot[2], scale, colour)
    if garment.pattern == "yoke":
        canvas.fill_all(body.band(top, top - 0.075 * height), colour)
    if garment.pattern == "band":
        canvas.fill_all(body.band(top - 0.13 * height, top - 0.17 * height - garment.phase * 0.2), colour)
    if garment.pattern == "sides":
        for side in (-1, 1):
            canvas.fill_all(body.patch(side * math.pi / 2 - 0.3, side * math.pi / 2 + 0.3), colour)


def draw_print(canvas: Canvas, body: Lathe, name: str, angle: float, person: Person) -> None:
    """The print `name` on the chest (`angle` 0) or the back (pi)."""
    if name == "none":
        return
    height = person.build.height
    up = float(body.up[0]) - 0.125 * height
    for outline in PRINT_SHAPES[name]:
        points = np.asarray(outline)
        # A print is as wide as high on the cloth: 0.11 of the circumference's radius is about 0.1 m.
        decal = body.decal(angle + points[:, 0] * 0.52, up + points[:, 1] * 0.045 * height)
        if decal is not None:
            canvas.fill(decal, person.print_colour)


def _bar(left: float, right: float, bottom: float, top: float) -> list[tuple[float, float]]:
    return [(left, bottom), (right, bottom), (right, top), (left, top)]


def _ring(radii: tuple[float, ...], points: int) -> list[tuple[float, float]]:
    turns = [2 * math.pi * k / points for k in range(points)]
    return [
        (radii[k % len(radii)] * math.sin(turn), radii[k % len(radii)] * math.cos(turn))
        for k, turn in enumerate(turns)
    ]


PRINT_SHAPES: dict[str, list[list[tuple[float, float]]]] = {
    "disc": [_ring((0.85,), 12)],
    "square": [_bar(-0.9, 0.9, -0.8, 0.8)],
    "bars": [_bar(-1.0, 1.0, y, y + 0.3) for y in (-0.9, -0.25, 0.4)],
    "letters": [
        _bar(x, x + 0.22, -0.4 + 0.15 * (k % 2), 0.4) for k, x in enumerate((-1.2, -0.8, -0.4, 0.0, 0.4, 0.8))
    ],
    "triangle": [[(-0.95, -0.8), (0.95, -0.8), (0.0, 0.95)]],
    "star": [_ring((1.0, 0.42), 10)],
    "ring": [_ring((1.0,), 12) + _ring((0.55,), 12)[::-1] + [(0.0, 0.55), (0.0, 1.0)]],
    "small": [[(x * 0.35 - 0.75, y * 0.4 + 0.7) for x, y in _bar(-1.0, 1.0, -0.8, 0.8)]],
}
"""Outlines in units of half the print's size."""
