"""A posed, dressed person as arrays: what the renderer draws, and what it may say of what is seen.

V vertices, F faces, M materials. All lengths are metres; y points up, the feet stand on the ground at y = 0,
the person faces +z and its left hand is at +x. Every array is C-contiguous, every real number float32.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]


class Part(IntEnum):
    """What a face belongs to; the same numbers for everybody, so that visible pixels are counted by part."""

    FACE = 0
    NECK = 1
    ARM = 2
    HAND = 3
    LEG = 4
    FOOT = 5
    HAIR = 6
    BEARD = 7
    TOP = 8
    TOP_SLEEVE = 9
    OUTER = 10
    OUTER_SLEEVE = 11
    HOOD = 12
    LOWER = 13
    STOCKING = 14
    SHOE = 15
    HAT = 16
    HEADSCARF = 17
    SCARF = 18
    GLASSES = 19
    BACKPACK = 20
    BAG = 21
    STRAP = 22
    SUITCASE = 23
    UMBRELLA = 24
    PHONE = 25
    BOTTLE = 26


HEAD = (Part.FACE, Part.HAIR, Part.HAT, Part.HEADSCARF, Part.BEARD)
UPPER = (Part.TOP, Part.TOP_SLEEVE, Part.OUTER, Part.OUTER_SLEEVE)
SEEN_ON: Mapping[str, tuple[Part, ...]] = {
    "gender": (*HEAD, *UPPER, Part.LOWER),
    "age": HEAD,
    "hair": (Part.HAIR,),
    "glasses": (Part.GLASSES, Part.FACE),
    "dress": (Part.LOWER,),
    "boots": (Part.SHOE,),
    "shoes": (Part.SHOE,),
    "hat": HEAD,
    "bag": (Part.BACKPACK, Part.BAG, Part.SUITCASE),
    "sleeves": (Part.TOP_SLEEVE, Part.OUTER_SLEEVE, Part.ARM),
    "top": (*UPPER, Part.LOWER),
    "upper_colour": UPPER,
    "lower_colour": (Part.LOWER,),
    "lower": (Part.LOWER,),
    "upper": UPPER,
    "upper_pattern": UPPER,
    "inner_colour": (Part.TOP,),
    "lower_pattern": (Part.LOWER,),
    "beard": (Part.BEARD, Part.FACE),
    "hair_colour": (Part.HAIR,),
    "lower_kind": (Part.LOWER,),
    "shoe_kind": (Part.SHOE,),
    "shoe_colour": (Part.SHOE,),
    "hair_style": (Part.HAIR,),
    "hat_kind": (Part.HAT, Part.HEADSCARF),
    "hat_colour": (Part.HAT, Part.HEADSCARF),
    "bag_kind": (Part.BACKPACK, Part.BAG, Part.SUITCASE),
    "bag_colour": (Part.BACKPACK, Part.BAG, Part.SUITCASE),
    "scarf_colour": (Part.SCARF,),
    "umbrella": (Part.UMBRELLA,),
    "phone": (Part.PHONE,),
    "bottle": (Part.BOTTLE,),
    "suitcase": (Part.SUITCASE,),
}
"""The parts an attribute is read from: without a visible pixel of any of them nothing may be said of it."""


class Column(IntEnum):
    """Columns of the material table (M, len(Column)); colours are linear RGB, lengths metres."""

    RED, GREEN, BLUE = 0, 1, 2
    SECOND_RED, SECOND_GREEN, SECOND_BLUE = 3, 4, 5
    THIRD_RED, THIRD_GREEN, THIRD_BLUE = 6, 7, 8
    PATTERN = 9
    """A `clothes.surface.Pattern`: stripes, checks, denim, a face, ..."""
    PERIOD, DUTY, PHASE = 10, 11, 12
    FOLD_DEPTH, FOLD_SCALE = 13, 14
    """Steepness of the creases and creases a metre along the cloth."""
    GRAIN = 15
    """Standard deviation of the base colour's small variation, as a share."""
    ROUGHNESS, SPECULAR, SHEEN = 16, 17, 18
    """Width of the highlight (0 mirror, 1 matt), its strength, and light scattered at grazing angles."""
    PRINT, PRINT_X, PRINT_Y, PRINT_WIDTH, PRINT_HEIGHT, PRINT_SIDE = 19, 20, 21, 22, 23, 24
    """A print or logo: its number (0 none), centre, size, and 1 front, -1 back, 0 both."""
    SEAM, SEAM_WIDTH = 25, 26
    """Strength and half width of a line down the front in the third colour: zip, buttons."""
    PANEL = 27
    """A `clothes.surface.Panel`: sleeves, side stripes, yoke in the third colour."""
    NOISE = 28
    """Where in the noise this material begins, so that two cloths never share their creases."""
    FOLD_STRETCH = 29
    """How much longer creases are across the cloth than along it: 3 around a leg, 0.2 down a skirt."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One person at one moment."""

    vertices: Floats
    """(V, 3)"""
    normals: Floats
    """(V, 3), of unit length, pointing outwards."""
    faces: NDArray[np.int32]
    """(F, 3), anticlockwise from outside. Cloth open at the front, umbrellas and the like show both sides:
    see `two_sided`."""
    part: NDArray[np.uint8]
    """(F,), a `Part`."""
    material: NDArray[np.uint8]
    """(F,), a row of `materials`."""
    two_sided: NDArray[np.bool_]
    """(M,), whether a material is seen from behind, too; all others may be culled."""
    materials: Floats
    """(M, len(Column)); `clothes.surface.surface` turns a row and a point into colour and creases."""
    rest: Floats
    """(V, 3), the place in the pose of an unmoved body: what prints, faces and noise are painted by."""
    pattern: Floats
    """(V, 2), metres across and along the cloth, continuous over each face: stripes and weaves."""
    fold: Floats
    """(V,), how much the cloth is creased here: 0 smooth, 1 usual, more where a joint is bent."""
    attributes: Mapping[str, str | bool]
    """What the person is and wears, in the words of docs/formats.md and finer ones: see `SEEN_ON`."""
