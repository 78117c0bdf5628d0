"""Who and what else is in a picture: people around the subject, and what stands before it."""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np

from ..camera.mesh import Mesh, stand
from ..world.place import Place, Thing
from ..world.things import make
from .cast import PASSERS, caught, passer

_OBSTACLES = (
    "passer", "pole", "bush", "rail", "bicycle", "car", "passer", "board", "bin", "scooter", "wall", "pole",
)  # fmt: skip
_ASIDE = {
    "pole": (0.0, 0.25),
    "car": (1.9, 2.6),
    "wall": (0.9, 1.6),
    "board": (0.45, 0.8),
    "bush": (0.3, 0.9),
}
"""How far beside the subject their middles are, in metres: nobody is hidden altogether."""
_VARIANTS = 12


def company(
    seed: int, subject: Mesh, where: Place, rng: np.random.Generator, without: frozenset[str] = frozenset()
) -> list[Mesh]:
    """Pose one to three others, mostly behind or beside the subject."""
    others = []
    for _ in range(int(rng.integers(1, 4))):
        away = float(rng.choice([rng.uniform(0.5, 1.0), rng.uniform(1.0, 6.0)], p=(0.35, 0.65)))
        x, z = _beside(subject, where, away, float(rng.normal(0, 0.9)))
        others.append(_passer(seed, x, z, rng, without))
    return others


def obstacle(
    seed: int, subject: Mesh, where: Place, rng: np.random.Generator, without: frozenset[str] = frozenset()
) -> tuple[list[Mesh], list[Thing]]:
    """Put something, or somebody, between the camera and the subject."""
    kind = _OBSTACLES[int(rng.integers(len(_OBSTACLES)))]
    side = float(rng.choice([-1, 1]))
    nearer = -float(rng.uniform(0.6, 2.0))
    if kind == "passer":
        x, z = _beside(subject, where, nearer, side * float(rng.uniform(0.25, 0.5)))
        return [_passer(seed, x, z, rng, without)], []
    x, z = _beside(subject, where, nearer, side * float(rng.uniform(*_ASIDE.get(kind, (0.1, 0.6)))))
    mesh = stand(_thing(seed, kind, int(rng.integers(_VARIANTS))), x, z, float(rng.normal(0, 0.5)))
    return [], [Thing(mesh, mesh.centre, mesh.radius, 0.4)]


def _beside(subject: Mesh, where: Place, away: float, right: float) -> tuple[float, float]:
    """Return a place `away` metres behind the subject as seen from the camera, and `right` of it."""
    x, z = float(subject.centre[0]), float(subject.centre[2])
    dx, dz = x - float(where.eye[0]), z - float(where.eye[2])
    length = math.hypot(dx, dz)
    dx, dz = dx / length, dz / length
    return x + dx * away - dz * right, z + dz * away + dx * right


def _passer(seed: int, x: float, z: float, rng: np.random.Generator, without: frozenset[str]) -> Mesh:
    somebody = passer(seed, int(rng.integers(1, PASSERS + 1)), without)
    return stand(caught(somebody, rng), x, z, float(rng.uniform(0, 2 * math.pi)))


@lru_cache(maxsize=256)
def _thing(seed: int, kind: str, number: int) -> Mesh:
    return make(kind, np.random.default_rng([seed, 41, sorted(_OBSTACLES).index(kind), number]))
