"""What people wear above the waist: the top with its pattern, cut, prints and folds, and scarves."""

from __future__ import annotations

import math

import numpy as np

from .canvas import BLACK, WHITE, Canvas
from .palette import RGB, blend
from .patterns import draw_pattern, draw_print
from .people import Person
from .pose import Pose
from .solids import Lathe, View
from .trunk import WAIST, trunk

_SHORT_TOP, _LONG_TOP, _COAT = 0.525, 0.415, 0.33


def torso(person: Person, pose: Pose, view: View) -> Lathe:
    """The clothed upper body, down to the hem of the top."""
    if person.look.dress:
        bottom = WAIST - 0.02
    elif person.look.top == "long":
        bottom = _COAT if person.upper.cut in ("open", "padded") else _LONG_TOP
    else:
        bottom = _SHORT_TOP
    ease = person.upper.ease + (0.008 if person.upper.cut == "padded" else 0.0)
    return trunk(person, pose, view, 0.85, bottom, ease)


def draw_torso(canvas: Canvas, person: Person, body: Lathe) -> None:
    """The top with its pattern, cut and prints."""
    garment = person.upper
    canvas.lathe(body, garment.colour, shaded=False)
    draw_pattern(canvas, body, garment, person.build.height)
    if garment.cut != "open":
        draw_print(canvas, body, person.front_print, 0.0, person)
    draw_print(canvas, body, person.back_print, math.pi, person)
    _cut(canvas, body, person)
    canvas.shade(body)
    _folds(canvas, body, person)


def _cut(canvas: Canvas, body: Lathe, person: Person) -> None:
    garment, height = person.upper, person.build.height
    top = float(body.up[0])
    dark = blend(garment.colour, BLACK if sum(garment.colour) > 150 else WHITE, 0.35)
    if garment.cut == "open":
        drop = np.clip((top - body.up) / (0.30 * height), 0.0, 1.0)
        half = 0.42 - 0.14 * np.sin(drop * math.pi)
        canvas.fill_all(body.patch(-half, half), garment.second)
        canvas.fill_all(body.patch(-half - 0.10, -half), dark)
        canvas.fill_all(body.patch(half, half + 0.10), dark)
    elif garment.cut == "zip":
        canvas.fill_all(body.patch(-0.045, 0.045), dark)
        canvas.fill_all(body.band(top, top - 0.022 * height), dark)
    elif garment.cut == "hood":
        canvas.fill_all(body.patch(-0.4, 0.4, top - 0.20 * height, top - 0.27 * height), dark, 0.55)
        turned = np.clip((top - body.up) / (0.075 * height), 0.0, 1.0)
        half = 2.3 * np.sqrt(np.maximum(0.0, 1 - turned**2))
        canvas.fill_all(body.patch(math.pi - half, math.pi + half), blend(garment.colour, WHITE, 0.12))
        canvas.fill_all(body.patch(math.pi - half * 0.62, math.pi + half * 0.62), dark, 0.55)
    elif garment.cut == "collar":
        canvas.fill_all(body.band(top, top - 0.020 * height), blend(garment.colour, WHITE, 0.45))
        canvas.fill_all(body.patch(-0.07, 0.07, top, top - 0.10 * height), dark, 0.7)
    if garment.cut in ("shirt", "open", "collar"):
        opening = np.clip((top - body.up) / (0.030 * height), 0.0, 1.0)
        half = 0.75 * (1 - opening)
        canvas.fill_all(body.patch(-half, half, top, top - 0.030 * height), person.skin)


def _folds(canvas: Canvas, body: Lathe, person: Person) -> None:
    """Creases that fall from the chest and gather at the waist, a darker hem; quilting on a padded jacket."""
    height = person.build.height
    top, bottom = float(body.up[0]), float(body.up[-1])
    canvas.fill_all(body.band(bottom + 0.012 * height, bottom), BLACK, 0.14)
    if person.upper.cut == "padded":
        for up in np.arange(top - 0.075 * height, bottom, -0.05 * height).tolist():
            canvas.fill_all(body.band(up, up - 0.012 * height), BLACK, 0.20)
        return
    slack = 0.05 + 3.0 * person.upper.ease
    start = person.upper.phase * 20
    for angle in (start, start + 1.7, start + 3.1, start + 4.4) if canvas.is_fine else (start, start + 3.1):
        drop = np.clip((top - 0.16 * height - body.up) / (0.2 * height), 0.0, 1.0)
        crease = math.remainder(angle, 2 * math.pi) + slack * 2.5 * drop
        canvas.fill_all(
            body.patch(crease, crease + 0.06 + slack * drop, top - 0.17 * height, bottom), BLACK, 0.09
        )


def draw_scarf(canvas: Canvas, person: Person, pose: Pose, view: View, colour: RGB) -> None:
    """A scarf around the neck with one end hanging down in front."""
    height = person.build.height
    rows = [
        (pose.up(up), half * height, half * 1.05 * height, pose.forward(pose.up(up)) + 0.004 * height)
        for up, half in ((0.876, 0.036), (0.866, 0.048), (0.846, 0.056), (0.830, 0.052))
    ]
    loop = Lathe(view, rows)
    canvas.lathe(loop, colour)
    if math.cos(view.turn) > 0.1:
        side = 0.02 * person.bag_side * height
        front = pose.forward(pose.up(0.78)) + 0.078 * height
        ends = [view.point(side + step, front, pose.up(up)) for step, up in (
            (-0.022 * height, 0.845), (0.018 * height, 0.845), (0.024 * height, 0.70), (-0.020 * height, 0.70)
        )]  # fmt: skip
        canvas.fill(np.array(ends), blend(colour, BLACK, 0.12))
