"""The surveillance cameras of the target domain: where each hangs, what its lens and sensor do, who walks past."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from ..camera.lens import Optics
from ..world.place import Place, place
from ..world.weather import NIGHT, Conditions, conditions
from .difficulty import Difficulty

_STREAM = 13

_KINDS = ("campus", "street", "square", "park", "crossing", "arcade", "parking", "street", "campus", "meadow",
          "square", "wood")  # fmt: skip
"""What the cameras watch, in turn."""

_ODD = (("rain", "noon"), ("foggy", "forenoon"), ("snowlight", "forenoon"), ("sunny", "dusk"), ("sunny", "dawn"),
        ("overcast", "night"), ("clouds", "night"), ("overcast", "dusk"), ("blizzard", "noon"))  # fmt: skip
_USUAL = ("sunny", "sunny", "clouds", "overcast", "overcast", "neutral")
_HOURS = ("forenoon", "noon", "afternoon")


@dataclass(frozen=True, slots=True)
class Recorder:
    """One camera; `usual` is the share of people who walk towards +along, `exposure` its usual offset."""

    number: int
    place: Place
    optics: Optics
    usual: float

    def sky(self, seed: int, sequence: int, knob: Difficulty) -> Conditions:
        """Return the light and weather of one of its sequences."""
        return _sky(seed, self.number, sequence, knob.weather)


@dataclass(frozen=True, slots=True)
class Walk:
    """What all crops of one walk past a camera have in common: where along and across the street, facing
    where (radians around the upright axis), how far people move between crops, share of pixels left by the
    distance, exposure, and gains of red and blue, as natural logarithms."""

    along: float
    across: float
    facing: float
    pace: float
    nearness: float
    exposure: float
    red: float
    blue: float


@lru_cache(maxsize=64)
def recorder(seed: int, number: int) -> Recorder:
    """Return camera `number` (from 1) of a seed."""
    rng = np.random.default_rng(np.random.SeedSequence([seed, _STREAM, number]))
    kind = _KINDS[(number - 1) % len(_KINDS)]
    cast = np.exp(rng.normal(0, 0.04, 3)).tolist()
    optics = Optics(
        exposure=float(rng.normal(0.05, 0.16)),
        metering=float(rng.uniform(0.5, 0.85)),
        balancing=float(rng.uniform(0.3, 0.95)),
        cast=(cast[0], cast[1], cast[2]),
        saturation=float(rng.uniform(0.42, 0.95)),
        contrast=float(rng.uniform(1.0, 1.5)),
        black=float(rng.uniform(-0.01, 0.085)),
        glow=float(rng.uniform(0.0, 0.10)),
        blur=float(rng.uniform(0.15, 0.65)),
        sharpening=float(rng.uniform(0.1, 1.3)),
        noise=float(rng.uniform(0.004, 0.02)),
        quality=int(rng.integers(55, 92)),
    )
    return Recorder(number, place(seed, 1000 + number, kind), optics, float(rng.choice([0.15, 0.5, 0.85])))


@lru_cache(maxsize=512)
def _sky(seed: int, number: int, sequence: int, odd: float) -> Conditions:
    rng = np.random.default_rng(np.random.SeedSequence([seed, _STREAM, number, sequence]))
    where = recorder(seed, number).place
    weather, hour = str(rng.choice(_USUAL)), str(rng.choice(_HOURS))
    if rng.random() < odd:
        weather, hour = _ODD[int(rng.integers(len(_ODD)))]
    if where.kind == "arcade":
        weather, hour = "neutral", "noon"
    turn = where.sun + {"dawn": -1.4, "forenoon": -0.8, "noon": 0.0, "afternoon": 0.8}.get(hour, 1.4)
    return conditions(weather, hour, turn, where.ground_colour, rng)


def walk_past(camera: Recorder, knob: Difficulty, rng: np.random.Generator) -> Walk:
    """Draw a walk past `camera`, under the light of some minute."""
    facing = camera.place.street + (0.0 if rng.random() < camera.usual else math.pi)
    facing += float(rng.normal(0, 0.3))
    if rng.random() < knob.turn:
        facing = float(rng.uniform(0, 2 * math.pi))
    # Automatic exposure holds the extremes.
    exposure = max(-0.8, min(0.8, float(rng.normal(0, knob.light))))
    return Walk(
        along=float(rng.uniform(-2.5, 2.5)),
        across=float(rng.uniform(*camera.place.walkway)),
        facing=facing,
        pace=float(rng.uniform(0.5, 1.0)),
        nearness=float(rng.uniform(0.4, 0.85)) if rng.random() < knob.far else 1.0,
        exposure=exposure,
        red=float(rng.normal(0, knob.white_balance)),
        blue=float(rng.normal(0, knob.white_balance)),
    )


def optics(
    camera: Recorder, walk: Walk, knob: Difficulty, sky: Conditions, rng: np.random.Generator
) -> Optics:
    """Draw the camera's way with light for one crop."""
    own = camera.optics
    is_night = sky.illumination in NIGHT
    smear = (0.0, 0.0)
    if rng.random() < knob.blur / 8:
        smear = (float(rng.normal(0, 2.2)), float(rng.normal(0, 0.7)))
    tint = [own.cast[0] * math.exp(walk.red), own.cast[1], own.cast[2] * math.exp(walk.blue)]
    blur = own.blur * knob.blur * math.exp(float(rng.normal(0, 0.2)))
    return replace(
        own,
        exposure=own.exposure + walk.exposure + sky.exposure + float(rng.normal(0, 0.25 * knob.light)),
        balancing=own.balancing * (0.5 if is_night else 1.0),
        cast=tuple(value**knob.cast for value in tint),
        saturation=1 - (1 - own.saturation) * knob.cast * (0.7 if knob.cast > 1 else 1.0),
        contrast=1 + (own.contrast - 1) * knob.cast,
        black=own.black * knob.cast,
        blur=min(2.0, blur * (1.7 if rng.random() < 0.12 * knob.blur else 1.0)),
        motion=smear,
        noise=own.noise * knob.noise * (1.6 if is_night else 1.0),
        resolved=walk.nearness,
    )
