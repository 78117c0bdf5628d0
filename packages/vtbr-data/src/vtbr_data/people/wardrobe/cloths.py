"""Cloth as one meets it: colours, stripes, checks, prints, as often as they are seen."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ..clothes.garments import Cloth
from ..clothes.palette import RGB, cloth_colour, contrasting, one_of
from ..clothes.prints import PRINTS
from ..clothes.surface import Panel, Pattern


def plain(random: np.random.Generator, worn_as: str) -> Cloth:
    """Draw cloth of one colour, as worn as `worn_as`."""
    return cloth_of(random, cloth_colour(random, worn_as))


def cloth_of(random: np.random.Generator, colour: RGB) -> Cloth:
    """Return cloth of this colour, with two more that show on it."""
    return Cloth(colour, contrasting(random, colour), contrasting(random, colour, "bright"))


def checked(random: np.random.Generator) -> Cloth:
    """Draw cloth of shirts: often checked or striped."""
    cloth = plain(random, "top")
    if random.random() < 0.45:
        return replace(
            cloth,
            pattern=Pattern.CHECK,
            period=float(random.choice([0.05, 0.08, 0.12])),
            duty=float(random.uniform(0.35, 0.6)),
        )
    if random.random() < 0.3:
        return replace(
            cloth,
            pattern=Pattern.STRIPES_ALONG,
            period=float(random.choice([0.025, 0.04, 0.07])),
            duty=float(random.uniform(0.15, 0.5)),
        )
    return cloth


def patterned(random: np.random.Generator, worn_as: str) -> Cloth:
    """Draw cloth that is plain, striped, printed, ... as often as one sees it."""
    cloth = plain(random, worn_as)
    pattern = one_of(
        random,
        {
            "plain": 0.6,
            "stripes": 0.12,
            "blotches": 0.06,
            "blocks": 0.06,
            "dots": 0.03,
            "knit": 0.06,
            "yoke": 0.03,
            "sides": 0.04,
        },
    )
    if pattern == "stripes":
        return replace(
            cloth,
            pattern=Pattern.STRIPES_ACROSS,
            period=float(random.choice([0.03, 0.05, 0.08, 0.14, 0.22])),
            duty=float(random.uniform(0.2, 0.6)),
            phase=float(random.random()),
        )
    if pattern == "blotches":
        return replace(
            cloth,
            pattern=Pattern.BLOTCHES,
            period=float(random.uniform(0.015, 0.06)),
            duty=float(random.uniform(0.2, 1.1)),
        )
    if pattern == "blocks":
        return replace(
            cloth,
            pattern=Pattern.BLOCKS,
            period=float(random.uniform(1.0, 1.26)),
            duty=float(random.choice([0.0, 0.03, 0.08])),
        )
    if pattern == "dots":
        return replace(
            cloth,
            pattern=Pattern.DOTS,
            period=float(random.uniform(0.03, 0.08)),
            duty=float(random.uniform(0.35, 0.7)),
        )
    if pattern == "yoke":
        return replace(cloth, panel=Panel.YOKE)
    if pattern == "sides":
        return replace(cloth, panel=Panel.SIDES)
    if pattern == "knit":
        cloth = replace(cloth, pattern=Pattern.KNIT, period=0.02, duty=float(random.uniform(0.3, 1.0)))
    if random.random() < 0.42:
        small = random.random() < 0.3
        width = float(random.uniform(0.06, 0.09)) if small else float(random.uniform(0.15, 0.30))
        place = (
            0.07 if small else 0.0,
            1.26 if small else float(random.uniform(1.14, 1.24)),
            width,
            width * float(random.uniform(0.5, 1.1)),
            int(random.choice([1, -1, 0], p=[0.6, 0.15, 0.25])),
        )
        return replace(cloth, print_number=int(random.integers(1, PRINTS + 1)), print_place=place)
    return cloth
