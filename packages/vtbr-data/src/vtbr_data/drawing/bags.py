"""Backpacks, shoulder bags, handbags, carrier bags and trolleys, seen from the side they are carried on."""

from __future__ import annotations

import math

import numpy as np

from .canvas import BLACK, WHITE, Canvas
from .palette import blend
from .people import Person
from .pose import Pose
from .solids import Lathe, Tube, View


def draw_bag(
    canvas: Canvas, person: Person, pose: Pose, view: View, body: Lathe, *, before_body: bool
) -> None:
    """The bag, if it belongs on this side of the body: called before and after the body is drawn."""
    if not person.look.bag:
        return
    if person.bag == "backpack":
        _backpack(canvas, person, pose, view, body, before_body)
    elif person.bag == "shoulder":
        _shoulder_bag(canvas, person, pose, view, body, before_body)
    elif person.bag == "trolley":
        _trolley(canvas, person, pose, view, before_body)
    else:
        _handbag(canvas, person, pose, view, before_body)


def _backpack(canvas: Canvas, person: Person, pose: Pose, view: View, body: Lathe, before_body: bool) -> None:
    height, size, colour = person.build.height, person.bag_size, person.bag_colour
    from_behind = math.cos(view.turn) < 0.12
    if not before_body:
        for side in (-1, 1):
            for low, high in ((0.45, 0.72), (0.72, 1.9)):
                start, stop = sorted((side * low, side * high))
                top = pose.up(0.835)
                bottom = pose.up(0.655 if low < 0.7 else 0.815)
                canvas.fill_all(body.patch(start, stop, top, bottom), blend(colour, BLACK, 0.2))
    if before_body == from_behind:
        return
    back = -0.068 * height
    rows = [
        (
            pose.up(up),
            half * size * height,
            0.045 * size * height,
            pose.forward(pose.up(up)) + back - 0.035 * size * height,
        )
        for up, half in (
            (0.825, 0.035),
            (0.815, 0.062),
            (0.79, 0.075),
            (0.70, 0.082),
            (0.63, 0.084),
            (0.61, 0.078),
            (0.60, 0.06),
        )
    ]
    sack = Lathe(view, rows)
    canvas.lathe(sack, colour)
    pocket = blend(colour, WHITE, 0.16)
    canvas.fill_all(sack.patch(math.pi - 0.75, math.pi + 0.75, pose.up(0.70), pose.up(0.622)), pocket)
    canvas.fill_all(sack.patch(math.pi - 1.1, math.pi + 1.1, pose.up(0.762), pose.up(0.755)), BLACK, 0.45)


def _shoulder_bag(
    canvas: Canvas, person: Person, pose: Pose, view: View, body: Lathe, before_body: bool
) -> None:
    height, size, side = person.build.height, person.bag_size, person.bag_side
    colour = person.bag_colour
    if not before_body:
        # The strap runs from the shoulder on the other side, down over chest and back, to the hip.
        share = np.clip((pose.up(0.835) - body.up) / (0.28 * height), 0.0, 1.0)
        across = side * (-0.75 + 1.95 * share)
        for middle in (across, math.pi - across):
            canvas.fill_all(
                body.patch(middle - 0.10, middle + 0.10, pose.up(0.845), pose.up(0.55)),
                blend(colour, BLACK, 0.25),
            )
    lateral = side * 0.125 * person.build.hips * height
    if before_body == (view.nearness(lateral, 0.0) > -0.05):
        return
    rows = [
        (pose.up(up), half * size * height, 0.062 * size * height, -0.01 * height)
        for up, half in ((0.565, 0.022), (0.555, 0.028), (0.50, 0.031), (0.475, 0.031), (0.465, 0.024))
    ]
    pouch = Lathe(view, rows, lateral)
    canvas.lathe(pouch, colour)
    canvas.fill_all(pouch.band(pose.up(0.565), pose.up(0.525)), blend(colour, WHITE, 0.16))


def _handbag(canvas: Canvas, person: Person, pose: Pose, view: View, before_body: bool) -> None:
    height, size, colour = person.build.height, person.bag_size, person.bag_colour
    lateral, forward, up = pose.arms[0 if person.bag_side > 0 else 1].hand
    if before_body == (view.nearness(lateral, forward) > -0.05):
        return
    for offset in (-0.022, 0.022):
        handle = Tube(
            view,
            [(lateral, forward, up), (lateral, forward + offset * size * height, up - 0.045 * height)],
            [0.004 * height, 0.004 * height],
            samples=2,
        )
        canvas.fill(handle.outline(), blend(colour, BLACK, 0.3))
    top = up - 0.040 * height
    shape = _CARRIER if person.bag == "carrier" else _HANDBAG
    rows = [
        (top - down * size * height, half * size * height, deep * size * height, forward)
        for down, half, deep in shape
    ]
    sack = Lathe(view, rows, lateral)
    canvas.lathe(sack, colour)
    if person.bag == "carrier":
        canvas.fill_all(sack.band(top - 0.05 * height, top - 0.09 * height), blend(colour, WHITE, 0.5))


def _trolley(canvas: Canvas, person: Person, pose: Pose, view: View, before_body: bool) -> None:
    """A suitcase on wheels, pulled behind at arm's length."""
    height, size, colour = person.build.height, person.bag_size, person.bag_colour
    lateral, forward, up = pose.arms[0 if person.bag_side > 0 else 1].hand
    behind = forward - 0.16 * height
    if before_body == (view.nearness(lateral, behind) > -0.02):
        return
    top = 0.30 * size * height
    for side in (-0.03, 0.03):
        ends = [(lateral + side * height, forward, up), (lateral + side * height, behind, top)]
        rod = Tube(view, ends, [0.004 * height, 0.004 * height], samples=2)
        canvas.fill(rod.strip(), (88, 90, 94))
    rows = [
        (up_share * size * height, half * size * height, half * 0.62 * size * height, behind - slide * height)
        for up_share, half, slide in (
            (0.300, 0.050, 0.0), (0.292, 0.072, 0.0), (0.16, 0.076, 0.006), (0.035, 0.074, 0.012),
            (0.025, 0.06, 0.012),
        )
    ]  # fmt: skip
    case = Lathe(view, rows, lateral)
    for side in (-1, 1):
        x, y = view.point(lateral + side * 0.05 * height, behind, 0.012 * height)
        radius = 0.013 * height * view.pixels_per_metre
        canvas.ellipse(x, y, radius, radius, (30, 30, 32))
    canvas.lathe(case, colour)
    for share in (0.24, 0.10):
        canvas.fill_all(case.band(share * size * height, (share - 0.008) * size * height), BLACK, 0.35)


_HANDBAG = ((0.0, 0.015, 0.045), (0.01, 0.02, 0.052), (0.06, 0.026, 0.062), (0.085, 0.024, 0.060))
_CARRIER = ((0.0, 0.012, 0.055), (0.01, 0.018, 0.062), (0.12, 0.030, 0.074), (0.17, 0.028, 0.070))
"""Rings from the top down: below the top, half width, half depth, as shares of the body height."""
