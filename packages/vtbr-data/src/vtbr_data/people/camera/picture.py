"""One picture: meshes before a backdrop, in some light, as linear light; and what of it is seen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..clothes.noise_cube import noise as cloth_noise
from ..clothes.prints import prints
from ..figure import Part
from .backdrop import Backdrop, paint_backdrop
from .light import Light, Shadow, no_shadow, shadow_of
from .mesh import Mesh
from .raster import OVERSAMPLING, Box, Samples, rasterise
from .shading import Cloth, shade
from .sky import GRID, SKY_FRAMES, open_sky, sky_light
from .view import View

Floats = NDArray[np.float32]

_GRAY = 0.2
"""Share of the light that a plain gray background throws back."""

_AROUND = 1.6
"""Metres from the subject within which others throw their shadow on it."""


@dataclass(frozen=True, slots=True)
class Stage:
    """Everything before the camera: the subject, others and things around, ground and walls, light."""

    subject: Mesh
    others: Sequence[Mesh]
    things: Sequence[Mesh]
    backdrop: Backdrop
    light: Light
    radiance: Floats
    """(10,), of the sky; see `sky_radiance`."""
    spots: Floats
    """(N, 4), dark places under others and things."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What of a stage is in a picture."""

    light: Floats
    """(H, W, 3), linear RGB."""
    parts: NDArray[np.int32]
    """(len(Part),), share of the picture that shows each part of the subject, in pixels."""
    covered: Floats
    """(H, W), how much of the backdrop is hidden, in [0, 1]."""


def see(stage: Stage, view: View, size: tuple[int, int]) -> Seen:
    """Render a picture of `size` (width, height)."""
    width, height = size
    centre = stage.subject.centre
    centre[1] = 0.9
    shadow = _shadow(stage, centre)
    sky = np.empty((len(stage.subject.vertices), 4), dtype=np.float32)
    ground = np.empty((GRID, GRID), dtype=np.float32)
    sky_light(stage.subject.vertices, stage.subject.normals, stage.radiance, SKY_FRAMES, centre, sky, ground)
    out, parts = _meshes(stage, view, size, sky, shadow)
    light = np.zeros((height, width, 3), np.float32)
    covered = np.ascontiguousarray(out[..., 3])
    if len(stage.backdrop.strips):
        paint_backdrop(
            stage.backdrop, view.rays(width, height), stage.light, shadow, ground, centre, stage.spots, covered,
            light,
        )  # fmt: skip
    else:
        light += _plain_gray(stage.light)
    light *= 1 - covered[..., None]
    light += out[..., :3]
    return Seen(light, parts // OVERSAMPLING**2, covered)


def _plain_gray(light: Light) -> np.float32:
    """Return the linear brightness of a gray wall in this light: that of most grounds, without a colour of its own."""
    return np.float32(_GRAY * (light.sky.mean() + 0.5 * light.key.mean()))


def _meshes(
    stage: Stage, view: View, size: tuple[int, int], sky: Floats, shadow: Shadow
) -> tuple[Floats, NDArray[np.int32]]:
    """Render people and things: light and coverage (H, W, 4), and the samples that show each part of the subject."""
    width, height = size
    meshes = [stage.subject, *stage.others, *stage.things]
    samples, drawn = _drawn(meshes, view, width * OVERSAMPLING, height * OVERSAMPLING)
    cloth = Cloth(cloth_noise(), prints())
    out = np.zeros((height, width, 4), np.float32)
    parts, others = np.zeros(256, np.int32), np.zeros(256, np.int32)
    first = 0
    for k, (mesh, box) in enumerate(zip(meshes, drawn, strict=True)):
        light_from_above = sky if k == 0 else open_sky(len(mesh.vertices))
        shade(
            mesh, light_from_above, first, box, samples, view.eye, stage.light, shadow, stage.backdrop.noise,
            cloth, out, others if k else parts,
        )  # fmt: skip
        first += len(mesh.faces)
    return out, parts[: len(Part)]


def _drawn(meshes: Sequence[Mesh], view: View, wide: int, high: int) -> tuple[Samples, list[Box]]:
    """Draw all meshes into a z-buffer of `wide` x `high` samples; return it and what bounds each of them."""
    samples = Samples(
        np.zeros((high, wide), np.float32),
        np.full((high, wide), -1, np.int32),
        np.empty((high, wide, 2), np.float32),
    )
    boxes, first = [], 0
    for mesh in meshes:
        screen = view.samples(mesh.vertices, wide, high)
        boxes.append(rasterise(screen, mesh.faces, mesh.material, mesh.two_sided, first, samples))
        first += len(mesh.faces)
    return samples, boxes


def _shadow(stage: Stage, centre: Floats) -> Shadow:
    if stage.light.key[1] <= 0:
        return no_shadow()
    near = [
        mesh
        for mesh in (*stage.others, *stage.things)
        if np.hypot(*(mesh.centre - centre)[[0, 2]]) < _AROUND + mesh.radius
    ]
    return shadow_of([stage.subject, *near], centre, stage.light.direction)
