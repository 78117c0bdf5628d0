"""Who is before the camera: people of streams that never meet, caught in a pose."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from functools import lru_cache
from typing import Any

import numpy as np

from ..clothes.garments import Cloth, Garment, Item
from ..clothes.materials import smooth
from ..clothes.palette import RGB
from ..clothes.surface import Panel, Pattern
from ..describing import describe, main_shade
from ..dressing import Dressed, dress
from ..figure import Figure
from ..person import Person, sample_person
from ..posing import pose, sample_stance

STREAMS = {"source": 0, "target": 20_000, "distractor": 40_000, "passer": 60_000}
"""Where each domain's people begin in the numbers of a seed: the domains never show the same person."""

PASSERS = 40
"""So many others walk through the pictures of a seed."""

_TWINS = 5
"""Every fifth person is dressed as the one before but for one thing."""

_IDLE = ("pocket", "hold", "behind", "phone", "call", "strap")
"""What hands do that might as well swing."""


@dataclass(frozen=True, slots=True)
class Actor:
    """A person, dressed."""

    person: Person
    dressed: Dressed


@lru_cache(maxsize=8)
def actor(seed: int, stream: str, number: int, without: frozenset[str] = frozenset()) -> Actor:
    """Dress person `number` (from 1) of a stream; the same arguments give the same person.

    `without` are `INGREDIENTS` to leave out: `near-twins` and `textures` change people.
    """
    return _dressed(seed, stream, number, without)


@lru_cache(maxsize=PASSERS)
def passer(seed: int, number: int, without: frozenset[str] = frozenset()) -> Actor:
    """Dress one of the `PASSERS` others (from 1) who walk through the pictures of a seed; all are kept."""
    return _dressed(seed, "passer", number, without)


def known(seed: int, stream: str, number: int, without: frozenset[str] = frozenset()) -> Mapping[str, Any]:
    """Return what a person is and wears, seen or not."""
    return describe(_person(seed, stream, number, without))


def _dressed(seed: int, stream: str, number: int, without: frozenset[str]) -> Actor:
    person = _person(seed, stream, number, without)
    dressed = dress(person)
    if "textures" in without:
        dressed = replace(dressed, materials=smooth(dressed.materials))
    return Actor(person, dressed)


def _person(seed: int, stream: str, number: int, without: frozenset[str]) -> Person:
    own = STREAMS[stream] + number
    is_twin = number % _TWINS == 0 and "near-twins" not in without
    person = sample_person(seed, own, near_twin_of=own - 1 if is_twin else None)
    return _plainly_dressed(person) if "textures" in without else person


def _plainly_dressed(person: Person) -> Person:
    """Dress the person in clothes of the same cut, each in its main colour."""
    outfit = person.outfit
    plain = {field.name: _plain(getattr(outfit, field.name)) for field in fields(outfit)}
    return replace(person, outfit=replace(outfit, **plain))


def _plain(worn: object) -> Any:
    if isinstance(worn, Garment):
        return replace(worn, cloth=_plain_cloth(worn.cloth, main_shade(worn)))
    if isinstance(worn, Item):
        return replace(worn, cloth=_plain_cloth(worn.cloth, worn.cloth.colour))
    return _plain_cloth(worn, worn.colour) if isinstance(worn, Cloth) else worn


def _plain_cloth(cloth: Cloth, colour: RGB) -> Cloth:
    return replace(cloth, colour=colour, pattern=Pattern.PLAIN, panel=Panel.NONE, print_number=0, seam=0.0)


def caught(somebody: Actor, rng: np.random.Generator, busy: float = 1.0, *, rain: bool = False) -> Figure:
    """Pose the person as in one moment; `busy` is the chance that hands keep to a habit.

    In the rain umbrellas are up.
    """
    stance = sample_stance(somebody.person, rng, rain=rain)
    if rng.random() >= busy:
        stance = replace(stance, left=_swinging(stance.left), right=_swinging(stance.right))
    return pose(somebody.dressed, stance)


def _swinging(habit: str) -> str:
    return "swing" if habit in _IDLE else habit
