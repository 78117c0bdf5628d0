"""What is in one surveillance crop: the person where a detector put the box, others, what is in the way."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from PIL import Image

from .cameras import Camera, Walk
from .canvas import BLACK, Canvas
from .difficulty import Difficulty
from .figure import draw_figure
from .moment import Moment, catch, headroom
from .occluders import occlude
from .passers import paste_passer
from .people import Person
from .solids import View

_PASSER_IN_FRONT = 0.3
"""Share of occlusions that are people."""


@dataclass(frozen=True, slots=True)
class Scene:
    """The picture to paint on, and everything that decides what is painted."""

    image: Image.Image
    camera: Camera
    walk: Walk
    knobs: Difficulty
    seed: int
    rng: np.random.Generator

    def canvas(self) -> Canvas:
        """Ink on the picture, under the light of the walk."""
        return Canvas(self.image, light=self.walk.light)


def paint_person(scene: Scene, person: Person, walk_rng: np.random.Generator) -> None:
    """The person in the box, those behind, and what stands in front; `walk_rng` decides what stays the same
    in all crops of a walk."""
    rng, knob = scene.rng, scene.knobs
    pace = catch(person, walk_rng, umbrella=0.25 * knob.carried, busy=knob.carried)
    moment = replace(pace, phase=float(rng.random()))
    view = _boxed(scene, person, moment)
    if rng.random() < knob.company:
        for _ in range(int(rng.integers(1, 4))):
            _paint_other(scene)
    canvas = scene.canvas()
    _shade_ground(scene, canvas, view, person)
    draw_figure(canvas, person, moment, view)
    is_occluded = rng.random() < knob.occluded
    by_passer = is_occluded and rng.random() < _PASSER_IN_FRONT
    if is_occluded and not by_passer:
        occlude(canvas, rng)
    canvas.finish()
    if by_passer:
        _paint_other(scene, in_front=True)


def paint_junk(scene: Scene, person: Person) -> None:
    """What a detector takes for a person: nothing at all, or a piece of somebody."""
    rng = scene.rng
    width, height = scene.image.size
    canvas = scene.canvas()
    if rng.random() < 0.45:
        if rng.random() < 0.5:
            occlude(canvas, rng)
        canvas.finish()
        return
    share = float(rng.uniform(1.5, 2.6))
    view = View(
        turn=float(rng.uniform(0, 2 * math.pi)),
        tilt=scene.camera.tilt,
        pixels_per_metre=height * share / person.build.height,
        ground_x=width * (0.5 + float(rng.choice([-1, 1])) * float(rng.uniform(0.0, 0.6))),
        ground_y=height * float(rng.uniform(0.9, share)),
    )
    _shade_ground(scene, canvas, view, person)
    draw_figure(canvas, person, Moment(float(rng.random()), 0.8), view)
    canvas.finish()


def _boxed(scene: Scene, person: Person, moment: Moment) -> View:
    """The person as a detector's box has it: a little off, or wrong in one of four ways."""
    rng, jitter = scene.rng, scene.knobs.jitter
    share = float(rng.normal(0.87, 0.03 * jitter))
    across = 0.5 + float(rng.normal(0, 0.04 * jitter))
    down = 0.955 + float(rng.normal(0, 0.016 * jitter))
    if rng.random() < scene.knobs.box:
        error = int(rng.integers(4))
        if error == 0:  # the legs are cut off
            cut = float(rng.uniform(0.1, 0.32))
            share, down = share / (1 - cut), down + cut / (1 - cut)
        elif error == 1:  # the head is cut off
            share *= 1 + float(rng.uniform(0.06, 0.2))
        elif error == 2:  # half out of the box at a side
            across += float(rng.choice([-1, 1])) * float(rng.uniform(0.18, 0.36))
        else:  # far too large
            share *= float(rng.uniform(0.55, 0.8))
            across += float(rng.uniform(-0.15, 0.15))
            down -= float(rng.uniform(0.0, 0.2))
    width, height = scene.image.size
    return View(
        turn=math.radians(scene.walk.degrees + float(rng.normal(0, 9)) - 90),
        tilt=scene.camera.tilt + float(rng.normal(0, 0.02)),
        pixels_per_metre=height * share / headroom(person, moment) / person.build.height,
        ground_x=width * across,
        ground_y=height * down,
    )


def _paint_other(scene: Scene, *, in_front: bool = False) -> None:
    """Somebody else: behind and smaller, or passing between the person and the camera."""
    width, height = scene.image.size
    chance = scene.rng.random(4).tolist()
    side = -1 if chance[0] < 0.5 else 1
    if in_front:
        tall, down, aside = 0.98 + 0.17 * chance[1], 1.0 + 0.1 * chance[2], 0.34 + 0.26 * chance[3]
    else:
        tall, down, aside = 0.45 + 0.39 * chance[1], 0.72 + 0.2 * chance[1], 0.2 + 0.4 * chance[3]
    paste_passer(
        scene.image, scene.seed, width * (0.5 + side * aside), height * down, height * tall, scene.rng
    )


def _shade_ground(scene: Scene, canvas: Canvas, view: View, person: Person) -> None:
    reach = person.build.height * view.pixels_per_metre
    dark = scene.camera.shadow * 0.7
    for spread in (0.16 * reach, 0.11 * reach):
        canvas.ellipse(view.ground_x, view.ground_y, spread, spread * 0.22, BLACK, dark)
