"""What the renderer draws: meshes in the world, of people and of things alike.

V vertices, T triangles, M materials.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..compiled import compiled
from ..figure import Column, Figure

F = np.float32
Floats = NDArray[np.float32]


class Mesh(NamedTuple):
    """Triangles with all that their shading needs; fields as those of `Figure`.

    A tuple of arrays, so that kernels take it as it is.
    """

    vertices: Floats
    normals: Floats
    faces: NDArray[np.int32]
    part: NDArray[np.uint8]
    material: NDArray[np.uint8]
    two_sided: NDArray[np.bool_]
    materials: Floats
    rest: Floats
    pattern: Floats
    fold: Floats

    @property
    def centre(self) -> Floats:
        """Middle of its bounding box, (3,)."""
        low, high = bounds(self.vertices)
        return np.asarray((low + high) * F(0.5), np.float32)

    @property
    def radius(self) -> float:
        """Of a sphere around the centre that holds it."""
        low, high = bounds(self.vertices)
        return math.sqrt(sum(float(side) ** 2 for side in high - low)) / 2


def stand(figure: Figure | Mesh, x: float, z: float, turn: float, scale: float = 1.0) -> Mesh:
    """Put a figure on the ground at (`x`, `z`) in metres, turned to the left by `turn` radians."""
    cosine, sine = math.cos(turn), math.sin(turn)
    return Mesh(
        vertices=_turned(figure.vertices, F(cosine * scale), F(sine * scale), F(scale), F(x), F(z)),
        normals=_turned(figure.normals, F(cosine), F(sine), F(1), F(0), F(0)),
        faces=figure.faces,
        part=figure.part,
        material=figure.material,
        two_sided=figure.two_sided,
        materials=figure.materials,
        rest=figure.rest,
        pattern=figure.pattern,
        fold=figure.fold,
    )


def joined(meshes: list[Mesh]) -> Mesh:
    """Return one mesh of several."""
    starts = np.cumsum([0, *(len(mesh.vertices) for mesh in meshes)])
    rows = np.cumsum([0, *(len(mesh.materials) for mesh in meshes)])
    return Mesh(
        vertices=np.concatenate([mesh.vertices for mesh in meshes]),
        normals=np.concatenate([mesh.normals for mesh in meshes]),
        faces=np.concatenate([mesh.faces + np.int32(k) for mesh, k in zip(meshes, starts, strict=False)]),
        part=np.concatenate([mesh.part for mesh in meshes]),
        material=np.concatenate(
            [(mesh.material + k).astype(np.uint8) for mesh, k in zip(meshes, rows, strict=False)]
        ),
        two_sided=np.concatenate([mesh.two_sided for mesh in meshes]),
        materials=np.concatenate([mesh.materials for mesh in meshes]),
        rest=np.concatenate([mesh.rest for mesh in meshes]),
        pattern=np.concatenate([mesh.pattern for mesh in meshes]),
        fold=np.concatenate([mesh.fold for mesh in meshes]),
    )


def plain_material(
    colour: tuple[float, float, float] | Floats,
    *,
    grain: float = 0.05,
    specular: float = 0.0,
    roughness: float = 0.5,
) -> Floats:
    """Return a row of the material table without a pattern; `colour` is linear RGB."""
    row = np.zeros(len(Column), dtype=np.float32)
    row[Column.RED : Column.BLUE + 1] = colour
    row[Column.PERIOD], row[Column.DUTY] = 1.0, 0.5
    row[Column.GRAIN], row[Column.SPECULAR], row[Column.ROUGHNESS] = grain, specular, roughness
    row[Column.FOLD_SCALE] = row[Column.FOLD_STRETCH] = 1.0
    return row


@compiled
def bounds(points: Floats) -> tuple[Floats, Floats]:
    """Returns the lowest and the highest coordinates, (3,) each, of points (V, 3)."""
    low, high = points[0].copy(), points[0].copy()
    for i in range(1, points.shape[0]):
        for axis in range(3):
            low[axis] = min(low[axis], points[i, axis])
            high[axis] = max(high[axis], points[i, axis])
    return low, high


@compiled
def _turned(
    vectors: Floats, cosine: np.float32, sine: np.float32, scale: np.float32, x: np.float32, z: np.float32
) -> Floats:
    """Turn vectors about the upright axis (+z goes towards +x for a positive sine), then move them by `x` and `z`."""
    out = np.empty_like(vectors)
    for i in range(vectors.shape[0]):
        out[i, 0] = vectors[i, 0] * cosine + vectors[i, 2] * sine + x
        out[i, 1] = vectors[i, 1] * scale
        out[i, 2] = vectors[i, 2] * cosine - vectors[i, 0] * sine + z
    return out
