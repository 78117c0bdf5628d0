"""What is worn on the head, before the eyes and around the neck.

Places (`rest`) are those of the average head, as in `heads`.
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from ..body.skeleton import BONE
from ..exact import cosines, sines
from ..figure import Part
from .complexion import EYE_X, EYE_Y
from .garments import Garment, Item
from .heads import Head, height_on
from .piece import Piece, ball, between, on_one_bone, piece
from .shells import bump, step
from .tubes import SECTORS, Cut, hang, tube_faces, tube_pattern

Floats = NDArray[np.float32]


def hat_line(item: Item | None) -> float | None:
    """Return the height above which a hat covers the average head; None without one."""
    lines = {
        "cap": 1.605,
        "beanie": 1.585,
        "brim": 1.60,
        "helmet": 1.60,
        "cycle helmet": 1.61,
        "skullcap": 1.63,
    }
    return None if item is None else lines.get(item.kind, 1.4 if item.kind == "headscarf" else None)


def add_hat(head: Head, item: Item, material: int) -> list[Piece]:
    """Add a cap, hat, helmet or headscarf; return what sticks out of it."""
    x, y, z = (head.rest[:, axis].astype(np.float64) for axis in range(3))
    if item.kind == "headscarf":
        opening = np.sqrt((x / 0.062) ** 2 + ((y - 1.535) / 0.088) ** 2) - 1
        inside = np.where(z > 0.03, opening * 0.06, 0.05)
        away = 0.013 + 0.006 * step(z, 0.05, -0.05) + 0.012 * bump(y, 1.47, 0.05)
        head.shell(away.astype(np.float32), inside.astype(np.float32), Part.HEADSCARF, material, covers=0.02)
        return []
    line = (hat_line(item) or 1.6) - 0.25 * (np.maximum(-z, 0) * (item.kind in ("cap", "beanie", "helmet")))
    line = line + (0.02 * step(head.rest[:, 2], 0.04, 0.11) if item.kind != "beanie" else 0)
    height = {
        "cap": 0.012,
        "beanie": 0.012 + 0.025 * item.size,
        "brim": 0.03,
        "helmet": 0.035,
        "cycle helmet": 0.03,
    }
    away = 0.009 + height.get(item.kind, 0.004) * step(head.rest[:, 1], 1.60, 1.66)
    away = away + (0.016 if "helmet" in item.kind else 0)
    head.shell(away.astype(np.float32), (y - line).astype(np.float32), Part.HAT, material, covers=0.012)
    if item.kind in ("cap", "brim", "helmet"):
        return [_brim(head, item, material)]
    return []


def _brim(head: Head, item: Item, material: int) -> Piece:
    """Make a peak in front or a brim all around."""
    rim = head.outside[np.abs(head.rest[:, 1] - 1.61) < 0.025]
    half_width = float(np.abs(rim[:, 0]).max())
    front, back = float(rim[:, 2].max()), float(rim[:, 2].min())
    middle, depth = (front + back) / 2, (front - back) / 2
    peak = item.kind != "brim"
    angle = np.linspace(-1.15, 1.15, 13) if peak else np.linspace(0, 2 * math.pi, 25)
    reach = 0.065 + 0.01 * item.size if peak else 0.05 + 0.03 * item.size
    s, c = sines(angle), cosines(angle)
    outer = reach * (np.maximum(c, 0.25) if peak else 1.0)
    height = float(np.mean([height_on(head, 1.622), height_on(head, 1.622)]))
    backwards = -1.0 if item.kind == "cap" and item.size > 0.9 else 1.0
    inner_ring = np.stack([s * half_width, np.full_like(s, height), middle + backwards * c * depth], axis=1)
    drop = 0.022 if peak else 0.012
    outer_ring = np.stack(
        [
            s * (half_width + outer * (0.35 if peak else 1)),
            np.full_like(s, height - drop),
            middle + backwards * c * (depth + outer),
        ],
        axis=1,
    )
    points = np.concatenate([inner_ring, outer_ring]).astype(np.float32)
    count = len(angle)
    a = np.arange(count - 1)
    faces = np.stack([a, a + count, a + count + 1, a, a + count + 1, a + 1], axis=1).reshape(-1, 3)
    return piece(
        points, faces, Part.HAT, material, on_one_bone(len(points), BONE["head"]),
        normals=np.tile(np.array([0, 1, 0], np.float32), (len(points), 1)),
    )  # fmt: skip


def glasses(head: Head, frame: int, lens: int | None) -> list[Piece]:
    """Make frames before the eyes and their arms to the ears; dark lenses with `lens`."""
    scale = height_on(head, 1.6) - height_on(head, 1.5)
    front = float(head.points[np.abs(head.rest[:, 1] - EYE_Y) < 0.015][:, 2].max()) - 0.008 * scale * 10
    eye_y, out = height_on(head, EYE_Y - 0.002), []
    temple = float(np.abs(head.points[np.abs(head.rest[:, 1] - EYE_Y) < 0.02][:, 0]).max())
    angle = np.linspace(0, 2 * math.pi, 11)
    s, c = sines(angle), cosines(angle)
    for side in (1, -1):
        centre = np.array([side * EYE_X * scale * 10.5, eye_y, front])
        bow = np.abs(c * 0.024) * 0.25
        rings = [
            np.stack([c * r, s * r * 0.78, -bow - 0.001 * k], axis=1) + centre
            for k, r in enumerate((0.021, 0.0255))
        ]
        a = np.arange(len(angle) - 1)
        faces = np.stack(
            [a, a + len(angle) + 1, a + len(angle), a, a + 1, a + len(angle) + 1], axis=1
        ).reshape(-1, 3)
        out.append(_flat(np.concatenate(rings), faces, frame))
        if lens is not None:
            fan = np.stack([a * 0 + len(angle), a, a + 1], axis=1)
            out.append(_flat(np.concatenate([rings[0], centre[None]]), fan, lens))
        bar = [
            (side * 0.052, eye_y + 0.006, front - 0.012),
            (side * 0.052, eye_y + 0.001, front - 0.012),
            (side * (temple + 0.002), eye_y + 0.008, front - 0.10),
            (side * (temple + 0.002), eye_y + 0.002, front - 0.10),
        ]
        out.append(_flat(np.array(bar), np.array([[0, 1, 2], [1, 3, 2]]), frame))
    bridge = [
        (0.012, eye_y + 0.004, front),
        (0.012, eye_y, front),
        (-0.012, eye_y + 0.004, front),
        (-0.012, eye_y, front),
    ]
    out.append(_flat(np.array(bridge), np.array([[0, 1, 2], [1, 3, 2]]), frame))
    return out


def neck_tube(head: Head, body: Floats, cut: Cut, part: Part, material: int, *, dip: float = 0.0) -> Piece:
    """Make collars, scarves and the lower part of headscarves: around the neck, over the shoulders `body` (S, 3).

    The heights of `cut` are those of the average head; in front it lies `dip` metres lower.
    """
    real = replace(cut, top=height_on(head, cut.top), bottom=height_on(head, cut.bottom))
    around = head.outside[(head.rest[:, 1] < cut.top + 0.03) & (head.rest[:, 1] > cut.bottom - 0.05)]
    neck = head.points[np.abs(head.rest[:, 1] - 1.43) < 0.03]
    middle = (float(neck[:, 2].min()) + float(neck[:, 2].max())) / 2
    points, normals = hang(real, np.concatenate([around, body]), (0.0, middle), real.top)
    forward = np.clip((points[:, 2] - np.float32(middle)) / np.float32(0.06), -0.3, 1)
    points[:, 1] -= np.float32(dip) * forward
    share = step(points[:, 1], height_on(head, 1.47), height_on(head, 1.40)).astype(np.float32)
    rest = points.copy()
    rest[:, 1] = np.repeat(np.linspace(cut.top, cut.bottom, real.rows), SECTORS + 1)
    return piece(
        points, tube_faces(real.rows), part, material, between(BONE["neck_01"], BONE["spine_03"], share),
        normals=normals, rest=rest, pattern=tube_pattern(real, 0.09), fold=0.7,
    )  # fmt: skip


def hood(head: Head, material: int) -> Piece:
    """Make a hood that lies on the upper back."""
    place, faces = ball(14, 8)
    points = place * np.array([0.105, 0.065, 0.06], np.float32)
    points[:, 1] -= 0.5 * np.abs(points[:, 0]) * (place[:, 2] > 0)
    points += np.array(
        [
            0,
            height_on(head, 1.385),
            float(head.points[np.abs(head.rest[:, 1] - 1.43) < 0.03][:, 2].min()) - 0.02,
        ],
        np.float32,
    )
    return piece(
        points, faces, Part.HOOD, material, on_one_bone(len(points), BONE["spine_03"]), rest=points, fold=0.6
    )


def collar(garment: Garment) -> Cut:
    """Return the cut of a garment's collar."""
    outer = 0.008 if garment.gap > 0 or garment.hem < 0.8 else 0.003
    if garment.collar == "stand":
        return Cut(1.462, 1.385, 0.010 + outer, flare=0.1, gap=0.2)
    return Cut(1.445, 1.385, 0.006 + outer, flare=0.25, gap=0.3 if garment.gap == 0 else 0.5)


def _flat(points: NDArray[np.float64], faces: NDArray[np.int64], material: int) -> Piece:
    return piece(
        points.astype(np.float32), faces, Part.GLASSES, material, on_one_bone(len(points), BONE["head"])
    )
