"""Legs: trousers, skirts, socks, shoes and boots."""

from __future__ import annotations

import math

import numpy as np

from .canvas import BLACK, WHITE, Canvas
from .palette import blend
from .people import Person
from .pose import Leg, Pose
from .solids import Lathe, Tube, View
from .trunk import WAIST, trunk

_HEMS = {"skirt": 0.31, "flared": 0.28, "maxi": 0.10, "mini": 0.37}
_FLARE = {"skirt": 0.105, "flared": 0.150, "maxi": 0.125, "mini": 0.108}
_TROUSERS = {
    "slim": (0.050, 0.033, 0.024), "straight": (0.053, 0.039, 0.034), "wide": (0.055, 0.047, 0.050),
    "shorts": (0.056, 0.052, 0.050),
}  # fmt: skip
"""Radii at hip, knee and ankle, as shares of the body height."""


def draw_legs(canvas: Canvas, person: Person, pose: Pose, view: View) -> None:
    """Both legs, the farther first, with trousers or what shows below a skirt; then the seat or the skirt."""
    order = sorted(
        pose.legs, key=lambda leg: view.nearness(leg.knee[0] + leg.ankle[0], leg.knee[1] + leg.ankle[1])
    )
    for leg in order:
        _foot(canvas, person, leg, view)
        _leg(canvas, person, leg, view)
    if person.look.lower == "skirt":
        _skirt(canvas, person, pose, view)
    else:
        seat = trunk(person, pose, view, 0.60, 0.465, ease=0.004)
        canvas.fill(seat.outline(), person.lower.colour)
        if canvas.is_fine:
            canvas.shade(seat)


def _foot(canvas: Canvas, person: Person, leg: Leg, view: View) -> None:
    height = person.build.height
    lateral, forward, up = leg.ankle
    sole = up - 0.036 * height
    back = (lateral, forward - 0.022 * height, sole + 0.012 * height)
    middle = (lateral, forward + 0.015 * height, up - 0.014 * height)
    shoe = Tube(view, [back, middle, leg.toe], [0.020 * height, 0.024 * height, 0.019 * height], samples=6)
    toe = (leg.toe[0], leg.toe[1] - 0.004 * height, leg.toe[2] - 0.007 * height)
    heel = (lateral, back[1], sole + 0.002 * height)
    canvas.fill(Tube(view, [heel, toe], [0.019 * height, 0.015 * height], samples=3).outline(), person.soles)
    canvas.tube(shoe, person.shoes, shaded=False)


def _leg(canvas: Canvas, person: Person, leg: Leg, view: View) -> None:
    height, girth = person.build.height, math.sqrt(person.build.girth)
    bare = Tube(
        view, [leg.hip, leg.knee, leg.ankle], [0.050 * height * girth, 0.033 * height * girth, 0.021 * height]
    )
    garment, cut = person.lower, person.lower.cut
    if person.look.lower != "trousers":
        tights = person.look.lower == "skirt" and garment.phase > 0.07
        canvas.tube(bare, blend(person.skin, (30, 28, 32), 0.85) if tights else person.skin)
    if person.look.lower != "skirt":
        thigh, knee, ankle = _TROUSERS[cut]
        trousers = Tube(
            view,
            [leg.hip, leg.knee, leg.ankle],
            [
                thigh * height * girth,
                (knee + garment.ease) * height * girth,
                (ankle + garment.ease) * height,
            ],
        )
        # Boots are worn over the trousers.
        stop = 0.46 if cut == "shorts" else 0.70 if person.look.boots else 1.0
        canvas.tube(trousers, garment.colour, 0.0, stop, round_ends=stop == 1.0)
        if canvas.is_fine and stop == 1.0:
            for start, left, right in ((0.47, -0.9, 0.3), (0.53, -0.4, 0.8), (0.92, -0.8, 0.6)):
                canvas.fill(trousers.strip(left, right, start, start + 0.015), BLACK, 0.10)
        _leg_pattern(canvas, person, leg, view, trousers, stop)
    if person.look.boots:
        shaft = Tube(
            view, [leg.hip, leg.knee, leg.ankle], [0.05 * height, 0.040 * height * girth, 0.028 * height]
        )
        canvas.tube(shaft, person.shoes, 0.64, 1.0)
        canvas.fill(shaft.strip(-1, 1, 0.64, 0.665), blend(person.shoes, BLACK, 0.3))


def _leg_pattern(canvas: Canvas, person: Person, leg: Leg, view: View, trousers: Tube, stop: float) -> None:
    garment = person.lower
    if garment.pattern == "seam":
        outward = math.copysign(1.0, leg.hip[0])
        if view.nearness(outward, 0.0) > -0.3:
            middle = outward * math.cos(view.turn) * 0.85
            canvas.fill(trousers.strip(middle - 0.22, middle + 0.22, 0.0, stop), garment.second)
    elif garment.pattern == "cuffs":
        canvas.fill(trousers.strip(-1, 1, stop - 0.07, stop), garment.second)
    elif garment.pattern == "faded":
        for half in (0.65, 0.45, 0.25):
            canvas.fill(trousers.strip(-half, half * 0.9, 0.2 - half * 0.2, 0.42 + half * 0.3), WHITE, 0.08)
    elif garment.pattern in ("check", "vertical"):
        for middle in (-0.5, 0.1, 0.7):
            canvas.fill(trousers.strip(middle - 0.10, middle + 0.10, 0.0, stop), garment.second, 0.45)
        if garment.pattern == "check":
            for start in np.arange(0.05, stop - 0.03, garment.period * 1.1):
                canvas.fill(trousers.strip(-1, 1, start, start + 0.025), garment.second, 0.45)


def _skirt(canvas: Canvas, person: Person, pose: Pose, view: View) -> None:
    garment, height = person.lower, person.build.height
    hem, flare = _HEMS[garment.cut], _FLARE[garment.cut]
    girth = person.build.girth
    # Legs in stride push the cloth forward and back.
    reach = max(abs(leg.knee[1]) for leg in pose.legs) * 0.6
    rows = []
    for share in np.linspace(WAIST, hem, 9):
        down = (WAIST - share) / (WAIST - hem)
        round_hip = 0.096 + (flare - 0.096) * down + 0.014 * math.sin(min(1.0, down * 1.6) * math.pi)
        width = (round_hip * person.build.hips * girth) * height
        rows.append((float(share) * height + pose.lift, width, width * 0.74 + reach * down**1.5, 0.0))
    skirt = Lathe(view, rows)
    canvas.lathe(skirt, garment.colour, shaded=False)
    if garment.pattern in ("check", "vertical", "seam"):
        for angle in np.arange(0.0, 2 * math.pi - 0.1, 2 * math.pi / 12):
            canvas.fill_all(skirt.patch(angle, angle + 0.13), garment.second, 0.75)
    if garment.pattern in ("cuffs", "check"):
        bottom = float(skirt.up[-1])
        canvas.fill_all(skirt.band(bottom + 0.045 * height, bottom + 0.015 * height), garment.second)
    for angle in np.arange(0.2, 2 * math.pi, 0.7 if canvas.is_fine else 1.2):
        canvas.fill_all(skirt.patch(angle, angle + 0.12, float(skirt.up[3])), BLACK, 0.10)
    canvas.shade(skirt)
