"""One picture from its ingredients: somebody at a place in some weather, before a camera."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..camera.backdrop import Backdrop, Wall
from ..camera.mesh import Mesh
from ..camera.picture import Seen, Stage, see
from ..camera.view import View, extent
from ..world.place import Place, Thing
from ..world.weather import Conditions, wall_light

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Box:
    """A detector's box around somebody, in shares of the person's height or of the box."""

    loose: float = 1.06
    """Height of the box, as a share of the person's."""
    shape: float = 0.5
    """Width of the box, as a share of its height; wider where arms would be cut off by `side`."""
    side: float = 0.97
    """Least width, as a share of the person's."""
    right: float = 0.0
    down: float = 0.0
    """How far it is off, in shares of its width and height."""


def frame(subject: Mesh, place: Place, box: Box) -> View:
    """Return the part of the camera's picture that a box cuts out."""
    left, right, top, bottom = extent(subject.vertices, place.eye, place.axes)
    height = (bottom - top) * box.loose
    width = max(height * box.shape, (right - left) * box.side)
    middle_x = (left + right) / 2 + box.right * width
    middle_y = (top + bottom) / 2 + box.down * height
    return View(place.eye, place.axes, middle_x - width / 2, middle_y - height / 2, width, height)


def shoot(
    place: Place,
    weather: Conditions,
    subject: Mesh,
    view: View,
    size: tuple[int, int],
    others: Sequence[Mesh] = (),
    obstacles: Sequence[Thing] = (),
) -> Seen:
    """Render what the camera sees, as linear light of `size` (width, height).

    Of what always stands there only things behind the subject are shown: what is to hide it comes as
    `obstacles` or as one of `others`.
    """
    depth = _depth(view, subject.centre) + 0.3
    things = [thing for thing in place.things if _depth(view, thing.centre) - 0.6 * thing.radius > depth]
    things = [thing for thing in (*things, *obstacles) if _is_in(view, thing.centre, thing.radius)]
    seen_others = [mesh for mesh in others if _is_in(view, mesh.centre, mesh.radius)]
    spots = [_spot(mesh.centre, 0.28, 0.6) for mesh in seen_others]
    spots += [_spot(thing.centre, max(0.15, 0.45 * thing.radius), thing.shade) for thing in things]
    stage = Stage(
        subject=subject,
        others=seen_others,
        things=[thing.mesh for thing in things],
        backdrop=_lit(place.backdrop, weather),
        light=weather.light,
        radiance=weather.radiance,
        spots=np.array(spots, dtype=np.float32).reshape(-1, 4),
    )
    return see(stage, view, size)


def _lit(backdrop: Backdrop, weather: Conditions) -> Backdrop:
    walls = backdrop.walls.copy()
    for row in walls:
        around, key = wall_light(weather.light, float(row[0]), float(row[1]))
        row[Wall.RED : Wall.BLUE + 1], row[Wall.KEY] = around, key
        row[Wall.LAMPS] = weather.lamps
    return backdrop._replace(walls=walls)


def _depth(view: View, point: Floats) -> float:
    return float(((point - view.eye) * view.axes[2]).sum())


def _is_in(view: View, centre: Floats, radius: float) -> bool:
    """Tell whether a sphere may be in the picture."""
    x, y, z = (float(value) for value in centre - view.eye)
    right, up, depth = (float(a[0]) * x + float(a[1]) * y + float(a[2]) * z for a in view.axes)
    if depth < 0.5:
        return depth > -radius and math.hypot(right, up) < 2 * radius
    reach = radius / depth * 1.1
    return (
        view.left - reach < right / depth < view.left + view.width + reach
        and view.top - reach < -up / depth < view.top + view.height + reach
    )


def _spot(centre: Floats, radius: float, depth: float) -> tuple[float, float, float, float]:
    return float(centre[0]), float(centre[2]), 1.0 / radius**2, depth
