"""The sets of photographs that `python -m pipelines.photographs` scores: what is ranked, and by which protocol."""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from msgspec.structs import replace

from vtbr_data import InputError, Manifest, Row, read_manifest, write_manifest

from .demo import say

TESTED = ("query", "gallery")


class SetError(ValueError):
    """What was given cannot be used: the message says what is wrong and what to type."""


@dataclass(frozen=True, kw_only=True, slots=True)
class PhotographSet:
    """Photographs to be ranked, and how."""

    name: str
    manifest: Path
    root: Path
    protocol: str
    about: str
    """Its people, pictures and protocol."""


def split_pair(text: str, form: str) -> tuple[str, str]:
    """Return the two sides of the first `=`. Raises SetError unless both are there."""
    name, _, value = text.partition("=")
    if not name or not value:
        raise SetError(f"{text!r} is not {form}")
    return name, value


def protocols(options: argparse.Namespace) -> dict[str, str]:
    """Return the protocols that were asked for, by the names of their sets."""
    return dict(split_pair(text, "NAME=PROTOCOL") for text in options.protocol)


def read_set(text: str, options: argparse.Namespace) -> PhotographSet:
    """Read a manifest, and write the one that is scored: the rows of query and gallery alone.

    Raises SetError for a manifest that cannot be scored.
    """
    name, value = split_pair(text, "NAME=MANIFEST[@ROOT]")
    manifest = open_manifest(name, value)
    rows = everyone(name, manifest.rows) if name in options.everyone else manifest.rows
    rows = [row for row in rows if row.split in TESTED]
    if missing := set(TESTED) - {row.split for row in rows}:
        raise SetError(f"{name}: no image of {manifest.name} has split {min(missing)}: nothing to score")
    scored = options.folder / f"{name}.manifest.jsonl"
    write_manifest(rows, scored)
    protocol = protocols(options).get(name) or ("viper-like" if is_single_shot(rows) else "market1501")
    people = len({row.identity for row in rows if row.split == "query"})
    count = Counter(row.split for row in rows)
    about = f"{people} people, {count['query']} queries, {count['gallery']} gallery images, {protocol}"
    say.print(f"{name}: {about}")
    return PhotographSet(name=name, manifest=scored, root=manifest.root, protocol=protocol, about=about)


def open_manifest(name: str, value: str) -> Manifest:
    """Read MANIFEST[@ROOT] of the set `name`. Raises SetError for one without rows or without its first picture."""
    place, _, root = (value, "", "") if Path(value).exists() else value.rpartition("@")
    try:
        manifest = read_manifest(place or value, root=root or None)
    except InputError as error:
        raise SetError(f"{name}: {error}") from error
    if not manifest.rows:
        raise SetError(f"{name}: {manifest.name} has no rows")
    if not (first := manifest.root / manifest.rows[0].path).is_file():
        raise SetError(
            f"{first}: no such image; name the folder that paths start from: {name}=MANIFEST@FOLDER"
        )
    return manifest


def everyone(name: str, rows: Sequence[Row]) -> list[Row]:
    """Return the rows with those of split train divided by their cameras, as the tested ones are.

    Raises SetError where queries and gallery share cameras, so that a camera does not tell.
    """
    cameras = {split: {row.camera for row in rows if row.split == split} for split in TESTED}
    if cameras["query"] & cameras["gallery"]:
        raise SetError(
            f"{name}: query and gallery share cameras, so train rows have no side: drop --everyone"
        )
    side = {camera: split for split, of_split in cameras.items() for camera in of_split}
    if unknown := {row.camera for row in rows} - side.keys():
        raise SetError(f"{name}: camera {min(unknown)} is in split train alone: drop --everyone {name}")
    return [replace(row, split=side[row.camera]) for row in rows]


def is_single_shot(rows: Sequence[Row]) -> bool:
    """Return whether nobody has two pictures in the gallery, nor two queries."""
    return (
        max(Counter((row.split, row.identity) for row in rows if row.identity > 0).values(), default=0) == 1
    )
