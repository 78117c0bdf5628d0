"""Simple solids that things are built from: boxes, tubes, outlines with a thickness, scattered leaves."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ..camera.mesh import Mesh, joined, plain_material
from .colours import RGB, linear

Floats = NDArray[np.float32]
Point = tuple[float, float, float]

THING = 255
"""Part number of what is no person."""


def box(low: Point, high: Point, colour: RGB, *, gloss: float = 0.0, taper: float = 0.0) -> Mesh:
    """Make a box between two corners; `taper` draws its upper face in by a share."""
    (x0, y0, z0), (x1, y1, z1) = low, high
    dx, dz = (x1 - x0) * taper / 2, (z1 - z0) * taper / 2
    bottom = [(x0, y0, z0), (x1, y0, z0), (x1, y0, z1), (x0, y0, z1)]
    top = [(x0 + dx, y1, z0 + dz), (x1 - dx, y1, z0 + dz), (x1 - dx, y1, z1 - dz), (x0 + dx, y1, z1 - dz)]
    sides = [[bottom[k], top[k], top[(k + 1) % 4], bottom[(k + 1) % 4]] for k in range(4)]
    return polygons([*sides, top[::-1]], colour, gloss=gloss)


def tube(path: Sequence[Point], radius: float, colour: RGB, *, around: int = 6, gloss: float = 0.0) -> Mesh:
    """Make a round bar along points."""
    rings = []
    for k, point in enumerate(path):
        before, after = np.array(path[max(0, k - 1)]), np.array(path[min(len(path) - 1, k + 1)])
        along = after - before
        along = along / math.sqrt(float((along**2).sum()))
        side = np.cross(along, (0.0, 0.0, 1.0) if abs(along[2]) < 0.9 else (1.0, 0.0, 0.0))
        side = side / math.sqrt(float((side**2).sum()))
        up = np.cross(along, side)
        turns = [2 * math.pi * j / around for j in range(around)]
        rings.append([np.array(point) + radius * (math.cos(a) * side + math.sin(a) * up) for a in turns])
    faces = [
        [rings[k][j], rings[k][(j + 1) % around], rings[k + 1][(j + 1) % around], rings[k + 1][j]]
        for k in range(len(path) - 1)
        for j in range(around)
    ]
    return polygons(faces, colour, gloss=gloss)


def wheel(centre: Point, radius: float, thickness: float, colour: RGB) -> Mesh:
    """Make a ring that stands upright along x: a tyre."""
    x, y, z = centre
    turns = [2 * math.pi * k / 12 for k in range(13)]
    path = [(x + radius * math.cos(a), y + radius * math.sin(a), z) for a in turns]
    return tube(path, thickness, colour, around=5)


def slab(
    outline: Sequence[tuple[float, float]], back: float, front: float, colour: RGB, *, gloss: float = 0.0
) -> Mesh:
    """Make an outline in x and y, given clockwise as seen from +z, filled from z = `back` to `front`."""
    near = [(x, y, front) for x, y in outline]
    far = [(x, y, back) for x, y in outline]
    count = len(outline)
    rims = [[near[k], near[(k + 1) % count], far[(k + 1) % count], far[k]] for k in range(count)]
    return polygons([near[::-1], far, *rims], colour, gloss=gloss)


def leaves(
    centre: Point, radii: Point, count: int, size: float, colour: RGB, rng: np.random.Generator
) -> Mesh:
    """Make squares scattered through an ellipsoid, seen from both sides, lit as its surface would be."""
    direction = rng.normal(size=(count, 3))
    direction /= np.sqrt((direction**2).sum(1, keepdims=True))
    place = direction * rng.uniform(0.55, 1.0, (count, 1)) * np.array(radii)
    across = rng.normal(size=(count, 3))
    across /= np.sqrt((across**2).sum(1, keepdims=True))
    other = np.cross(direction + 0.6 * rng.normal(size=(count, 3)), across)
    other /= np.sqrt((other**2).sum(1, keepdims=True)) + 1e-9
    across, other = (
        across * size * rng.uniform(0.5, 1.2, (count, 1)),
        other * size * rng.uniform(0.4, 1.0, (count, 1)),
    )
    corners = np.stack(
        [place - across - other, place + across - other, place + across + other, place - across + other], 1
    )
    vertices = (corners + np.array(centre)).reshape(-1, 3)
    first = np.arange(count)[:, None] * 4
    faces = np.concatenate([first + np.array(corners_) for corners_ in ((0, 1, 2), (0, 2, 3))])
    tones = [
        plain_material(linear(tuple(np.clip(np.array(colour) * k, 0.01, 0.9))))
        for k in (0.55, 0.8, 1.0, 1.25)
    ]
    tone = rng.integers(0, 4, count).astype(np.uint8)
    return _mesh(
        vertices, np.repeat(direction, 4, axis=0), faces, np.concatenate([tone, tone]), np.stack(tones), True
    )


def polygons(
    faces: Sequence[Sequence[Point | NDArray[np.float64]]], colour: RGB, *, gloss: float = 0.0
) -> Mesh:
    """Make flat convex faces, anticlockwise from outside, of one colour."""
    vertices: list[NDArray[np.float64]] = []
    normals: list[NDArray[np.float64]] = []
    triangles: list[tuple[int, int, int]] = []
    for face in faces:
        corners = np.array(face, dtype=np.float64)
        normal = np.cross(corners[1] - corners[0], corners[2] - corners[0])
        length = math.sqrt(float((normal**2).sum()))
        if length < 1e-12:
            continue
        first = sum(len(corner) for corner in vertices)
        vertices.append(corners)
        normals.append(np.tile(normal / length, (len(corners), 1)))
        triangles += [(first, first + k, first + k + 1) for k in range(1, len(corners) - 1)]
    material = plain_material(linear(colour), specular=gloss, roughness=0.35, grain=0.06)[None]
    return _mesh(
        np.concatenate(vertices), np.concatenate(normals), np.array(triangles),
        np.zeros(len(triangles), np.uint8), material, False,
    )  # fmt: skip


def assembled(parts: Sequence[Mesh]) -> Mesh:
    """Assemble one thing of several solids."""
    return joined(list(parts))


def _mesh(
    vertices: NDArray[np.float64],
    normals: NDArray[np.float64],
    faces: NDArray[np.int64],
    material: NDArray[np.uint8],
    materials: Floats,
    two_sided: bool,
) -> Mesh:
    positions = np.ascontiguousarray(vertices, dtype=np.float32)
    return Mesh(
        vertices=positions,
        normals=np.ascontiguousarray(normals, dtype=np.float32),
        faces=np.ascontiguousarray(faces, dtype=np.int32),
        part=np.full(len(faces), THING, np.uint8),
        material=material,
        two_sided=np.full(len(materials), two_sided),
        materials=materials,
        rest=positions,
        pattern=np.zeros((len(positions), 2), np.float32),
        fold=np.zeros(len(positions), np.float32),
    )
