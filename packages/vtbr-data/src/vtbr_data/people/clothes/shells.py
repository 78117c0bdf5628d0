"""Clothes that lie on the body: shells over MakeHuman's "tights", one on top of the other.

N points of the body; every shell has all of them and is then cut where it ends. Heights and distances in
`cut` functions are those of the average body (`charts.landmarks`), so that a knee-length skirt is one on
everybody.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ..body.charts import ARMPIT, CROTCH, NECK, TORSO_AXIS_Z, Chart, landmarks, lower_chart, upper_chart
from ..body.data import body_data
from ..exact import exponentials
from ..figure import Part
from .garments import Garment
from .hull import let_hang, outline, radii_at, smooth, span_hollows
from .noise_cube import noise, noise_at
from .piece import Piece, clip, on_all_corners, piece, renumbered, reparted, vertex_normals, without_faces

Floats = NDArray[np.float32]

DEEP = 0.035
"""Metres inside an outer garment's edge from which on nothing underneath is kept."""


@dataclass(slots=True)
class Layers:
    """The body with all that is worn so far, from the inside out."""

    skin: Floats
    """(N, 3)"""
    normals: Floats
    surface: Floats
    """(N, 3), the outside of what is worn so far."""
    seed: float
    worn: list[tuple[Piece, Floats, NDArray[np.int64]]] = field(default_factory=list)
    """Shells with how far inside them each point lies (N,) and the points of their corners."""

    def add(
        self, shell: Floats, inside: Floats, chart: Chart, part: Part, material: int, fold: Floats
    ) -> None:
        """Puts on a shell (N, 3), cut where `inside` (N,) is below 0."""
        data, marks = body_data(), landmarks()
        points = chart.point
        whole = piece(
            shell[points],
            chart.faces,
            part,
            material,
            (data.bone_index[points], data.bone_weight[points]),
            normals=vertex_normals(shell, data.tights)[points],
            rest=marks.rest[points],
            pattern=chart.pattern,
            fold=fold[points],
        )
        self.worn.append((whole, inside, points))
        covered = np.clip(inside / np.float32(0.01), 0, 1)[:, None].astype(np.float32)
        self.surface = self.surface + (shell - self.surface) * covered

    def pieces(self) -> list[Piece]:
        """Return all shells, cut, without what lies under others."""
        out: list[Piece] = []
        hidden = np.zeros(len(self.skin), np.bool_)
        for whole, inside, points in reversed(self.worn):
            outside = inside[points] < 0
            gone = on_all_corners(hidden[points], whole.faces) | on_all_corners(outside, whole.faces)
            if not gone.all():
                corners, _ = renumbered(whole.faces[~gone], len(points))
                cut = clip(without_faces(whole, gone), inside[points[corners]])
                if len(cut.faces):
                    out.append(cut)
            hidden |= inside > DEEP
        return out[::-1]


def bare(skin: Floats, seed: float) -> Layers:
    """Return a body with nothing on."""
    normals = vertex_normals(skin, body_data().tights)
    return Layers(skin, normals, skin, seed)


def add_skin(layers: Layers, material: int) -> None:
    """Add the skin, the innermost shell."""
    chart = upper_chart()
    marks = landmarks()
    inside = np.ones(len(layers.skin), np.float32)
    layers.add(
        layers.skin - layers.normals * np.float32(0.001), inside, chart, Part.LEG, material, inside * 0
    )
    whole, _, points = layers.worn[-1]
    is_arm = on_all_corners(marks.arm_weight[points] > 0.4, whole.faces)
    high = on_all_corners(marks.rest[points, 1] > ARMPIT, whole.faces)
    foot = on_all_corners(marks.rest[points, 1] < 0.09, whole.faces)
    whole = reparted(reparted(reparted(whole, high, Part.NECK), is_arm, Part.ARM), foot, Part.FOOT)
    layers.worn[-1] = (whole, inside, points)


def wear_upper(
    layers: Layers, garment: Garment, part: Part, sleeve_part: Part, material: int, hem: float
) -> None:
    """Put on shirts, jackets and the upper part of coats and dresses, down to the height `hem`."""
    thickness = 0.004 + _THICKNESS.get(garment.cloth.kind, 0.0)
    shell = _upper_shell(layers, garment, thickness)
    inside = _upper_inside(garment, hem)
    marks = landmarks()
    elbow = bump(marks.arm, 1.0, 0.35) * (marks.arm_weight > 0.3)
    waist = bump(marks.rest[:, 1], 1.0, 0.12) * (marks.arm_weight < 0.3)
    fold = (0.25 + 0.75 * garment.loose) * (0.6 + 0.7 * elbow + 0.5 * waist)
    layers.add(shell, inside, upper_chart(), part, material, fold.astype(np.float32))
    whole, inside, points = layers.worn[-1]
    is_sleeve = on_all_corners(marks.arm_weight[points] > 0.5, whole.faces)
    layers.worn[-1] = (reparted(whole, is_sleeve, sleeve_part), inside, points)


def wear_lower(layers: Layers, garment: Garment, material: int) -> None:
    """Put on trousers, shorts, leggings, stockings."""
    marks = landmarks()
    y = marks.rest[:, 1]
    shell = _trouser_shell(layers, garment)
    top = np.float32(0.985) - y
    inside = np.where(marks.arm_weight < 0.3, np.minimum(y - np.float32(garment.hem), top), np.float32(-1))
    knee = bump(y, 0.47, 0.11)
    ankle = bump(y, 0.08, 0.12)
    groin = bump(y, 0.82, 0.08)
    fold = (0.15 + 0.9 * garment.loose) * (0.55 + 0.7 * knee + 0.8 * ankle + 0.5 * groin)
    part = Part.STOCKING if garment.kind == "stockings" else Part.LOWER
    layers.add(shell, inside.astype(np.float32), lower_chart(), part, material, fold.astype(np.float32))


def wear_shoes(layers: Layers, garment: Garment, material: int) -> None:
    """Put on shoes and boots up to `garment.hem`; of sandals the soles."""
    marks = landmarks()
    y = marks.rest[:, 1]
    away = np.where(y < 0.1, 0.009, 0.006) + np.where(y < 0.03, 0.006, 0.0)
    shell = layers.surface + layers.normals * away[:, None].astype(np.float32)
    shell[:, 1] = np.where(y < 0.02, np.minimum(shell[:, 1], -0.012), shell[:, 1])
    inside = np.where(marks.arm_weight < 0.3, np.float32(garment.hem) - y, np.float32(-1))
    fold = np.full(len(y), 0.5 if garment.hem > 0.12 else 0.1, np.float32)
    layers.add(shell, inside.astype(np.float32), lower_chart(), Part.SHOE, material, fold)


_THICKNESS = {"wool": 0.007, "padded": 0.016, "leather": 0.006, "denim": 0.003, "suiting": 0.003}


def _upper_shell(layers: Layers, garment: Garment, thickness: float) -> Floats:
    marks = landmarks()
    y, arm_weight = marks.rest[:, 1], marks.arm_weight
    loose = garment.loose
    along = np.clip(marks.arm / max(garment.sleeve, 0.5), 0, 1)
    sleeve_ease = loose * 0.016 * (0.2 + along)
    if garment.kind == "robe":
        sleeve_ease = sleeve_ease * 1.6
    trunk_ease = loose * 0.008 * np.interp(y, [0.9, 1.2, 1.36], [1.0, 1.0, 0.3])
    ease = thickness + trunk_ease + (sleeve_ease - trunk_ease) * np.clip(arm_weight * 2 - 0.4, 0, 1)
    shell = layers.surface + layers.normals * ease[:, None].astype(np.float32)

    trunk = (arm_weight < 0.35) & (y > CROTCH - 0.06) & (y < ARMPIT + 0.14)
    axis = _trunk_axis(layers.skin)
    heights = shell[trunk, 1]
    hull = outline(_filled(shell, trunk), axis, (float(heights.max()), float(heights.min())), (22, 32))
    span_hollows(hull.radius, 3)
    let_hang(hull.radius, hull.step, 0.02 * loose + garment.flare * 0.3, 3.0 * (1 - loose))
    smooth(hull.radius, 2)
    share = (
        np.clip(loose * 1.5, 0.12, 0.95) * step(y, ARMPIT + 0.08, ARMPIT - 0.06) * step(arm_weight, 0.35, 0.1)
    )
    shell = _pushed_out(shell, hull.radius, (axis[0], axis[1], hull.top, hull.step), share)
    if garment.cloth.kind == "padded":
        ridge = (y + (1.3 - y) * (arm_weight > 0.5)) / garment.cloth.period
        shell += layers.normals * (0.012 * (1 - np.abs(ridge % 1 * 2 - 1) ** 2))[:, None].astype(np.float32)
    return _creased(shell, layers, 0.3 + loose, 9.0)


def _trouser_shell(layers: Layers, garment: Garment) -> Floats:
    """Make both legs by hulls around their axes, the hips by their normals."""
    marks = landmarks()
    y = marks.rest[:, 1]
    ease = 0.004 + 0.006 * garment.loose
    if garment.kind == "stockings":
        return layers.skin + layers.normals * np.float32(0.0015)
    shell = layers.surface + layers.normals * np.float32(ease)
    if garment.loose > 0.05:
        for side in (1, -1):
            leg = (marks.leg_side == side) & (marks.arm_weight < 0.3) & (y < 0.95) & (y > 0.04)
            shell[leg] = _hanging_leg(shell, leg, garment, y)
    return _creased(shell, layers, 0.2 + garment.loose, 8.0)


def _hanging_leg(shell: Floats, leg: NDArray[np.bool_], garment: Garment, y: Floats) -> Floats:
    own = shell[leg]
    levels = np.linspace(float(own[:, 1].min()), float(own[:, 1].max()), 9, dtype=np.float32)
    centres = [_centre(own[np.abs(own[:, 1] - level) < 0.07]) for level in levels]
    centre = np.array(centres, np.float32)

    def moved(points: Floats, sign: float) -> Floats:
        shift = np.stack(
            [
                np.interp(points[:, 1], levels, centre[:, 0]),
                points[:, 1] * 0,
                np.interp(points[:, 1], levels, centre[:, 1]),
            ],
            axis=1,
        )
        return (points + sign * shift).astype(np.float32)

    straight = moved(own, -1)
    hull = outline(
        moved(_filled(shell, leg), -1), (0.0, 0.0), (float(levels[-1]), float(levels[0])), (26, 20)
    )
    limit = hull.radius.copy()
    let_hang(hull.radius, hull.step, garment.flare - 0.05 + 0.04 * garment.loose, 2.4 * (1 - garment.loose))
    hull.radius[:] = np.maximum(hull.radius, limit)
    smooth(hull.radius, 2)
    share = np.clip(garment.loose * 1.6, 0, 1) * step(y[leg], CROTCH + 0.04, CROTCH - 0.12)
    return moved(_pushed_out(straight, hull.radius, (0.0, 0.0, hull.top, hull.step), share), 1)


def _pushed_out(
    shell: Floats, radius: Floats, frame: tuple[float, float, float, float], share: NDArray[np.float64]
) -> Floats:
    """Moves points outwards, never inwards, by `share` of the way to the hull."""
    x, z, top, step = frame
    target = radii_at(radius, x, z, top, step, shell)
    dx, dz = shell[:, 0] - np.float32(x), shell[:, 2] - np.float32(z)
    own = np.sqrt(dx * dx + dz * dz) + np.float32(1e-6)
    factor = 1 + np.maximum(target - own, 0) / own * share.astype(np.float32)
    out = shell.copy()
    out[:, 0] = np.float32(x) + dx * factor
    out[:, 2] = np.float32(z) + dz * factor
    return out


def _filled(shell: Floats, chosen: NDArray[np.bool_]) -> Floats:
    """Return the chosen points and the middles of faces and edges between them, so that outlines have no holes."""
    faces = body_data().tights
    faces = faces[on_all_corners(chosen, faces)]
    a, b, c = shell[faces[:, 0]], shell[faces[:, 1]], shell[faces[:, 2]]
    half, third = np.float32(0.5), np.float32(1 / 3)
    return np.concatenate(
        [shell[chosen], (a + b) * half, (b + c) * half, (a + c) * half, (a + b + c) * third]
    )


def _trunk_axis(skin: Floats) -> tuple[float, float]:
    marks = landmarks()
    waist = skin[(np.abs(marks.rest[:, 1] - 1.0) < 0.05) & (marks.arm_weight < 0.2)]
    return 0.0, float(waist[:, 2].min() + waist[:, 2].max()) / 2 if len(waist) else TORSO_AXIS_Z


def _centre(points: Floats) -> tuple[float, float]:
    return (
        (float(points[:, 0].min()) + float(points[:, 0].max())) / 2,
        (float(points[:, 2].min()) + float(points[:, 2].max())) / 2,
    )


def _upper_inside(garment: Garment, hem: float) -> Floats:
    """Return the metres inside the garment's edges (N,)."""
    marks = landmarks()
    x, y, z = (marks.rest[:, axis] for axis in range(3))
    front = step(z, -0.02, 0.06)
    wide = 0.075 + 0.25 * garment.neck
    neck = NECK + 0.015 - (garment.neck + 0.012) * exponentials(-((x.astype(np.float64) / wide) ** 2)) * front
    inside = np.minimum(neck - y, 0.2)
    if garment.sleeve >= 0:
        inside = np.where(
            marks.arm_weight > 0.4, np.minimum(inside, (garment.sleeve - marks.arm) * 0.27), inside
        )
    else:
        inside = np.minimum(inside, (0.30 - marks.arm_weight) * 0.12)
    trunk = np.where(marks.arm_weight > 0.4, inside, np.minimum(inside, y - hem))
    if garment.gap > 0:
        opening = garment.gap * np.interp(y, [0.8, 1.2, 1.4], [1.15, 0.9, 0.6])
        trunk = np.where((z > 0.02) & (marks.arm_weight < 0.4), np.minimum(trunk, np.abs(x) - opening), trunk)
    return np.asarray(trunk, np.float32)


def _creased(shell: Floats, layers: Layers, strength: float, scale: float) -> Floats:
    """Pushes the cloth outwards here and there."""
    rest = landmarks().rest
    moved = noise_at(noise(), rest * np.float32(scale) + np.float32(layers.seed))
    return shell + layers.normals * (np.maximum(moved, 0) * np.float32(0.0045 * strength))[:, None]


def step(value: NDArray[np.floating], start: float, end: float) -> NDArray[np.float64]:
    """Return 0 at `start`, 1 at `end`, smooth between."""
    t = np.clip((value.astype(np.float64) - start) / (end - start), 0, 1)
    return np.asarray(t * t * (3 - 2 * t))


def bump(value: NDArray[np.floating], centre: float, width: float) -> NDArray[np.float64]:
    """Return 1 at `centre`, falling off over `width`."""
    t = (value.astype(np.float64) - centre) / width
    return np.asarray(1 / (1 + t * t * t * t))
