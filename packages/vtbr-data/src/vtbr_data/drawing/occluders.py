"""What stands between camera and person: poles, bushes, walls, rails, bicycles and cars."""

from __future__ import annotations

import math

import numpy as np

from .canvas import BLACK, WHITE, Canvas
from .palette import RGB, blend
from .solids import Array

KINDS = ("pole", "bush", "wall", "rail", "bicycle", "car")
_SHARES = (0.22, 0.18, 0.14, 0.12, 0.17, 0.17)
_PAINT: tuple[RGB, ...] = (
    (150, 36, 36), (46, 66, 110), (190, 192, 194), (52, 54, 58), (226, 224, 218), (86, 104, 92),
    (180, 140, 50),
)  # fmt: skip


def occlude(canvas: Canvas, rng: np.random.Generator) -> str:
    """Draw something in front of everything else; return what it is."""
    kind = KINDS[int(rng.choice(len(KINDS), p=_SHARES))]
    {"pole": _pole, "bush": _bush, "wall": _wall, "rail": _rail, "bicycle": _bicycle, "car": _car}[kind](
        canvas, rng
    )
    return kind


def _pole(canvas: Canvas, rng: np.random.Generator) -> None:
    width, height = canvas.image.size
    x = float(rng.uniform(0.1, 0.9)) * width
    thick = float(rng.uniform(0.05, 0.14)) * width
    tone = blend((96, 98, 100), BLACK, float(rng.uniform(0.0, 0.5)))
    canvas.rectangle(x, -2, x + thick, height + 2, tone)
    canvas.rectangle(x + thick * 0.6, -2, x + thick, height + 2, BLACK, 0.25)
    if rng.random() < 0.3:
        y = float(rng.uniform(0.05, 0.4)) * height
        sign = _PAINT[int(rng.integers(len(_PAINT)))]
        canvas.ellipse(x + thick / 2, y, 0.1 * height, 0.1 * height, sign)


def _bush(canvas: Canvas, rng: np.random.Generator) -> None:
    width, height = canvas.image.size
    edge = float(rng.uniform(0.58, 0.88)) * height
    canvas.rectangle(-2, edge + 0.13 * height, width + 2, height + 2, (52, 78, 42))
    for number, (across, size, dark) in enumerate(rng.random((16, 3)).tolist()):
        radius = (0.06 + 0.05 * size) * height
        tone = blend((66, 98, 52), BLACK, 0.45 * dark)
        x = (number % 8 + across) / 8 * width
        canvas.ellipse(x, edge + (0.09 - 0.05 * (number % 2)) * height + radius * 0.5, radius, radius, tone)


def _wall(canvas: Canvas, rng: np.random.Generator) -> None:
    width, height = canvas.image.size
    left = rng.random() < 0.5
    reach = float(rng.uniform(0.12, 0.42)) * width
    tone = blend((160, 150, 138), BLACK, float(rng.uniform(0.0, 0.4)))
    canvas.rectangle(-2 if left else width - reach, -2, reach if left else width + 2, height + 2, tone)
    edge = reach if left else width - reach
    canvas.rectangle(edge - 0.02 * width, -2, edge + 0.02 * width, height + 2, BLACK, 0.3)


def _rail(canvas: Canvas, rng: np.random.Generator) -> None:
    width, height = canvas.image.size
    top = float(rng.uniform(0.55, 0.8)) * height
    tone = blend((82, 84, 88), WHITE, float(rng.uniform(0.0, 0.6)))
    canvas.rectangle(-2, top, width + 2, top + 0.018 * height, tone)
    for x in np.arange(float(rng.uniform(0, 0.2)) * width, width, 0.2 * width).tolist():
        canvas.rectangle(x, top, x + 0.045 * width, height + 2, tone)


def _bicycle(canvas: Canvas, rng: np.random.Generator) -> None:
    width, height = canvas.image.size
    unit = height * float(rng.uniform(0.17, 0.21))
    ground = height * float(rng.uniform(0.96, 1.04))
    x = width * float(rng.uniform(-0.2, 0.75))
    flip = -1.0 if rng.random() < 0.5 else 1.0
    paint = _PAINT[int(rng.integers(len(_PAINT)))]
    turn = np.linspace(0, 2 * math.pi, 17)
    wheel = np.stack([np.cos(turn), np.sin(turn)], axis=1) * unit
    thick = max(1.0, 0.016 * height)
    for hub in (0.0, 3.0):
        canvas.line(wheel + np.array([x + flip * hub * unit, ground - unit]), (28, 28, 30), thick)
    frame = np.array([[0, -1], [0.8, -2.1], [2.2, -2.1], [1.3, -1], [0, -1], [1.3, -1], [0.8, -2.3]])
    fork = np.array([[3.0, -1], [2.2, -2.1], [2.15, -2.5], [2.6, -2.6]])
    for part in (frame, fork):
        canvas.line(part * unit * [flip, 1.0] + [x, ground], paint, thick)
    saddle = np.array([[0.5, -2.35], [1.15, -2.35], [1.15, -2.2], [0.6, -2.2]])
    canvas.fill(saddle * unit * [flip, 1.0] + [x, ground], (30, 28, 28))


def _car(canvas: Canvas, rng: np.random.Generator) -> None:
    """The bonnet and the windscreen of a parked car, over the legs."""
    width, height = canvas.image.size
    paint = blend(_PAINT[int(rng.integers(len(_PAINT)))], BLACK, float(rng.uniform(0.0, 0.3)))
    flip = -1.0 if rng.random() < 0.5 else 1.0
    top = float(rng.uniform(0.60, 0.78))
    start = float(rng.uniform(-0.1, 0.35))
    shape = np.array([[0, 1.1], [0, 0.10], [0.10, 0.03], [0.55, 0.0], [0.85, -0.16], [1.6, -0.2], [1.6, 1.1]])
    middle = np.array([width / 2, 0.0])

    def placed(outline: Array) -> Array:
        across = (start + outline[:, 0]) * width - width / 2
        return np.asarray(np.stack([across * flip, (top + outline[:, 1]) * height], axis=1) + middle)

    canvas.fill(placed(shape), paint)
    canvas.fill(placed(np.array([[0.62, 0.0], [0.88, -0.13], [1.6, -0.17], [1.6, 0.0]])), (66, 80, 92))
    canvas.fill(placed(np.array([[0.0, 0.14], [0.1, 0.10], [0.13, 0.15], [0.0, 0.19]])), (236, 232, 210))
    canvas.fill(placed(np.array([[0, 0.22], [1.6, 0.22], [1.6, 0.25], [0, 0.25]])), BLACK, 0.3)
