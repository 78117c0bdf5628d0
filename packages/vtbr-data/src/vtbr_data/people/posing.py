"""Poses a dressed person: bones, skin, hanging cloth, what is in the hands."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .body.skeleton import BONE, forward, skin, turn
from .body.stances import Stance, pose_bones
from .clothes.piece import Piece
from .clothes.props import Prop
from .clothes.tubes import hang
from .dressing import Dressed
from .figure import Figure, Floats, Part
from .person import Person


def sample_stance(person: Person, random: np.random.Generator, *, rain: bool = False) -> Stance:
    """Draw a moment of this person: mostly walking, with hands that swing, hold, carry or rest in a pocket."""
    walks = random.random() < 0.8
    arms = {1: _arm_habit(random), -1: _arm_habit(random)}
    outfit = person.outfit
    if outfit.bag is not None and outfit.bag.kind in ("hand", "carrier"):
        arms[outfit.bag.side] = "carry"
    elif outfit.bag is not None and outfit.bag.kind != "cross" and random.random() < 0.12:
        arms[outfit.bag.side] = "strap"
    item = outfit.carried
    if item is not None:
        side = item.side
        if outfit.bag is not None and outfit.bag.kind in ("hand", "carrier") and outfit.bag.side == side:
            side = -side
        chance = {"umbrella": 0.9 if rain else 0.05, "phone": 0.4, "bottle": 0.6, "suitcase": 0.95}[item.kind]
        if random.random() < chance:
            calls = item.kind == "phone" and random.random() < 0.4
            arms[side] = (
                "call" if calls else {"suitcase": "roll", "bottle": "carry"}.get(item.kind, item.kind)
            )
    uses_phone = "phone" in arms.values()
    return Stance(
        phase=float(random.random()),
        speed=float(random.uniform(0.7, 1.1)) if walks else float(random.uniform(0.0, 0.08)),
        left=arms[1],
        right=arms[-1],
        look=(
            float(random.uniform(-0.5, 0.5)),
            float(random.uniform(0.3, 0.5) if uses_phone else random.uniform(-0.1, 0.2)),
        ),
        sway=(float(random.uniform(-0.08, 0.08)), float(random.uniform(-0.08, 0.08))),
    )


def _arm_habit(random: np.random.Generator) -> str:
    point = random.random()
    return "swing" if point < 0.86 else "pocket" if point < 0.94 else "hold" if point < 0.98 else "behind"


def pose(dressed: Dressed, stance: Stance) -> Figure:
    """Pose the person as in one moment; a pure function."""
    local = pose_bones(stance, dressed.arms, dressed.gait)
    bones = forward(local, dressed.joints)
    mesh = dressed.mesh
    points, normals = np.empty_like(mesh.points), np.empty_like(mesh.normals)
    count = dressed.num_skinned
    at_rest = _with_hands(dressed, stance)
    skin(
        at_rest[:count], mesh.normals[:count], mesh.bone_index, mesh.bone_weight, *bones, dressed.joints,
        points[:count], normals[:count],
    )  # fmt: skip
    if dressed.tubes:
        _hang_tubes(dressed, bones, points, normals)
    parts = [(points, normals, mesh)]
    parts += [_held(prop, bones, dressed.joints, points) for prop in dressed.props if _is_used(prop, stance)]
    return _figure(dressed, local, parts)


def _with_hands(dressed: Dressed, stance: Stance) -> Floats:
    """Return the mesh at rest with hands closed where they hold something."""
    holding = [
        side
        for side, habit in (("l", stance.left), ("r", stance.right))
        if habit not in ("swing", "pocket", "behind")
    ]
    if not holding:
        return dressed.mesh.points
    out = dressed.mesh.points.copy()
    for side in holding:
        where, relaxed, grip = dressed.grips[side]
        out[where] += grip - relaxed
    return out


def _hang_tubes(dressed: Dressed, bones: tuple[Floats, Floats], points: Floats, normals: Floats) -> None:
    samples = dressed.samples
    posed, unused = np.empty_like(samples.points), np.empty_like(samples.points)
    skin(
        samples.points,
        samples.normals,
        samples.bone_index,
        samples.bone_weight,
        *bones,
        dressed.joints,
        posed,
        unused,
    )
    x, y, z = (float(value) for value in bones[1][BONE["pelvis"]])
    risen = y - float(dressed.joints[BONE["pelvis"], 1])
    for tube in dressed.tubes:
        hung, out = hang(tube.cut, posed, (x, z), tube.cut.top + risen)
        points[tube.start : tube.start + len(hung)] = hung
        normals[tube.start : tube.start + len(hung)] = out


def _is_used(prop: Prop, stance: Stance) -> bool:
    habit = stance.left if prop.hand > 0 else stance.right
    return habit == prop.habit or (prop.habit == "phone" and habit == "call")


def _held(
    prop: Prop, bones: tuple[Floats, Floats], joints: Floats, points: Floats
) -> tuple[Floats, Floats, Piece]:
    """Put a prop into its hand."""
    places = bones[1]
    hand, arm = (BONE[f"{bone}_{'l' if prop.hand > 0 else 'r'}"] for bone in ("hand", "lowerarm"))
    along = places[hand] - places[arm]
    length = np.sqrt(along[0] * along[0] + along[1] * along[1] + along[2] * along[2])
    grip = places[hand] + along / length * np.float32(0.085 * float(joints[:, 1].max()) / 1.667)
    shape = prop.piece
    turned = np.eye(3)
    if prop.way == "upright":
        turned = turn(0, -0.12)
    elif prop.way == "held":
        turned = turn(0, 0.5)
    moved = _turned(shape.points, turned)
    if prop.way == "roll":
        moved[:, 1] *= np.float32((grip[1] - float(points[:, 1].min())) / 0.95)
    return moved + grip.astype(np.float32), _turned(shape.normals, turned), shape


def _turned(vectors: Floats, matrix: NDArray[np.float64]) -> Floats:
    m = matrix.astype(np.float32)
    x, y, z = vectors[:, :1], vectors[:, 1:2], vectors[:, 2:]
    return np.asarray((x * m[:, 0] + y * m[:, 1]) + z * m[:, 2], np.float32)


def _figure(
    dressed: Dressed, local: NDArray[np.float64], parts: list[tuple[Floats, Floats, Piece]]
) -> Figure:
    meshes = [part[2] for part in parts]
    vertices = np.concatenate([part[0] for part in parts]) if len(parts) > 1 else parts[0][0]
    vertices[:, 1] -= vertices[:, 1].min()
    starts = np.cumsum([0, *(len(part[0]) for part in parts[:-1])])

    def joined(name: str) -> Any:
        arrays = [getattr(mesh, name) for mesh in meshes]
        return arrays[0] if len(arrays) == 1 else np.concatenate(arrays)

    faces = [mesh.faces + np.int32(start) for mesh, start in zip(meshes, starts, strict=True)]
    fold = joined("fold").copy()
    bent = np.ones(5, np.float32)
    for number, bone in enumerate(("lowerarm_l", "lowerarm_r", "calf_l", "calf_r"), start=1):
        cosine = (local[BONE[bone], 0, 0] + local[BONE[bone], 1, 1] + local[BONE[bone], 2, 2] - 1) / 2
        bent[number] = 1 + 1.2 * (1 - cosine)
    fold[: len(dressed.bend)] *= bent[dressed.bend]
    seen = {part for mesh in meshes[1:] for part in np.unique(mesh.part).tolist()}
    held = {"umbrella": Part.UMBRELLA, "phone": Part.PHONE, "bottle": Part.BOTTLE, "suitcase": Part.SUITCASE}
    return Figure(
        vertices=vertices,
        normals=np.concatenate([part[1] for part in parts]) if len(parts) > 1 else parts[0][1],
        faces=np.concatenate(faces) if len(faces) > 1 else meshes[0].faces,
        part=joined("part"),
        material=joined("material"),
        two_sided=dressed.two_sided,
        materials=dressed.materials,
        rest=joined("rest"),
        pattern=joined("pattern"),
        fold=fold,
        attributes=dressed.attributes | {name: part in seen for name, part in held.items()},
    )
