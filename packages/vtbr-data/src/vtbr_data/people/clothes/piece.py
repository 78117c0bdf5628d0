"""A piece of surface in the pose of rest: what clothes, hair and things are assembled from.

K points, F faces. Metres; y up, soles at 0, facing +z, left hand at +x.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ..compiled import compiled
from ..exact import cosines, sines
from ..figure import Part

Floats = NDArray[np.float32]
Ints = NDArray[np.int32]
Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Piece:
    """Arrays as in `Figure`, plus the bones each point hangs on."""

    points: Floats
    normals: Floats
    bone_index: Ints
    """(K, 4)"""
    bone_weight: Floats
    """(K, 4)"""
    faces: Ints
    part: NDArray[np.uint8]
    material: NDArray[np.uint8]
    rest: Floats
    pattern: Floats
    fold: Floats


def piece(
    points: Floats,
    faces: NDArray[np.signedinteger],
    part: Part,
    material: int,
    bones: tuple[Ints, Floats],
    *,
    normals: Floats | None = None,
    rest: Floats | None = None,
    pattern: Floats | None = None,
    fold: Floats | float = 0.0,
) -> Piece:
    """Return a piece of one part and material; normals are computed, `rest` is where it is, if they are not given."""
    points = np.ascontiguousarray(points, np.float32)
    faces = np.ascontiguousarray(faces, np.int32)
    rest = points if rest is None else np.ascontiguousarray(rest, np.float32)
    return Piece(
        points=points,
        normals=vertex_normals(points, faces) if normals is None else normals,
        bone_index=np.ascontiguousarray(bones[0], np.int32),
        bone_weight=np.ascontiguousarray(bones[1], np.float32),
        faces=faces,
        part=np.full(len(faces), part, np.uint8),
        material=np.full(len(faces), material, np.uint8),
        rest=rest,
        pattern=np.ascontiguousarray(rest[:, :2] if pattern is None else pattern, np.float32),
        fold=np.full(len(points), fold, np.float32) if isinstance(fold, float) else fold.astype(np.float32),
    )


def on_one_bone(count: int, bone: int) -> tuple[Ints, Floats]:
    """Return the bones of `count` points that follow one bone."""
    index = np.full((count, 4), bone, np.int32)
    weight = np.zeros((count, 4), np.float32)
    weight[:, 0] = 1
    return index, weight


def between(first: int, second: int, share: Floats) -> tuple[Ints, Floats]:
    """Return the bones of points that follow bone `second` by `share` (K,) and else bone `first`."""
    index, weight = on_one_bone(len(share), first)
    index[:, 1] = second
    weight[:, 0], weight[:, 1] = 1 - share, share
    return index, weight


def clip(whole: Piece, inside: Floats) -> Piece:
    """Cuts off what is outside: keeps where `inside` (K,), interpolated over each face, is at least 0."""
    faces, source, edges, places = _clip(whole.faces, inside.astype(np.float32))
    count = len(whole.points)
    used, faces = renumbered(faces, count + len(edges))
    kept, cut = used[used < count], used[used >= count] - count
    a, b, t = edges[cut, 0], edges[cut, 1], places[cut][:, None]

    def mixed(values: Floats) -> Floats:
        new = values[a] + (values[b] - values[a]) * (t if values.ndim > 1 else t[:, 0])
        return np.concatenate([values[kept], new])

    index, weight = _merge_bones(whole.bone_index, whole.bone_weight, edges[cut], places[cut])
    return Piece(
        points=mixed(whole.points),
        normals=mixed(whole.normals),
        bone_index=np.concatenate([whole.bone_index[kept], index]),
        bone_weight=np.concatenate([whole.bone_weight[kept], weight]),
        faces=faces,
        part=whole.part[source],
        material=whole.material[source],
        rest=mixed(whole.rest),
        pattern=mixed(whole.pattern),
        fold=mixed(whole.fold),
    )


def without_faces(whole: Piece, gone: Bools) -> Piece:
    """Drops faces (F,) and the points that nothing needs any more."""
    used, faces = renumbered(whole.faces[~gone], len(whole.points))
    return Piece(
        **{
            name: getattr(whole, name)[used]
            for name in ("points", "normals", "bone_index", "bone_weight", "rest", "pattern", "fold")
        },
        faces=faces,
        part=whole.part[~gone],
        material=whole.material[~gone],
    )


def renumbered(faces: Ints, count: int) -> tuple[NDArray[np.int64], Ints]:
    """Return which of `count` points the faces use, in order, and the faces by their places among those."""
    used = np.zeros(count, np.bool_)
    used[faces.ravel()] = True
    place = np.cumsum(used, dtype=np.int32) - np.int32(1)
    return np.flatnonzero(used), place[faces]


def join(pieces: Sequence[Piece]) -> Piece:
    """Join all pieces into one."""
    starts = np.cumsum([0, *(len(one.points) for one in pieces[:-1])])
    shifted = [
        replace(one, faces=one.faces + np.int32(start)) for one, start in zip(pieces, starts, strict=True)
    ]
    return Piece(
        **{name: np.concatenate([getattr(one, name) for one in shifted]) for name in Piece.__slots__}
    )


def reparted(whole: Piece, faces: Bools, part: Part) -> Piece:
    """Gives some faces (F,) to another part."""
    return replace(whole, part=np.where(faces, np.uint8(part), whole.part))


def on_all_corners(claim: Bools, faces: Ints) -> Bools:
    """Tell which faces (F,) have all three corners where `claim` (K,) holds."""
    return claim[faces[:, 0]] & claim[faces[:, 1]] & claim[faces[:, 2]]


def ball(around: int, rows: int) -> tuple[Floats, NDArray[np.int32]]:
    """Return a unit ball's points and triangles."""
    up = np.linspace(0, math.pi, rows + 1)
    turn = np.arange(around) * (2 * math.pi / around)
    y, r = cosines(up), sines(up)
    points = np.stack(
        [np.outer(r, sines(turn)), np.repeat(y[:, None], around, 1), np.outer(r, cosines(turn))], axis=-1
    ).reshape(-1, 3)
    row, column = np.mgrid[:rows, :around]
    a, b = (row * around + column).ravel(), (row * around + (column + 1) % around).ravel()
    faces = np.stack([a, a + around, b + around, a, b + around, b], axis=1).reshape(-1, 3)
    return points.astype(np.float32), faces.astype(np.int32)


@compiled
def vertex_normals(points: Floats, faces: Ints) -> Floats:
    """Return the unit normals (K, 3), those of the faces around each point weighted by their size."""
    out = np.zeros_like(points)
    for f in range(faces.shape[0]):
        a, b, c = faces[f, 0], faces[f, 1], faces[f, 2]
        ux, uy, uz = points[b, 0] - points[a, 0], points[b, 1] - points[a, 1], points[b, 2] - points[a, 2]
        vx, vy, vz = points[c, 0] - points[a, 0], points[c, 1] - points[a, 1], points[c, 2] - points[a, 2]
        nx, ny, nz = uy * vz - uz * vy, uz * vx - ux * vz, ux * vy - uy * vx
        for corner in range(3):
            k = faces[f, corner]
            out[k, 0] += nx
            out[k, 1] += ny
            out[k, 2] += nz
    for k in range(out.shape[0]):
        length = math.sqrt(out[k, 0] * out[k, 0] + out[k, 1] * out[k, 1] + out[k, 2] * out[k, 2])
        for axis in range(3):
            out[k, axis] /= np.float32(length + 1e-12)
    return out


@compiled
def _clip(faces: Ints, inside: Floats) -> tuple[Ints, NDArray[np.int64], NDArray[np.int64], Floats]:
    """Return clipped faces, the face each comes from, and the edges (E, 2) and places on them (E,) of new points."""
    count = inside.shape[0]
    new_faces = np.empty((2 * faces.shape[0] + 1, 3), np.int32)
    source = np.empty(2 * faces.shape[0] + 1, np.int64)
    edges = np.empty((2 * faces.shape[0] + 1, 2), np.int64)
    places = np.empty(2 * faces.shape[0] + 1, np.float32)
    known = {np.int64(-1): np.int64(-1)}
    n, e = 0, 0
    polygon = np.empty(4, np.int32)
    for f in range(faces.shape[0]):
        corners = 0
        for k in range(3):
            a, b = faces[f, k], faces[f, (k + 1) % 3]
            if inside[a] >= 0:
                polygon[corners] = a
                corners += 1
            if (inside[a] >= 0) != (inside[b] >= 0):
                low, high = min(a, b), max(a, b)
                key = np.int64(low) * count + high
                if key not in known:
                    known[key] = np.int64(e)
                    edges[e, 0], edges[e, 1] = low, high
                    places[e] = inside[low] / (inside[low] - inside[high])
                    e += 1
                polygon[corners] = np.int32(count + known[key])
                corners += 1
        for k in range(2, corners):
            new_faces[n, 0], new_faces[n, 1], new_faces[n, 2] = polygon[0], polygon[k - 1], polygon[k]
            source[n] = f
            n += 1
    return new_faces[:n], source[:n], edges[:e], places[:e]


@compiled
def _merge_bones(
    index: Ints, weight: Floats, edges: NDArray[np.int64], places: Floats
) -> tuple[Ints, Floats]:
    """Return the strongest four bones of points on edges."""
    out_index = np.zeros((edges.shape[0], 4), np.int32)
    out_weight = np.zeros((edges.shape[0], 4), np.float32)
    total = np.zeros(64, np.float32)
    for e in range(edges.shape[0]):
        total[:] = np.float32(0)
        for end in range(2):
            share = places[e] if end == 1 else np.float32(1) - places[e]
            for k in range(4):
                total[index[edges[e, end], k]] += share * weight[edges[e, end], k]
        whole = np.float32(0)
        for k in range(4):
            best = np.argmax(total)
            out_index[e, k], out_weight[e, k] = best, total[best]
            whole += total[best]
            total[best] = np.float32(0)
        for k in range(4):
            out_weight[e, k] /= whole
    return out_index, out_weight
