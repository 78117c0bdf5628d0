"""What may be left out of rendered pictures, one at a time, to measure what it is worth to a model.

Each ingredient is left out in one place: `near-twins` and `textures` where people are cast (`domains.cast`), the others
where a picture of each domain is put together (`Shot.take`).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from ..errors import InputError

INGREDIENTS: Mapping[str, str] = {
    "light": "sun, shadow, sky, hours and weather; without it: one even light",
    "cameras": "exposure, white balance, noise, blur, sharpening, resolution and JPEG of each camera; without them: "
    "one clean camera",
    "occluders": "other people and things before and around the person of a target",
    "near-twins": "every fifth person dressed as the one before but for one thing",
    "textures": "patterns, prints, creases and gloss of clothes; without them: plain colours",
    "background": "ground, walls and things behind people; without it: one plain gray",
}
"""By name: what it is."""


def left_out(names: Collection[str], style: str) -> frozenset[str]:
    """Return the ingredients to leave out; raises `InputError` for others, and for what the style never has."""
    for name in names:
        if name not in INGREDIENTS:
            raise InputError(f"{name!r} is not an ingredient: use {', '.join(INGREDIENTS)}")
    if style == "source" and "occluders" in names:
        raise InputError("a source has no occluders: nothing would be left out; use style target")
    return frozenset(names)
