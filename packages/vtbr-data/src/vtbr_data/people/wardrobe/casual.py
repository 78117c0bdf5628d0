"""Everyday garments."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ..clothes.garments import Garment
from ..clothes.palette import cloth_colour, contrasting, one_of, scaled, shade
from ..clothes.surface import Panel, Pattern
from .cloths import checked, cloth_of, patterned

Three = tuple[Garment, Garment | None, Garment | None]
"""Top, what is worn over it, and what is worn below; the last is None under dresses."""


def casual(random: np.random.Generator, sex: str, season: str) -> Three:
    """Draw what most people wear: a top, perhaps something over it, trousers, shorts or a skirt."""
    female = sex == "female"
    kinds = {
        "warm": {
            "t-shirt": 0.58,
            "polo": 0.07,
            "shirt": 0.14,
            "tank": 0.08 if female else 0.04,
            "blouse": 0.14 if female else 0.0,
        },
        "mild": {
            "t-shirt": 0.2,
            "shirt": 0.24,
            "sweater": 0.2,
            "hoodie": 0.2,
            "blouse": 0.15 if female else 0.0,
            "polo": 0.03,
        },
        "cold": {"sweater": 0.4, "shirt": 0.2, "hoodie": 0.25, "t-shirt": 0.15},
    }[season]
    top = upper_garment(random, one_of(random, kinds), female, season)
    wears_outer = random.random() < {"warm": 0.07, "mild": 0.38, "cold": 0.92}[season]
    outer = outer_garment(random, female, season, top) if wears_outer else None
    if outer is not None and top.kind == "hoodie":
        top = replace(top, collar="none")
    return top, outer, lower_garment(random, female, season)


def upper_garment(random: np.random.Generator, kind: str, female: bool, season: str) -> Garment:
    """Draw a garment of the upper body."""
    loose = float(random.uniform(0.08, 0.65)) if female else float(random.uniform(0.3, 0.9))
    hem = float(random.uniform(0.80, 0.92))
    long = season != "warm"
    cloth = patterned(random, "top")
    if kind in ("shirt", "blouse"):
        sleeve = 1.95 if long or random.random() < 0.4 else float(random.uniform(0.55, 1.25))
        if random.random() < 0.5:
            cloth = checked(random)
        return Garment(
            kind, replace(cloth, print_number=0, seam=0.25), hem, sleeve, loose, neck=0.06, collar="collar",
            tucked=random.random() < 0.3,
        )  # fmt: skip
    if kind == "sweater":
        cloth = replace(cloth, kind="wool", pattern=cloth.pattern or Pattern.KNIT)
        return Garment(kind, cloth, hem, 1.97, loose * 0.8 + 0.15, neck=float(random.uniform(0.0, 0.06)))
    if kind == "hoodie":
        cloth = replace(cloth, seam=float(random.random() < 0.5) * 0.8)
        return Garment(kind, cloth, hem, 1.98, loose * 0.6 + 0.35, neck=0.02, collar="hood")
    if kind == "polo":
        return Garment(kind, cloth, hem, float(random.uniform(0.5, 0.8)), loose, neck=0.06, collar="collar")
    sleeve = -0.06 if kind == "tank" else float(random.uniform(0.45, 0.9)) if not long else 1.95
    neck = float(random.uniform(0.02, 0.12)) if female else float(random.uniform(0.01, 0.06))
    return Garment("t-shirt" if kind != "tank" else kind, cloth, hem, sleeve, loose, neck=neck)


def outer_garment(random: np.random.Generator, female: bool, season: str, top: Garment) -> Garment:
    """Draw a jacket, coat, cardigan or blazer over `top`."""
    coat = season == "cold" and random.random() < 0.42
    kind = (
        "coat"
        if coat
        else one_of(
            random,
            {
                "jacket": 0.45,
                "padded jacket": 0.40 if season == "cold" else 0.12,
                "cardigan": 0.2,
                "blazer": 0.13,
                "denim jacket": 0.1,
                "leather jacket": 0.08,
            },
        )
    )
    colour = contrasting(random, top.cloth.colour, "outer", 0.22)
    cloth = replace(cloth_of(random, colour), kind=_OUTER_CLOTH.get(kind, "cotton"))
    if kind == "padded jacket":
        cloth = replace(cloth, pattern=Pattern.QUILTED, period=float(random.uniform(0.06, 0.1)))
    elif kind == "denim jacket":
        cloth = replace(cloth, colour=shade(random, "denim"), pattern=Pattern.DENIM)
    elif kind == "cardigan":
        cloth = replace(cloth, pattern=Pattern.KNIT, period=0.02)
    elif random.random() < 0.14:
        cloth = replace(cloth, pattern=Pattern.BLOCKS, period=float(random.uniform(1.05, 1.28)), duty=0.04)
    is_open = random.random() < (0.55 if season == "mild" else 0.3)
    hem = float(random.uniform(0.38, 0.72)) if coat else float(random.uniform(0.80, 0.95))
    hoods = {"hood": 0.35, "stand": 0.4, "collar": 0.25}
    collar = "none" if kind == "cardigan" else "collar" if kind == "blazer" else one_of(random, hoods)
    return Garment(
        kind, replace(cloth, seam=0.0 if is_open else 0.6), hem, 1.99, float(random.uniform(0.3, 0.85)),
        gap=float(random.uniform(0.03, 0.10)) if is_open else 0.0, neck=0.1, collar=collar,
        flare=float(random.uniform(0.02, 0.12)),
    )  # fmt: skip


_OUTER_CLOTH = {
    "coat": "wool",
    "padded jacket": "padded",
    "cardigan": "wool",
    "blazer": "suiting",
    "denim jacket": "denim",
    "leather jacket": "leather",
}


def lower_garment(random: np.random.Generator, female: bool, season: str) -> Garment:
    """Draw trousers, jeans, leggings, shorts or a skirt."""
    skirt = female and random.random() < (0.2 if season == "warm" else 0.12)
    shorts = not skirt and random.random() < {"warm": 0.38, "mild": 0.04, "cold": 0.0}[season]
    colour = cloth_colour(random, "lower")
    cloth = cloth_of(random, colour)
    blue = colour[2] > colour[0] + 0.04 and colour[2] > 0.24
    if blue and not skirt:
        light = scaled(colour, 1.25, 0.12)
        cloth = replace(
            cloth, kind="denim", pattern=Pattern.DENIM, second=light, duty=float(random.uniform(0.1, 1.0))
        )
    elif random.random() < 0.08:
        cloth = replace(cloth, panel=Panel.SIDES, kind="sport")
    elif random.random() < 0.05:
        cloth = replace(checked(random), kind="cotton")
    if skirt:
        if random.random() < 0.4:
            cloth = patterned(random, "top")
        hem = float(random.choice([0.14, 0.3, 0.42, 0.5, 0.58]))
        return Garment("skirt", replace(cloth, print_number=0), hem, flare=float(random.uniform(-0.03, 0.3)))
    if shorts:
        return Garment(
            "shorts",
            cloth,
            float(random.choice([0.44, 0.5, 0.58, 0.68])),
            loose=float(random.uniform(0.2, 0.8)),
        )
    shares = [0.26, 0.32, 0.26, 0.12, 0.04] if female else [0.06, 0.28, 0.38, 0.24, 0.04]
    loose = float(random.choice([0.02, 0.15, 0.32, 0.52, 0.8], p=shares))
    kind = "leggings" if female and loose < 0.1 and colour[0] < 0.2 else "trousers"
    hem = float(random.choice([0.03, 0.05, 0.08, 0.15], p=[0.35, 0.35, 0.2, 0.1]))
    return Garment(
        kind, cloth, hem, loose=loose, flare=float(random.uniform(-0.02, 0.06)) if loose > 0.2 else 0.0
    )
