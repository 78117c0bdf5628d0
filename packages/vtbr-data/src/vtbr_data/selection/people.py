"""Choices of whole people: some of them, or some held out as a test set."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from msgspec.structs import replace

from ..errors import InputError
from ..manifest import Row
from .order import random_keys


def some_people(rows: Sequence[Row], number: int, *, seed: int) -> list[Row]:
    """Return the rows of `number` people, and those of nobody (junk and distractors), in their order.

    The choice depends on seed and identities alone; a smaller one is part of a larger one. Raises
    `InputError` for more people than there are.
    """
    people = sorted({row.identity for row in rows if row.identity > 0})
    if number > len(people):
        raise InputError(f"there are {len(people)} people to choose from, fewer than {number}")
    chosen = set(_at_random(people, seed)[:number])
    return [row for row in rows if row.identity <= 0 or row.identity in chosen]


def hold_out(
    rows: Sequence[Row], share: float, *, seed: int, split: str = "train"
) -> tuple[list[Row], list[Row]]:
    """Return the rows that stay, and those of a `share` of the people of `split` as query and gallery.

    Held out are people who can be searched for: seen by two cameras, or twice where no camera is known. Of
    each and each camera one image becomes a query, where that leaves every query a match; the others are the
    gallery. Raises `InputError` if nobody can be held out, or nobody would stay.
    """
    images: dict[int, list[int]] = defaultdict(list)
    for place, row in enumerate(rows):
        if row.split == split and row.identity > 0:
            images[row.identity].append(place)
    people = sorted(person for person, places in images.items() if _can_be_found(rows, places))
    number = max(1, round(share * len(images)))
    if number > len(people) or number >= len(images):
        raise InputError(
            f"{number} of {len(images)} people of the split {split} cannot be held out: {len(people)} of them "
            "are seen by two cameras (or twice, where cameras are unknown), and some must stay"
        )
    held = {place for person in _at_random(people, seed)[:number] for place in images[person]}
    queries = _queries([(place, rows[place]) for place in sorted(held)], seed)
    parts = [replace(rows[place], split="query" if place in queries else "gallery") for place in sorted(held)]
    return [row for place, row in enumerate(rows) if place not in held], parts


def _at_random(people: Sequence[int], seed: int) -> list[int]:
    keys = random_keys([str(person) for person in people], seed)
    return [person for _, person in sorted(zip(keys.tolist(), people, strict=True))]


def _can_be_found(rows: Sequence[Row], places: Sequence[int]) -> bool:
    cameras = {rows[place].camera for place in places}
    return len(cameras) > 1 or (cameras == {-1} and len(places) > 1)


def _queries(held: Iterable[tuple[int, Row]], seed: int) -> set[int]:
    """Return the place of one image of each person and camera, chosen by its path.

    An image stays in the gallery where a query would have no match without it, as where each camera saw a
    person once.
    """
    by_person: dict[int, list[tuple[int, int, int]]] = defaultdict(list)
    listed = list(held)
    keys = random_keys([row.path for _, row in listed], seed).tolist()
    for (place, row), key in zip(listed, keys, strict=True):
        by_person[row.identity].append((key, place, row.camera))
    return {place for images in by_person.values() for place in _queries_of(sorted(images))}


def _queries_of(images: Sequence[tuple[int, int, int]]) -> Iterator[int]:
    """Yield the queries among a person's (key, place, camera): the first of each camera that leave all a match."""
    gallery = {place: camera for _, place, camera in images}
    queries: list[int] = []  # their cameras
    for _, place, camera in images:
        rest = {other: seen_by for other, seen_by in gallery.items() if other != place}
        if camera not in queries and all(_is_matched(query, rest.values()) for query in (*queries, camera)):
            queries.append(camera)
            gallery = rest
            yield place


def _is_matched(query: int, cameras: Iterable[int]) -> bool:
    """Tell whether an image of another camera is among these; an unknown camera (-1) is another one."""
    return any(camera != query or camera == -1 for camera in cameras)
