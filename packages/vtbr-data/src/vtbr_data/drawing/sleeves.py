"""Arms: hand, skin and sleeve."""

from __future__ import annotations

import math

import numpy as np

from .canvas import BLACK, Canvas
from .palette import blend
from .patterns import STRIPE
from .people import Person
from .pose import Arm
from .solids import Tube, View


def draw_sleeve(canvas: Canvas, person: Person, arm: Arm, view: View) -> None:
    """One arm: skin, hand and sleeve."""
    height, girth = person.build.height, math.sqrt(person.build.girth)
    radii = [0.0275 * height * girth, 0.023 * height * girth, 0.017 * height]
    hand = Tube(view, [arm.wrist, arm.hand], [0.016 * height, 0.015 * height], samples=4)
    canvas.tube(hand, person.skin, shaded=False)
    skin = Tube(view, [arm.shoulder, arm.elbow, arm.wrist], radii)
    ease = (0.003 + 0.35 * person.upper.ease) * height
    sleeve = Tube(view, [arm.shoulder, arm.elbow, arm.wrist], [radius + ease for radius in radii])
    garment = person.upper
    stop = 1.0 if person.look.sleeves == "long" else 0.36
    if stop < 1.0:
        canvas.tube(skin, person.skin)
    canvas.tube(sleeve, garment.colour, 0.0, stop)
    if stop == 1.0 and canvas.is_fine:
        for start in (0.44, 0.51):
            canvas.fill(sleeve.strip(-0.9, 0.5, start, start + 0.025), BLACK, 0.14)
    if garment.pattern == "sleeves":
        canvas.fill(sleeve.strip(-1, 1, 0.15 if stop < 1 else 0.6, stop), garment.second)
    if garment.pattern in ("horizontal", "check"):
        length = 0.302 * height
        for start in np.arange(garment.phase, stop * length, garment.period):
            piece = sleeve.strip(-1, 1, start / length, min(stop, (start + garment.period * STRIPE) / length))
            canvas.fill(piece, garment.second, 0.9 if garment.pattern == "horizontal" else 0.35)
    if garment.cut in ("zip", "hood") and stop == 1.0:
        canvas.fill(sleeve.strip(-1, 1, 0.93, 1.0), blend(garment.colour, BLACK, 0.3))
