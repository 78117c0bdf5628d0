"""Faces, hair, beards, glasses, and what is worn on the head and around the neck.

Places (`rest`) are those of the average head: eyes at y = 1.55 m, crown at 1.67 m, ears at z = 0.02 m.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..body.charts import landmarks, plain_chart
from ..body.data import body_data
from ..body.skeleton import BONE
from ..figure import Part
from .complexion import MOUTH_Y
from .noise_cube import noise, noise_at
from .piece import (
    Piece,
    ball,
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
from .shells import bump, step
from .tubes import Cut, hang, tube_faces

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
        """Return all shells, cut, without what others hide."""
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
        """Return the unevenness of hair (K,), standard deviation 1."""
        return noise_at(noise(), self.rest * np.float32(scale) + np.float32(self.seed))


def hairline(rest: Floats, recession: float) -> NDArray[np.float64]:
    """Return the metres inside the hair (K,): above the brow in front, behind the ears
    at the sides, down to the nape.
    """
    y, z = rest[:, 1].astype(np.float64), rest[:, 2].astype(np.float64)
    line = np.interp(
        z, [-0.09, -0.05, -0.005, 0.03, 0.06, 0.09, 0.12], [1.462, 1.478, 1.53, 1.545, 1.575, 1.612, 1.622]
    )
    return np.asarray(y - line - recession * step(rest[:, 2], 0.05, 0.11))


def add_face(head: Head, material: int) -> None:
    """Add face, ears and neck."""
    head.shell(
        np.zeros(len(head.points), np.float32), np.ones(len(head.points), np.float32), Part.FACE, material
    )


def add_hair(
    head: Head, style: str, length: float, recession: float, material: int, under_hat: float | None
) -> None:
    """Add hair on the scalp; above the height `under_hat` it is pressed flat."""
    inside = hairline(head.rest, recession)
    y, z = head.rest[:, 1], head.rest[:, 2]
    if style == "bald":
        inside = np.minimum(inside, 1.60 - y)  # a wreath
    thick = max(THICK[style] * (0.7 + 0.6 * length), 0.004)
    rough = {"curly": 0.35, "afro": 0.12, "cropped": 0.1}.get(style, 0.18)
    top = 1 + (0.55 if style in ("short", "curly") else 0.25) * step(y, 1.58, 1.66)
    taper = np.clip(inside / (0.5 * thick + 0.015), 0, 1)
    away = thick * top * (0.35 + 0.65 * taper) * (1 + rough * head.lumps(28))
    if style in LOOSE:
        away = away * (1 + 0.3 * step(z, 0.06, -0.04))
    if under_hat is not None:
        away = np.where(y > under_hat - 0.02, 0.004, away)
    ragged = inside + 0.006 * head.lumps(45)
    head.shell(away.astype(np.float32), ragged.astype(np.float32), Part.HAIR, material, covers=0.02)


def hair_curtain(head: Head, body: Floats, style: str, length: float, material: int, heights: float) -> Piece:
    """Make hair that falls to the neck, the shoulders or the back; `body` (S, 3) is what it falls on."""
    crown, chin = float(head.points[:, 1].max()), height_on(head, 1.455)
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
    axis = 0.0, _middle(head)
    # It falls behind the shoulders, not over them.
    back = body[(np.abs(body[:, 0]) < 0.075) & (body[:, 2] < axis[1])]
    around = np.concatenate([head.outside[(head.rest[:, 1] > 1.47) & (head.rest[:, 2] < 0.07)], back])
    points, normals = hang(cut, around, axis, top)
    share = step(points[:, 1], chin + 0.02, chin - 0.12).astype(np.float32) * np.float32(0.85)
    bones = between(BONE["head"], BONE["spine_03"], share)
    rest = points.copy()
    rest[:, 1] += np.float32(1.667 - crown)
    return piece(points, tube_faces(cut.rows), Part.HAIR, material, bones, normals=normals, rest=rest)


def tail_or_bun(head: Head, style: str, length: float, material: int) -> Piece:
    """Make a ponytail or a bun at the back of the head."""
    back = head.points[np.argmin(head.points[:, 2] + np.abs(head.points[:, 1] - height_on(head, 1.58)) * 3)]
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
    """Add a full beard or a moustache."""
    x, y, z = (head.rest[:, axis].astype(np.float64) for axis in range(3))
    lip = bump(x, 0.0, 0.035) * 0.02 - np.abs(y - (MOUTH_Y + 0.014)) * 1.6 + np.where(z > 0.1, 0, -1)
    inside = np.minimum(MOUTH_Y + 0.004 + np.maximum(np.abs(x) - 0.024, 0) * 1.1 - y, (z - 0.045) * 1.2)
    inside = np.minimum(inside, y - (MOUTH_Y - 0.062))
    mouth = np.sqrt((x / 0.028) ** 2 + ((y - MOUTH_Y) / 0.011) ** 2) - 1
    inside = np.minimum(inside, mouth * 0.02)
    if kind == "moustache":
        inside = lip
    away = 0.006 + 0.004 * head.lumps(50) + (0.01 if kind == "full" else 0) * np.clip(inside / 0.03, 0, 1)
    head.shell(away.astype(np.float32), inside.astype(np.float32), Part.BEARD, material)


def height_on(head: Head, rest_y: float) -> float:
    """Return the height on this head of a height on the average head."""
    order = np.argsort(head.rest[:, 1], kind="stable")
    rest, points = head.rest[order, 1], head.points[order, 1]
    if rest_y < rest[0]:  # below the neck: in proportion
        return float(points[0]) * rest_y / float(rest[0])
    return float(np.interp(rest_y, rest, points))


def _middle(head: Head) -> float:
    skull = head.points[head.rest[:, 1] > 1.56]
    return (float(skull[:, 2].min()) + float(skull[:, 2].max())) / 2
