"""Bags that hang on the body, and the sash of a sari."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from ..body.skeleton import BONE
from ..compiled import compiled
from ..exact import cosines, sines
from ..figure import Part
from .garments import Item
from .piece import Piece, ball, on_one_bone, piece

Floats = NDArray[np.float32]


def backpack(
    item: Item, body: Floats, normals: Floats, shoulders: Floats, material: int, strap: int
) -> list[Piece]:
    """Make a backpack on the upper back and its straps; `body` (S, 3) is the outside of the trunk."""
    size = np.array([0.13 + 0.04 * item.size, 0.17 + 0.07 * item.size, 0.055 + 0.05 * item.size], np.float32)
    left, right = shoulders
    top = (left[1] + right[1]) / 2 + 0.0
    near = body[(np.abs(body[:, 0]) < 0.09) & (body[:, 1] < top) & (body[:, 1] > top - 2 * size[1])]
    back = float(near[:, 2].min())
    centre = np.array([0, top - size[1] * 0.92, back - size[2] * 0.8], np.float32)
    sack = case(size, centre, BONE["spine_03"], Part.BACKPACK, material)
    pocket_size = size * np.array([0.75, 0.42, 0.35], np.float32)
    pocket = case(
        pocket_size,
        centre + np.array([0, -size[1] * 0.42, -size[2] * 0.95], np.float32),
        BONE["spine_03"],
        Part.BACKPACK,
        strap,
    )
    out = [sack, pocket]
    for side in (1, -1):
        x = side * (0.085 + 0.012 * item.size)
        path = [
            (x * 0.9, top - 0.03, back - 0.02),
            (x * 0.95, top + 0.06, back + 0.06),
            (x, top + 0.04, back + 0.13),
            (x * 1.1, top - 0.07, back + 0.3),
            (x * 1.2, top - 0.17, back + 0.3),
            (x * 1.5, top - 0.28, back + 0.16),
            (x * 1.2, top - 0.31, back - 0.01),
        ]
        out.append(
            _strap(_on_body(np.array(path, np.float32), body, normals), 0.022, BONE["spine_03"], strap)
        )
    return out


def shoulder_bag(
    item: Item, body: Floats, normals: Floats, joints: Floats, material: int, strap: int
) -> list[Piece]:
    """Make a bag at the hip, its strap over the near or (cross) the far shoulder."""
    hip = joints[BONE["thigh_l" if item.side > 0 else "thigh_r"]]
    shoulder = joints[BONE["upperarm_l"]] * np.array(
        [item.side if item.kind == "shoulder" else -item.side, 1, 1], np.float32
    )
    size = np.array([0.045, 0.09 + 0.06 * item.size, 0.11 + 0.07 * item.size], np.float32)
    level = body[np.abs(body[:, 1] - hip[1] - 0.05) < 0.08]
    edge = float((level[:, 0] * item.side).max())
    height = hip[1] + 0.10 + (0.12 if item.kind == "shoulder" else 0.0)
    centre = np.array([item.side * (edge + size[0] * 0.75), height, hip[2] - 0.02], np.float32)
    sack = case(size, centre, BONE["pelvis"], Part.BAG, material)
    inner = 0.6 if item.kind == "shoulder" else 0.55
    peak = shoulder * np.array([inner, 1, 1], np.float32) + np.array([0, 0.06, -0.02], np.float32)
    front, back = (
        centre + np.array([0, size[1], size[2] * 0.7], np.float32),
        centre + np.array([0, size[1], -size[2] * 0.7], np.float32),
    )
    share = np.linspace(0, 1, 8)[:, None].astype(np.float32)
    reach = np.array([0, 0, 0.3], np.float32) * (share * (1 - share) * 3)
    path = np.concatenate(
        [front + (peak - front) * share + reach, (peak + (back - peak) * share - reach)[1:]]
    )
    on = _on_body(path, body, normals)
    ribbon = _strap(on, 0.012 + 0.01 * item.size, BONE["spine_02"], strap)
    return [sack, ribbon]


def sash(body: Floats, normals: Floats, joints: Floats, material: int) -> list[Piece]:
    """Make the end of a sari: a broad band from the right hip over the left shoulder, falling down the back."""
    hip, shoulder = joints[BONE["thigh_r"]], joints[BONE["upperarm_l"]]
    start = np.array([hip[0] * 1.2, hip[1] + 0.12, 0.2], np.float32)
    peak = shoulder * np.array([0.75, 1, 1], np.float32) + np.array([0, 0.05, 0], np.float32)
    end = np.array([peak[0] * 0.6, hip[1] + 0.02, -0.25], np.float32)
    share = np.linspace(0, 1, 10)[:, None].astype(np.float32)
    reach = np.array([0, 0, 0.3], np.float32) * (share * (1 - share) * 3)
    path = np.concatenate([start + (peak - start) * share + reach, (peak + (end - peak) * share - reach)[1:]])
    return [_strap(_on_body(path, body, normals), 0.11, BONE["spine_02"], material, part=Part.TOP)]


def case(size: Floats, centre: Floats, bone: int, part: Part, material: int) -> Piece:
    """Make a box with round edges; `size` half its edges."""
    place, faces = ball(16, 10)
    # The fourth power of a superellipsoid, by square roots: x^(2/4).
    rounded = np.sign(place) * np.sqrt(np.abs(place))
    rounded /= np.maximum(np.abs(rounded).max(axis=1, keepdims=True), 0.9)
    points = (rounded * size + centre).astype(np.float32)
    rest = (rounded * size).astype(np.float32)
    rest[:, 2] -= 0.3  # behind, where no print and no seam is looked for
    return piece(points, faces, part, material, on_one_bone(len(points), bone), rest=rest, fold=0.35)


def rod(
    start: tuple[float, float, float],
    end: tuple[float, float, float],
    radius: float,
    part: Part,
    material: int,
) -> Piece:
    """Make a round bar between two points; it hangs on the first bone."""
    a, b = np.array(start, np.float64), np.array(end, np.float64)
    along = (b - a) / math.sqrt(float(((b - a) ** 2).sum()))
    side = np.cross(along, [0.3, 0.2, 0.93])
    side /= math.sqrt(float((side * side).sum()))
    other = np.cross(along, side)
    turn = np.arange(5) * (2 * math.pi / 5)
    ring = cosines(turn)[:, None] * side * radius + sines(turn)[:, None] * other * radius
    points = np.concatenate([a + ring, b + ring]).astype(np.float32)
    k, n = np.arange(5), (np.arange(5) + 1) % 5
    faces = np.stack([k, n, n + 5, k, n + 5, k + 5], axis=1).reshape(-1, 3)
    return piece(points, faces, part, material, on_one_bone(len(points), 0))


def _strap(
    path: tuple[Floats, Floats], half_width: float, bone: int, material: int, part: Part = Part.STRAP
) -> Piece:
    """Make a band along a path (P, 3) with outward normals (P, 3)."""
    middle, out = path
    along = np.empty_like(middle)
    along[1:-1] = middle[2:] - middle[:-2]
    along[0], along[-1] = middle[1] - middle[0], middle[-1] - middle[-2]
    across = np.cross(along, out)
    across /= np.sqrt((across * across).sum(axis=1, keepdims=True)) + np.float32(1e-9)
    points = np.stack(
        [middle - across * half_width, middle + out * np.float32(0.004), middle + across * half_width], axis=1
    ).reshape(-1, 3)
    row, column = np.mgrid[: len(middle) - 1, :2]
    a = (row * 3 + column).ravel()
    faces = np.stack([a, a + 1, a + 4, a, a + 4, a + 3], axis=1).reshape(-1, 3)
    normals = np.repeat(out, 3, axis=0).astype(np.float32)
    pattern = np.stack(
        [np.tile([-half_width, 0, half_width], len(middle)), np.repeat(np.arange(len(middle)) * 0.08, 3)],
        axis=1,
    )
    return piece(
        points,
        faces,
        part,
        material,
        on_one_bone(len(points), bone),
        normals=normals,
        pattern=pattern,
        fold=0.6,
    )


def _on_body(path: Floats, body: Floats, normals: Floats) -> tuple[Floats, Floats]:
    """Lay the path, denser, onto the nearest points of the body; return it with outward normals."""
    count = 4 * (len(path) - 1) + 1
    place = np.arange(count) / 4
    dense = np.stack(
        [np.interp(place, np.arange(len(path)), path[:, axis]) for axis in range(3)], axis=1
    ).astype(np.float32)
    laid, out = _nearest(dense, body, normals)
    for _ in range(3):  # the nearest points jump: even them out
        for values in (laid, out):
            values[1:-1] = values[1:-1] * np.float32(0.4) + (values[:-2] + values[2:]) * np.float32(0.3)
    out /= np.sqrt((out * out).sum(axis=1, keepdims=True)) + np.float32(1e-9)
    return laid + out * np.float32(0.016), out


@compiled
def _nearest(path: Floats, body: Floats, normals: Floats) -> tuple[Floats, Floats]:
    """Return the weighted means of the body's points and normals around each point of the path."""
    laid, out = np.zeros_like(path), np.zeros_like(path)
    for i in range(path.shape[0]):
        least = np.float32(1e9)
        for j in range(body.shape[0]):
            square = np.float32(0)
            for axis in range(3):
                d = path[i, axis] - body[j, axis]
                square += d * d
            least = min(least, square)
        total = np.float32(0)
        for j in range(body.shape[0]):
            square = np.float32(0)
            for axis in range(3):
                d = path[i, axis] - body[j, axis]
                square += d * d
            if square < least + np.float32(0.004):
                w = np.float32(1) / (square - least + np.float32(0.0006))
                total += w
                for axis in range(3):
                    laid[i, axis] += w * body[j, axis]
                    out[i, axis] += w * normals[j, axis]
        for axis in range(3):
            laid[i, axis] /= total
            out[i, axis] /= total
    return laid, out
