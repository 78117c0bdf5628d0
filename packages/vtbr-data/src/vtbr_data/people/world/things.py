"""Things that stand in streets and parks, as meshes around (0, 0), their long side along x."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ..camera.mesh import Mesh
from .colours import RGB, any_hue, paint, shaded
from .solids import assembled, box, leaves, slab, tube, wheel

_DARK: RGB = (0.07, 0.07, 0.08)
_STEEL: RGB = (0.45, 0.46, 0.47)


def make(kind: str, rng: np.random.Generator) -> Mesh:
    """Make a thing of a kind (see `KINDS`)."""
    return KINDS[kind](rng)


def _car(rng: np.random.Generator) -> Mesh:
    colour, glass = paint(rng), shaded((0.16, 0.19, 0.21), rng, 0.02)
    long, tall = float(rng.uniform(3.7, 4.8)), float(rng.uniform(1.4, 1.7))
    half, waist = long / 2, tall * 0.58
    boot = float(rng.choice([0.62, 0.95]))
    body = [(-half, 0.3), (-half, waist * 0.9), (-half * 0.55, waist), (half * 0.97, waist), (half, 0.3)]
    cabin = [(-half * 0.5, waist), (-half * 0.2, tall), (half * 0.55, tall), (half * boot, waist)]
    parts = [
        slab(body, -0.85, 0.85, colour, gloss=0.5),
        slab([(x * 0.97, waist + (y - waist) * 0.9) for x, y in cabin], -0.74, 0.74, glass, gloss=0.8),
        slab([(-half * 0.22, tall - 0.08), (-half * 0.19, tall), (half * 0.56, tall), (half * 0.6, tall - 0.08)],
             -0.72, 0.72, colour, gloss=0.5),
        box((half * 0.12, waist, -0.745), (half * 0.17, tall - 0.05, 0.745), colour),
        box((-half - 0.02, 0.6, -0.75), (-half + 0.05, 0.72, -0.45), (0.85, 0.84, 0.78)),
        box((-half - 0.02, 0.6, 0.45), (-half + 0.05, 0.72, 0.75), (0.85, 0.84, 0.78)),
        box((half - 0.05, 0.62, -0.78), (half + 0.02, 0.78, -0.5), (0.55, 0.06, 0.05)),
        box((half - 0.05, 0.62, 0.5), (half + 0.02, 0.78, 0.78), (0.55, 0.06, 0.05)),
    ]  # fmt: skip
    for x in (-half * 0.63, half * 0.63):
        for z in (-0.8, 0.8):
            parts += [
                wheel((x, 0.31, z), 0.24, 0.08, _DARK),
                box((x - 0.16, 0.15, z - 0.04), (x + 0.16, 0.47, z + 0.04), _STEEL),
            ]
    parts.append(box((-half * 0.9, 0.16, -0.8), (half * 0.9, 0.32, 0.8), _DARK))
    return assembled(parts)


def _van(rng: np.random.Generator) -> Mesh:
    colour, half = paint(rng), float(rng.uniform(2.3, 3.0))
    outline = [(-half, 0.35), (-half, 1.1), (-half * 0.72, 2.1), (half, 2.2), (half, 0.35)]
    parts = [
        slab(outline, -0.95, 0.95, colour, gloss=0.4),
        box((-half * 0.7, 1.2, -0.96), (-half * 0.4, 1.9, 0.96), (0.15, 0.17, 0.19), gloss=0.8),
        box((-half * 0.9, 0.18, -0.9), (half * 0.9, 0.36, 0.9), _DARK),
    ]
    if rng.random() < 0.5:
        parts.append(
            box((-half * 0.2, 0.9, -0.96), (half * 0.8, 1.6, 0.96), any_hue(rng, (0.2, 0.8), (0.3, 0.9)))
        )
    parts += [
        wheel((x, 0.33, z), 0.26, 0.09, _DARK) for x in (-half * 0.6, half * 0.6) for z in (-0.88, 0.88)
    ]
    return assembled(parts)


def _tree(rng: np.random.Generator) -> Mesh:
    bark = shaded((0.34, 0.28, 0.22), rng, 0.04)
    green = shaded((0.36, 0.44, 0.22), rng, 0.05, (0.7, 1.3))
    tall, thick = float(rng.uniform(2.2, 4.0)), float(rng.uniform(0.07, 0.24))
    wide = float(rng.uniform(1.0, 2.2))
    lean = float(rng.normal(0, 0.08))
    trunk = tube(
        [(0, 0, 0), (lean * tall / 2, tall / 2, 0), (lean * tall, tall + 0.5, 0)], thick, bark, around=7
    )
    crown = leaves((lean * tall, tall + wide * 0.6, 0), (wide, wide * 0.8, wide), 420, 0.15, green, rng)
    return assembled([trunk, crown])


def _bush(rng: np.random.Generator) -> Mesh:
    green = shaded((0.34, 0.42, 0.22), rng, 0.05, (0.7, 1.3))
    radii = tuple(rng.uniform((0.5, 0.35, 0.4), (1.1, 0.75, 0.7)).tolist())
    return leaves((0, radii[1] * 0.9, 0), (radii[0], radii[1], radii[2]), 380, 0.06, green, rng)


def _pole(rng: np.random.Generator) -> Mesh:
    """Make a lamp post, a flag pole, or a post with a sign."""
    colour = shaded((0.34, 0.35, 0.36), rng, 0.08, (0.4, 1.7))
    thick = float(rng.uniform(0.035, 0.11))
    parts = [
        tube([(0, 0, 0), (0, 4.5, 0)], thick, colour, around=8),
        box((-thick * 2, 0, -thick * 2), (thick * 2, 0.1, thick * 2), colour),
    ]
    if rng.random() < 0.35:
        low = float(rng.uniform(1.9, 2.4))
        parts.append(box((-0.3, low, -0.02), (0.3, low + 0.6, 0.02), any_hue(rng, (0.3, 0.9), (0.4, 0.9))))
    return assembled(parts)


def _bollards(rng: np.random.Generator) -> Mesh:
    colour = shaded((0.3, 0.3, 0.3), rng, 0.1, (0.4, 2.3))
    step, tall, thick = (
        float(rng.uniform(1.1, 1.8)),
        float(rng.uniform(0.6, 1.0)),
        float(rng.uniform(0.04, 0.09)),
    )
    return assembled([tube([(k * step, 0, 0), (k * step, tall, 0)], thick, colour) for k in range(-2, 3)])


def _rail(rng: np.random.Generator) -> Mesh:
    colour = shaded((0.42, 0.43, 0.44), rng, 0.1, (0.3, 1.7))
    tall, half = float(rng.uniform(0.8, 1.1)), float(rng.uniform(1.0, 2.2))
    parts = [tube([(-half, y, 0), (half, y, 0)], 0.022, colour, around=4) for y in (tall, tall * 0.5, 0.12)]
    step = float(rng.choice([0.13, 0.25, 1.0]))
    count = int(2 * half / step)
    parts += [
        tube(
            [(-half + k * step, 0, 0), (-half + k * step, tall, 0)],
            0.012 if step < 0.5 else 0.02,
            colour,
            around=4,
        )
        for k in range(count + 1)
    ]
    return assembled(parts)


def _bin(rng: np.random.Generator) -> Mesh:
    colour = shaded(paint(rng), rng, 0.05) if rng.random() < 0.6 else any_hue(rng, (0.3, 0.7), (0.2, 0.6))
    wide, tall = float(rng.uniform(0.18, 0.35)), float(rng.uniform(0.7, 1.15))
    lid = shaded(colour, rng, 0.03, (0.6, 0.9))
    return assembled([
        box((-wide, 0.04, -wide), (wide, tall, wide), colour, taper=-0.15),
        box((-wide * 1.1, tall, -wide * 1.1), (wide * 1.1, tall + 0.08, wide * 1.1), lid),
    ])  # fmt: skip


def _bench(rng: np.random.Generator) -> Mesh:
    wood, iron = shaded((0.42, 0.31, 0.22), rng, 0.06, (0.6, 1.4)), shaded(_DARK, rng, 0.02, (1, 3))
    parts = [box((-0.8, 0.42, z), (0.8, 0.46, z + 0.1), wood) for z in (-0.2, -0.07, 0.06)]
    parts += [box((-0.8, y, -0.28), (0.8, y + 0.1, -0.25), wood) for y in (0.58, 0.74)]
    for x in (-0.65, 0.6):
        parts += [box((x, 0, z), (x + 0.05, 0.42, z + 0.05), iron) for z in (-0.2, 0.1)]
        parts.append(box((x, 0.42, -0.3), (x + 0.05, 0.86, -0.25), iron))
    return assembled(parts)


def _bicycle(rng: np.random.Generator) -> Mesh:
    colour = paint(rng) if rng.random() < 0.6 else any_hue(rng, (0.4, 0.9), (0.3, 0.8))
    bars = [
        [(-0.5, 0.34, 0), (-0.18, 0.86, 0)], [(-0.5, 0.34, 0), (-0.05, 0.32, 0)], [(-0.05, 0.32, 0), (-0.2, 0.9, 0)],
        [(-0.05, 0.32, 0), (0.38, 0.82, 0)], [(-0.17, 0.8, 0), (0.38, 0.86, 0)], [(0.52, 0.34, 0), (0.36, 1.0, 0)],
    ]  # fmt: skip
    parts = [tube([bar[0], bar[1]], 0.018, colour, around=5) for bar in bars]
    parts += [wheel((x, 0.34, 0), 0.32, 0.02, _DARK) for x in (-0.5, 0.52)]
    parts += [
        box((-0.32, 0.9, -0.06), (-0.08, 0.95, 0.06), _DARK),
        tube([(0.36, 1.0, -0.26), (0.34, 1.02, 0), (0.36, 1.0, 0.26)], 0.014, _STEEL, around=5),
    ]
    if rng.random() < 0.3:
        parts.append(box((0.5, 0.65, -0.16), (0.8, 0.9, 0.16), shaded(_STEEL, rng, 0.05)))
    return assembled(parts)


def _scooter(rng: np.random.Generator) -> Mesh:
    colour = paint(rng) if rng.random() < 0.5 else any_hue(rng, (0.3, 0.9), (0.3, 0.8))
    return assembled([
        slab([(-0.7, 0.35), (-0.62, 0.72), (-0.05, 0.7), (-0.02, 0.3)], -0.14, 0.14, colour, gloss=0.4),
        box((-0.6, 0.72, -0.13), (0.0, 0.8, 0.13), _DARK),
        box((-0.05, 0.25, -0.13), (0.4, 0.32, 0.13), _DARK),
        slab([(0.38, 0.25), (0.30, 0.95), (0.42, 0.98), (0.52, 0.4)], -0.15, 0.15, colour, gloss=0.4),
        tube([(0.34, 1.0, -0.3), (0.33, 1.04, 0), (0.34, 1.0, 0.3)], 0.02, _DARK, around=5),
        wheel((-0.5, 0.25, 0), 0.18, 0.06, _DARK),
        wheel((0.55, 0.25, 0), 0.18, 0.06, _DARK),
    ])  # fmt: skip


def _board(rng: np.random.Generator) -> Mesh:
    """Make a sign that stands on the pavement, or a machine."""
    wide, tall, deep = rng.uniform((0.25, 0.8, 0.04), (0.6, 1.9, 0.5)).tolist()
    colour = any_hue(rng, (0.05, 0.8), (0.2, 0.85))
    face = any_hue(rng, (0.0, 0.5), (0.5, 0.95))
    return assembled([
        box((-wide, 0, -deep / 2), (wide, tall, deep / 2), colour),
        box((-wide * 0.85, tall * 0.35, -deep / 2 - 0.01), (wide * 0.85, tall * 0.9, deep / 2 + 0.01), face),
    ])  # fmt: skip


def _wall(rng: np.random.Generator) -> Mesh:
    """Make the end of a low wall, or a planter with something green."""
    stone = shaded((0.52, 0.50, 0.47), rng, 0.08, (0.5, 1.4))
    half, tall = float(rng.uniform(0.6, 1.6)), float(rng.uniform(0.4, 1.0))
    parts = [box((-half, 0, -0.25), (half, tall, 0.25), stone)]
    if rng.random() < 0.6:
        green = shaded((0.34, 0.42, 0.22), rng, 0.05, (0.7, 1.3))
        parts.append(leaves((0, tall + 0.15, 0), (half, 0.3, 0.3), 200, 0.06, green, rng))
    return assembled(parts)


KINDS: dict[str, Callable[[np.random.Generator], Mesh]] = {
    "car": _car, "van": _van, "tree": _tree, "bush": _bush, "pole": _pole, "bollards": _bollards, "rail": _rail,
    "bin": _bin, "bench": _bench, "bicycle": _bicycle, "scooter": _scooter, "board": _board, "wall": _wall,
}  # fmt: skip
"""What may stand somewhere."""
