"""A place: ground, walls and things around the spot that a camera watches.

The spot is (0, 0) on the ground. The camera stands at negative z, looks along +z and sees +x on its left.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from ..camera.backdrop import Backdrop, Wall
from ..camera.ground import Strip
from ..camera.mesh import Mesh, stand
from ..camera.noise import layers
from ..camera.view import looking
from . import things
from .layouts import LAYOUTS
from .sheet import SCALE, WIDTH
from .walls import VARIANTS, layer, pool

Floats = NDArray[np.float32]

URBAN = ("street", "square", "crossing", "parking", "campus", "arcade")
WILD = ("park", "meadow", "wood")

_STREAM = 32


@dataclass(frozen=True, slots=True)
class Thing:
    """Something that stands there."""

    mesh: Mesh
    centre: Floats
    radius: float
    shade: float
    """How dark the ground under it is, in [0, 1]."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where pictures are taken."""

    kind: str
    backdrop: Backdrop
    """Its walls have no light yet."""
    eye: Floats
    axes: Floats
    things: tuple[Thing, ...]
    street: float
    """Where the street runs, radians around the upright axis from +z."""
    walkway: tuple[float, float]
    """From where to where people walk, in metres across."""
    sun: float
    """Where the sun stands at noon."""

    @property
    def is_wild(self) -> bool:
        """Whether it is nature rather than town."""
        return self.kind in WILD

    @property
    def is_plain(self) -> bool:
        """Whether there is nothing but plain gray: see `nowhere`."""
        return not len(self.backdrop.strips)

    @property
    def ground_colour(self) -> tuple[float, float, float]:
        """Of the walkway, linear RGB."""
        starts = self.backdrop.strips[:, Strip.START]
        row = self.backdrop.strips[max(0, int(np.searchsorted(starts, 0.0, side="right")) - 1)]
        red, green, blue = row[Strip.RED : Strip.BLUE + 1].tolist()
        return red, green, blue

    def point(self, across: float, along: float) -> tuple[float, float]:
        """Return world coordinates x and z of a place on the ground."""
        cx, cz = (float(value) for value in self.backdrop.axis[:2])
        return cx * across - cz * along, cz * across + cx * along


def nowhere(where: Place) -> Place:
    """Return the same camera and walkway before plain gray, without ground, walls and things."""
    nothing = where.backdrop._replace(strips=where.backdrop.strips[:0], walls=where.backdrop.walls[:0])
    return replace(where, backdrop=nothing, things=())


@lru_cache(maxsize=64)
def place(seed: int, number: int, kind: str) -> Place:
    """Make place `number` of a kind, the same for the same arguments."""
    rng = np.random.default_rng([seed, _STREAM, number, (URBAN + WILD).index(kind)])
    across = float(rng.uniform(-1.25, 1.25))
    distance = float(np.exp(rng.uniform(math.log(5.0), math.log(16.0))))
    height = float(
        rng.choice([rng.uniform(1.3, 2.3), rng.uniform(2.3, 3.6), rng.uniform(3.6, 6.5)], p=(0.3, 0.45, 0.25))
    )
    if kind == "arcade":
        height = min(height, 3.4)
    strips, walkway, walls = LAYOUTS[kind](rng)
    axis = np.array([math.sin(across), math.cos(across), 0, 0], dtype=np.float32)
    eye = np.array([0, height, -distance], dtype=np.float32)
    target = np.array([rng.normal(0, 0.4), 0.9, 0], dtype=np.float32)
    far, near, ends = walls
    table = _walls(seed, far, near, ends, axis, distance * math.cos(across), rng)
    backdrop = Backdrop(np.stack(strips), axis, table, pool(seed), layers())
    bare = Place(
        kind, backdrop, eye, looking(eye, target, float(rng.normal(0, 0.02))), (),
        math.atan2(-math.cos(across), math.sin(across)), walkway, float(rng.uniform(0, 2 * math.pi)),
    )  # fmt: skip
    return replace(bare, things=_furnish(bare, strips, far[1], rng))


_FURNITURE: dict[str, tuple[tuple[str, float, float, float], ...]] = {
    "street": (("pole", 0.8, 8, 0.3), ("tree", 0.4, 6, 0.3), ("bicycle", 0.5, 3, 0.8), ("bin", 0.5, 7, 0.2),
               ("board", 0.4, 5, 0.7), ("bollards", 0.3, 7, 0.3), ("car", 0.7, 6, -1), ("scooter", 0.4, 3, -1)),
    "square": (("bench", 0.6, 6, 0.5), ("tree", 0.5, 6, 0.6), ("bin", 0.5, 8, 0.4), ("bollards", 0.4, 7, 0.4),
               ("pole", 0.5, 9, 0.5), ("board", 0.4, 6, 0.6), ("wall", 0.4, 8, 0.5), ("bicycle", 0.4, 4, 0.8)),
    "crossing": (("pole", 0.9, 8, 0.2), ("car", 0.5, 9, -1), ("bollards", 0.4, 7, 0.2), ("bin", 0.3, 8, 0.3)),
    "parking": (("car", 1.0, 2.6, -2), ("van", 0.3, 8, -2), ("pole", 0.5, 9, 0.3), ("tree", 0.4, 7, 0.9)),
    "campus": (("tree", 0.8, 5, 0.3), ("bicycle", 0.5, 2, 0.4), ("bench", 0.4, 7, 0.2), ("bush", 0.5, 3, 0.4),
               ("pole", 0.5, 9, 0.2), ("bin", 0.3, 8, 0.2)),
    "arcade": (("board", 0.6, 5, 0.6), ("bench", 0.4, 6, 0.4), ("bin", 0.5, 7, 0.5), ("wall", 0.3, 6, 0.5)),
    "park": (("tree", 0.9, 4, 0.4), ("bench", 0.5, 7, 0.2), ("bush", 0.6, 3, 0.5), ("bin", 0.3, 9, 0.2)),
    "meadow": (("tree", 0.5, 6, 0.6), ("bush", 0.6, 4, 0.6), ("rail", 0.3, 4, 0.5)),
    "wood": (("tree", 1.0, 2.5, 0.3), ("bush", 0.8, 2.5, 0.4)),
}  # fmt: skip
"""What stands where: kind, chance, metres between two, and how far from the walkway to the wall (-1 the
road, -2 bays)."""


def _furnish(bare: Place, strips: list[Floats], wall: float, rng: np.random.Generator) -> tuple[Thing, ...]:
    found = []
    edge = bare.walkway[1] + 0.35
    for kind, chance, step, share in _FURNITURE[bare.kind]:
        if rng.random() >= chance:
            continue
        phase, line = float(rng.uniform(0, step)), str(rng.choice(["far", "far", "near"]))
        for k in range(-3, 4):
            if rng.random() < 0.25:
                continue
            along = k * step + phase + float(rng.normal(0, 0.1 * step))
            across = _across(bare, kind, share, edge, wall, line, strips, rng)
            x, z = bare.point(across, along)
            if z < float(bare.eye[2]) + 3.0 or abs(x) > 14:
                continue
            # Long sides follow the street, but cars in bays stand across it.
            turn = (
                -bare.street + math.pi / 2 + float(rng.normal(0, 0.05)) + (math.pi / 2 if share == -2 else 0)
            )
            made = stand(things.make(kind, rng), x, z, turn, float(rng.uniform(0.92, 1.08)))
            found.append(Thing(made, made.centre, made.radius, 0.75 if kind in ("car", "van") else 0.4))
    return tuple(found)


def _across(
    bare: Place,
    kind: str,
    share: float,
    edge: float,
    wall: float,
    line: str,
    strips: list[Floats],
    rng: np.random.Generator,
) -> float:
    if share >= 0:
        if line == "near" and kind not in ("car", "van", "wall"):
            return bare.walkway[0] - 0.35 - float(rng.uniform(0, 1.5))
        return edge + share * max(0.0, wall - 0.7 - edge) * float(rng.uniform(0.7, 1.2))
    roads = [k for k, row in enumerate(strips) if row[Strip.MARK] > 0]
    if not roads:
        return wall - 1.5
    road = strips[roads[0]]
    if share == -2:
        return float(road[Strip.START]) + 2.4
    end = strips[roads[0] + 1][Strip.START] if roads[0] + 1 < len(strips) else road[Strip.START] + 6
    # Parked at the kerb that is farther from the walkway, most often.
    low, high = float(road[Strip.START]) + 1.2, float(end) - 1.2
    return (high if high > 0 else low) if rng.random() < 0.7 else (low if high > 0 else high)


def _walls(
    seed: int,
    far: tuple[str, float],
    near: tuple[str, float],
    ends: tuple[str, float],
    axis: Floats,
    behind: float,
    rng: np.random.Generator,
) -> Floats:
    """Place the wall along the far side, the one behind the camera's side, and both ends of the street."""
    cx, cz = float(axis[0]), float(axis[1])
    ax, az = -cz, cx
    rows = []
    planes = (
        (-cx, -cz, -far[1], ax, az, far[0], 5.0),
        (cx, cz, -(behind + near[1] * 0.3 + 2.0), ax, az, near[0], 5.0),
        (-ax, -az, -ends[1], cx, cz, ends[0], 9.0),
        (ax, az, -ends[1], cx, cz, ends[0], 9.0),
    )
    for nx, nz, offset, tx, tz, kind, height in planes:
        row = np.zeros(len(Wall), dtype=np.float32)
        scale = SCALE * 5.0 / height
        row[: Wall.ALONG_Z + 1] = [nx, nz, offset, tx, tz]
        row[Wall.FROM], row[Wall.TO], row[Wall.HEIGHT] = -200.0, 200.0, height
        row[Wall.LAYER], row[Wall.SCALE], row[Wall.SHIFT] = 0, scale, rng.uniform(0, WIDTH)
        row[Wall.LAYER] = layer(seed, kind, int(rng.integers(VARIANTS)))
        rows.append(row)
    return np.stack(rows)
