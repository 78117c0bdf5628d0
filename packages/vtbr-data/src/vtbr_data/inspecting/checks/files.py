"""Files that are missing, damaged, odd, or outside."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

from ...manifest import Row
from ...picture_names import KINDS, ending
from ..pictures import PictureState
from .finding import Finding

SMALLEST_SIDE = 8
"""Pixels; a smaller side shows no person."""

_SURPRISES = {
    "turned": (
        "turned",
        "pictures are turned or mirrored by EXIF: they are read upright, some programs do not",
    ),
    "alpha": ("alpha", "pictures have transparent parts, which are read as white"),
    "deep": ("deep", "pictures have more than 8 bits a colour: the upper 8 are read"),
    "frames": ("frames", "files have several frames or pages, of which the first is read"),
    "cmyk": ("cmyk", "pictures are for printing (CMYK): their colours are read roughly"),
    "profile": ("profile", "pictures have a colour profile other than sRGB, which is not applied"),
}
"""Kind and message of what `decoding.surprises` finds."""


def file_findings(rows: Sequence[Row], states: Sequence[PictureState], root: Path) -> Iterator[Finding]:
    """Find what is wrong with the files of `rows`, whose states are in the same order."""
    pairs = list(zip(rows, states, strict=True))
    missing = [row.path for row, state in pairs if state.is_missing]
    if missing:
        yield Finding("error", "missing", f"pictures are not there, looking from {root}", missing)
    unreadable = [
        f"{row.path} {state.problem}" for row, state in pairs if state.problem and not state.is_missing
    ]
    if unreadable:
        yield Finding("error", "unreadable", "pictures cannot be read to the end", unreadable)
    misnamed = [f"{row.path} is {state.kind}" for row, state in pairs if not _is_named_rightly(row, state)]
    if misnamed:
        yield Finding("warning", "wrong-extension", "names do not say what the files are", misnamed)
    tiny = [
        f"{row.path} is {state.width} x {state.height}"
        for row, state in pairs
        if state.width and min(state.width, state.height) < SMALLEST_SIDE
    ]
    if tiny:
        yield Finding("warning", "tiny", f"pictures are narrower than {SMALLEST_SIDE} pixels", tiny)
    for surprise, (kind, message) in _SURPRISES.items():
        odd = [row.path for row, state in pairs if surprise in state.surprises]
        if odd:
            yield Finding("warning", kind, message, odd)
    outside = _outside(rows, root)
    if outside:
        yield Finding("warning", "outside", f"links lead out of {root}: copies of it will lack them", outside)


def _is_named_rightly(row: Row, state: PictureState) -> bool:
    kinds = KINDS.get(ending(row.path))
    return not state.kind or (kinds is not None and state.kind in kinds)


def _outside(rows: Sequence[Row], root: Path) -> list[str]:
    """Return paths that appear to lie in the root but do not; `..` and absolute paths say where they lead."""
    whole = os.path.realpath(root)
    home = cache(os.path.realpath)  # of folders, which are few
    found = []
    for row in rows:
        if row.path.startswith("/") or ".." in row.path.split("/"):
            continue
        file = os.path.join(whole, row.path)  # noqa: PTH118 (millions of rows)
        folder, name = os.path.split(file)
        real = os.path.realpath(file) if os.path.islink(file) else f"{home(folder)}/{name}"  # noqa: PTH114
        if not real.startswith(whole.rstrip("/") + "/"):
            found.append(f"{row.path} -> {real}")
    return found
