"""Parks: hills, trees, bushes, grass and a path."""

from __future__ import annotations

import numpy as np

from .canvas import BLACK, WHITE, Canvas
from .palette import blend


def draw_park(canvas: Canvas, rng: np.random.Generator, horizon_share: float, place: int) -> None:
    """Hills, a path, trees and bushes above and on the grass; `place` decides whether it is dense or open."""
    width, height = canvas.image.size
    horizon = horizon_share * height
    trees, bushes = ((6, 18), (12, 8), (18, 14))[place % 3]
    for depth, green in ((0.30, (126, 150, 140)), (0.16, (98, 128, 94))):
        across = np.linspace(0, width, 40)
        hills = horizon - height * depth * (
            0.6 + 0.4 * np.sin(across / width * rng.uniform(8, 16) + rng.uniform(0, 6))
        )
        edge = np.stack([across, hills], axis=1)
        canvas.fill(np.concatenate([edge, [[width, horizon + 1], [0, horizon + 1]]]), green)
    if place % 2:
        rows = (horizon_share + (1 - horizon_share) * np.array([0.35, 0.25, 0.75, 0.9])) * height
        canvas.fill(np.stack([[0.0, width, width, 0.0], rows], axis=1), (186, 168, 138))
    for _ in range(trees):
        _tree(canvas, rng, float(rng.uniform(0, width)), horizon + height * float(rng.uniform(0.0, 0.06)))
    for _ in range(bushes):
        _bush(canvas, rng, float(rng.uniform(0, width)), horizon + height * float(rng.uniform(0.0, 0.05)))
    for _ in range(500):
        x, y = float(rng.uniform(0, width)), float(rng.uniform(horizon, height))
        blade = 0.012 * height * (0.5 + 2 * (y - horizon) / height)
        tone = blend((70, 104, 48), (170, 178, 100), float(rng.random()))
        canvas.line(np.array([[x, y], [x + float(rng.normal(0, 1)), y - blade]]), tone, 0.8, 0.55)


def _tree(canvas: Canvas, rng: np.random.Generator, x: float, ground: float) -> None:
    height = canvas.image.height
    trunk = height * float(rng.uniform(0.012, 0.03))
    bark = blend((88, 68, 50), BLACK, float(rng.uniform(0, 0.4)))
    canvas.rectangle(x - trunk, ground - 0.45 * height, x + trunk, ground, bark)
    crown = blend((74, 112, 52), (120, 134, 60), float(rng.random()))
    for _ in range(14):
        dx, dy = float(rng.normal(0, 0.09)) * height, float(rng.normal(-0.48, 0.08)) * height
        radius = height * float(rng.uniform(0.03, 0.08))
        tone = blend(crown, WHITE if dy < -0.5 * height else BLACK, float(rng.uniform(0.0, 0.22)))
        canvas.ellipse(x + dx, ground + dy, radius * 1.2, radius, tone)


def _bush(canvas: Canvas, rng: np.random.Generator, x: float, ground: float) -> None:
    height = canvas.image.height
    green = blend((62, 96, 50), (104, 130, 70), float(rng.random()))
    for _ in range(7):
        radius = height * float(rng.uniform(0.02, 0.045))
        tone = blend(green, BLACK, float(rng.uniform(0, 0.3)))
        canvas.ellipse(x + float(rng.normal(0, 0.05)) * height, ground - radius, radius * 1.3, radius, tone)
