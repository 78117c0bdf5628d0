"""Pictures of walls: houses, shops, hedges, fences, edges of woods, as long strips that repeat.

A picture is 24 m long and 5 m high, at 32 pixels a metre.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from ..camera.noise import fractal
from .colours import RGB, any_hue, paint, shaded
from .sheet import HEIGHT, WIDTH, Sheet, encoded

_STREAM = 31

_Fields = NDArray[np.float64]


VARIANTS = 8
"""Pictures of each kind that a seed has."""


@lru_cache(maxsize=2)
def pool(seed: int) -> NDArray[np.uint8]:
    """Return all pictures of a seed, (P, HEIGHT, WIDTH, 4), which its places share;
    blank until `layer` asks for one.
    """
    return np.zeros((len(KINDS) * VARIANTS, HEIGHT, WIDTH, 4), np.uint8)


def layer(seed: int, kind: str, number: int) -> int:
    """Return where picture `number` of a kind lies in the pool of its seed."""
    place = sorted(KINDS).index(kind) * VARIANTS + number
    picture = pool(seed)[place]
    if not picture.any():
        picture[:] = wall_picture(seed, kind, number)
    return place


def wall_picture(seed: int, kind: str, number: int) -> NDArray[np.uint8]:
    """Paint picture `number` of a kind (see `KINDS`), (HEIGHT, WIDTH, 4); the same arguments, the same picture."""
    return KINDS[kind](np.random.default_rng([seed, _STREAM, sorted(KINDS).index(kind), number]))


def _house(rng: np.random.Generator) -> NDArray[np.uint8]:
    sheet = Sheet(_facing(rng), rng)
    _masonry(sheet)
    for low, height in ((3.1, 1.6), (0.9, 1.3)):
        _windows(sheet, low, height, float(rng.uniform(1.6, 3.2)), float(rng.uniform(0.7, 1.4)))
    for _ in range(int(rng.integers(1, 4))):
        left = float(rng.uniform(0, 24))
        sheet.box(left - 0.12, 0, 1.24, 2.32, shaded(sheet.base, rng, 0.05, (0.5, 1.3)))
        sheet.box(left, 0, 1.0, 2.2, shaded(paint(rng), rng, 0.05, (0.6, 1.2)))
    _clutter(sheet)
    return sheet.finished(0.14, 0.14)


def _shops(rng: np.random.Generator) -> NDArray[np.uint8]:
    sheet = Sheet(_facing(rng), rng)
    _windows(sheet, 3.6, 1.4, float(rng.uniform(1.6, 3.0)), float(rng.uniform(0.8, 1.3)))
    left = 0.0
    while left < 24.0:
        width = float(rng.uniform(3.0, 6.5))
        if 24.0 - left - width < 3.0:
            width = 24.0 - left
        _shop(sheet, left, width)
        left += width
    _clutter(sheet)
    return sheet.finished(0.12, 0.12)


def _shop(sheet: Sheet, left: float, width: float) -> None:
    rng = sheet.rng
    lit = int(rng.integers(90, 230))
    inside = shaded((0.42, 0.40, 0.37), rng, 0.08, (0.3, 1.3))
    sheet.box(left + 0.2, 0.3, width - 0.4, 2.5, inside, lit // 2)
    for _ in range(int(width * 6)):  # what is for sale, and reflections of the street
        x, y = float(rng.uniform(0.2, width - 0.5)), float(rng.uniform(0.3, 2.4))
        across, up = rng.uniform(0.1, 0.5, 2).tolist()
        colour = any_hue(rng, (0.05, 0.5), (0.15, 0.8)) if rng.random() < 0.6 else shaded(inside, rng, 0.15)
        sheet.box(left + x, y, min(across, width - 0.3 - x), min(up, 2.8 - y), colour, lit)
    door = float(rng.uniform(0.3, max(0.4, width - 1.5)))
    frame = shaded((0.3, 0.3, 0.3), rng, 0.1, (0.4, 2.0))
    for x in (0.2, width - 0.28, door, door + 1.0):
        sheet.box(left + x, 0, 0.08, 2.8, frame)
    _sign(sheet, left, width)
    if rng.random() < 0.3:
        cloth = any_hue(rng, (0.2, 0.8), (0.3, 0.8))
        for k in range(int(width / 0.4)):
            sheet.box(left + k * 0.4, 2.45, 0.4, 0.45, cloth if k % 2 else (0.85, 0.84, 0.8))


def _sign(sheet: Sheet, left: float, width: float) -> None:
    """Paint a board over the shop with letters of no alphabet."""
    rng = sheet.rng
    board = any_hue(rng, (0.1, 0.8), (0.2, 0.85))
    sheet.box(left, 2.8, width, 0.65, board, int(rng.integers(40, 200)))
    ink = (0.92, 0.92, 0.9) if sum(board) < 1.4 else (0.08, 0.08, 0.1)
    x = float(rng.uniform(0.3, 1.0))
    while x < width - 0.6:
        sheet.box(left + x, 2.95, float(rng.uniform(0.05, 0.22)), float(rng.uniform(0.15, 0.36)), ink, 255)
        x += float(rng.choice([0.18, 0.26, 0.34, 0.6]))


def _glass(rng: np.random.Generator) -> NDArray[np.uint8]:
    sheet = Sheet(shaded((0.3, 0.32, 0.34), rng, 0.05, (0.4, 1.3)), rng)
    width, height = float(rng.choice([1.2, 1.5, 2.0])), float(rng.choice([1.0, 1.6, 2.5]))
    tint = shaded((0.33, 0.37, 0.40), rng, 0.03, (0.4, 1.3))
    for column in range(int(24 / width)):
        for row in range(int(5 / height) + 1):
            shine = int(rng.integers(60, 200)) if rng.random() < 0.4 else 0
            pane = shaded(tint, rng, 0.025, (0.6, 1.5))
            sheet.box(column * width + 0.04, row * height + 0.04, width - 0.08, height - 0.08, pane, shine)
    _clutter(sheet)
    return sheet.finished(0.08, 0.18)


def _plain(rng: np.random.Generator) -> NDArray[np.uint8]:
    """Paint a long wall of concrete, stone or tiles, with posters."""
    sheet = Sheet(_facing(rng), rng)
    _masonry(sheet)
    if rng.random() < 0.5:
        sheet.box(0, 0, 24, float(rng.uniform(0.2, 1.4)), shaded(sheet.base, rng, 0.05, (0.5, 1.1)))
    for _ in range(int(rng.integers(0, 9))):
        across, up = rng.uniform(0.3, 1.6, 2).tolist()
        poster = any_hue(rng, (0.05, 0.7), (0.2, 0.9))
        sheet.box(float(rng.uniform(0, 24)), float(rng.uniform(0.5, 2.2)), across, up, poster)
    _clutter(sheet)
    return sheet.finished(0.16, 0.2)


def _hedge(rng: np.random.Generator) -> NDArray[np.uint8]:
    light = _foliage(rng, (0.46, 0.52, 0.33), float(rng.uniform(0.6, 1.3)))
    rows = np.linspace(5, 0, HEIGHT)[:, None]
    top = float(rng.uniform(1.0, 3.0)) + 0.15 * fractal(rng, 1.2, (1, WIDTH))
    behind = _foliage(rng, (0.44, 0.48, 0.36), float(rng.uniform(0.3, 1.2)))
    light = np.where((rows < top)[..., None], light, behind)
    return encoded(light * _lit_from_above(0.55), np.zeros((HEIGHT, WIDTH), np.uint8))


def _wood(rng: np.random.Generator) -> NDArray[np.uint8]:
    """Paint the edge of a wood: trunks before leaves, light between them."""
    light = _foliage(rng, (0.44, 0.50, 0.33), float(rng.uniform(0.5, 1.2)))
    height = np.linspace(1, 0, HEIGHT)[:, None]
    gaps = fractal(rng, 1.3, (HEIGHT, WIDTH)) + height > 1.9
    light[gaps] = np.array([0.55, 0.60, 0.62]) * float(rng.uniform(0.4, 1.1))
    bark = fractal(rng, 0.7, (HEIGHT, WIDTH))
    for _ in range(int(rng.integers(8, 24))):
        left, width = int(rng.integers(0, WIDTH)), int(rng.integers(3, 16))
        columns = np.arange(left, left + width) % WIDTH
        colour = np.array(shaded((0.30, 0.25, 0.19), rng, 0.04, (0.5, 1.3))) ** 2.2
        roundness = np.sin(np.linspace(0.35, 2.6, width))[None, :, None]
        light[:, columns] = colour * (1 + 0.3 * bark[:, columns, None]).clip(0.3) * roundness
    return encoded(light * _lit_from_above(0.7), np.zeros((HEIGHT, WIDTH), np.uint8))


def _fence(rng: np.random.Generator) -> NDArray[np.uint8]:
    """Paint boards or bars before bushes."""
    light = _foliage(rng, (0.46, 0.50, 0.38), float(rng.uniform(0.5, 1.3)))
    sheet = Sheet((0, 0, 0), rng)
    colour = shaded((0.45, 0.40, 0.34), rng, 0.12, (0.3, 1.6))
    step, width = float(rng.uniform(0.1, 0.3)), float(rng.uniform(0.02, 0.12))
    top = float(rng.uniform(0.9, 2.2))
    for k in range(int(24 / step)):
        sheet.box(k * step, 0, width, top + float(rng.normal(0, 0.02)), shaded(colour, rng, 0.03))
    for low in (0.2, top - 0.25):
        sheet.box(0, low, 24, 0.07, colour)
    boards = sheet.light()
    bars = (boards.sum(2, keepdims=True) > 0.001) * 1.0
    grain = (1 + 0.1 * fractal(rng, 1.0, (HEIGHT, WIDTH)))[..., None]
    light = light * (1 - bars) + boards * bars * grain
    return encoded(np.maximum(light, 0.003), np.zeros((HEIGHT, WIDTH), np.uint8))


def _masonry(sheet: Sheet) -> None:
    """Paint courses of bricks, stones or tiles, or none."""
    rng = sheet.rng
    if rng.random() < 0.35:
        return
    high, long, spread = ((0.075, 0.24, 1.6), (0.2, 0.45, 1.0), (0.6, 1.2, 1.0))[int(rng.integers(3))]
    spread *= float(rng.uniform(0.01, 0.05))
    rows, stones = int(5 / high) + 1, int(24 / long) + 1
    own = rng.normal(0, spread, (rows, stones, 3)) * 0.4 + rng.normal(0, spread, (rows, stones, 1))
    colours = np.clip(np.array(sheet.base) + own, 0.01, 0.97).tolist()
    for row in range(rows):
        for stone in range(stones):
            left = (stone + 0.5 * (row % 2)) * long
            red, green, blue = colours[row][stone]
            sheet.box(left, row * high, long - 0.012, high - 0.012, (red, green, blue))


def _windows(sheet: Sheet, low: float, height: float, step: float, width: float) -> None:
    rng = sheet.rng
    frame = shaded((0.6, 0.6, 0.58), rng, 0.1, (0.3, 1.5))
    for k in range(max(1, int(24 / step))):
        left = k * step + 0.3
        dark = shaded((0.22, 0.24, 0.26), rng, 0.025, (0.4, 1.9))
        shine = int(rng.integers(80, 255)) if rng.random() < 0.45 else 0
        sheet.box(left - 0.07, low - 0.07, width + 0.14, height + 0.14, frame)
        sheet.box(left, low, width, height, dark, shine)
        if rng.random() < 0.5:  # the sky in the upper half, or a blind
            upper = shaded(dark, rng, 0.03, (1.2, 2.2))
            sheet.box(left, low + height * 0.5, width, height * 0.5, upper, shine)
        if rng.random() < 0.7:
            sheet.box(left + width / 2 - 0.03, low, 0.06, height, frame)
        sheet.box(left - 0.12, low - 0.16, width + 0.24, 0.09, shaded(frame, rng, 0.02, (1.0, 1.3)))


def _clutter(sheet: Sheet) -> None:
    """Paint pipes, boxes, signs, and bicycles that lean on the wall."""
    rng = sheet.rng
    for _ in range(int(rng.integers(0, 5))):
        sheet.box(float(rng.uniform(0, 24)), 0, 0.1, 5, shaded(sheet.base, rng, 0.05, (0.5, 1.2)))
    for _ in range(int(rng.integers(4, 22))):
        across, up = rng.uniform(0.12, 0.8, 2).tolist()
        sheet.box(
            float(rng.uniform(0, 24)), float(rng.uniform(0, 2.6)), across, up, shaded(paint(rng), rng, 0.05)
        )
    for _ in range(int(rng.integers(0, 3))):
        _bicycle(sheet, float(rng.uniform(1, 22)))


def _bicycle(sheet: Sheet, left: float) -> None:
    colour = shaded(paint(sheet.rng), sheet.rng, 0.05, (0.5, 1.0))
    for x in (left, left + 1.05):
        sheet.ring(x, 0.35, 0.33, (0.08, 0.08, 0.09))
    bars = [(0.0, 0.35), (0.42, 0.8), (0.95, 0.85), (0.45, 0.32), (0.42, 0.8)]
    sheet.line([(left + x, y) for x, y in bars], 0.035, colour)
    sheet.line([(left + 1.05, 0.35), (left + 0.93, 1.0)], 0.035, colour)


def _foliage(rng: np.random.Generator, colour: RGB, brightness: float) -> _Fields:
    leaves = fractal(rng, 0.95, (HEIGHT, WIDTH)) + 0.7 * fractal(rng, 0.3, (HEIGHT, WIDTH))
    bright = np.clip(0.5 + 0.45 * leaves, 0.02, 1.9) ** 1.7
    hue = np.array(shaded(colour, rng, 0.04)) ** 2.2 * brightness
    turn = 1 + 0.22 * fractal(rng, 1.2, (HEIGHT, WIDTH))[..., None] * np.array([1.2, 1.0, 0.4])
    field: _Fields = bright[..., None] * hue * np.clip(turn, 0.3, 2.0)
    return field


def _lit_from_above(least: float) -> _Fields:
    field: _Fields = (least + (1 - least) * np.linspace(1, 0, HEIGHT) ** 0.7)[:, None, None]
    return field


def _facing(rng: np.random.Generator) -> RGB:
    """Paint plaster, brick, stone or concrete."""
    choices: tuple[RGB, ...] = (
        (0.74, 0.70, 0.62), (0.55, 0.36, 0.29), (0.60, 0.58, 0.54), (0.48, 0.48, 0.49), (0.66, 0.55, 0.42),
        (0.80, 0.79, 0.77), (0.40, 0.33, 0.29),
    )  # fmt: skip
    return shaded(choices[int(rng.integers(len(choices)))], rng, 0.05, (0.75, 1.15))


KINDS: dict[str, Callable[[np.random.Generator], NDArray[np.uint8]]] = {
    "house": _house, "shops": _shops, "glass": _glass, "plain": _plain, "hedge": _hedge, "wood": _wood,
    "fence": _fence,
}  # fmt: skip
"""What a wall may be."""
