"""What the renderer draws: meshes in the world, of people and of things alike.

V vertices, T triangles, M materials.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..figure import Column, Figure

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Mesh:
    """Triangles with all that their shading needs; fields as those of `Figure`."""

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
        return np.asarray((self.vertices.min(0) + self.vertices.max(0)) * np.float32(0.5), np.float32)

    @property
    def radius(self) -> float:
        """Of a sphere around the centre that holds it."""
        return float(np.sqrt(((self.vertices.max(0) - self.vertices.min(0)) ** 2).sum())) / 2


def stand(figure: Figure | Mesh, x: float, z: float, turn: float, scale: float = 1.0) -> Mesh:
    """Put a figure on the ground at (`x`, `z`) in metres, turned to the left by `turn` radians."""
    return Mesh(
        vertices=_turned(figure.vertices, turn, scale) + np.array([x, 0, z], dtype=np.float32),
        normals=_turned(figure.normals, turn, 1.0),
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
    """One mesh of several."""
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
    """A row of the material table without a pattern; `colour` is linear RGB."""
    row = np.zeros(len(Column), dtype=np.float32)
    row[Column.RED : Column.BLUE + 1] = colour
    row[Column.PERIOD], row[Column.DUTY] = 1.0, 0.5
    row[Column.GRAIN], row[Column.SPECULAR], row[Column.ROUGHNESS] = grain, specular, roughness
    row[Column.FOLD_SCALE] = row[Column.FOLD_STRETCH] = 1.0
    return row


def _turned(vectors: Floats, turn: float, scale: float) -> Floats:
    """Turn about the upright axis: +z goes towards +x for a positive `turn`."""
    cosine, sine = np.float32(math.cos(turn) * scale), np.float32(math.sin(turn) * scale)
    out = np.empty_like(vectors)
    out[:, 0] = vectors[:, 0] * cosine + vectors[:, 2] * sine
    out[:, 1] = vectors[:, 1] * np.float32(scale)
    out[:, 2] = vectors[:, 2] * cosine - vectors[:, 0] * sine
    return out
