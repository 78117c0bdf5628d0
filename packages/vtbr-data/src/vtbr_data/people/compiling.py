"""Compiles all kernels before the first picture, in processes that end: a compiler keeps the memory that it used.

Each process compiles some of them into numba's cache, from which everything else reads them.
"""

from __future__ import annotations

import subprocess
import sys

import numpy as np

from ..output import say_on_stderr
from ..processes import child_environment
from .camera.backdrop import Backdrop, paint_backdrop
from .camera.lens import Optics, take
from .camera.light import no_shadow
from .camera.noise import layers
from .camera.sky import GRID
from .camera.view import View, looking
from .domains import source, target
from .domains.cast import actor, caught
from .domains.shoot import Box, frame, shoot
from .world.place import Place, place
from .world.things import make
from .world.weather import conditions, even_light

_SIZE = (16, 32)

_CODE = """
import gc, signal
from {module} import {stage}
signal.signal(signal.SIGINT, signal.SIG_IGN)
gc.freeze()
{stage}()
"""
"""Of each process; the collector, which then looks at what is new alone, finds sooner what the compiler dropped."""


def compile_all() -> None:
    """Compile the kernels; what fails here is compiled by the first pictures, and said."""
    for stage in (compile_people, compile_meshes, compile_backgrounds, compile_pictures):
        done = subprocess.run(
            [sys.executable, "-c", _CODE.format(module=__name__, stage=stage.__name__)],
            env=child_environment(),
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            why = done.stderr.strip().rpartition("\n")[2] or f"exit code {done.returncode}"
            say_on_stderr(f"compiling in a process of its own failed ({why}): the first pictures take longer")


def compile_people() -> None:
    """Compile what dresses and poses people: these wear all that needs a kernel of its own."""
    rng = np.random.default_rng(0)
    for number in range(1, 9):
        caught(actor(0, "source", number), rng)


def compile_meshes() -> None:
    """Compile what draws and shades meshes, the largest kernel: one thing in the sun, before plain gray."""
    rng, nothing = np.random.default_rng(0), np.zeros((0, 1), np.float32)
    eye = np.array([0, 2, -6], np.float32)
    axes = looking(eye, np.array([0, 1, 0], np.float32))
    backdrop = Backdrop(nothing, eye, nothing, np.zeros((1, 1, 1, 4), np.uint8), layers())
    where = Place("square", backdrop, eye, axes, (), 0.0, (0.0, 0.0), 0.0)
    thing = make("bin", rng)
    sky = conditions("sunny", "noon", 0.0, (0.2, 0.2, 0.2), rng)
    shoot(where, sky, thing, frame(thing, where, Box()), _SIZE)


def compile_backgrounds() -> None:
    """Compile what paints ground, walls and sky."""
    where, (width, height) = place(0, 1, "street"), _SIZE
    view = View(where.eye, where.axes, -1.0, -1.0, 2.0, 2.0)
    ground, point, spots = (np.zeros(shape, np.float32) for shape in ((GRID, GRID), 3, (0, 4)))
    covered, out = np.zeros((height, width), np.float32), np.zeros((height, width, 3), np.float32)
    light = even_light().light
    paint_backdrop(where.backdrop, view.rays(*_SIZE), light, no_shadow(), ground, point, spots, covered, out)


def compile_pictures() -> None:
    """Compile what is left: weather, lens and sensor."""
    for shot in target.plan(2, 4, 0, 2.0)[:4]:
        shot.take(_SIZE)
    source.Shot(0, 1, 1, 6, 4, 1).take(_SIZE)
    take(np.ones((32, 16, 3), np.float32), Optics(motion=(4.0, 4.0)), np.random.default_rng(0))
