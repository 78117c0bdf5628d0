"""How cloth lies on the body: which part of it each point belongs to, and metres across and along the cloth.

All of it is measured once on MakeHuman's average body, in metres, soles at y = 0, and holds for every body:
the meshes are the same. K corners of charts: points that are seams stand twice, once for each side.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from ..exact import angles
from .baking import BONES
from .data import body_data

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]

CROTCH, WAIST, ARMPIT, NECK = 0.79, 1.03, 1.20, 1.405
"""Heights of the average body, metres."""
TORSO_AXIS_Z = 0.03
_TORSO_RADIUS, _LEG_RADIUS, _ARM_RADIUS = 0.155, 0.085, 0.05
_ARM_BONES = ("upperarm", "lowerarm", "hand")


@dataclass(frozen=True, slots=True, eq=False)
class Landmarks:
    """Every point's place on the average body."""

    rest: Floats
    """(N, 3) metres."""
    arm: Floats
    """(N,), how far down the arm: 0 shoulder, 1 elbow, 2 wrist; -1 on the trunk and the legs."""
    arm_weight: Floats
    """(N,), share of the arm's bones."""
    leg_side: Floats
    """(N,), 1 on the left half of the body, -1 on the right."""


@dataclass(frozen=True, slots=True, eq=False)
class Chart:
    """A mesh with coordinates of the cloth."""

    point: Ints
    """(K,), the point that a corner is."""
    faces: NDArray[np.int32]
    """(F, 3), corners."""
    pattern: Floats
    """(K, 2), metres around and along the cloth."""


@cache
def joints_at_rest() -> Floats:
    """Return the joints (J, 3) of the average body, metres."""
    data = body_data()
    floor = data.base[: data.num_points, 1].min()
    return (data.base[data.num_points :] - np.array([0, floor, 0], np.float32)) * np.float32(0.1)


@cache
def landmarks() -> Landmarks:
    """Return the landmarks of all N points."""
    data = body_data()
    count = data.num_points
    base = data.base[:count]
    rest = (base - np.array([0, base[:, 1].min(), 0], np.float32)) * np.float32(0.1)
    weight = np.zeros(count, np.float32)
    for column in range(4):
        names = np.array([name.startswith(_ARM_BONES) for name in BONES])
        weight += data.bone_weight[:, column] * names[data.bone_index[:, column]]
    along = _along_arm(rest)
    arm = np.where(weight > 0.12, along * np.minimum(weight * 2, 1), np.float32(-1)).astype(np.float32)
    side = np.where(rest[:, 0] >= 0, np.float32(1), np.float32(-1))
    return Landmarks(rest, arm, weight, side)


@cache
def upper_chart() -> Chart:
    """Return the tights as shirts are cut: a tube for the trunk, its seam at the back, and two for the arms."""
    data, marks = body_data(), landmarks()
    faces = data.tights
    is_arm = _mean(marks.arm_weight, faces) > 0.5
    left = _mean(marks.rest[:, 0], faces) > 0
    return _cut(faces, np.where(is_arm, np.where(left, 1, 2), 0), _upper_coordinates)


@cache
def lower_chart() -> Chart:
    """Return the tights as trousers are cut: left half and right half, each with its seam on the inside."""
    data, marks = body_data(), landmarks()
    left = _mean(marks.rest[:, 0], data.tights) > 0
    return _cut(data.tights, np.where(left, 1, 2), _lower_coordinates)


@cache
def plain_chart(mesh: str) -> Chart:
    """Return the head or the hands; they are painted by their place, so their coordinates are x and y."""
    faces = getattr(body_data(), mesh)
    point, corner = np.unique(faces, return_inverse=True)
    return Chart(
        point.astype(np.int64),
        corner.reshape(faces.shape).astype(np.int32),
        np.ascontiguousarray(landmarks().rest[point, :2]),
    )


def _along_arm(rest: Floats) -> Floats:
    joints = joints_at_rest()
    names = [BONES.index(f"{name}_l") for name in _ARM_BONES]
    shoulder, elbow, wrist = joints[names].astype(np.float64)
    place = rest.astype(np.float64)
    place[:, 0] = np.abs(place[:, 0])
    upper = _share(place, shoulder, elbow)
    lower = _share(place, elbow, wrist)
    return np.where((upper < 1) | (lower < 0), np.minimum(upper, 1), 1 + np.clip(lower, 0, 2)).astype(
        np.float32
    )


def _share(
    place: NDArray[np.float64], start: NDArray[np.float64], end: NDArray[np.float64]
) -> NDArray[np.float64]:
    along = end - start
    moved = place - start
    total = moved[:, 0] * along[0] + moved[:, 1] * along[1] + moved[:, 2] * along[2]
    return np.asarray(total / (along[0] ** 2 + along[1] ** 2 + along[2] ** 2))


def _upper_coordinates(points: Ints, chart: Ints) -> tuple[NDArray[np.float64], NDArray[np.float64], float]:
    rest, marks = landmarks().rest[points].astype(np.float64), landmarks()
    trunk = angles(rest[:, 0], rest[:, 2] - TORSO_AXIS_Z)
    joints = joints_at_rest()[[BONES.index(f"{name}_l") for name in _ARM_BONES]].astype(np.float64)
    along = np.clip(marks.arm[points].astype(np.float64), 0, 2)
    first, second = np.minimum(along, 1)[:, None], np.maximum(along - 1, 0)[:, None]
    axis = joints[0] + (joints[1] - joints[0]) * first + (joints[2] - joints[1]) * second
    x = np.where(chart == 2, -rest[:, 0], rest[:, 0])
    # Around the arm: 0 on its outer upper side.
    around = angles(rest[:, 2] - axis[:, 2], (x - axis[:, 0]) * 0.7 + (rest[:, 1] - axis[:, 1]) * 0.7)
    angle = np.where(chart == 0, trunk, around)
    height = np.where(chart == 0, rest[:, 1], 1.34 - along * 0.27)
    return angle, height, 0.0


def _lower_coordinates(points: Ints, chart: Ints) -> tuple[NDArray[np.float64], NDArray[np.float64], float]:
    rest = landmarks().rest[points].astype(np.float64)
    x = np.where(chart == 2, -rest[:, 0], rest[:, 0])
    centre = np.interp(rest[:, 1], [0.0, 0.08, 0.45, 0.83], [0.22, 0.22, 0.158, 0.075])
    return angles(rest[:, 2] - 0.02, x - centre), rest[:, 1], 1.0


def _cut(faces: NDArray[np.int32], charts: Ints, coordinates: object) -> Chart:
    """Parts the mesh between charts and where the angle jumps from pi to -pi."""
    corner_chart = np.repeat(charts, 3)
    points = faces.ravel().astype(np.int64)
    angle, height, lower = coordinates(points, corner_chart)  # type: ignore[operator]
    triple = angle.reshape(-1, 3)
    jumps = triple.max(axis=1) - triple.min(axis=1) > math.pi
    wrapped = np.where(jumps[:, None] & (triple < 0), triple + 2 * math.pi, triple).ravel()
    key = np.stack([points, corner_chart, (wrapped != angle).astype(np.int64)], axis=1)
    _, first, corner = np.unique(key, axis=0, return_index=True, return_inverse=True)
    radius = np.where(corner_chart > 0, _LEG_RADIUS if lower else _ARM_RADIUS, _TORSO_RADIUS)
    pattern = np.stack([wrapped * radius, height], axis=1)[first]
    return Chart(points[first], corner.reshape(faces.shape).astype(np.int32), pattern.astype(np.float32))


def _mean(values: Floats, faces: NDArray[np.int32]) -> Floats:
    return (values[faces[:, 0]] + values[faces[:, 1]] + values[faces[:, 2]]) / np.float32(3)
