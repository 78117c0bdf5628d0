"""How somebody is caught by a camera: step, bearing of the head, and what the arms do."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .people import Person

_STANDING = 0.2
"""Share of people who stand."""

_UMBRELLA_TOP = 1.16
"""Highest point under an open umbrella, as a share of the body height."""


@dataclass(frozen=True, slots=True)
class Moment:
    """Gait `phase` (0 to 1) and `energy` (0 stands, 1 walks briskly); `look` is how far the head is turned to
    the person's left, in radians; `doings` of the left and right arm, see `pose.DOINGS`."""

    phase: float
    energy: float
    look: float = 0.0
    doings: tuple[str, str] = ("swing", "swing")


def catch(person: Person, rng: np.random.Generator, *, umbrella: float, busy: float) -> Moment:
    """A moment of `person`; chances that the free arm holds an open umbrella or follows its habit."""
    energy = 0.12 if rng.random() < _STANDING else float(rng.uniform(0.6, 1.0))
    bag_arm = 0 if person.bag_side > 0 else 1
    doings = ["swing", "swing"]
    if person.look.bag and person.bag in _CARRYING:
        doings[bag_arm] = _CARRYING[person.bag]
    chance = float(rng.random())
    if chance < umbrella:
        doings[1 - bag_arm] = "umbrella"
    elif chance < umbrella + busy and (person.habit != "strap" or person.bag == "backpack"):
        doings[1 - bag_arm] = person.habit
    return Moment(
        phase=float(rng.random()),
        energy=energy,
        look=float(rng.normal(0.0, 0.18)),
        doings=(doings[0], doings[1]),
    )


def headroom(person: Person, moment: Moment) -> float:
    """Height of the whole figure, with hat or umbrella, as a share of the body height."""
    if "umbrella" in moment.doings:
        return _UMBRELLA_TOP
    return 1.03 if person.look.hat else 1.0


_CARRYING = {"handbag": "carry", "carrier": "carry", "trolley": "pull"}
