"""What is carried in the hand."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..exact import cosines, sines
from ..figure import Part
from .garments import Item
from .materials import Materials
from .piece import Piece, join, on_one_bone, piece
from .things import case, rod

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Prop:
    """Something held in a hand; its piece is in its own place, the grip at the origin."""

    piece: Piece
    hand: int
    """1 left, -1 right."""
    way: str
    """`hang` down from the hand, `upright` in it, `roll` behind on the ground, or `held` turning with it."""
    habit: str
    """What the arm does with it: one of `stances.HABITS`."""


def carried(item: Item, materials: Materials) -> Prop:
    """Make whatever can be held in a hand."""
    cloth = materials.cloth(item.cloth, two_sided=True)
    return {
        "umbrella": _umbrella, "suitcase": _suitcase, "phone": _phone, "bottle": _bottle, "hand": _hand_bag,
        "carrier": _carrier,
    }[item.kind](item, materials, cloth)  # fmt: skip


def _umbrella(item: Item, materials: Materials, cloth: int) -> Prop:
    stick = materials.plain((0.15, 0.15, 0.16))
    radius, ribs, rings = 0.46 + 0.12 * item.size, 8, 5
    angle = np.arange(ribs * 3) * (2 * math.pi / (ribs * 3))
    scallop = 1 - 0.06 * np.tile([0.0, 1.0, 1.0], ribs)
    rows = []
    for ring in range(rings + 1):
        share = ring / rings
        reach = radius * share * (1 + (scallop - 1) * share)
        height = 0.62 - 0.20 * share * share - 0.02 * (1 - scallop) * 8 * share
        rows.append(
            np.stack(
                [sines(angle) * reach, np.broadcast_to(height, angle.shape), cosines(angle) * reach], axis=1
            )
        )
    points = np.concatenate(rows).astype(np.float32)
    row, column = np.mgrid[:rings, : ribs * 3]
    a, b = (row * ribs * 3 + column).ravel(), (row * ribs * 3 + (column + 1) % (ribs * 3)).ravel()
    faces = np.stack([a, a + ribs * 3, b + ribs * 3, a, b + ribs * 3, b], axis=1).reshape(-1, 3)
    canopy = piece(points, faces, Part.UMBRELLA, cloth, on_one_bone(len(points), 0))
    shaft = rod((0, -0.12, 0), (0, 0.64, 0), 0.008, Part.UMBRELLA, stick)
    return Prop(join([canopy, shaft]), item.side, "upright", "umbrella")


def _suitcase(item: Item, materials: Materials, cloth: int) -> Prop:
    size = np.array([0.17 + 0.05 * item.size, 0.25 + 0.10 * item.size, 0.10 + 0.04 * item.size], np.float32)
    dark = materials.plain((0.12, 0.12, 0.13))
    # The grip is at the origin; the case stands 0.9 m below it, leaning back.
    centre = np.array([0, -0.95 + size[1] + 0.06, -0.42], np.float32)
    box = case(size, centre, 0, Part.SUITCASE, cloth)
    bars = [
        rod(
            (x, 0.0, 0.0),
            (x, float(centre[1] + size[1]), float(centre[2] + 0.03)),
            0.007,
            Part.SUITCASE,
            dark,
        )
        for x in (-0.06, 0.06)
    ]
    grip = rod((-0.07, 0, 0), (0.07, 0, 0), 0.012, Part.SUITCASE, dark)
    return Prop(join([box, *bars, grip]), item.side, "roll", "roll")


def _phone(item: Item, materials: Materials, cloth: int) -> Prop:
    size = np.array([0.037, 0.076, 0.006], np.float32)
    return Prop(
        case(size, np.array([0, 0.03, 0.02], np.float32), 0, Part.PHONE, cloth), item.side, "held", "phone"
    )


def _bottle(item: Item, materials: Materials, cloth: int) -> Prop:
    size = np.array([0.034, 0.11, 0.034], np.float32)
    return Prop(
        case(size, np.array([0, 0.02, 0.02], np.float32), 0, Part.BOTTLE, cloth), item.side, "hang", "carry"
    )


def _hand_bag(item: Item, materials: Materials, cloth: int) -> Prop:
    size = np.array([0.05 + 0.02 * item.size, 0.10 + 0.06 * item.size, 0.13 + 0.07 * item.size], np.float32)
    return Prop(_with_handle(size, 0.10, cloth, materials), item.side, "hang", "carry")


def _carrier(item: Item, materials: Materials, cloth: int) -> Prop:
    size = np.array([0.06 + 0.04 * item.size, 0.16 + 0.06 * item.size, 0.13 + 0.05 * item.size], np.float32)
    return Prop(_with_handle(size, 0.09, cloth, materials), item.side, "hang", "carry")


def _with_handle(size: Floats, handle: float, cloth: int, materials: Materials) -> Piece:
    sack = case(size, np.array([0, -handle - size[1], 0], np.float32), 0, Part.BAG, cloth)
    ends = [(0, -handle, float(size[2]) * 0.5 * sign) for sign in (1, -1)]
    return join([sack, *(rod((0, 0, 0), end, 0.008, Part.BAG, cloth) for end in ends)])
