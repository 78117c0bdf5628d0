"""Who is rendered: everything about a person that does not change from picture to picture.

`sample_person` is a pure function of (seed, number). People are what they wear and are; on purpose some are
near-twins that wear the same but for one thing, so that a model cannot tell people apart by colours alone.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from .body.shape import Build
from .body.stances import Gait
from .clothes.garments import Item, Outfit
from .clothes.palette import HAIRS, RGB, SKINS, one_of, varied
from .wardrobe.outfits import sample_outfit


@dataclass(frozen=True, slots=True)
class Head:
    """Hair, beard and face."""

    hair: str
    """A style: `bald`, `cropped`, `short`, `curly`, `bob`, `long`, `ponytail`, `bun`, `afro`."""
    hair_colour: RGB
    hair_length: float
    """0 the shortest of its style, 1 the longest."""
    beard: str
    """`none`, `stubble`, `full` or `moustache`."""
    lips: float
    """0 as skin, 1 painted."""


@dataclass(frozen=True, slots=True)
class Person:
    """An identity."""

    seed: int
    number: int
    sex: str
    age: str
    """`child`, `teenager`, `adult` or `older`."""
    build: Build
    gait: Gait
    skin: RGB
    head: Head
    outfit: Outfit


TWIN_CHANGES = ("top", "lower", "shoes", "hair", "bag", "outer", "hat")
"""What may differ between near-twins."""


def sample_person(seed: int, number: int, near_twin_of: int | None = None) -> Person:
    """Draw person `number` of a seed; with `near_twin_of`, dressed as that one but for one thing."""
    random = _generator(seed, number, 0)
    if near_twin_of is None:
        sex = one_of(random, {"female": 0.48, "male": 0.52})
        age = one_of(random, {"child": 0.04, "teenager": 0.13, "adult": 0.66, "older": 0.17})
        return Person(
            seed,
            number,
            sex,
            age,
            _build(random, sex, age),
            _gait(random, age),
            _skin(random),
            _head(random, sex, age),
            sample_outfit(_generator(seed, number, 1), sex, age),
        )
    model = sample_person(seed, near_twin_of)
    twin = replace(
        model,
        number=number,
        build=_build(random, model.sex, model.age),
        gait=_gait(random, model.age),
    )
    return _changed(twin, random)


def _changed(twin: Person, random: np.random.Generator) -> Person:
    """Change one thing that is worn, or on the head."""
    what = TWIN_CHANGES[int(random.integers(len(TWIN_CHANGES)))]
    other = sample_outfit(random, twin.sex, twin.age)
    outfit = twin.outfit
    if what == "hair" or (what == "lower" and outfit.lower is None):
        head = _head(random, twin.sex, twin.age)
        return replace(twin, head=replace(head, hair="short" if head.hair == twin.head.hair else head.hair))
    if what == "bag" and outfit.bag is None:
        return replace(twin, outfit=replace(outfit, bag=Item("backpack", other.shoes.cloth, 1, 0.5)))
    if what in ("bag", "hat", "outer") and getattr(outfit, what) is not None:
        return replace(twin, outfit=_without(outfit, what))
    if what in ("outer", "hat"):
        what = "top"
    garment = getattr(outfit, what)
    cloth = replace(other.shoes.cloth if what == "shoes" else other.top.cloth, kind=garment.cloth.kind)
    return replace(twin, outfit=replace(outfit, **{what: replace(garment, cloth=cloth)}))


def _without(outfit: Outfit, what: str) -> Outfit:
    if what == "bag":
        return replace(outfit, bag=None)
    return replace(outfit, hat=None) if what == "hat" else replace(outfit, outer=None)


def _generator(seed: int, number: int, stream: int) -> np.random.Generator:
    return np.random.Generator(np.random.Philox(np.random.SeedSequence([seed, number, stream])))


def _bell(random: np.random.Generator, mean: float, spread: float) -> float:
    """Draw a number around `mean` with standard deviation `spread`, at most 2.4 of those away."""
    return mean + spread * (float(random.random() + random.random() + random.random()) - 1.5) * 2


def _unit(value: float) -> float:
    return min(max(value, 0.0), 1.0)


def _build(random: np.random.Generator, sex: str, age: str) -> Build:
    years = {"child": (-0.95, -0.55), "teenager": (-0.42, -0.12), "adult": (0.0, 0.5), "older": (0.55, 0.95)}[
        age
    ]
    male = sex == "male"
    shares = [float(random.random()) ** 2 + 0.001 for _ in range(3)]
    origins = (shares[0] / sum(shares), shares[1] / sum(shares), shares[2] / sum(shares))
    details = {
        "stomach/stomach-pregnant-incr": max(0.0, _bell(random, 0.02 if age != "adult" else 0.1, 0.16)),
        "buttocks/buttocks-volume-incr": max(0.0, _bell(random, 0.1, 0.3)),
        f"hip/hip-scale-horiz-{'incr' if random.random() < 0.5 else 'decr'}": float(random.random()) * 0.4,
        f"torso/torso-vshape-{'incr' if random.random() < 0.5 else 'decr'}": float(random.random()) * 0.5,
        f"torso/measure-shoulder-dist-{'incr' if random.random() < 0.6 else 'decr'}": float(random.random())
        * 0.4,
        f"head/head-{('oval', 'square', 'round', 'triangular')[int(random.integers(4))]}": float(
            random.random()
        ),
        "head/head-fat-incr": max(0.0, _bell(random, 0.0, 0.35)),
    }
    if not male and age != "child":
        cup = _bell(random, 0.0, 0.4)
        end = "maxcup" if cup > 0 else "mincup"
        details[f"breast/female-young-averagemuscle-averageweight-{end}-averagefirmness"] = min(abs(cup), 0.8)
    return Build(
        sex=_unit(_bell(random, 0.94 if male else 0.06, 0.06)),
        age=float(random.uniform(*years)),
        muscle=_unit(_bell(random, 0.52, 0.14)),
        weight=_unit(_bell(random, 0.58, 0.17)),
        height=_unit(_bell(random, 0.51, 0.045)),
        proportions=_unit(_bell(random, 0.6, 0.18)),
        origins=origins,
        details=details,
    )


def _gait(random: np.random.Generator, age: str) -> Gait:
    older = age == "older"
    return Gait(
        stride=float(random.uniform(0.75, 1.15)) * (0.78 if older else 1.0),
        swing=float(random.uniform(0.45, 1.2)),
        elbow=float(random.uniform(0.1, 0.5)),
        spread=float(random.uniform(0.02, 0.13)),
        toes=_bell(random, 0.12, 0.07),
        stoop=_bell(random, 0.12 if older else 0.05, 0.05),
        head=_bell(random, 0.02, 0.07),
    )


def _skin(random: np.random.Generator) -> RGB:
    place = _unit(_bell(random, 0.36, 0.30)) * (len(SKINS) - 1)
    below = min(int(place), len(SKINS) - 2)
    share = place - below
    red, green, blue = (a + (b - a) * share for a, b in zip(SKINS[below], SKINS[below + 1], strict=True))
    return varied(random, (red, green, blue), 0.006)


def _head(random: np.random.Generator, sex: str, age: str) -> Head:
    male, older = sex == "male", age == "older"
    if male:
        styles = {
            "bald": 0.20 if older else 0.05,
            "cropped": 0.32,
            "short": 0.44,
            "curly": 0.07,
            "afro": 0.02,
            "bob": 0.02,
            "long": 0.02,
            "ponytail": 0.015,
            "bun": 0.015,
        }
    else:
        styles = {
            "short": 0.30 if older else 0.08,
            "curly": 0.07,
            "afro": 0.02,
            "bob": 0.19,
            "long": 0.34,
            "ponytail": 0.21,
            "bun": 0.11,
        }
    shares = (0.05, 0.08, 0.1, 0.1, 0.06, 0.06, 0.03, 0.3, 0.22) if older else (
        0.30, 0.26, 0.17, 0.11, 0.06, 0.05, 0.03, 0.015, 0.005
    )  # fmt: skip
    colour = HAIRS[int(one_of(random, {str(number): share for number, share in enumerate(shares)}))]
    beards = {"none": 0.62, "stubble": 0.16, "full": 0.16, "moustache": 0.06}
    grown = male and age in ("adult", "older")
    return Head(
        hair=one_of(random, styles),
        hair_colour=varied(random, colour, 0.008),
        hair_length=float(random.random()),
        beard=one_of(random, beards) if grown else "none",
        lips=float(random.uniform(0.25, 0.5)) if male or age == "child" else float(random.uniform(0.35, 1.0)),
    )
