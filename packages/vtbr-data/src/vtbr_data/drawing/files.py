"""Where drawn people go: checks, folders, the work of several processes, and the rows of the manifest."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Literal

from vtbr_data.errors import InputError

from . import source, target
from .pool import draw_in_processes

Style = Literal["source", "target"]
Shot = source.Shot | target.Shot
Progress = Callable[[int, int], None]

_WORTH_A_PROCESS = 48
"""Fewer pictures than this a process are drawn sooner than another Python has started."""


def draw(
    out: Path,
    *,
    style: Style,
    identities: int,
    views: int,
    seed: int,
    workers: int | None = None,
    size: tuple[int, int] | None = None,
    progress: Progress | None = None,
) -> list[dict[str, Any]]:
    """Draw `views` images of each of `identities` people into the folder `out`; return the rows by path.

    `source` writes FineGPR's layout and `attributes.csv`; `target` writes Market-1501's folders with junk and
    distractors. `size` is (width, height) in pixels, by default 128 x 256 and 64 x 128. The bytes depend on
    the seed and the numbers only, never on `workers` (default: one for each CPU that this process may use).
    `progress` is called with (done, total). Raises `InputError` for numbers that make no sense and for a
    folder that is not empty; whatever stops the work (Ctrl-C too), the files written so far are removed
    again.
    """
    size = size or (source.SIZE if style == "source" else target.SIZE)
    _check(style, identities, views, seed, workers, size)
    out = Path(out)
    is_new = not out.exists()
    _check_empty(out)
    shots = plan(style, identities, views, seed)
    processes = workers or min(_cpus(), max(1, len(shots) // _WORTH_A_PROCESS))
    report = progress or (lambda _done, _total: None)
    try:
        for folder in sorted({(out / shot.path).parent for shot in shots}):
            folder.mkdir(parents=True, exist_ok=True)
        if processes == 1:
            for done, shot in enumerate(shots, 1):
                save(shot, out, size)
                report(done, len(shots))
        else:
            order = {"style": style, "identities": identities, "views": views, "seed": seed, "size": size}
            draw_in_processes(out, order, processes, len(shots), report)
        if style == "source":
            _write(out / "attributes.csv", source.attribute_table(identities, seed).encode())
    except BaseException:
        _remove(out, shots, is_new)
        raise
    return sorted((shot.row() for shot in shots), key=lambda row: str(row["path"]))


def plan(style: Style, identities: int, views: int, seed: int) -> Sequence[Shot]:
    """Everything that is to be drawn, in an order that depends on the arguments only."""
    if style == "source":
        return source.plan(identities, views, seed)
    return target.plan(identities, views, seed)


def save(shot: Shot, out: Path, size: tuple[int, int]) -> None:
    """Draw one picture and write it: complete under its name, or not at all."""
    image = shot.take(size)
    path = out / shot.path
    partial = path.with_name(path.name + ".partial")
    quality = source.QUALITY if isinstance(shot, source.Shot) else target.QUALITY
    try:
        image.save(partial, format="JPEG", quality=quality)
        partial.replace(path)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise


def _check(
    style: str, identities: int, views: int, seed: int, workers: int | None, size: tuple[int, int]
) -> None:
    least = 1 if style == "source" else 2
    if style not in ("source", "target"):
        raise InputError(f"style is {style!r}: use source or target")
    if identities < least:
        raise InputError(f"{identities} identities are too few: style {style} needs at least {least}")
    if views < least:
        raise InputError(f"{views} views are too few: style {style} needs at least {least} of each identity")
    if style == "source" and views > source.MOST_VIEWS:
        raise InputError(
            f"{views} views are too many: an identity has at most {source.MOST_VIEWS} different file names"
        )
    if identities > 9999:
        raise InputError(
            f"{identities} identities are too many: the file names hold four digits, at most 9999"
        )
    if seed < 0:
        raise InputError(f"seed is {seed}: use 0 or more")
    if workers is not None and workers < 1:
        raise InputError(f"{workers} workers can draw nothing: use 1 or more")
    if min(size) < 16 or max(size) > 4096:
        raise InputError(f"images of {size[0]} x {size[1]} pixels cannot be drawn: use 16 to 4096 each way")


def _check_empty(out: Path) -> None:
    if out.exists() and not out.is_dir():
        raise InputError(f"{out} is a file: name a folder to draw into")
    if out.is_dir() and any(out.iterdir()):
        raise InputError(f"{out} is not empty: name a new folder, or remove it first")


def _cpus() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _write(path: Path, content: bytes) -> None:
    partial = path.with_name(path.name + ".partial")
    try:
        partial.write_bytes(content)
        partial.replace(path)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise


def _remove(out: Path, shots: Sequence[Shot], is_new: bool) -> None:
    paths = [out / shot.path for shot in shots]
    for path in [*paths, out / "attributes.csv"]:
        path.unlink(missing_ok=True)
        path.with_name(path.name + ".partial").unlink(missing_ok=True)
    for folder in sorted({path.parent for path in paths}) + ([out] if is_new else []):
        if folder.is_dir() and not any(folder.iterdir()):
            folder.rmdir()
