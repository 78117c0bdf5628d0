"""Who is drawn: the recorded attributes of an identity, and everything about it that nobody records.

Attributes must not tell who somebody is. Identities come in crowds of `CROWD` that choose among a few looks
(a look is a full set of recorded attributes), so most people share theirs with somebody; what tells them
apart is shade, pattern, cut, proportion, hair style, bag and print. Skin is drawn at random, independent of
everything else.
"""

from __future__ import annotations

from bisect import bisect
from dataclasses import dataclass
from itertools import accumulate

import numpy as np

from .palette import (
    DARK_SHOES,
    HAIR,
    LIGHT_SHOES,
    LOWER_SHARES,
    NAMES,
    OLD_HAIR,
    RGB,
    SKIN,
    THINGS,
    UPPER_SHARES,
    contrasting,
    pick,
    shade,
)

CROWD = 8
LOOKS_PER_CROWD = 3
SHARED_LOOK = 0.8
"""Chance that somebody wears one of the crowd's looks: about 70 % then share all attributes with somebody."""

STREAMS = {"source": 1, "target": 2, "distractor": 3}
"""Seed streams: the domains never show the same person."""


@dataclass(frozen=True, slots=True)
class Look:
    """The recorded attributes of a person, in the words of the manifest."""

    gender: str
    hair: str
    age: str
    glasses: bool
    sleeves: str
    top: str
    dress: bool
    lower: str
    boots: bool
    hat: bool
    bag: bool
    shoes: str
    upper_colour: str
    lower_colour: str


@dataclass(frozen=True, slots=True)
class Build:
    """Proportions and gait, as factors of the average; `height` in metres."""

    height: float
    girth: float
    shoulders: float
    hips: float
    legs: float
    head: float
    stoop: float
    stride: float
    arms: float
    elbows: float
    splay: float
    stance: float
    toes: float
    """The gait: reach of the arms, bend of the elbows and distance of the arms from the body (radians), how
    far apart the feet are set, how far the toes point outward."""


@dataclass(frozen=True, slots=True)
class Garment:
    """Colours and pattern of a piece of clothing; `period` and `phase` of the pattern in metres."""

    colour: RGB
    second: RGB
    pattern: str
    period: float
    phase: float
    cut: str
    ease: float = 0.007
    """How loosely it hangs, as a share of the body height."""


@dataclass(frozen=True, slots=True)
class Person:
    """An identity: its look and all the rest that a camera sees."""

    look: Look
    build: Build
    skin: RGB
    hair: RGB
    hair_style: str
    upper: Garment
    lower: Garment
    front_print: str
    back_print: str
    print_colour: RGB
    shoes: RGB
    soles: RGB
    hat: str
    hat_colour: RGB
    bag: str
    bag_colour: RGB
    bag_side: int
    bag_size: float
    scarf: RGB | None
    umbrella: RGB
    habit: str
    """What the free arm does when it does not swing."""


UPPER_PATTERNS = ("plain", "horizontal", "vertical", "check", "dots", "yoke", "sides", "sleeves", "band")
UPPER_PATTERN_SHARES = (0.40, 0.12, 0.07, 0.08, 0.06, 0.08, 0.06, 0.06, 0.07)
LOWER_PATTERNS = ("plain", "seam", "cuffs", "faded", "check", "vertical")
LOWER_PATTERN_SHARES = (0.45, 0.14, 0.12, 0.15, 0.07, 0.07)
BAGS = ("backpack", "shoulder", "handbag", "carrier", "trolley")
BAG_SHARES = (0.38, 0.26, 0.14, 0.11, 0.11)
PRINTS = ("none", "disc", "square", "bars", "letters", "triangle", "star", "ring", "small")
PRINT_SHARES = (0.38, 0.10, 0.09, 0.09, 0.10, 0.07, 0.06, 0.05, 0.06)


def sample_person(seed: int, stream: str, identity: int) -> Person:
    """Identity number `identity` (from 1) of a seed stream; the same arguments give the same person."""
    return _dress(_look(seed, stream, identity), _rng(seed, stream, 1, identity))


def _rng(seed: int, stream: str, *key: int) -> np.random.Generator:
    return np.random.default_rng(np.random.SeedSequence([seed, STREAMS[stream], *key]))


def _look(seed: int, stream: str, identity: int) -> Look:
    choice = _rng(seed, stream, 2, identity)
    if choice.random() >= SHARED_LOOK:
        return _sample_look(choice)
    crowd = (identity - 1) // CROWD
    return _sample_look(_rng(seed, stream, 3, crowd, int(choice.integers(LOOKS_PER_CROWD))))


def _sample_look(rng: np.random.Generator) -> Look:
    def chance(probability: float) -> bool:
        return bool(rng.random() < probability)

    female = chance(0.5)
    dress = female and chance(0.3)
    boots = chance(0.25 if female else 0.12)
    sleeves = "short" if chance(0.45) else "long"
    lower_kind = "skirt" if dress or (female and chance(0.15)) else "trousers"
    if lower_kind == "trousers" and sleeves == "short" and not boots and chance(0.26):
        lower_kind = "shorts"
    upper = _one_of(rng, NAMES, UPPER_SHARES)
    lower = _one_of(rng, NAMES, LOWER_SHARES)
    return Look(
        gender="female" if female else "male",
        hair="long" if chance(0.72 if female else 0.12) else "short",
        age=_one_of(rng, ("teenager", "adult", "older"), (0.2, 0.6, 0.2)),
        glasses=chance(0.25),
        sleeves=sleeves,
        top="long" if chance(0.6 if dress else 0.25) else "short",
        dress=dress,
        lower=lower_kind,
        boots=boots,
        hat=chance(0.2),
        bag=chance(0.45),
        shoes="dark" if chance(0.6) else "light",
        upper_colour=upper,
        lower_colour=lower,
    )


def _dress(look: Look, rng: np.random.Generator) -> Person:
    """Everything that the look leaves open."""
    upper_colour = shade(look.upper_colour, rng)
    lower_colour = shade(look.lower_colour, rng)
    if look.dress and look.lower_colour == look.upper_colour:
        lower_colour = upper_colour
    upper = Garment(
        colour=upper_colour,
        second=contrasting(upper_colour, rng),
        pattern=_one_of(rng, UPPER_PATTERNS, UPPER_PATTERN_SHARES),
        period=float(rng.uniform(0.06, 0.13)),
        phase=float(rng.uniform(0.0, 0.1)),
        cut=_upper_cut(look, rng),
        ease=float(rng.uniform(0.003, 0.019)),
    )
    lower = Garment(
        colour=lower_colour,
        second=contrasting(lower_colour, rng),
        pattern=_one_of(rng, LOWER_PATTERNS, LOWER_PATTERN_SHARES),
        period=float(rng.uniform(0.07, 0.13)),
        phase=float(rng.uniform(0.0, 0.1)),
        cut=_lower_cut(look, rng),
        ease=float(rng.uniform(-0.003, 0.006)),
    )
    light = pick(LIGHT_SHOES, rng)
    dark = pick(DARK_SHOES, rng)
    return Person(
        look=look,
        build=_build(look, rng),
        skin=pick(SKIN, rng, spread=5.0),
        hair=pick(OLD_HAIR if look.age == "older" and rng.random() < 0.85 else HAIR, rng),
        hair_style=_hair_style(look, rng),
        upper=upper,
        lower=lower,
        front_print=_one_of(rng, PRINTS, PRINT_SHARES),
        back_print=_one_of(rng, PRINTS, PRINT_SHARES),
        print_colour=contrasting(upper_colour, rng),
        shoes=dark if look.shoes == "dark" else light,
        soles=(232, 232, 230) if rng.random() < 0.5 else (40, 38, 38),
        hat=_one_of(rng, ("cap", "beanie", "brim"), (0.5, 0.3, 0.2)),
        hat_colour=pick(THINGS, rng),
        bag=_one_of(rng, BAGS, BAG_SHARES),
        bag_colour=pick(THINGS, rng),
        bag_side=-1 if rng.random() < 0.5 else 1,
        bag_size=float(rng.uniform(0.85, 1.25)),
        scarf=pick(THINGS, rng) if look.sleeves == "long" and rng.random() < 0.15 else None,
        umbrella=pick(THINGS, rng),
        habit=_one_of(rng, ("pocket", "phone", "call", "strap"), (0.45, 0.25, 0.15, 0.15)),
    )


def _build(look: Look, rng: np.random.Generator) -> Build:
    female = look.gender == "female"
    young, old = look.age == "teenager", look.age == "older"
    return Build(
        height=float(rng.normal(1.66 if female else 1.78, 0.06)) - (0.1 if young else 0.0),
        girth=float(rng.uniform(0.82, 1.28)) * (0.92 if young else 1.08 if old else 1.0),
        shoulders=float(rng.uniform(0.92, 1.06)) * (0.92 if female else 1.05),
        hips=float(rng.uniform(0.93, 1.07)) * (1.05 if female else 0.97),
        legs=float(rng.uniform(0.95, 1.05)),
        head=float(rng.uniform(0.97, 1.06)) * (1.07 if young else 1.0),
        stoop=float(rng.uniform(0.03, 0.10)) if old else float(rng.uniform(-0.01, 0.03)),
        stride=float(rng.uniform(0.6, 1.1)) * (0.7 if old else 1.0),
        arms=float(rng.uniform(0.4, 1.25)),
        elbows=float(rng.uniform(0.08, 0.65)),
        splay=float(rng.uniform(0.06, 0.17)),
        stance=float(rng.uniform(0.6, 1.3)),
        toes=float(rng.uniform(0.0, 0.32)),
    )


def _upper_cut(look: Look, rng: np.random.Generator) -> str:
    if look.dress or look.sleeves == "short":
        return _one_of(rng, ("shirt", "collar"), (0.7, 0.3))
    return _one_of(rng, ("shirt", "open", "hood", "zip", "padded"), (0.32, 0.22, 0.22, 0.13, 0.11))


def _lower_cut(look: Look, rng: np.random.Generator) -> str:
    if look.lower == "skirt":
        return _one_of(rng, ("skirt", "flared", "maxi", "mini"), (0.35, 0.3, 0.2, 0.15))
    if look.lower == "shorts":
        return "shorts"
    # Boots are worn over the trousers, so those are not wide.
    return _one_of(rng, ("slim", "straight", "wide"), (0.42, 0.38, 0.0 if look.boots else 0.2))


def _hair_style(look: Look, rng: np.random.Generator) -> str:
    if look.hair == "long":
        return _one_of(rng, ("loose", "ponytail", "bun", "shoulder"), (0.38, 0.25, 0.09, 0.28))
    if look.gender == "male" and look.age == "older" and rng.random() < 0.3:
        return "bald"
    return _one_of(rng, ("crop", "side", "curly", "bob"), (0.38, 0.3, 0.2, 0.12))


def _one_of(rng: np.random.Generator, choices: tuple[str, ...], shares: tuple[float, ...]) -> str:
    point = float(rng.random()) * sum(shares)
    return choices[min(bisect(list(accumulate(shares)), point), len(choices) - 1)]
