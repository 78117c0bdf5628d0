"""Dresses a person: from what somebody is and wears to a mesh at rest, ready to be posed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache

import numpy as np
from numpy.typing import NDArray

from .body.charts import joints_at_rest, landmarks, plain_chart
from .body.data import body_data
from .body.shape import between_curls, shape
from .body.skeleton import BONE
from .body.stances import Arms, Gait, measure_arms
from .clothes import heads, headwear, props, things
from .clothes.garments import Outfit
from .clothes.materials import Materials
from .clothes.piece import Piece, join, on_one_bone, piece, vertex_normals
from .clothes.putting_on import put_on
from .clothes.shells import Layers, bare
from .clothes.surface import Pattern
from .clothes.tubes import Cut, hang, tube_faces, tube_pattern
from .describing import describe
from .figure import Floats, Part
from .person import Person


@dataclass(frozen=True, slots=True, eq=False)
class Tube:
    """Cloth that is hung anew in every pose; its grid's first point is number `start`."""

    cut: Cut
    start: int


@dataclass(frozen=True, slots=True, eq=False)
class Dressed:
    """A person at rest, with everything that posing needs; V points, S samples of the body below the
    chest."""

    mesh: Piece
    """The points of tubes come last."""
    num_skinned: int
    tubes: tuple[Tube, ...]
    samples: Piece
    """What tubes hang around, without faces: points (S, 3) and their bones."""
    grips: dict[str, tuple[slice, Floats, Floats]]
    """Points of each hand and their places relaxed and gripping, by side `l` or `r`."""
    props: tuple[props.Prop, ...]
    materials: Floats
    two_sided: NDArray[np.bool_]
    joints: Floats
    arms: Arms
    gait: Gait
    bend: NDArray[np.uint8]
    """(V,), the joint whose bend creases the cloth here: 0 none, 1 and 2 the elbows, 3 and 4 the knees."""
    attributes: dict[str, str | bool]


def dress(person: Person) -> Dressed:
    """Makes the mesh of a person; the same person gives the same bytes everywhere."""
    data = body_data()
    relaxed = shape(data, person.build, "relaxed")
    gripping = relaxed + between_curls(data, "relaxed", "grip")
    body, joints = relaxed[: data.num_points], relaxed[data.num_points :]
    random = np.random.Generator(np.random.Philox(np.random.SeedSequence([person.seed, person.number, 2])))
    materials = Materials(random)
    skin = materials.skin(person.skin)
    layers = bare(body, float(random.random()) * 40)
    tubes = put_on(layers, person.outfit, materials, skin, joints)
    head, more = _head(person, layers, body, materials)
    bags, held = _bags(person.outfit, layers, joints, materials)
    hands = _hands(body, skin)
    skinned = join([*hands, *layers.pieces(), *head, *more, *bags])
    mesh, placed = skinned, []
    for cut, part, material in tubes:
        placed.append(Tube(cut, len(mesh.points)))
        mesh = join([mesh, _tube_at_rest(cut, layers, joints, part, material)])
    table, two_sided = materials.table()
    return Dressed(
        mesh=mesh,
        num_skinned=len(skinned.points),
        tubes=tuple(placed),
        samples=_samples(layers),
        grips=_grips(hands, gripping),
        props=held,
        materials=table,
        two_sided=two_sided,
        joints=np.ascontiguousarray(joints),
        arms=measure_arms(joints),
        gait=person.gait,
        bend=_bends(mesh.rest),
        attributes=describe(person),
    )


def _head(
    person: Person, layers: Layers, body: Floats, materials: Materials
) -> tuple[list[Piece], list[Piece]]:
    """Make face, hair and what is worn on the head; and what lies around the neck."""
    outfit, look = person.outfit, person.head
    head = heads.Head(body, layers.seed)
    stubble = {"stubble": 0.5, "full": 0.75}.get(look.beard, 0.0)
    heads.add_face(head, materials.face(person.skin, look.hair_colour, look.lips, stubble))
    hair = materials.hair(look.hair_colour)
    scarfed = outfit.hat is not None and outfit.hat.kind == "headscarf"
    if look.beard in ("full", "moustache"):
        heads.add_beard(head, look.beard, hair)
    more: list[Piece] = []
    shoulders = _shoulders(layers)
    if not scarfed:
        recession = (
            0.025 if person.age == "older" and person.sex == "male" else 0.01 * (person.number % 3 - 1)
        )
        heads.add_hair(head, look.hair, look.hair_length, recession, hair, headwear.hat_line(outfit.hat))
        scale = float(body[:, 1].max()) / 1.667
        if look.hair in heads.LOOSE:
            more.append(heads.hair_curtain(head, shoulders, look.hair, look.hair_length, hair, scale))
        elif look.hair in ("ponytail", "bun"):
            more.append(heads.tail_or_bun(head, look.hair, look.hair_length, hair))
    if outfit.hat is not None:
        cloth = materials.cloth(outfit.hat.cloth, two_sided=True)
        more += headwear.add_hat(head, outfit.hat, cloth)
        if scarfed:
            more.append(
                headwear.neck_tube(
                    head, shoulders, _scarf_end(outfit.hat.size), Part.HEADSCARF, cloth, dip=0.045
                )
            )
    if outfit.glasses != "none":
        lens = materials.plain((0.03, 0.03, 0.035), two_sided=True) if outfit.glasses == "sun" else None
        frame = materials.plain((0.06, 0.05, 0.05), two_sided=True)
        more += headwear.glasses(head, frame, lens)
    more += _around_neck(outfit, head, shoulders, materials)
    return head.pieces(), more


def _scarf_end(size: float) -> Cut:
    """Return the part of a headscarf that lies on the shoulders."""
    return Cut(1.48, 1.26 - 0.06 * size, 0.012, gathering=1.0, wave=0.012, waves=7, hollows=3)


def _around_neck(outfit: Outfit, head: heads.Head, shoulders: Floats, materials: Materials) -> list[Piece]:
    """Make collars, hoods and scarves."""
    out: list[Piece] = []
    for garment, part in ((outfit.top, Part.TOP), (outfit.outer, Part.OUTER)):
        if garment is None or garment.collar == "none":
            continue
        cloth = materials.cloth(garment.cloth, two_sided=True)
        if garment.collar == "hood":
            out.append(headwear.hood(head, cloth))
        out.append(headwear.neck_tube(head, shoulders[:0], headwear.collar(garment), part, cloth, dip=0.03))
    covered = outfit.hat is not None and outfit.hat.kind == "headscarf"
    if outfit.scarf is not None and not covered:
        scarf = materials.cloth(outfit.scarf, two_sided=True)
        around = Cut(1.468, 1.372, 0.034, gathering=2.0, wave=0.016, waves=7, hollows=3)
        out.append(headwear.neck_tube(head, shoulders[:0], around, Part.SCARF, scarf, dip=0.02))
    return out


def _shoulders(layers: Layers) -> Floats:
    marks = landmarks()
    return layers.surface[
        (marks.rest[:, 1] > 1.15) & (marks.arm < 0.25) & (marks.rest[:, 1] < 1.44) & _on_tights()
    ]


@cache
def _on_tights() -> NDArray[np.bool_]:
    mask = np.zeros(body_data().num_points, np.bool_)
    mask[np.unique(body_data().tights)] = True
    return mask


def _bags(
    outfit: Outfit, layers: Layers, joints: Floats, materials: Materials
) -> tuple[list[Piece], tuple[props.Prop, ...]]:
    """Make what hangs on the body, and what is held in the hands."""
    marks = landmarks()
    trunk = _on_tights() & (marks.arm_weight < 0.3) & (marks.rest[:, 1] > 0.8)
    normals = vertex_normals(layers.surface, body_data().tights)[trunk]
    body = layers.surface[trunk]
    out: list[Piece] = []
    held: list[props.Prop] = []
    bag = outfit.bag
    if bag is not None and bag.kind in ("hand", "carrier"):
        held.append(props.carried(bag, materials))
    elif bag is not None:
        cloth = materials.cloth(bag.cloth)
        strap = materials.cloth(replace(bag.cloth, colour=bag.cloth.third), two_sided=True)
        if bag.kind == "backpack":
            shoulders = joints[[BONE["upperarm_l"], BONE["upperarm_r"]]]
            out += things.backpack(bag, body, normals, shoulders, cloth, strap)
        else:
            out += things.shoulder_bag(bag, body, normals, joints, cloth, strap)
    if outfit.lower is not None and outfit.lower.kind == "sari":
        plain = replace(outfit.lower.cloth, pattern=Pattern.PLAIN)
        out += things.sash(body, normals, joints, materials.cloth(plain, two_sided=True, drape=True))
    if outfit.carried is not None:
        item = outfit.carried
        if held and held[0].hand == item.side:
            item = replace(item, side=-item.side)
        held.append(props.carried(item, materials))
    return out, tuple(held)


def _hands(body: Floats, material: int) -> list[Piece]:
    chart, data = plain_chart("hands"), body_data()
    whole = piece(
        body[chart.point],
        chart.faces,
        Part.HAND,
        material,
        (data.bone_index[chart.point], data.bone_weight[chart.point]),
        rest=landmarks().rest[chart.point],
    )
    return [whole]


def _grips(hands: list[Piece], gripping: Floats) -> dict[str, tuple[slice, Floats, Floats]]:
    """Return where the points of both hands are relaxed and gripping; they are the mesh's first."""
    chart = plain_chart("hands")
    left = landmarks().rest[chart.point, 0] > 0
    grip = gripping[chart.point]
    every = slice(0, len(chart.point))
    relaxed = hands[0].points
    return {
        "l": (every, relaxed, np.where(left[:, None], grip, relaxed)),
        "r": (every, relaxed, np.where(left[:, None], relaxed, grip)),
    }


def _samples(layers: Layers) -> Piece:
    marks, data = landmarks(), body_data()
    chosen = _on_tights() & (marks.arm_weight < 0.25) & (marks.rest[:, 1] < 1.06)
    nothing = np.zeros((0, 3), np.int32)
    return piece(
        layers.surface[chosen],
        nothing,
        Part.LEG,
        0,
        (data.bone_index[chosen], data.bone_weight[chosen]),
        normals=np.zeros((int(chosen.sum()), 3), np.float32),
    )


def _tube_at_rest(cut: Cut, layers: Layers, joints: Floats, part: Part, material: int) -> Piece:
    pelvis = joints[BONE["pelvis"]]
    samples = _samples(layers).points
    points, normals = hang(cut, samples, (float(pelvis[0]), float(pelvis[2])), cut.top)
    pattern = tube_pattern(cut, 0.16)
    return piece(
        points,
        tube_faces(cut.rows),
        part,
        material,
        on_one_bone(len(points), BONE["pelvis"]),
        normals=normals,
        pattern=pattern,
        fold=1.0,
    )


def _bends(rest: Floats) -> NDArray[np.uint8]:
    joints = joints_at_rest()
    out = np.zeros(len(rest), np.uint8)
    for number, (bone, reach) in enumerate(
        (("lowerarm_l", 0.11), ("lowerarm_r", 0.11), ("calf_l", 0.16), ("calf_r", 0.16)), start=1
    ):
        away = rest - joints[BONE[bone]]
        out[(away * away).sum(axis=1) < reach * reach] = number
    return out
