"""What a hand holds for a while and nobody records: phones and umbrellas."""

from __future__ import annotations

import math

import numpy as np

from .canvas import BLACK, WHITE, Canvas
from .palette import blend
from .people import Person
from .pose import Arm, Pose
from .solids import Lathe, Tube, View

_APEX, _RIM = 1.14, 1.03
"""Heights of an umbrella's tip and of its rim, as shares of the body height."""


def draw_held(canvas: Canvas, person: Person, pose: Pose, arm: Arm, doing: str, view: View) -> None:
    """The phone or the umbrella's stick in the hand of `arm`; nothing for other doings."""
    lateral, forward, up = arm.hand
    height = person.build.height
    if doing in ("phone", "call"):
        tilt = 0.3 if doing == "phone" else 0.9
        reach = 0.045 * height
        ends = [
            (lateral, forward + reach * (1 - tilt), up + reach * tilt),
            (lateral, forward - reach * 0.3, up - reach * 0.5),
        ]
        phone = Tube(view, ends, [0.019 * height, 0.019 * height], samples=2)
        canvas.fill(phone.strip(), (26, 27, 30))
        if doing == "phone" and view.nearness(0.0, 1.0) < 0.2:
            canvas.fill(phone.strip(-0.75, 0.75, 0.12, 0.88), (188, 208, 226))
    elif doing == "umbrella":
        top = (lateral, forward, pose.up(_APEX))
        stick = Tube(view, [top, (lateral, forward, up - 0.05 * height)], [0.005 * height] * 2, samples=2)
        canvas.fill(stick.strip(), (60, 58, 58))


def draw_canopy(canvas: Canvas, person: Person, pose: Pose, arm: Arm, view: View) -> None:
    """The open umbrella above the head, its panels in two tones."""
    height = person.build.height
    lateral, forward = arm.hand[0] * 0.7, arm.hand[1] * 0.7
    spread = 0.27 * height
    rows = [
        (
            pose.up(_APEX - (_APEX - _RIM) * drop),
            spread * math.sin(drop * math.pi / 2) ** 0.8 + 0.004,
            spread * math.sin(drop * math.pi / 2) ** 0.8 + 0.004,
            forward,
        )
        for drop in (0.0, 0.12, 0.3, 0.55, 0.8, 1.0)
    ]
    dome = Lathe(view, rows, lateral)
    canvas.lathe(dome, person.umbrella, shaded=False)
    for panel in np.arange(0.0, 2 * math.pi - 0.1, math.pi / 4):
        canvas.fill_all(dome.patch(panel, panel + math.pi / 8), blend(person.umbrella, BLACK, 0.35), 0.5)
    side = canvas.light
    low, high = sorted((view.facing + side * 0.2, view.facing + side * 1.0))
    canvas.fill_all(dome.patch(low, high), WHITE, 0.12)
