"""Near-twins: people whose attributes differ in one, and batches in which they meet.

A caption of one is wrong for the other by a word, so that a model which has learnt gender and colours alone cannot
tell them apart. B images.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..attributes import VALUES
from ..errors import InputError
from .batches import Batches, BatchIndices
from .randomness import image_seeds
from .streaming import StreamedBatches

if TYPE_CHECKING:
    from ..manifest import Row

OF_PEOPLE = tuple(name for name in VALUES if name not in ("weather", "illumination", "scene"))
"""Attributes of a person; the others are of a picture."""


class NearTwins:
    """The near-twins of each row's person."""

    def __init__(self, rows: Sequence[Row], twins: Mapping[int, Sequence[int]]) -> None:
        self._rows, self._twins = rows, twins
        self._rows_of: dict[int, list[int]] = {}
        for number, row in enumerate(rows):
            self._rows_of.setdefault(row.identity, []).append(number)

    @classmethod
    def among(cls, rows: Sequence[Row]) -> NearTwins:
        """Find those of the people of `rows` (identities above 0) who differ in exactly one known attribute.

        A person's attribute is the one that most of their rows have.
        """
        people: dict[int, list[Mapping[str, Any]]] = {}
        for row in rows:
            if row.identity > 0:
                people.setdefault(row.identity, []).append(row.attributes)
        profiles = {person: _profile(attributes) for person, attributes in sorted(people.items())}
        alike: dict[tuple[int, tuple[Any, ...]], list[int]] = {}
        for person, profile in profiles.items():
            for place, value in enumerate(profile):
                if value is not None:
                    alike.setdefault((place, (*profile[:place], *profile[place + 1 :])), []).append(person)
        twins: dict[int, list[int]] = {}
        for (place, _), group in alike.items():
            for person in group if len(group) > 1 else ():
                others = [one for one in group if profiles[one][place] != profiles[person][place]]
                twins.setdefault(person, []).extend(others)
        return cls(rows, {person: sorted(found) for person, found in twins.items() if found})

    @property
    def num_people(self) -> int:
        """People who have a near-twin."""
        return len(self._twins)

    def __str__(self) -> str:
        people = sum(identity > 0 for identity in self._rows_of)
        return f"{self.num_people} of {people} people have a near-twin, who differs in one attribute"

    def has_one(self, row: int) -> bool:
        """Return whether the person of a row has a near-twin."""
        return self._rows[row].identity in self._twins

    def draw(self, row: int, random: np.random.Generator) -> int:
        """Draw a near-twin of the person of `row`; return that row of the twin whose attributes agree most."""
        twins = self._twins[self._rows[row].identity]
        shown = self._rows[row].attributes
        pictures = random.permutation(self._rows_of[twins[int(random.integers(len(twins)))]])
        agreeing = [_num_equal(self._rows[number].attributes, shown) for number in pictures]
        return int(pictures[int(np.argmax(agreeing))])


class TwinBatches(Batches):
    """The batches of another order, of which a share is pairs of near-twins, side by side.

    A pair's second image takes the place of one that the order had drawn. Each pair begins at an even place,
    so that it stays together in every even part of a batch.
    """

    def __init__(self, order: Batches, twins: NearTwins, share: float) -> None:
        super().__init__(seed=order.seed, first_step=order.first_step, last_step=order.last_step)
        self._order, self._twins, self._share = order, twins, share

    def at(self, step: int) -> BatchIndices:
        """Return the images of `step` (counted from 1)."""
        drawn = self._order.at(step)
        random = np.random.default_rng([self.seed, step, 1])
        rows: list[int] = drawn.rows.tolist()
        num_pairs = min(round(self._share * len(rows) / 2), len(rows) // 2)
        leaders = [place for place, row in enumerate(rows) if self._twins.has_one(row)][:num_pairs]
        if not leaders:
            return drawn
        led = np.array([self._twins.draw(rows[place], random) for place in leaders], np.int64)
        passes = np.full(len(led), -step)  # those over the images are never negative
        seeds = image_seeds(self.seed, passes, led)
        slots = {2 * (pair * (len(rows) // 2) // len(leaders)): pair for pair in range(len(leaders))}
        paired = set(leaders)
        others = iter([place for place in range(len(rows)) if place not in paired])
        places, taken = np.empty(len(rows), np.int64), np.full(len(rows), -1)
        for place in range(len(rows)):
            if place in slots:
                places[place] = leaders[slots[place]]
            elif place % 2 and place - 1 in slots:
                places[place], taken[place] = 0, slots[place - 1]
            else:
                places[place] = next(others)
        return BatchIndices(
            _replaced(drawn.rows[places], taken, led), _replaced(drawn.seeds[places], taken, seeds)
        )


def with_near_twins(order: Batches, twins: NearTwins | None, share: float) -> Batches:
    """Return `order` with a share of pairs of near-twins; as it is without `twins`.

    Raises `InputError` for shards that are copied before they are read: a twin may be in any of them.
    """
    if twins is None:
        return order
    if isinstance(order, StreamedBatches):
        raise InputError(
            "near_twins_share pairs pictures of any two shards, but these shards are copied a few at a time: keep "
            "them on this machine, or set it to 0"
        )
    return TwinBatches(order, twins, share)


def _profile(attributes: Sequence[Mapping[str, Any]]) -> tuple[Any, ...]:
    """Return the commonest value of each attribute of a person; None where no row has it."""
    counts = [Counter(known[name] for known in attributes if name in known) for name in OF_PEOPLE]
    return tuple(count.most_common(1)[0][0] if count else None for count in counts)


def _num_equal(ours: Mapping[str, Any], theirs: Mapping[str, Any]) -> int:
    return sum(theirs.get(name) == value for name, value in ours.items())


def _replaced(values: NDArray[Any], taken: NDArray[np.int64], others: NDArray[Any]) -> NDArray[Any]:
    """Return `values` (B,) with `others` where `taken` (B,) names one."""
    return np.where(taken >= 0, others[np.maximum(taken, 0)], values)
