"""What may be said of a picture: what its pixels show."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ..camera.picture import Seen
from ..figure import HEAD, SEEN_ON, UPPER, Figure, Part
from ..world.place import Place
from ..world.weather import NIGHT, Conditions

_LEAST = 0.002
"""Share of a picture that a part must fill before anything is said of it: 16 pixels of 64 x 128."""

_LEAST_OF = {
    "shoes": 0.001,
    "boots": 0.001,
    "glasses": 0.0003,
    "hat": 0.0012,
    "beard": 0.0006,
    "phone": 0.0003,
}
"""Of small parts."""

_ABSENT = ("bag", "umbrella", "phone", "bottle", "suitcase", "scarf")
"""Things of which "none" can be seen, on a body that is whole enough."""

_BODY = 0.12
"""Share of a picture that a body must fill before it can be said to carry nothing."""

_DARK = 0.09
"""Mean value of a person's pixels, of 1, below which no colour can be told."""

_BEHIND = 0.25
"""Share of a picture that must show the place before anything is said of it."""


def said_of(
    figure: Figure, viewpoint: int, where: Place, sky: Conditions, seen: Seen, image: Image.Image
) -> dict[str, Any]:
    """Return all attributes of a picture of `figure`: the person's that are seen, and those of the surroundings."""
    attributes = seen_attributes(figure.attributes, seen.parts, image.width * image.height)
    attributes = in_the_dark(attributes, image, seen.covered) | {"viewpoint": viewpoint}
    if where.is_plain:
        return attributes
    scene = "wild" if where.is_wild else "urban"
    return attributes | seen_surroundings(sky.weather, sky.illumination, scene, float(seen.covered.mean()))


def seen_attributes(attributes: Mapping[str, Any], parts: NDArray[np.int32], pixels: int) -> dict[str, Any]:
    """Return attributes of a person that a picture shows.

    `parts` (len(Part),) counts the pixels of each part, `pixels` are those of the picture. What is worn but
    out of sight is left out; that nothing is carried is said of a body seen well.
    """
    shares = parts / pixels
    body = float(sum(shares[part] for part in (*UPPER, Part.LOWER)))
    seen = {}
    for name, value in attributes.items():
        shown = float(sum(shares[part] for part in SEEN_ON.get(name, ())))
        if value is False and name in _ABSENT:
            is_seen = body >= _BODY
        elif value is False and name in ("hat", "glasses"):
            is_seen = float(sum(shares[part] for part in HEAD)) >= 2 * _LEAST
        else:
            is_seen = shown >= _LEAST_OF.get(name, _LEAST)
        if is_seen:
            seen[name] = value
    return seen


def in_the_dark(
    attributes: dict[str, Any], image: Image.Image, covered: NDArray[np.float32]
) -> dict[str, Any]:
    """Leave out colours where people are too dark in the picture to show any."""
    shown = covered > 0.5
    if shown.any() and float(np.asarray(image)[shown].mean()) / 255 < _DARK:
        return {name: value for name, value in attributes.items() if not name.endswith("_colour")}
    return attributes


def seen_surroundings(weather: str, illumination: str, scene: str, covered: float) -> dict[str, Any]:
    """Return weather, hour and scene where they can be told from one picture; `covered` is the share not shown.

    Sun, fog and snow are seen; clouds, an overcast sky and plain weather look the same from below. Night is
    seen, but not whether it is midnight; no other hour is certain.
    """
    said: dict[str, Any] = {}
    if weather in ("blizzard", "snowlight", "foggy") or (weather == "sunny" and illumination not in NIGHT):
        said["weather"] = weather
    if illumination in NIGHT:
        said["illumination"] = "night"
    if 1 - covered >= _BEHIND:
        said["scene"] = scene
    return said
