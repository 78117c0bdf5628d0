"""Light that comes from meshes: colour, creases, sky, key light with its shadow, highlights.

V vertices, T triangles, H x W samples, h x w pixels.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..clothes.surface import surface
from .compiled import compiled
from .light import Light, Shadow, dappled, lit, pooled

F = np.float32
Floats = NDArray[np.float32]


class Shaded(NamedTuple):
    """The arrays of one mesh that shading reads; see `Figure`."""

    vertices: Floats
    normals: Floats
    faces: NDArray[np.int32]
    part: NDArray[np.uint8]
    material: NDArray[np.uint8]
    two_sided: NDArray[np.bool_]
    materials: Floats
    rest: Floats
    pattern: Floats
    fold: Floats
    sky: Floats
    """(V, 4), vector irradiance of the sky; see `sky_light`."""


class Cloth(NamedTuple):
    """What the patterns of clothes are made from; see `clothes.surface`."""

    noise: Floats
    prints: NDArray[np.int8]


class Samples(NamedTuple):
    """The z-buffer, `oversampling` samples a pixel each way."""

    nearness: Floats
    triangle: NDArray[np.int32]
    weight: Floats
    oversampling: int


@compiled
def shade(
    mesh: Shaded,
    first: int,
    samples: Samples,
    eye: Floats,
    light: Light,
    shadow: Shadow,
    noise: Floats,
    cloth: Cloth,
    out: Floats,
    counts: NDArray[np.int32],
) -> None:
    """Add the light of every sample that shows the mesh to `out` (h, w, 4): linear RGB and coverage.

    The mesh's triangles are numbered from `first` in the z-buffer. `counts` (parts,) counts the samples of
    each part. Materials with snow on them, fog before them and the pool of a lamp are those of `light`.
    """
    height, width = samples.triangle.shape
    over = samples.oversampling
    share = F(1.0) / F(over * over)
    last = first + mesh.faces.shape[0]
    painted = np.empty(6, np.float32)
    materials = mesh.materials
    view = np.empty(3, np.float32)
    for row in range(height):
        for column in range(width):
            t = samples.triangle[row, column]
            if t < first or t >= last:
                continue
            t -= first
            counts[mesh.part[t]] += 1
            a, b, c = mesh.faces[t, 0], mesh.faces[t, 1], mesh.faces[t, 2]
            wa, wb = samples.weight[row, column, 0], samples.weight[row, column, 1]
            wc = F(1.0) - wa - wb
            x = wa * mesh.vertices[a, 0] + wb * mesh.vertices[b, 0] + wc * mesh.vertices[c, 0]
            y = wa * mesh.vertices[a, 1] + wb * mesh.vertices[b, 1] + wc * mesh.vertices[c, 1]
            z = wa * mesh.vertices[a, 2] + wb * mesh.vertices[b, 2] + wc * mesh.vertices[c, 2]
            nx = wa * mesh.normals[a, 0] + wb * mesh.normals[b, 0] + wc * mesh.normals[c, 0]
            ny = wa * mesh.normals[a, 1] + wb * mesh.normals[b, 1] + wc * mesh.normals[c, 1]
            nz = wa * mesh.normals[a, 2] + wb * mesh.normals[b, 2] + wc * mesh.normals[c, 2]
            view[0], view[1], view[2] = eye[0] - x, eye[1] - y, eye[2] - z
            away = math.sqrt(view[0] * view[0] + view[1] * view[1] + view[2] * view[2])
            view[0] /= away
            view[1] /= away
            view[2] /= away
            if nx * view[0] + ny * view[1] + nz * view[2] < F(0.0) and mesh.two_sided[mesh.material[t]]:
                nx, ny, nz = -nx, -ny, -nz
            row_of = int(mesh.material[t])
            surface(
                materials,
                row_of,
                wa * mesh.pattern[a, 0] + wb * mesh.pattern[b, 0] + wc * mesh.pattern[c, 0],
                wa * mesh.pattern[a, 1] + wb * mesh.pattern[b, 1] + wc * mesh.pattern[c, 1],
                wa * mesh.rest[a, 0] + wb * mesh.rest[b, 0] + wc * mesh.rest[c, 0],
                wa * mesh.rest[a, 1] + wb * mesh.rest[b, 1] + wc * mesh.rest[c, 1],
                wa * mesh.rest[a, 2] + wb * mesh.rest[b, 2] + wc * mesh.rest[c, 2],
                wa * mesh.fold[a] + wb * mesh.fold[b] + wc * mesh.fold[c],
                cloth.noise,
                cloth.prints,
                painted,
            )
            nx += painted[3]
            ny += painted[4]
            nz += painted[5]
            length = math.sqrt(nx * nx + ny * ny + nz * nz) + F(1e-9)
            nx, ny, nz = nx / length, ny / length, nz / length
            facing = max(F(0.0), nx * view[0] + ny * view[1] + nz * view[2])
            s0 = wa * mesh.sky[a, 0] + wb * mesh.sky[b, 0] + wc * mesh.sky[c, 0]
            s1 = wa * mesh.sky[a, 1] + wb * mesh.sky[b, 1] + wc * mesh.sky[c, 1]
            s2 = wa * mesh.sky[a, 2] + wb * mesh.sky[b, 2] + wc * mesh.sky[c, 2]
            s3 = wa * mesh.sky[a, 3] + wb * mesh.sky[b, 3] + wc * mesh.sky[c, 3]
            above = max(F(0.0), s0 + nx * s1 + ny * s2 + nz * s3)
            below = (F(0.5) - F(0.5) * ny) * (F(0.35) + F(0.65) * min(F(1.0), s0 * F(3.2)))
            below *= F(0.6) + F(0.4) * min(F(1.0), y * F(1.2))
            key = F(0.0)
            if light.key[1] > F(0.0):
                key = nx * light.direction[0] + ny * light.direction[1] + nz * light.direction[2]
                if key > F(0.0):
                    key *= lit(shadow, x + nx * F(0.015), y + ny * F(0.015), z + nz * F(0.015), F(0.02))
                    key *= dappled(light.dapple, noise, x, y, z, light.direction) * pooled(light.pool, x, z)
                else:
                    key = F(0.0)
            if light.cover[0] > F(0.0) and ny > F(0.3) and mesh.part[t] == _THING:
                snow = min(F(1.0), (ny - F(0.3)) * F(3.0)) * light.cover[0]
                for k in range(3):
                    painted[k] += snow * (F(0.82) - painted[k])
            gloss, rim = _highlights(materials, row_of, nx, ny, nz, view, facing, light, key)
            fade = F(1.0) / (F(1.0) + light.fog[0] * away)
            fade *= fade
            pixel = out[row // over, column // over]
            for k in range(3):
                value = painted[k] * (light.key[k] * key + light.sky[k] * above + light.bounce[k] * below)
                value += gloss * light.key[k] + rim * above * light.sky[k]
                pixel[k] += share * (value * fade + light.fog[k + 1] * (F(1.0) - fade))
            pixel[3] += share


_THING = 255
"""Part of what is no person: snow lies on it."""


@compiled
def _highlights(
    materials: Floats,
    row: int,
    nx: np.float32,
    ny: np.float32,
    nz: np.float32,
    view: Floats,
    facing: np.float32,
    light: Light,
    key: np.float32,
) -> tuple[np.float32, np.float32]:
    """Share of the key light that the surface mirrors, and of the sky's light at grazing angles and above."""
    roughness, specular, sheen = materials[row, 16], materials[row, 17], materials[row, 18]
    edge = F(1.0) - facing
    rim = sheen * edge * edge * edge + F(0.35) * specular * max(F(0.0), ny + F(0.2))
    if specular <= F(0.0) or key <= F(0.0):
        return F(0.0), rim
    hx = light.direction[0] + view[0]
    hy = light.direction[1] + view[1]
    hz = light.direction[2] + view[2]
    inverse = F(1.0) / (math.sqrt(hx * hx + hy * hy + hz * hz) + F(1e-6))
    cosine = max(F(0.0), (nx * hx + ny * hy + nz * hz) * inverse)
    # Trowbridge and Reitz's lobe (1975), its peak scaled to 1: no power function.
    square = max(F(0.01), roughness * roughness * roughness * roughness)
    lobe = square / (cosine * cosine * (square - F(1.0)) + F(1.0))
    return specular * lobe * lobe * min(F(1.0), key * F(3.0)), rim
