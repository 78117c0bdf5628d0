"""What people wear on the body: tops, sleeves, trousers, skirts, shoes, and the patterns on them."""

from __future__ import annotations

import math

import numpy as np

from .canvas import BLACK, WHITE, Canvas
from .palette import blend
from .patterns import STRIPE, draw_pattern, draw_print
from .people import Person
from .pose import Arm, Leg, Pose
from .solids import Lathe, Tube, View

_TORSO = (
    # share of body height, half width, half depth: an average adult, as shares of the body height
    (0.850, 0.032, 0.036), (0.836, 0.050, 0.044), (0.824, 0.076, 0.052), (0.810, 0.096, 0.058),
    (0.786, 0.106, 0.066), (0.740, 0.105, 0.073), (0.690, 0.098, 0.070), (0.640, 0.088, 0.064),
    (0.600, 0.090, 0.066), (0.560, 0.098, 0.070), (0.520, 0.102, 0.072), (0.470, 0.098, 0.068),
)  # fmt: skip
_SHORT_TOP, _LONG_TOP, _WAIST = 0.525, 0.415, 0.60
_HEMS = {"skirt": 0.31, "flared": 0.28, "maxi": 0.10}
_FLARE = {"skirt": 0.105, "flared": 0.150, "maxi": 0.125}
_TROUSERS = {"slim": (0.050, 0.033, 0.024), "straight": (0.053, 0.039, 0.034), "wide": (0.055, 0.047, 0.050)}
_TROUSERS["shorts"] = (0.056, 0.052, 0.050)


def torso(person: Person, pose: Pose, view: View) -> Lathe:
    """The clothed upper body, down to the hem of the top."""
    bottom = _WAIST - 0.02 if person.look.dress else _LONG_TOP if person.look.top == "long" else _SHORT_TOP
    return _trunk(person, pose, view, 0.85, bottom, ease=0.007)


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
    _folds(canvas, body, person.build.height)


def draw_sleeve(canvas: Canvas, person: Person, arm: Arm, view: View) -> None:
    """One arm: skin, hand and sleeve."""
    height, girth = person.build.height, math.sqrt(person.build.girth)
    radii = [0.0275 * height * girth, 0.023 * height * girth, 0.017 * height]
    hand = Tube(view, [arm.wrist, arm.hand], [0.016 * height, 0.015 * height], samples=4)
    canvas.tube(hand, person.skin)
    skin = Tube(view, [arm.shoulder, arm.elbow, arm.wrist], radii)
    ease = 0.0055 * height
    sleeve = Tube(view, [arm.shoulder, arm.elbow, arm.wrist], [radius + ease for radius in radii])
    garment = person.upper
    stop = 1.0 if person.look.sleeves == "long" else 0.36
    if stop < 1.0:
        canvas.tube(skin, person.skin)
    canvas.tube(sleeve, garment.colour, 0.0, stop)
    if garment.pattern == "sleeves":
        canvas.fill(sleeve.strip(-1, 1, 0.15 if stop < 1 else 0.6, stop), garment.second)
    if garment.pattern in ("horizontal", "check"):
        length = 0.302 * height
        for start in np.arange(garment.phase, stop * length, garment.period):
            piece = sleeve.strip(-1, 1, start / length, min(stop, (start + garment.period * STRIPE) / length))
            canvas.fill(piece, garment.second, 0.9 if garment.pattern == "horizontal" else 0.35)
    if garment.cut in ("zip", "hood") and stop == 1.0:
        canvas.fill(sleeve.strip(-1, 1, 0.93, 1.0), blend(garment.colour, BLACK, 0.3))


def draw_legs(canvas: Canvas, person: Person, pose: Pose, view: View) -> None:
    """Both legs, the farther first, with trousers or what shows below a skirt; then the seat or the skirt."""
    order = sorted(
        pose.legs, key=lambda leg: view.nearness(leg.knee[0] + leg.ankle[0], leg.knee[1] + leg.ankle[1])
    )
    for leg in order:
        _foot(canvas, person, leg, view)
        _leg(canvas, person, leg, view)
    if person.look.dress:
        _skirt(canvas, person, pose, view)
    else:
        seat = _trunk(person, pose, view, 0.60, 0.465, ease=0.004)
        canvas.fill(seat.outline(), person.lower.colour)
        canvas.shade(seat)


def _trunk(person: Person, pose: Pose, view: View, top: float, bottom: float, ease: float) -> Lathe:
    build = person.build
    table = np.asarray(_TORSO)
    table = np.vstack([table, [[0.40, 0.106, 0.074]]]) if bottom < 0.47 else table
    shares = np.linspace(top, bottom, 12)
    width = np.interp(-shares, -table[:, 0], table[:, 1])
    depth = np.interp(-shares, -table[:, 0], table[:, 2])
    chest = np.clip((shares - 0.60) / 0.16, 0.0, 1.0)
    neck = np.clip((shares - 0.80) / 0.05, 0.0, 1.0)
    factor = build.hips * (1 - chest) + build.shoulders * chest
    factor = factor * (1 - neck) + neck
    girth = 1 + (build.girth - 1) * (1 - 0.75 * chest) * 1.1
    female = person.look.gender == "female" and person.look.age != "teenager"
    bust = 0.012 * np.exp(-(((shares - 0.735) / 0.035) ** 2)) if female else np.zeros_like(shares)
    waist = -0.010 * np.exp(-(((shares - 0.64) / 0.05) ** 2)) if female else np.zeros_like(shares)
    up = shares * build.height + pose.lift
    rows = [
        (
            float(u),
            float((w * f * g + ease + n) * build.height),
            float((d * g + ease + b) * build.height),
            pose.forward(float(u)) + float(b) * 0.5 * build.height,
        )
        for u, w, d, f, g, b, n in zip(up, width, depth, factor, girth, bust, waist, strict=True)
    ]
    return Lathe(view, rows)


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


def _folds(canvas: Canvas, body: Lathe, height: float) -> None:
    """Two creases at the waist and a darker hem."""
    top, bottom = float(body.up[0]), float(body.up[-1])
    canvas.fill_all(body.band(bottom + 0.012 * height, bottom), BLACK, 0.14)
    for angle in (-0.9, 0.7, 2.4, 3.9):
        canvas.fill_all(body.patch(angle, angle + 0.10, top - 0.19 * height, bottom), BLACK, 0.07)


def _foot(canvas: Canvas, person: Person, leg: Leg, view: View) -> None:
    height = person.build.height
    lateral, forward, up = leg.ankle
    sole = up - 0.034 * height
    back = (lateral, forward - 0.025 * height, sole + 0.008 * height)
    middle = (lateral, forward + 0.02 * height, up - 0.012 * height)
    shoe = Tube(view, [back, middle, leg.toe], [0.022 * height, 0.026 * height, 0.018 * height], samples=6)
    toe = (leg.toe[0], leg.toe[1], leg.toe[2] - 0.008 * height)
    heel = (lateral, back[1], sole - 0.004 * height)
    canvas.fill(Tube(view, [heel, toe], [0.021 * height, 0.018 * height], samples=3).outline(), person.soles)
    canvas.tube(shoe, person.shoes)


def _leg(canvas: Canvas, person: Person, leg: Leg, view: View) -> None:
    height, girth = person.build.height, math.sqrt(person.build.girth)
    bare = Tube(
        view, [leg.hip, leg.knee, leg.ankle], [0.050 * height * girth, 0.033 * height * girth, 0.021 * height]
    )
    garment, cut = person.lower, person.lower.cut
    if person.look.dress or cut == "shorts":
        tights = person.look.dress and garment.phase > 0.07
        canvas.tube(bare, blend(person.skin, (30, 28, 32), 0.85) if tights else person.skin)
    if not person.look.dress:
        thigh, knee, ankle = _TROUSERS[cut]
        trousers = Tube(
            view,
            [leg.hip, leg.knee, leg.ankle],
            [thigh * height * girth, knee * height * girth, ankle * height],
        )
        stop = 0.46 if cut == "shorts" else 1.0
        canvas.tube(trousers, garment.colour, 0.0, stop, round_ends=stop == 1.0)
        _leg_pattern(canvas, person, leg, view, trousers, stop)
    if person.look.boots:
        shaft = Tube(
            view, [leg.hip, leg.knee, leg.ankle], [0.05 * height, 0.046 * height * girth, 0.036 * height]
        )
        canvas.tube(shaft, person.shoes, 0.68, 1.0)


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
    for share in np.linspace(_WAIST, hem, 9):
        down = (_WAIST - share) / (_WAIST - hem)
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
    for angle in np.arange(0.2, 2 * math.pi, 0.7):
        canvas.fill_all(skirt.patch(angle, angle + 0.12, float(skirt.up[3])), BLACK, 0.10)
    canvas.shade(skirt)
