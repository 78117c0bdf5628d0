"""Light that comes from meshes: colour, creases, sky, key light with its shadow, highlights.

V vertices, T triangles, H x W samples, h x w pixels.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..clothes.surface import surface
from ..compiled import borrowed, compiled, inlined
from ..figure import Column
from .light import Light, Shadow, borrowed_light, borrowed_shadow, dappled, lit, pooled
from .mesh import Mesh
from .raster import OVERSAMPLING, Box, Samples

F = np.float32
Floats = NDArray[np.float32]
Real = np.float32
Three = tuple[Real, Real, Real]


class Cloth(NamedTuple):
    """What the patterns of clothes are made from; see `clothes.surface`."""

    noise: Floats
    prints: NDArray[np.int8]


_SHARE = F(1.0 / OVERSAMPLING**2)
_THING = 255
"""Part of what is no person: snow lies on it."""
_ROUGHNESS, _SPECULAR, _SHEEN = int(Column.ROUGHNESS), int(Column.SPECULAR), int(Column.SHEEN)
_PLACE, _NORMAL, _REST, _SKY, _PATTERN, _FOLD, _WIDTH = 0, 3, 6, 9, 13, 15, 16
"""Columns of what is interpolated between corners: one line of the processor's cache each."""


@compiled
def shade(
    mesh: Mesh,
    sky: Floats,
    first: int,
    drawn: Box,
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

    The mesh's triangles are numbered from `first` in the z-buffer, where they lie within `drawn`; `sky` (V, 4) is
    the vector irradiance of `sky_light`. `counts` (parts,) counts the samples of each part. Materials with snow on
    them, fog before them and the pool of a lamp are those of `light`.
    """
    left, top, right, bottom = drawn
    if left >= right:
        return
    kept, last = _corners(mesh, sky), first + mesh.faces.shape[0]
    room = np.empty(_WIDTH, np.float32)
    corners, point = borrowed(kept), borrowed(room)
    triangle, weight, faces = borrowed(samples.triangle), borrowed(samples.weight), borrowed(mesh.faces)
    parts, material, two_sided = borrowed(mesh.part), borrowed(mesh.material), borrowed(mesh.two_sided)
    materials, eye, noise = borrowed(mesh.materials), borrowed(eye), borrowed(noise)
    cloth_noise, prints = borrowed(cloth.noise), borrowed(cloth.prints)
    light, shadow, out, counts = (
        borrowed_light(light),
        borrowed_shadow(shadow),
        borrowed(out),
        borrowed(counts),
    )
    for row in range(top, bottom):
        for column in range(left, right):
            t = triangle[row, column]
            if t < first or t >= last:
                continue
            t -= first
            part = parts[t]
            counts[part] += 1
            _interpolate(
                corners,
                faces[t, 0],
                faces[t, 1],
                faces[t, 2],
                weight[row, column, 0],
                weight[row, column, 1],
                point,
            )
            red, green, blue = _sample(
                point, materials, int(material[t]), two_sided[material[t]], part == _THING, eye, light, shadow, noise,
                cloth_noise, prints,
            )  # fmt: skip
            i, j = row // OVERSAMPLING, column // OVERSAMPLING
            out[i, j, 0] += _SHARE * red
            out[i, j, 1] += _SHARE * green
            out[i, j, 2] += _SHARE * blue
            out[i, j, 3] += _SHARE
    _keep(kept, room)


@compiled
def _keep(corners: Floats, point: Floats) -> int:
    """Hold on to what was borrowed until here."""
    return len(corners) + len(point)


@compiled
def _corners(mesh: Mesh, sky: Floats) -> Floats:
    """Lay all that is interpolated side by side (V, _WIDTH)."""
    count = mesh.vertices.shape[0]
    out = np.empty((count, _WIDTH), np.float32)
    for i in range(count):
        for axis in range(3):
            out[i, _PLACE + axis] = mesh.vertices[i, axis]
            out[i, _NORMAL + axis] = mesh.normals[i, axis]
            out[i, _REST + axis] = mesh.rest[i, axis]
        for k in range(4):
            out[i, _SKY + k] = sky[i, k]
        out[i, _PATTERN], out[i, _PATTERN + 1] = mesh.pattern[i, 0], mesh.pattern[i, 1]
        out[i, _FOLD] = mesh.fold[i]
    return out


@inlined
def _interpolate(corners: Floats, a: int, b: int, c: int, wa: Real, wb: Real, point: Floats) -> None:
    """Mix three corners by their shares into `point` (_WIDTH,)."""
    wc = F(1.0) - wa - wb
    for k in range(_WIDTH):
        point[k] = wa * corners[a, k] + wb * corners[b, k] + wc * corners[c, k]


@inlined
def _sample(
    point: Floats,
    materials: Floats,
    row: int,
    is_two_sided: bool,
    is_thing: bool,
    eye: Floats,
    light: Light,
    shadow: Shadow,
    noise: Floats,
    cloth_noise: Floats,
    prints: NDArray[np.int8],
) -> Three:
    """Return the light that comes from a point of material `row`."""
    x, y, z = point[_PLACE], point[_PLACE + 1], point[_PLACE + 2]
    nx, ny, nz = point[_NORMAL], point[_NORMAL + 1], point[_NORMAL + 2]
    view, away = _unit(eye[0] - x, eye[1] - y, eye[2] - z)
    if is_two_sided and nx * view[0] + ny * view[1] + nz * view[2] < F(0.0):
        nx, ny, nz = -nx, -ny, -nz
    colour, tilt = surface(
        materials, row, (point[_PATTERN], point[_PATTERN + 1]), (point[_REST], point[_REST + 1], point[_REST + 2]),
        point[_FOLD], cloth_noise, prints,
    )  # fmt: skip
    normal, _ = _unit(nx + tilt[0], ny + tilt[1], nz + tilt[2])
    if is_thing and light.cover[0] > F(0.0) and normal[1] > F(0.3):
        colour = _snowed(colour, min(F(1.0), (normal[1] - F(0.3)) * F(3.0)) * light.cover[0])
    above = (
        point[_SKY] + normal[0] * point[_SKY + 1] + normal[1] * point[_SKY + 2] + normal[2] * point[_SKY + 3]
    )
    above, below = max(F(0.0), above), _bounced(point[_SKY], normal[1], y)
    key = _key(light, shadow, noise, (x, y, z), normal)
    gloss, rim = _highlights(materials, row, normal, view, light.direction, key)
    rim *= above
    fade = F(1.0) / (F(1.0) + light.fog[0] * away)
    fade *= fade
    fog = F(1.0) - fade
    red = colour[0] * (light.key[0] * key + light.sky[0] * above + light.bounce[0] * below)
    green = colour[1] * (light.key[1] * key + light.sky[1] * above + light.bounce[1] * below)
    blue = colour[2] * (light.key[2] * key + light.sky[2] * above + light.bounce[2] * below)
    return (
        (red + gloss * light.key[0] + rim * light.sky[0]) * fade + light.fog[1] * fog,
        (green + gloss * light.key[1] + rim * light.sky[1]) * fade + light.fog[2] * fog,
        (blue + gloss * light.key[2] + rim * light.sky[2]) * fade + light.fog[3] * fog,
    )


@inlined
def _unit(x: Real, y: Real, z: Real) -> tuple[Three, Real]:
    """Return a vector at length 1, and its length."""
    length = math.sqrt(x * x + y * y + z * z) + F(1e-9)
    inverse = F(1.0) / length
    return (x * inverse, y * inverse, z * inverse), length


@inlined
def _snowed(colour: Three, snow: Real) -> Three:
    red, green, blue = colour
    white = F(0.82)
    return red + snow * (white - red), green + snow * (white - green), blue + snow * (white - blue)


@inlined
def _bounced(irradiance: Real, up: Real, height: Real) -> Real:
    """Return the share of the ground's light on a surface whose normal points `up` by so much."""
    below = (F(0.5) - F(0.5) * up) * (F(0.35) + F(0.65) * min(F(1.0), irradiance * F(3.2)))
    return below * (F(0.6) + F(0.4) * min(F(1.0), height * F(1.2)))


@inlined
def _key(light: Light, shadow: Shadow, noise: Floats, place: Three, normal: Three) -> Real:
    """Return the share of the key light on a surface: its angle, shadow, shade of trees, and distance from a lamp."""
    direction = light.direction
    key = normal[0] * direction[0] + normal[1] * direction[1] + normal[2] * direction[2]
    if light.key[1] <= F(0.0) or key <= F(0.0):
        key = F(0.0)
    else:
        x, y, z = place
        off = F(0.015)
        key *= lit(shadow, x + normal[0] * off, y + normal[1] * off, z + normal[2] * off, F(0.02))
        key *= dappled(light.dapple, noise, x, y, z, direction) * pooled(light.pool, x, z)
    return F(key)


@inlined
def _highlights(
    materials: Floats, row: int, normal: Three, view: Three, direction: Floats, key: Real
) -> tuple[Real, Real]:
    """Return the share of the key light that the surface mirrors, and of the sky's
    light at grazing angles and above.
    """
    roughness, specular, sheen = materials[row, _ROUGHNESS], materials[row, _SPECULAR], materials[row, _SHEEN]
    edge = F(1.0) - max(F(0.0), normal[0] * view[0] + normal[1] * view[1] + normal[2] * view[2])
    rim = sheen * edge * edge * edge + F(0.35) * specular * max(F(0.0), normal[1] + F(0.2))
    if specular <= F(0.0) or key <= F(0.0):
        return F(0.0), rim
    hx, hy, hz = direction[0] + view[0], direction[1] + view[1], direction[2] + view[2]
    inverse = F(1.0) / (math.sqrt(hx * hx + hy * hy + hz * hz) + F(1e-6))
    cosine = max(F(0.0), (normal[0] * hx + normal[1] * hy + normal[2] * hz) * inverse)
    # Trowbridge and Reitz's lobe (1975), its peak scaled to 1: no power function.
    square = max(F(0.01), roughness * roughness * roughness * roughness)
    lobe = square / (cosine * cosine * (square - F(1.0)) + F(1.0))
    return specular * lobe * lobe * min(F(1.0), key * F(3.0)), rim
