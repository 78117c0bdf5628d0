"""Shoes, hats, bags, and what is held in a hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ..clothes.garments import Cloth, Garment, Item
from ..clothes.palette import cloth_colour, contrasting, one_of, scaled, shade, varied
from ..clothes.surface import Pattern
from .cloths import patterned, plain


def shoes(random: np.random.Generator, sex: str, season: str, style: str) -> Garment:
    """Draw shoes, sneakers, boots or sandals, by season and style."""
    kind = one_of(random, {
        "boots": {"warm": 0.03, "mild": 0.12, "cold": 0.35}[season] * (1.4 if sex == "female" else 0.6),
        "sandals": 0.14 if season == "warm" or style == "sari" else 0.0, "shoes": 0.35, "sneakers": 0.42,
    })  # fmt: skip
    colour = cloth_colour(random, "shoe")
    if style == "suit":
        kind, colour = "shoes", shade(random, one_of(random, {"black": 0.7, "brown": 0.3}))
    sole = (0.80, 0.80, 0.78) if kind == "sneakers" and random.random() < 0.7 else (0.10, 0.09, 0.09)
    cloth = Cloth(colour, sole, contrasting(random, colour, "shoe"), kind="leather")
    top = {"boots": float(random.uniform(0.18, 0.40)), "sneakers": 0.085, "shoes": 0.075, "sandals": 0.02}[
        kind
    ]
    return Garment(kind, cloth, top)


def hat(random: np.random.Generator, sex: str, season: str, style: str) -> Item | None:
    """Draw what is on the head, if anything."""
    if style == "modest":
        if sex == "female":
            return Item(
                "headscarf", replace(patterned(random, "outer"), print_number=0), 1, float(random.random())
            )
        return Item("skullcap", plain(random, "top"), 1, 0.5) if random.random() < 0.4 else None
    if style == "work":
        return (
            Item(
                "helmet",
                Cloth(
                    shade(random, one_of(random, {"yellow": 0.5, "white": 0.3, "red": 0.2})),
                    (0, 0, 0),
                    (0, 0, 0),
                    kind="leather",
                ),
                1,
                0.5,
            )
            if random.random() < 0.55
            else None
        )
    if random.random() > {"warm": 0.12, "mild": 0.09, "cold": 0.26}[season]:
        return None
    kinds = (
        {"cap": 0.68, "brim": 0.2, "beanie": 0.05, "cycle helmet": 0.07}
        if season != "cold"
        else {"beanie": 0.75, "cap": 0.2, "brim": 0.05}
    )
    return Item(
        one_of(random, kinds),
        plain(random, "bright" if random.random() < 0.35 else "outer"),
        1,
        float(random.random()),
    )


def bag(random: np.random.Generator, sex: str, style: str) -> Item | None:
    """Draw a bag, if any."""
    kinds = {
        "none": 0.42,
        "backpack": 0.22,
        "shoulder": 0.15 if sex == "female" else 0.05,
        "cross": 0.11,
        "hand": 0.08,
        "carrier": 0.06,
    }
    kind = one_of(random, kinds)
    if kind == "none" or (kind == "backpack" and style in ("sari", "work")):
        return None
    colour = (
        cloth_colour(random, "bag")
        if kind != "carrier"
        else shade(random, one_of(random, {"white": 0.5, "pastel": 0.2, "beige": 0.2, "green": 0.1}))
    )
    cloth = Cloth(
        colour,
        contrasting(random, colour, "bag"),
        varied(random, scaled(colour, 0.6)),
        kind="leather" if kind in ("shoulder", "hand") else "sport",
    )
    if random.random() < 0.3:
        cloth = replace(cloth, pattern=Pattern.BLOCKS, period=float(random.uniform(-0.1, 0.1)), duty=0.01)
    return Item(kind, cloth, 1 if random.random() < 0.5 else -1, float(random.random()))


def carried(random: np.random.Generator) -> Item | None:
    """Draw what is carried in a hand, if anything."""
    kind = one_of(random, {"none": 0.46, "umbrella": 0.11, "phone": 0.27, "bottle": 0.11, "suitcase": 0.05})
    if kind == "none":
        return None
    colour = (
        (0.06, 0.06, 0.07)
        if kind == "phone"
        else cloth_colour(random, "bright" if kind != "suitcase" else "bag")
    )
    return Item(
        kind,
        Cloth(colour, contrasting(random, colour), (0.3, 0.3, 0.3), kind="sport"),
        1 if random.random() < 0.5 else -1,
        float(random.random()),
    )
