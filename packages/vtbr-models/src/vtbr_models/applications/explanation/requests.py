"""What is to be explained: pictures to compare with each other, or pictures and their captions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ...errors import InputError
from ...files import Manifest, Row
from ..text_extraction import captions_of


@dataclass(frozen=True, kw_only=True, slots=True)
class Picture:
    """One image, and what is to be written of it."""

    path: Path
    keys: Mapping[str, Any]
    """`path` and, where known, `identity`, `camera`, `rank`, `right`, `distance`."""

    @property
    def is_right(self) -> bool | None:
        """Whether it shows the query's person; None where nobody knows."""
        right = self.keys.get("right")
        return right if isinstance(right, bool) else None


@dataclass(frozen=True, kw_only=True, slots=True)
class Search:
    """A query and the gallery pictures to hold it against."""

    query: Picture
    gallery: Sequence[Picture] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True, slots=True)
class Described:
    """A picture and captions of it."""

    picture: Picture
    captions: Sequence[str]


def searches_of_files(paths: Sequence[str]) -> list[Search]:
    """Return one search: the first picture against all others."""
    if len(paths) < 2:
        raise InputError(f"{paths[0]} has nothing to be held against: name a second picture")
    pictures = [Picture(path=Path(path), keys={"path": path}) for path in paths]
    return [Search(query=pictures[0], gallery=pictures[1:])]


def searches(table: Manifest, top: int) -> list[Search]:
    """Of ranked lists (`vtbr-eval reid --ranked`), each query and its first `top`; or of a manifest.

    Of a manifest, each query is held against the first `top` gallery pictures of its own person by other
    cameras (those that Re-ID scores look for). Raises InputError where nothing is to be held against
    anything, and for lists that are none.
    """
    if any("gallery" in row.keys for row in table.rows):
        found = [_listed(table, number, row, top) for number, row in enumerate(table.rows, start=1)]
    else:
        found = [_own(table, row, top) for row in table.rows if row.split == "query" and row.identity > 0]
    found = [search for search in found if search.gallery]
    if not found:
        raise InputError(
            f"{table.name} has no query with a gallery picture of its person by another camera: give ranked "
            "lists (`vtbr-eval reid FEATURES --ranked LISTS.jsonl`) or two picture files"
        )
    return found


def described_files(paths: Sequence[str], captions: Sequence[str]) -> list[Described]:
    """Take picture files, all with the same captions; raises InputError where there are none."""
    if not captions:
        raise InputError("pictures have no captions of their own: give --caption 'a man in a red coat'")
    return [
        Described(picture=Picture(path=Path(path), keys={"path": path}), captions=captions) for path in paths
    ]


def described(table: Manifest, captions: Sequence[str]) -> list[Described]:
    """Return the manifest's images with `captions`, or where there are none with their own.

    Raises InputError where an image has none.
    """
    return [
        Described(picture=_picture(table, row.keys), captions=captions or _captions(table, row))
        for row in table.rows
    ]


def _listed(table: Manifest, number: int, row: Row, top: int) -> Search:
    gallery = row.keys.get("gallery")
    if not isinstance(gallery, list) or not all(
        isinstance(entry, dict) and isinstance(entry.get("path"), str) for entry in gallery
    ):
        raise InputError(
            f"{table.name}:{number}: gallery must be a list of objects with a path, as "
            "`vtbr-eval reid --ranked` writes it"
        )
    return Search(
        query=_picture(table, row.keys), gallery=[_picture(table, entry) for entry in gallery[:top]]
    )


def _own(table: Manifest, query: Row, top: int) -> Search:
    others = [
        row
        for row in table.rows
        if row.split == "gallery"
        and row.identity == query.identity
        and (row.camera != query.camera or query.camera == -1)
    ]
    return Search(
        query=_picture(table, query.keys),
        gallery=[_picture(table, {**row.keys, "right": True}) for row in others[:top]],
    )


def _picture(table: Manifest, keys: Mapping[str, Any]) -> Picture:
    kept = {key: keys[key] for key in _KEPT if key in keys}
    return Picture(path=table.root / keys["path"], keys=kept)


_KEPT = ("rank", "path", "identity", "camera", "right", "distance")


def _captions(table: Manifest, row: Row) -> Sequence[str]:
    captions = captions_of(row, table.name)
    if not captions:
        raise InputError(
            f"{table.name}: {row.path} has no captions: `vtbr-models caption` writes some; or give --caption"
        )
    return captions
