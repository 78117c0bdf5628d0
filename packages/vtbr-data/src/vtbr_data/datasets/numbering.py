"""Numbers for people and cameras that have names."""

from __future__ import annotations

from collections.abc import Iterable


def numbers_of(labels: Iterable[str], first: int = 1) -> dict[str, int]:
    """Return the number of each label: its own if all are numbers, else its place in their order, from 1.

    `first` is what own numbers start from: where it is 0, all move up by one, because 0 is a distractor here.

    >>> numbers_of(["0007", "-1", "12"])
    {'0007': 7, '-1': -1, '12': 12}
    >>> numbers_of(["bob", "alice", "bob"])
    {'alice': 1, 'bob': 2}
    """
    different = list(dict.fromkeys(labels))
    try:
        own = {label: int(label) for label in different}
    except ValueError:
        return {label: place for place, label in enumerate(sorted(different), start=1)}
    return {label: number + 1 - first if number >= 0 else number for label, number in own.items()}


def are_numbers(labels: Iterable[str]) -> bool:
    """Return whether all labels are whole numbers."""
    return all(label.removeprefix("-").isdecimal() for label in labels)
