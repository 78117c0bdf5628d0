"""Puts an outfit on a body, garment by garment, from the inside out."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ..body.charts import joints_at_rest
from ..body.skeleton import BONE
from ..figure import Floats, Part
from . import shells
from .garments import Cloth, Garment, Outfit
from .materials import Materials
from .shells import Layers
from .surface import Pattern
from .tubes import Cut

Tubes = list[tuple[Cut, Part, int]]
"""Cloth that is hung in each pose: its cut, part and material."""


def put_on(layers: Layers, outfit: Outfit, materials: Materials, skin: int, joints: Floats) -> Tubes:
    """Put on all garments, from the inside out."""
    tubes: Tubes = []
    shells.add_skin(layers, skin)
    if outfit.stockings is not None:
        stockings = Garment("stockings", outfit.stockings, 0.02)
        shells.wear_lower(layers, stockings, materials.cloth(outfit.stockings))
    lower, top = outfit.lower, outfit.top
    tucked = top.tucked and lower is not None
    if tucked:
        _wear_top(layers, outfit, materials, joints, tubes)
    boots_over = outfit.shoes.kind == "boots" and (lower is None or lower.loose < 0.25)
    shoes = materials.cloth(_shoe_cloth(outfit.shoes))
    if not boots_over:
        shells.wear_shoes(layers, outfit.shoes, shoes)
    if lower is not None:
        _wear_lower(layers, lower, materials, joints, tubes)
    if boots_over:
        shells.wear_shoes(layers, outfit.shoes, shoes)
    if not tucked:
        _wear_top(layers, outfit, materials, joints, tubes)
    if outfit.outer is not None:
        _wear_outer(layers, outfit.outer, materials, joints, tubes)
    return tubes


def _wear_top(layers: Layers, outfit: Outfit, materials: Materials, joints: Floats, tubes: Tubes) -> None:
    top = outfit.top
    material = materials.cloth(top.cloth)
    long = top.kind in ("dress", "robe")
    shells.wear_upper(layers, top, Part.TOP, Part.TOP_SLEEVE, material, 0.93 if long else top.hem)
    if long:
        # The skirt of a dress counts as lower garment, that of a tunic over trousers as upper.
        part = Part.LOWER if outfit.lower is None else Part.TOP
        hung = materials.cloth(top.cloth, drape=True, two_sided=True)
        tubes.append((_skirt_cut(top, joints, 0.985, 0.004), part, hung))


def _wear_lower(layers: Layers, lower: Garment, materials: Materials, joints: Floats, tubes: Tubes) -> None:
    if lower.kind in ("skirt", "sari"):
        hung = materials.cloth(lower.cloth, drape=True, two_sided=True)
        tubes.append((_skirt_cut(lower, joints, 0.995, 0.004), Part.LOWER, hung))
    else:
        shells.wear_lower(layers, lower, materials.cloth(lower.cloth))


def _wear_outer(layers: Layers, outer: Garment, materials: Materials, joints: Floats, tubes: Tubes) -> None:
    material = materials.cloth(outer.cloth, two_sided=outer.gap > 0)
    shells.wear_upper(
        layers,
        outer,
        Part.OUTER,
        Part.OUTER_SLEEVE,
        material,
        max(outer.hem, 0.91 if outer.hem < 0.84 else 0.84),
    )
    if outer.hem < 0.84:
        hung = materials.cloth(outer.cloth, drape=True, two_sided=True)
        tubes.append((_skirt_cut(outer, joints, 0.955, 0.010), Part.OUTER, hung))


def _skirt_cut(garment: Garment, joints: Floats, top: float, ease: float) -> Cut:
    """Return the tube from the waist, or where a coat's upper part ends, to the hem."""
    high, low = (float(_height(joints, value)) for value in (top, garment.hem))
    wide = max(garment.flare, 0.0)
    return Cut(
        top=high,
        bottom=low,
        ease=ease + 0.006,
        flare=garment.flare,
        gathering=1.2 if garment.flare < 0.02 else 0.3,
        gap=garment.gap * 5.0,
        wave=0.006 + 0.10 * wide * (high - low),
        waves=7 + int(garment.hem * 100) % 5,
        phase=garment.hem * 40,
    )


def _shoe_cloth(shoes: Garment) -> Cloth:
    """Return shoes with soles of the second colour."""
    if shoes.kind == "sandals":
        return shoes.cloth
    sole = 0.018 if shoes.kind != "sneakers" else 0.026
    return replace(shoes.cloth, pattern=Pattern.BLOCKS, period=sole, duty=0.0)


def _height(joints: Floats, rest_y: float) -> float:
    """Return the height on this body of a height on the average body."""
    average = joints_at_rest()
    bones = [BONE[name] for name in ("foot_l", "calf_l", "thigh_l", "spine_02", "neck_01")]
    return float(np.interp(rest_y, [0.0, *average[bones, 1]], [0.0, *joints[bones, 1]]))
