"""Dresses, suits, sportswear, work clothes, robes and saris."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ..clothes.garments import Cloth, Garment
from ..clothes.palette import cloth_colour, one_of, scaled, shade, varied
from ..clothes.surface import Panel, Pattern
from .casual import Three, outer_garment
from .cloths import cloth_of, patterned, plain


def dress(random: np.random.Generator, sex: str, season: str) -> Three:
    """Draw a dress."""
    sleeve = float(random.choice([-0.06, 0.5, 1.2, 1.95], p=[0.3, 0.35, 0.15, 0.2]))
    cloth = replace(patterned(random, "top"), print_number=0)
    hem = float(random.choice([0.1, 0.3, 0.42, 0.5, 0.58], p=[0.16, 0.2, 0.3, 0.22, 0.12]))
    top = Garment(
        "dress", cloth, hem, sleeve, float(random.uniform(0.05, 0.4)), neck=float(random.uniform(0.03, 0.12)),
        flare=float(random.uniform(-0.02, 0.32)),
    )  # fmt: skip
    outer = outer_garment(random, True, season, top) if season == "cold" or random.random() < 0.12 else None
    return top, outer, None


def suit(random: np.random.Generator, sex: str, season: str) -> Three:
    """Draw a suit with a shirt."""
    colour = varied(
        random, shade(random, one_of(random, {"black": 0.35, "navy": 0.35, "gray": 0.25, "beige": 0.05}))
    )
    cloth = Cloth(colour, colour, scaled(colour, 0.6), kind="suiting")
    white = Cloth(
        shade(random, one_of(random, {"white": 0.7, "blue": 0.15, "pastel": 0.15})),
        (0, 0, 0),
        shade(random, "red"),
        seam=1.0,
    )
    shirt = Garment("shirt", white, 0.84, 1.97, 0.3, neck=0.05, collar="collar", tucked=True)
    jacket = Garment(
        "blazer", cloth, 0.78, 1.93, 0.42, gap=float(random.uniform(0.015, 0.06)), neck=0.2, collar="collar"
    )
    without = season == "warm" and random.random() < 0.6
    lower = Garment("trousers", cloth, 0.04, loose=0.32)
    if sex == "female" and random.random() < 0.4:
        lower = Garment("skirt", cloth, 0.46, flare=-0.03)
    return shirt, None if without else jacket, lower


def sport(random: np.random.Generator, sex: str, season: str) -> Three:
    """Draw sportswear."""
    female = sex == "female"
    cloth = replace(
        cloth_of(random, cloth_colour(random, "bright")),
        kind="sport",
        panel=Panel(int(random.integers(3))),
    )
    top = Garment(
        "t-shirt", cloth, 0.86, 1.97 if season == "cold" else 0.6, float(random.uniform(0.1, 0.6)), neck=0.03
    )
    dark = replace(cloth_of(random, cloth_colour(random, "lower")), kind="sport", panel=Panel.SIDES)
    if random.random() < 0.4:
        return top, None, Garment("shorts", dark, float(random.uniform(0.5, 0.68)), loose=0.5)
    tight = female or random.random() < 0.2
    return top, None, Garment("leggings" if tight else "trousers", dark, 0.07, loose=0.02 if tight else 0.35)


def work(random: np.random.Generator, sex: str, season: str) -> Three:
    """Draw high-visibility vests over work clothes."""
    loud = varied(random, (0.88, 0.85, 0.20) if random.random() < 0.6 else (0.90, 0.42, 0.12))
    vest = Garment(
        "vest",
        Cloth(
            loud,
            (0.78, 0.79, 0.80),
            (0.78, 0.79, 0.80),
            kind="sport",
            pattern=Pattern.STRIPES_ACROSS,
            period=0.22,
            duty=0.25,
        ),
        0.86,
        -0.06,
        0.5,
        neck=0.14,
    )
    blue = plain(random, "lower")
    top = Garment("t-shirt", blue, 0.86, 0.7 if season == "warm" else 1.95, 0.45)
    return top, vest, Garment("trousers", replace(plain(random, "lower"), kind="denim"), 0.04, loose=0.55)


def modest(random: np.random.Generator, sex: str, season: str) -> Three:
    """Draw long robes and tunics."""
    if sex == "male":
        colour = shade(random, one_of(random, {"white": 0.6, "gray": 0.15, "beige": 0.15, "brown": 0.1}))
        robe = Garment(
            "robe",
            cloth_of(random, colour),
            float(random.uniform(0.08, 0.5)),
            1.97,
            0.5,
            neck=0.02,
            collar="stand",
            flare=0.05,
        )
        return (
            robe,
            None,
            None if robe.hem < 0.3 else Garment("trousers", replace(robe.cloth), 0.06, loose=0.6),
        )
    colour = cloth_colour(random, "outer") if random.random() < 0.75 else cloth_colour(random, "top")
    hem = float(random.choice([0.05, 0.3, 0.55], p=[0.55, 0.2, 0.25]))
    robe = Garment(
        "robe",
        cloth_of(random, colour),
        hem,
        1.98,
        0.6,
        neck=0.02,
        flare=float(random.uniform(0.05, 0.2)),
    )
    lower = None if hem < 0.2 else Garment("trousers", plain(random, "lower"), 0.05, loose=0.5)
    return robe, None, lower


def sari(random: np.random.Generator, sex: str, season: str) -> Three:
    """Draw a sari over a blouse; its end is a sash."""
    border = shade(random, one_of(random, {"yellow": 0.5, "red": 0.3, "purple": 0.2}))
    colour = cloth_colour(random, "bright")
    blouse = Garment("t-shirt", plain(random, "bright"), 0.98, 0.6, 0.05, neck=0.1, tucked=True)
    cloth = Cloth(colour, border, border, kind="silk", pattern=Pattern.BLOCKS, period=0.12, duty=0.02)
    return blouse, None, Garment("sari", cloth, 0.05, flare=0.04)
