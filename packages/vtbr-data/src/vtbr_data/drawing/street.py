"""Streets: houses, walls, shop fronts, pavement, cars and posts."""

from __future__ import annotations

import numpy as np

from .canvas import BLACK, WHITE, Canvas
from .palette import RGB, blend

_WALLS: tuple[RGB, ...] = (
    (178, 166, 150), (150, 118, 100), (196, 190, 178), (134, 140, 146), (206, 186, 150), (116, 104, 98),
    (172, 178, 170),
)  # fmt: skip
_PAINT: tuple[RGB, ...] = (
    (150, 50, 50), (50, 90, 130), (60, 110, 80), (190, 150, 60), (90, 80, 100), (200, 196, 188), (60, 58, 60)
)  # fmt: skip
_CARS: tuple[RGB, ...] = (
    (150, 36, 36), (46, 66, 110), (190, 192, 194), (52, 54, 58), (226, 224, 218), (86, 104, 92)
)  # fmt: skip


def draw_street(canvas: Canvas, rng: np.random.Generator, horizon_share: float, place: int) -> None:
    """Facades, pavement and kerb, cars and posts; `place` decides the kind of street."""
    width, height = canvas.image.size
    horizon = horizon_share * height
    (_houses, _brick_wall, _glass_front, _shutters)[place % 4](canvas, rng, horizon)
    _ground(canvas, rng, horizon, is_road=place % 3 == 0)
    kerb = horizon + 0.15 * (height - horizon)
    if place % 4 in (0, 3):
        for _ in range(3):
            _car(canvas, rng, float(rng.uniform(0, width)), kerb + 0.01 * height)
    for _ in range(3):
        x = float(rng.uniform(0, width))
        post = blend((70, 72, 74), WHITE, float(rng.uniform(0, 0.3)))
        canvas.rectangle(x, kerb - height, x + 0.014 * height, kerb + 0.02 * height, post)


def _houses(canvas: Canvas, rng: np.random.Generator, horizon: float) -> None:
    width, height = canvas.image.size
    x = 0.0
    while x < width:
        house = height * float(rng.uniform(0.28, 0.75))
        roof = horizon - height * float(rng.choice([0.4, 0.52, 0.75, 0.75]))
        _house(canvas, rng, x, x + house, roof, horizon)
        x += house
        if rng.random() < 0.25:
            x += height * float(rng.uniform(0.05, 0.15))


def _brick_wall(canvas: Canvas, rng: np.random.Generator, horizon: float) -> None:
    """One long wall of bricks with posters and a few windows."""
    width, height = canvas.image.size
    brick = blend((156, 92, 72), (150, 130, 110), float(rng.random()))
    canvas.rectangle(0, 0, width, horizon + 2, brick)
    for row, y in enumerate(np.arange(horizon, -0.03 * height, -0.026 * height).tolist()):
        canvas.rectangle(0, y, width, y + 0.004 * height, WHITE, 0.20)
        for x in np.arange(0.035 * height * (row % 2), width, 0.07 * height).tolist():
            canvas.rectangle(x, y, x + 0.004 * height, y + 0.026 * height, WHITE, 0.16)
    for _ in range(9):
        x, y = float(rng.uniform(0, width)), horizon - height * float(rng.uniform(0.15, 0.42))
        paint = _PAINT[int(rng.integers(len(_PAINT)))]
        canvas.rectangle(x, y, x + 0.11 * height, y + 0.15 * height, paint)
        canvas.rectangle(
            x + 0.015 * height, y + 0.02 * height, x + 0.095 * height, y + 0.06 * height, WHITE, 0.6
        )


def _glass_front(canvas: Canvas, rng: np.random.Generator, horizon: float) -> None:
    """A modern front: panes between mullions, some lit, some reflecting the sky."""
    width, height = canvas.image.size
    canvas.rectangle(0, 0, width, horizon + 2, (196, 200, 204))
    for x in np.arange(0, width, 0.15 * height).tolist():
        for y in np.arange(horizon - 0.24 * height, -0.25 * height, -0.24 * height).tolist():
            pane = blend((74, 98, 118), (156, 184, 204), float(rng.random()))
            right, bottom = x + 0.137 * height, y + 0.225 * height
            canvas.rectangle(x, y, right, bottom, pane)
            corner = np.array([[x, y], [right, y], [x, bottom]])
            canvas.fill(corner, WHITE, 0.14)


def _shutters(canvas: Canvas, rng: np.random.Generator, horizon: float) -> None:
    """A row of closed shops: shutters in many colours under one long awning."""
    width, height = canvas.image.size
    canvas.rectangle(0, 0, width, horizon + 2, _WALLS[int(rng.integers(len(_WALLS)))])
    x = 0.0
    while x < width:
        door = height * float(rng.uniform(0.18, 0.34))
        paint = blend(_PAINT[int(rng.integers(len(_PAINT)))], (150, 150, 150), 0.35)
        canvas.rectangle(x, horizon - 0.42 * height, x + door, horizon + 2, paint)
        for y in np.arange(horizon - 0.42 * height, horizon, 0.02 * height).tolist():
            canvas.rectangle(x, y, x + door, y + 0.007 * height, BLACK, 0.18)
        sign = _PAINT[int(rng.integers(len(_PAINT)))]
        canvas.rectangle(x, horizon - 0.52 * height, x + door, horizon - 0.43 * height, sign)
        x += door + 0.03 * height
    canvas.rectangle(0, horizon - 0.44 * height, width, horizon - 0.415 * height, BLACK, 0.35)


def _ground(canvas: Canvas, rng: np.random.Generator, horizon: float, *, is_road: bool) -> None:
    width, height = canvas.image.size
    deep = height - horizon
    kerb = horizon + 0.15 * deep
    canvas.rectangle(0, horizon, width, horizon + 0.02 * deep, BLACK, 0.25)
    if is_road:
        canvas.rectangle(0, kerb, width, kerb + 0.04 * deep, (206, 203, 197))
        canvas.rectangle(0, kerb + 0.04 * deep, width, height, (98, 99, 102), 0.75)
        for x in np.arange(0, width, 0.4 * height).tolist():
            stripe = np.array([[0, 0.55], [0.2, 0.55], [0.22, 0.59], [0.01, 0.59]])
            canvas.fill(stripe * [height, deep] + [x, horizon], WHITE, 0.6)
        return
    for share in (0.06, 0.14, 0.24, 0.37, 0.54, 0.75):
        y = horizon + share * deep
        canvas.rectangle(0, y, width, y + 0.005 * height + 0.5, BLACK, 0.13)
    for x in np.arange(-width, 2 * width, 0.16 * height).tolist():
        canvas.line(
            np.array([[x, horizon], [x + (x - width / 2) * 0.12, height]]), BLACK, 0.006 * height, 0.13
        )
    for _ in range(12):
        x, y = float(rng.uniform(0, width)), float(rng.uniform(kerb, height))
        canvas.ellipse(x, y, 0.05 * height, 0.012 * height, BLACK, 0.06)


def _house(
    canvas: Canvas, rng: np.random.Generator, left: float, right: float, top: float, bottom: float
) -> None:
    height = canvas.image.height
    wall = blend(_WALLS[int(rng.integers(len(_WALLS)))], BLACK, float(rng.uniform(0.0, 0.18)))
    canvas.rectangle(left, top, right, bottom + 0.02 * height, wall)
    canvas.rectangle(left, top, left + 0.01 * height, bottom, BLACK, 0.25)
    if rng.random() < 0.3:
        for row, y in enumerate(np.arange(max(top, 0.0), bottom, 0.024 * height)):
            canvas.rectangle(
                left, float(y), right, float(y) + 0.004 * height, BLACK if row % 2 else WHITE, 0.12
            )
    glass = blend((92, 112, 130), BLACK, float(rng.uniform(0.0, 0.45)))
    frame = blend(wall, WHITE, float(rng.uniform(0.3, 0.7)))
    rim = 0.008 * height
    shop = bottom - 0.27 * height
    step = height * float(rng.uniform(0.12, 0.17))
    for y in np.arange(shop - 0.17 * height, max(top, -0.1 * height), -0.20 * height):
        for x in np.arange(left + 0.04 * height, right - 0.09 * height, step):
            canvas.rectangle(
                x - rim, float(y) - rim, x + 0.07 * height + rim, float(y) + 0.12 * height + rim, frame
            )
            canvas.rectangle(x, float(y), x + 0.07 * height, float(y) + 0.12 * height, glass)
            canvas.rectangle(x, float(y), x + 0.07 * height, float(y) + 0.05 * height, WHITE, 0.18)
    if rng.random() < 0.6:
        sign = _PAINT[int(rng.integers(len(_PAINT)))]
        canvas.rectangle(
            left + 0.02 * height, shop - 0.03 * height, right - 0.02 * height, shop + 0.02 * height, sign
        )
        canvas.rectangle(
            left + 0.03 * height, shop + 0.02 * height, right - 0.03 * height, bottom - 0.03 * height, glass
        )
        canvas.rectangle(
            left + 0.03 * height,
            shop + 0.02 * height,
            right - 0.03 * height,
            shop + 0.09 * height,
            WHITE,
            0.15,
        )
    else:
        door = left + float(rng.uniform(0.1, 0.6)) * (right - left)
        wood = [(92, 66, 48), (60, 74, 70), (110, 50, 44), (70, 72, 80)][int(rng.integers(4))]
        canvas.rectangle(door, shop + 0.02 * height, door + 0.11 * height, bottom + 0.02 * height, wood)
        canvas.rectangle(
            door + 0.02 * height, shop + 0.05 * height, door + 0.09 * height, shop + 0.12 * height, BLACK, 0.3
        )


def _car(canvas: Canvas, rng: np.random.Generator, x: float, ground: float) -> None:
    unit = canvas.image.height * 0.30
    paint = _CARS[int(rng.integers(len(_CARS)))]
    shape = np.array(
        [
            [0, -0.1],
            [0, -0.3],
            [0.25, -0.36],
            [0.5, -0.58],
            [1.1, -0.58],
            [1.4, -0.36],
            [1.7, -0.3],
            [1.7, -0.1],
        ]
    )
    canvas.fill(shape * unit + [x, ground], paint)
    glass = np.array([[0.34, -0.37], [0.54, -0.53], [1.06, -0.53], [1.28, -0.37]])
    canvas.fill(glass * unit + [x, ground], (70, 84, 96))
    for wheel in (0.36, 1.34):
        canvas.ellipse(x + wheel * unit, ground - 0.1 * unit, 0.14 * unit, 0.14 * unit, (28, 28, 30))
