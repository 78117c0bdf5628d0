"""Faces, hair, beards, glasses, and what is worn on the head and around the neck.

Places (`rest`) are those of the average head: eyes at y = 1.55 m, crown at 1.67 m, ears at z = 0.02 m.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from ..body.charts import landmarks, plain_chart
from ..body.data import body_data
from ..body.skeleton import BONE
from ..exact import cosines, sines
from ..figure import Part
from .outfits import Garment, Item
from .piece import (
    Piece,
    between,
    clip,
    on_all_corners,
    on_one_bone,
    piece,
    renumbered,
    reparted,
    vertex_normals,
    without_faces,
)
from .shells import _bump, _step
from .surface import EYE_X, EYE_Y, MOUTH_Y, noise, noise_at
from .tubes import SECTORS, Cut, hang, tube_faces, tube_pattern

Floats = NDArray[np.float32]
Bools = NDArray[np.bool_]

THICK = {
    "bald": 0.0,
    "cropped": 0.005,
    "short": 0.016,
    "curly": 0.032,
    "afro": 0.075,
    "bob": 0.022,
    "long": 0.020,
    "ponytail": 0.012,
    "bun": 0.012,
}
LOOSE = ("bob", "long")


class Head:
    """The head of one body and the shells that are put on it."""

    def __init__(self, points: Floats, seed: float) -> None:
        data = body_data()
        self.chart = plain_chart("head")
        self.points = points[self.chart.point]
        self.rest = landmarks().rest[self.chart.point]
        self.normals = vertex_normals(self.points, self.chart.faces)
        self.bones = data.bone_index[self.chart.point], data.bone_weight[self.chart.point]
        self.outside = self.points
        self.seed = seed
        self._shells: list[tuple[Piece, Floats, float | None]] = []

    def shell(
        self, away: Floats, inside: Floats, part: Part, material: int, *, covers: float | None = None
    ) -> None:
        """Adds a shell `away` metres (K,) from the head, where `inside` (K,) is at least 0.

        What was added before and lies deeper than `covers` inside it is hidden and left out.
        """
        points = self.points + self.normals * away[:, None].astype(np.float32)
        whole = piece(points, self.chart.faces, part, material, self.bones, rest=self.rest)
        self._shells.append((whole, inside.astype(np.float32), covers))
        self.outside = np.where((inside > 0)[:, None], points, self.outside)

    def pieces(self) -> list[Piece]:
        """All shells, cut, without what others hide."""
        out: list[Piece] = []
        hidden = np.zeros(len(self.points), np.bool_)
        for whole, inside, covers in reversed(self._shells):
            gone = on_all_corners(hidden | (inside < 0), whole.faces)
            if not gone.all():
                corners, _ = renumbered(whole.faces[~gone], len(inside))
                cut = clip(without_faces(whole, gone), inside[corners])
                if len(cut.faces):
                    neck = on_all_corners(cut.rest[:, 1] < 1.44, cut.faces) & (cut.part == Part.FACE)
                    out.append(reparted(cut, neck, Part.NECK))
            if covers is not None:
                hidden |= inside > covers
        return out[::-1]

    def lumps(self, scale: float) -> Floats:
        """Unevenness of hair (K,), standard deviation 1."""
        return noise_at(noise(), self.rest * np.float32(scale) + np.float32(self.seed))


def hairline(rest: Floats, recession: float) -> NDArray[np.float64]:
    """Metres inside the hair (K,): above the brow in front, behind the ears at the sides, down to the
    nape."""
    y, z = rest[:, 1].astype(np.float64), rest[:, 2].astype(np.float64)
    line = np.interp(
        z, [-0.09, -0.05, -0.005, 0.03, 0.06, 0.09, 0.12], [1.462, 1.478, 1.53, 1.545, 1.575, 1.612, 1.622]
    )
    return np.asarray(y - line - recession * _step(rest[:, 2], 0.05, 0.11))


def add_face(head: Head, material: int) -> None:
    """Face, ears and neck."""
    head.shell(
        np.zeros(len(head.points), np.float32), np.ones(len(head.points), np.float32), Part.FACE, material
    )


def add_hair(
    head: Head, style: str, length: float, recession: float, material: int, under_hat: float | None
) -> None:
    """Hair on the scalp; above the height `under_hat` it is pressed flat."""
    inside = hairline(head.rest, recession)
    y, z = head.rest[:, 1], head.rest[:, 2]
    if style == "bald":
        inside = np.minimum(inside, 1.60 - y)  # a wreath
    thick = max(THICK[style] * (0.7 + 0.6 * length), 0.004)
    rough = {"curly": 0.35, "afro": 0.12, "cropped": 0.1}.get(style, 0.18)
    top = 1 + (0.55 if style in ("short", "curly") else 0.25) * _step(y, 1.58, 1.66)
    taper = np.clip(inside / (0.5 * thick + 0.015), 0, 1)
    away = thick * top * (0.35 + 0.65 * taper) * (1 + rough * head.lumps(28))
    if style in LOOSE:
        away = away * (1 + 0.3 * _step(z, 0.06, -0.04))
    if under_hat is not None:
        away = np.where(y > under_hat - 0.02, 0.004, away)
    ragged = inside + 0.006 * head.lumps(45)
    head.shell(away.astype(np.float32), ragged.astype(np.float32), Part.HAIR, material, covers=0.02)


def hair_curtain(head: Head, body: Floats, style: str, length: float, material: int, heights: float) -> Piece:
    """Hair that falls to the neck, the shoulders or the back; `body` (S, 3) is what it falls on."""
    crown, chin = float(head.points[:, 1].max()), _height(head, 1.455)
    end = chin + 0.03 - 0.07 * length if style == "bob" else chin - 0.06 - 0.24 * length * heights
    top = crown - 0.045
    cut = Cut(
        top,
        end,
        0.004,
        gathering=3.0 if style == "bob" else 5.0,
        gap=1.05,
        wave=0.006,
        waves=11,
        phase=length * 6,
        hollows=3,
    )
    around = np.concatenate([head.outside[(head.rest[:, 1] > 1.47) & (head.rest[:, 2] < 0.07)], body])
    axis = 0.0, _middle(head)
    points, normals = hang(cut, around, axis, top)
    share = _step(points[:, 1], chin + 0.02, chin - 0.12).astype(np.float32) * np.float32(0.85)
    bones = between(BONE["head"], BONE["spine_03"], share)
    rest = points.copy()
    rest[:, 1] += np.float32(1.667 - crown)
    return piece(points, tube_faces(cut.rows), Part.HAIR, material, bones, normals=normals, rest=rest)


def tail_or_bun(head: Head, style: str, length: float, material: int) -> Piece:
    """A ponytail or a bun at the back of the head."""
    back = head.points[np.argmin(head.points[:, 2] + np.abs(head.points[:, 1] - _height(head, 1.58)) * 3)]
    place, faces = ball(10, 7)
    if style == "bun":
        size = 0.032 + 0.018 * length
        points = (
            place * np.float32(size) + back + np.array([0, 0.015 + 0.05 * length, -size * 0.6], np.float32)
        )
    else:
        long = 0.11 + 0.13 * length
        points = place * np.array([0.026, long, 0.028], np.float32)
        points[:, 0] *= 1 - 0.5 * np.clip(-place[:, 1], 0, 1)
        points += back + np.array([0, 0.03 - long * 0.8, -0.03], np.float32)
    return piece(points, faces, Part.HAIR, material, on_one_bone(len(points), BONE["head"]), rest=points)


def add_beard(head: Head, kind: str, material: int) -> None:
    """A full beard or a moustache."""
    x, y, z = (head.rest[:, axis].astype(np.float64) for axis in range(3))
    lip = _bump(x, 0.0, 0.035) * 0.02 - np.abs(y - (MOUTH_Y + 0.014)) * 1.6 + np.where(z > 0.1, 0, -1)
    inside = np.minimum(MOUTH_Y + 0.004 + np.maximum(np.abs(x) - 0.024, 0) * 1.1 - y, (z - 0.045) * 1.2)
    inside = np.minimum(inside, y - (MOUTH_Y - 0.062))
    mouth = np.sqrt((x / 0.028) ** 2 + ((y - MOUTH_Y) / 0.011) ** 2) - 1
    inside = np.minimum(inside, mouth * 0.02)
    if kind == "moustache":
        inside = lip
    away = 0.006 + 0.004 * head.lumps(50) + (0.01 if kind == "full" else 0) * np.clip(inside / 0.03, 0, 1)
    head.shell(away.astype(np.float32), inside.astype(np.float32), Part.BEARD, material)


def hat_line(item: Item | None) -> float | None:
    """The height above which a hat covers the average head; None without one."""
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
    """A cap, hat, helmet or headscarf; also returns what sticks out of it."""
    x, y, z = (head.rest[:, axis].astype(np.float64) for axis in range(3))
    if item.kind == "headscarf":
        opening = np.sqrt((x / 0.062) ** 2 + ((y - 1.535) / 0.088) ** 2) - 1
        inside = np.where(z > 0.03, opening * 0.06, 0.05)
        away = 0.013 + 0.006 * _step(z, 0.05, -0.05) + 0.012 * _bump(y, 1.47, 0.05)
        head.shell(away.astype(np.float32), inside.astype(np.float32), Part.HEADSCARF, material, covers=0.02)
        return []
    line = (hat_line(item) or 1.6) - 0.25 * (np.maximum(-z, 0) * (item.kind in ("cap", "beanie", "helmet")))
    line = line + (0.02 * _step(head.rest[:, 2], 0.04, 0.11) if item.kind != "beanie" else 0)
    height = {
        "cap": 0.012,
        "beanie": 0.012 + 0.025 * item.size,
        "brim": 0.03,
        "helmet": 0.035,
        "cycle helmet": 0.03,
    }
    away = 0.009 + height.get(item.kind, 0.004) * _step(head.rest[:, 1], 1.60, 1.66)
    away = away + (0.016 if "helmet" in item.kind else 0)
    head.shell(away.astype(np.float32), (y - line).astype(np.float32), Part.HAT, material, covers=0.012)
    if item.kind in ("cap", "brim", "helmet"):
        return [_brim(head, item, material)]
    return []


def _brim(head: Head, item: Item, material: int) -> Piece:
    """A peak in front or a brim all around."""
    rim = head.outside[np.abs(head.rest[:, 1] - 1.61) < 0.025]
    half_width = float(np.abs(rim[:, 0]).max())
    front, back = float(rim[:, 2].max()), float(rim[:, 2].min())
    middle, depth = (front + back) / 2, (front - back) / 2
    peak = item.kind != "brim"
    angle = np.linspace(-1.15, 1.15, 13) if peak else np.linspace(0, 2 * math.pi, 25)
    reach = 0.065 + 0.01 * item.size if peak else 0.05 + 0.03 * item.size
    s, c = sines(angle), cosines(angle)
    outer = reach * (np.maximum(c, 0.25) if peak else 1.0)
    height = float(np.mean([_height(head, 1.622), _height(head, 1.622)]))
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
    """Frames before the eyes and their arms to the ears; dark lenses with `lens`."""
    scale = _height(head, 1.6) - _height(head, 1.5)
    front = float(head.points[np.abs(head.rest[:, 1] - EYE_Y) < 0.015][:, 2].max()) - 0.008 * scale * 10
    eye_y, out = _height(head, EYE_Y - 0.002), []
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


def neck_tube(
    head: Head,
    body: Floats,
    top: float,
    bottom: float,
    ease: float,
    part: Part,
    material: int,
    *,
    gap: float = 0.0,
    flare: float = 0.0,
    gathering: float = 2.0,
    wave: float = 0.0,
) -> Piece:
    """Collars, scarves and the lower part of headscarves: around the neck and over the shoulders `body` (S,
    3)."""
    high, low = _height(head, top), _height(head, bottom)
    cut = Cut(
        high,
        low,
        ease,
        flare=flare,
        gathering=gathering,
        gap=gap,
        wave=wave,
        waves=7,
        phase=head.seed,
        hollows=3,
    )
    neck = head.outside[(head.rest[:, 1] < top + 0.03) & (head.rest[:, 1] > bottom - 0.05)]
    neck_axis = head.points[np.abs(head.rest[:, 1] - 1.43) < 0.03]
    axis = 0.0, (float(neck_axis[:, 2].min()) + float(neck_axis[:, 2].max())) / 2
    points, normals = hang(cut, np.concatenate([neck, body]), axis, high)
    share = _step(points[:, 1], _height(head, 1.47), _height(head, 1.40)).astype(np.float32)
    rest = points.copy()
    rest[:, 1] = np.repeat(np.linspace(top, bottom, cut.rows), SECTORS + 1)
    return piece(
        points, tube_faces(cut.rows), part, material, between(BONE["neck_01"], BONE["spine_03"], share),
        normals=normals, rest=rest, pattern=tube_pattern(cut, 0.09), fold=0.7,
    )  # fmt: skip


def hood(head: Head, material: int) -> Piece:
    """A hood lying on the upper back."""
    place, faces = ball(14, 8)
    points = place * np.array([0.105, 0.065, 0.06], np.float32)
    points[:, 1] -= 0.5 * np.abs(points[:, 0]) * (place[:, 2] > 0)
    points += np.array(
        [
            0,
            _height(head, 1.385),
            float(head.points[np.abs(head.rest[:, 1] - 1.43) < 0.03][:, 2].min()) - 0.02,
        ],
        np.float32,
    )
    return piece(
        points, faces, Part.HOOD, material, on_one_bone(len(points), BONE["spine_03"]), rest=points, fold=0.6
    )


def collar_of(garment: Garment) -> tuple[float, float, float, float]:
    """Top, bottom, ease and gap of a garment's collar."""
    if garment.collar == "stand":
        return 1.455, 1.38, 0.012, 0.25
    return 1.435, 1.375, 0.008, 0.35 if garment.gap == 0 else 0.6


def ball(around: int, rows: int) -> tuple[Floats, NDArray[np.int32]]:
    """A unit ball's points and triangles."""
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


def _flat(points: NDArray[np.float64], faces: NDArray[np.int64], material: int) -> Piece:
    return piece(
        points.astype(np.float32), faces, Part.GLASSES, material, on_one_bone(len(points), BONE["head"])
    )


def _height(head: Head, rest_y: float) -> float:
    """The height on this head of a height on the average head."""
    order = np.argsort(head.rest[:, 1], kind="stable")
    return float(np.interp(rest_y, head.rest[order, 1], head.points[order, 1]))


def _middle(head: Head) -> float:
    skull = head.points[head.rest[:, 1] > 1.56]
    return (float(skull[:, 2].min()) + float(skull[:, 2].max())) / 2
