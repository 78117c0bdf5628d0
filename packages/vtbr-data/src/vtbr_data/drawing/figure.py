"""A whole person in one view, painted from the far side to the near."""

from __future__ import annotations

from .bags import draw_bag
from .canvas import Canvas
from .garments import draw_scarf, draw_torso, torso
from .head import Head
from .held import draw_canopy, draw_held
from .legs import draw_legs
from .moment import Moment
from .people import Person
from .pose import pose
from .sleeves import draw_sleeve
from .solids import View


def draw_figure(canvas: Canvas, person: Person, moment: Moment, view: View) -> None:
    """Paint `person` onto the canvas, feet at the view's ground point."""
    joints = pose(person.build, moment.phase, moment.energy, moment.doings)
    body = torso(person, joints, view)
    head = Head(person, joints, view, moment.look)
    arms = sorted(
        zip(joints.arms, moment.doings, strict=True),
        key=lambda arm: view.nearness(arm[0].shoulder[0], arm[0].shoulder[1]),
    )
    # An arm goes behind the body where its elbow and its hand are there.
    hidden = [
        (arm, doing)
        for arm, doing in arms
        if max(view.nearness(*arm.elbow[:2]), view.nearness(*arm.hand[:2]) - 0.05) < -0.05
    ]
    head.draw_behind(canvas)
    for arm, doing in hidden:
        draw_held(canvas, person, joints, arm, doing, view)
        draw_sleeve(canvas, person, arm, view)
    draw_bag(canvas, person, joints, view, body, before_body=True)
    draw_legs(canvas, person, joints, view)
    draw_torso(canvas, person, body)
    in_front = [pair for pair in arms if pair not in hidden]
    # A hand that is raised to the face is before the head, not behind it.
    raised = [arm for arm, _ in in_front if arm.hand[2] > arm.shoulder[2] - 0.05]
    for arm, _ in in_front:
        if arm not in raised:
            draw_sleeve(canvas, person, arm, view)
    head.draw(canvas)
    if person.scarf:
        draw_scarf(canvas, person, joints, view, person.scarf)
    draw_bag(canvas, person, joints, view, body, before_body=False)
    for arm, doing in in_front:
        draw_held(canvas, person, joints, arm, doing, view)
        if arm in raised:
            draw_sleeve(canvas, person, arm, view)
    if "umbrella" in moment.doings:
        draw_canopy(canvas, person, joints, joints.arms[moment.doings.index("umbrella")], view)
