"""One picture: meshes before a backdrop, in some light, as linear light; and what of it is seen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..clothes.surface import noise as cloth_noise
from ..clothes.surface import prints
from ..figure import Part
from .backdrop import Backdrop, paint_backdrop
from .light import GRID, SKY_FRAMES, Light, Shadow, no_shadow, open_sky, shadow_of, sky_light
from .mesh import Mesh
from .raster import rasterise
from .shading import Cloth, Samples, Shaded, shade
from .view import View

Floats = NDArray[np.float32]

OVERSAMPLING = 2
"""Samples a pixel, each way."""

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
    wide, high = width * OVERSAMPLING, height * OVERSAMPLING
    centre = stage.subject.centre
    centre[1] = 0.9
    samples = Samples(
        np.zeros((high, wide), np.float32),
        np.full((high, wide), -1, np.int32),
        np.empty((high, wide, 2), np.float32),
        OVERSAMPLING,
    )
    shadow = _shadow(stage, centre)
    sky = np.empty((len(stage.subject.vertices), 4), dtype=np.float32)
    ground = np.empty((GRID, GRID), dtype=np.float32)
    sky_light(stage.subject.vertices, stage.subject.normals, stage.radiance, SKY_FRAMES, centre, sky, ground)
    meshes = [stage.subject, *stage.others, *stage.things]
    skies = [sky, *(open_sky(len(mesh.vertices)) for mesh in meshes[1:])]
    firsts = _draw(meshes, view, samples)
    cloth = Cloth(cloth_noise(), prints())
    out = np.zeros((height, width, 4), np.float32)
    parts = np.zeros(256, np.int32)
    for k, mesh in enumerate(meshes):
        counts = parts if k == 0 else np.zeros(256, np.int32)
        shade(
            _shaded(mesh, skies[k]), firsts[k], samples, view.eye, stage.light, shadow,
            stage.backdrop.noise, cloth, out, counts,
        )  # fmt: skip
    light = np.zeros((height, width, 3), np.float32)
    covered = np.ascontiguousarray(out[..., 3])
    paint_backdrop(
        stage.backdrop, view.rays(width, height), stage.light, shadow, ground, centre, stage.spots, covered,
        light,
    )  # fmt: skip
    light *= 1 - covered[..., None]
    light += out[..., :3]
    return Seen(light, parts[: len(Part)] // OVERSAMPLING**2, covered)


def _draw(meshes: Sequence[Mesh], view: View, samples: Samples) -> list[int]:
    high, wide = samples.triangle.shape
    firsts, first = [], 0
    for mesh in meshes:
        screen = view.samples(mesh.vertices, wide, high)
        rasterise(
            screen, mesh.faces, mesh.material, mesh.two_sided, first,
            samples.nearness, samples.triangle, samples.weight,
        )  # fmt: skip
        firsts.append(first)
        first += len(mesh.faces)
    return firsts


def _shadow(stage: Stage, centre: Floats) -> Shadow:
    if stage.light.key[1] <= 0:
        return no_shadow()
    near = [
        mesh
        for mesh in (*stage.others, *stage.things)
        if np.hypot(*(mesh.centre - centre)[[0, 2]]) < _AROUND + mesh.radius
    ]
    return shadow_of([stage.subject, *near], centre, stage.light.direction)


def _shaded(mesh: Mesh, sky: Floats) -> Shaded:
    return Shaded(
        mesh.vertices, mesh.normals, mesh.faces, mesh.part, mesh.material, mesh.two_sided, mesh.materials,
        mesh.rest, mesh.pattern, mesh.fold, sky,
    )  # fmt: skip
