"""Who is before the camera: people of streams that never meet, caught in a pose."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np

from ..describing import describe
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
def actor(seed: int, stream: str, number: int) -> Actor:
    """Person `number` (from 1) of a stream; the same arguments give the same person."""
    return _dressed(seed, stream, number)


@lru_cache(maxsize=PASSERS)
def passer(seed: int, number: int) -> Actor:
    """One of the `PASSERS` others (from 1) who walk through the pictures of a seed; all are kept."""
    return _dressed(seed, "passer", number)


def known(seed: int, stream: str, number: int) -> Mapping[str, Any]:
    """What a person is and wears, seen or not."""
    return describe(_person(seed, stream, number))


def _dressed(seed: int, stream: str, number: int) -> Actor:
    person = _person(seed, stream, number)
    return Actor(person, dress(person))


def _person(seed: int, stream: str, number: int) -> Person:
    own = STREAMS[stream] + number
    return sample_person(seed, own, near_twin_of=own - 1 if number % _TWINS == 0 else None)


def caught(somebody: Actor, rng: np.random.Generator, busy: float = 1.0, *, rain: bool = False) -> Figure:
    """The person in the pose of a moment; `busy` is the chance that hands keep to a habit.

    In the rain umbrellas are up.
    """
    stance = sample_stance(somebody.person, rng, rain=rain)
    if rng.random() >= busy:
        stance = replace(stance, left=_swinging(stance.left), right=_swinging(stance.right))
    return pose(somebody.dressed, stance)


def _swinging(habit: str) -> str:
    return "swing" if habit in _IDLE else habit
