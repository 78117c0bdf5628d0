"""Weather and time of day: the light they give, how far one sees, and what falls from the sky."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from ...attributes import ILLUMINATIONS as ILLUMINATIONS
from ...attributes import WEATHERS as WEATHERS
from ..camera.light import Light
from ..camera.sky import sky_radiance
from ..compiled import compiled

F = np.float32
Floats = NDArray[np.float32]
RGB = tuple[float, float, float]

NIGHT = ("midnight", "night")


@dataclass(frozen=True, slots=True)
class Conditions:
    """Light and air of a moment."""

    light: Light
    radiance: Floats
    """(10,), of the sky; see `sky_radiance`."""
    exposure: float
    """Natural logarithm: how much darker than grey the picture of such an hour is."""
    falling: str
    """What falls: rain, snow, or nothing."""
    density: float
    """How much of it, in [0, 1]."""
    lamps: float
    """Brightness of windows and signs."""
    weather: str
    illumination: str


@dataclass(frozen=True, slots=True)
class _Air:
    """Of a weather: shares of sun and sky, colour of the sky, extinction a metre, snow on the ground, what falls."""

    sun: float
    sky: float
    tint: RGB
    fog: float = 0.0
    snow: float = 0.0
    falling: str = ""
    density: float = 0.0


_AIR = {
    "sunny": _Air(1.0, 0.55, (0.68, 0.78, 0.95)),
    "clouds": _Air(0.32, 0.85, (0.88, 0.93, 1.0)),
    "overcast": _Air(0.0, 0.95, (0.95, 0.98, 1.03)),
    "foggy": _Air(0.0, 0.9, (0.97, 0.99, 1.01), fog=0.013),
    "neutral": _Air(0.12, 0.95, (0.97, 0.98, 1.0)),
    "blizzard": _Air(0.0, 0.9, (0.95, 0.98, 1.03), fog=0.009, snow=0.95, falling="snow", density=1.0),
    "snowlight": _Air(0.1, 0.95, (0.95, 0.98, 1.02), fog=0.003, snow=0.55, falling="snow", density=0.3),
    "rain": _Air(0.0, 0.8, (0.95, 0.98, 1.03), fog=0.005, falling="rain", density=0.7),
}
"""FineGPR's weathers, and rain."""


@dataclass(frozen=True, slots=True)
class _Hour:
    """Of a time of day: height of the sun in radians, its colour, factor of the sky, tint, exposure."""

    height: tuple[float, float]
    sun: RGB
    sky: float
    tint: RGB
    exposure: float


_HOURS = {
    "midnight": _Hour((0.7, 1.2), (0.85, 0.95, 1.05), 0.03, (0.6, 0.75, 1.2), -0.35),
    "dawn": _Hour((0.12, 0.28), (1.1, 0.72, 0.55), 0.55, (0.95, 0.92, 1.08), -0.1),
    "forenoon": _Hour((0.5, 0.8), (1.9, 1.78, 1.55), 1.0, (1.0, 1.0, 1.0), 0.0),
    "noon": _Hour((0.9, 1.2), (2.1, 2.02, 1.85), 1.05, (1.0, 1.0, 1.0), 0.05),
    "afternoon": _Hour((0.4, 0.7), (1.95, 1.75, 1.4), 1.0, (1.02, 1.0, 0.97), 0.0),
    "dusk": _Hour((0.1, 0.25), (1.25, 0.72, 0.42), 0.45, (1.0, 0.88, 0.98), -0.15),
    "night": _Hour((0.7, 1.2), (1.25, 0.95, 0.6), 0.06, (0.85, 0.85, 1.05), -0.2),
}
"""At night the key light is a lamp near by."""


def conditions(
    weather: str, illumination: str, towards: float, ground: RGB, rng: np.random.Generator
) -> Conditions:
    """Draw the light of a weather (or rain) at a time of day.

    `towards` is where the sun stands, radians around the upright axis from +z; `ground` is the ground's
    colour, which lights from below. A lamp stands within a few metres of (0, 0).
    """
    air, hour = _AIR[weather], _HOURS[illumination]
    is_night = illumination in NIGHT
    height = float(rng.uniform(*hour.height))
    direction = np.array(
        [math.sin(towards) * math.cos(height), math.sin(height), math.cos(towards) * math.cos(height)],
        np.float32,
    )
    strength = (0.8 + 0.2 * air.sun if is_night else air.sun) * math.exp(float(rng.normal(0, 0.1)))
    key = np.array(hour.sun) * strength * (0.6 if is_night else 1.0)
    sky = np.array(air.tint) * np.array(hour.tint) * air.sky * hour.sky * math.exp(float(rng.normal(0, 0.1)))
    bounce = np.array(ground) * (key * max(0.0, float(direction[1])) * 0.8 + sky) * 0.6
    pool = (0.0, 0.0, 0.0)
    if is_night:
        pool = (float(rng.normal(0, 2.0)), float(rng.normal(0, 2.0)), 1.0 / float(rng.uniform(4.0, 9.0)) ** 2)
    haze = np.array(sky) * 0.7 + 0.06 * key
    dapple = (0.0, 1.0, 0.0, 0.0, 0.0)
    if not is_night and air.sun > 0.3 and rng.random() < 0.65:
        offset = rng.uniform(0, 256, 2).tolist()
        dapple = (0.9, float(rng.uniform(6, 26)), offset[0], offset[1], float(rng.uniform(-0.2, 0.9)))
    light = Light(
        direction=direction,
        key=key.astype(np.float32) if strength > 0.02 else np.zeros(3, np.float32),
        sky=sky.astype(np.float32),
        bounce=bounce.astype(np.float32),
        pool=np.array(pool, np.float32),
        dapple=np.array(dapple, np.float32),
        fog=np.array([air.fog * float(rng.uniform(0.7, 1.4)), *haze], np.float32),
        cover=np.array([air.snow, 0.8 if air.falling == "rain" else 0.0], np.float32),
    )
    contrast = 0.9 if air.sun > 0.3 else float(rng.uniform(0.1, 0.8))
    side = direction if air.sun > 0.3 else _sideways(rng)
    return Conditions(
        light, sky_radiance(side, contrast), hour.exposure, air.falling, air.density, 1.2 if is_night else 0.25,
        weather, illumination,
    )  # fmt: skip


@cache
def even_light() -> Conditions:
    """Return one light from all over the sky, without colour, sun, shadow, fog or anything that falls."""
    nothing, white = np.zeros(3, np.float32), np.ones(3, np.float32)
    light = Light(
        direction=np.array([0.0, 1.0, 0.0], np.float32),
        key=nothing,
        sky=white,
        bounce=white * F(0.12),
        pool=nothing,
        dapple=np.array([0.0, 1.0, 0.0, 0.0, 0.0], np.float32),
        fog=np.zeros(4, np.float32),
        cover=np.zeros(2, np.float32),
    )
    return Conditions(light, sky_radiance(light.direction, 0.0), 0.0, "", 0.0, 0.25, "neutral", "noon")


def wall_light(light: Light, normal_x: float, normal_z: float) -> tuple[Floats, float]:
    """Return the light on an upright wall: from sky and ground, (3,), and the share of the key light."""
    facing = max(0.0, normal_x * float(light.direction[0]) + normal_z * float(light.direction[2]))
    share = 0.2 if light.pool[2] > 0 else 0.85
    return np.asarray(light.sky * F(0.55) + light.bounce * F(0.3), np.float32), facing * share


def fall(picture: Floats, weather: Conditions, rng: np.random.Generator) -> None:
    """Draw what falls between camera and person over linear light (H, W, 3), in place."""
    if not weather.falling:
        return
    height, width, _ = picture.shape
    is_rain = weather.falling == "rain"
    count = round((220 if is_rain else 260) * weather.density * width / height * 2)
    table = rng.random((count, 4))
    nearness = 0.25 + 0.75 * table[:, 2] ** 3
    slant = float(rng.normal(0, 0.25 if is_rain else 0.6))
    length = (0.09 if is_rain else 0.012 + 0.03 * weather.density) * nearness * height
    drops = np.stack(
        [
            table[:, 0] * width, table[:, 1] * height, length * slant, length,
            np.maximum(0.35, (0.0016 if is_rain else 0.0065) * nearness * height),
            (0.10 if is_rain else 0.75) * (0.4 + 0.6 * table[:, 3]),
        ], axis=1,
    ).astype(np.float32)  # fmt: skip
    colour = (weather.light.sky * F(1.1) + weather.light.key * F(0.3)).astype(np.float32)
    _streak(picture, drops, colour)


@compiled
def _streak(picture: Floats, drops: Floats, colour: Floats) -> None:
    """Draw soft lines: (N, 6) of x, y, their run, radius and opacity."""
    height, width, _ = picture.shape
    for d in range(drops.shape[0]):
        x0, y0, dx, dy = drops[d, 0], drops[d, 1], drops[d, 2], drops[d, 3]
        radius, opacity = drops[d, 4], drops[d, 5]
        reach = radius + F(1.0)
        left, right = min(x0, x0 + dx) - reach, max(x0, x0 + dx) + reach
        top, bottom = min(y0, y0 + dy) - reach, max(y0, y0 + dy) + reach
        square = dx * dx + dy * dy + F(1e-6)
        for y in range(max(0, int(top)), min(height, int(bottom) + 1)):
            for x in range(max(0, int(left)), min(width, int(right) + 1)):
                px, py = F(x) + F(0.5) - x0, F(y) + F(0.5) - y0
                along = min(F(1.0), max(F(0.0), (px * dx + py * dy) / square))
                ex, ey = px - along * dx, py - along * dy
                edge = radius + F(0.5) - math.sqrt(ex * ex + ey * ey)
                share = opacity * min(F(1.0), max(F(0.0), edge))
                for c in range(3):
                    picture[y, x, c] += share * (colour[c] - picture[y, x, c])


def _sideways(rng: np.random.Generator) -> Floats:
    around = float(rng.uniform(0, 2 * math.pi))
    return np.array([math.cos(around), 0.3, math.sin(around)], dtype=np.float32)
