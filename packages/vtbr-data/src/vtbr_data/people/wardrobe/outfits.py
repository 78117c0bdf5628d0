"""What people wear: garments that go together, by sex, age and season."""

from __future__ import annotations

import numpy as np

from ..clothes.garments import Outfit
from ..clothes.palette import one_of
from . import accessories, styles
from .casual import casual
from .cloths import patterned, plain

_GARMENTS = {
    "dress": styles.dress,
    "suit": styles.suit,
    "sport": styles.sport,
    "work": styles.work,
    "modest": styles.modest,
    "sari": styles.sari,
}


def sample_outfit(random: np.random.Generator, sex: str, age: str) -> Outfit:
    """Draw an outfit."""
    season = one_of(random, {"warm": 0.42, "mild": 0.36, "cold": 0.22})
    style = one_of(random, _styles(sex, age))
    top, outer, lower = _GARMENTS.get(style, casual)(random, sex, season)
    shoes = accessories.shoes(random, sex, season, style)
    bare = lower is None or lower.kind in ("skirt", "shorts")
    stockings = plain(random, "lower") if bare and sex == "female" and random.random() < 0.4 else None
    return Outfit(
        style=style,
        top=top,
        outer=outer,
        lower=lower,
        shoes=shoes,
        stockings=stockings,
        hat=accessories.hat(random, sex, season, style),
        scarf=patterned(random, "bright") if season == "cold" and random.random() < 0.3 else None,
        glasses=one_of(random, {"none": 0.76, "clear": 0.16, "sun": 0.08}),
        bag=accessories.bag(random, sex, style),
        carried=accessories.carried(random),
    )


def _styles(sex: str, age: str) -> dict[str, float]:
    if age == "child":
        return {"casual": 0.9, "sport": 0.1}
    if sex == "female":
        return {
            "casual": 0.67,
            "dress": 0.13,
            "suit": 0.03,
            "sport": 0.05,
            "work": 0.02,
            "modest": 0.07,
            "sari": 0.03,
        }
    return {"casual": 0.76, "suit": 0.10, "sport": 0.06, "work": 0.05, "modest": 0.03}
