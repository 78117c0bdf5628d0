"""A whole person in one view, painted from the far side to the near."""

from __future__ import annotations

from dataclasses import dataclass

from .bags import draw_bag
from .canvas import Canvas
from .garments import draw_legs, draw_sleeve, draw_torso, torso
from .head import Head
from .people import Person
from .pose import pose
from .solids import View


@dataclass(frozen=True, slots=True)
class Moment:
    """How somebody is caught: gait `phase` (0 to 1) and `energy` (0 stands, 1 walks briskly)."""

    phase: float
    energy: float


def draw_figure(canvas: Canvas, person: Person, moment: Moment, view: View) -> None:
    """Paint `person` onto the canvas, feet at the view's ground point."""
    joints = pose(person.build, moment.phase, moment.energy)
    body = torso(person, joints, view)
    head = Head(person, joints, view)
    near_last = sorted(joints.arms, key=lambda arm: view.nearness(arm.shoulder[0], arm.shoulder[1]))
    hidden = [arm for arm in near_last if view.nearness(arm.shoulder[0], 0.0) < -0.06]
    head.draw_behind(canvas)
    for arm in hidden:
        draw_sleeve(canvas, person, arm, view)
    draw_bag(canvas, person, joints, view, body, before_body=True)
    draw_legs(canvas, person, joints, view)
    draw_torso(canvas, person, body)
    for arm in near_last:
        if arm not in hidden:
            draw_sleeve(canvas, person, arm, view)
    head.draw(canvas)
    draw_bag(canvas, person, joints, view, body, before_body=False)
