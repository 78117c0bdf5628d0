"""Where drawn people go: checks, folders, the work of several processes, and the rows of the manifest."""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Literal

from ..errors import InputError
from . import source, target
from .difficulty import NAMES, knobs
from .pool import draw_in_processes
from .unfinished import NOTE, begin, end, is_whole

Style = Literal["source", "target"]
Shot = source.Shot | target.Shot
Progress = Callable[[int, int], None]
Finish = Callable[[list[dict[str, Any]]], None]

DEFAULT = NAMES["default"]

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
    difficulty: float | None = None,
    progress: Progress | None = None,
    finish: Finish | None = None,
) -> list[dict[str, Any]]:
    """Draw `views` images of each of `identities` people into the folder `out`; return the rows by path.

    `source` writes FineGPR's layout and `attributes.csv`; `target` writes Market-1501's folders with junk and
    distractors, as hard as `difficulty` says (0 easy, 0.5 the default, 1 hard; see `knobs`). `size` is
    (width, height) in pixels, by default 128 x 256 and 64 x 128. The bytes depend on the seed and the numbers
    only, never on `workers` (default: one for each CPU that this process may use). `progress` is called with
    (done, total), first with what is already there, `finish` with the rows when all pictures are there, to
    write what belongs to them.

    Whatever stops the work (Ctrl-C, a full disk, `finish`), the files written so far are removed again. Where
    that was not possible (`kill -9`), the same call goes on with what is missing. Raises `InputError` for
    numbers that make no sense and for a folder with anything else in it.
    """
    size = size or (source.SIZE if style == "source" else target.SIZE)
    _check(style, identities, views, seed, workers, size, difficulty)
    out = Path(out)
    order: dict[str, Any] = {
        "style": style, "identities": identities, "views": views, "seed": seed, "size": list(size),
        "difficulty": DEFAULT if difficulty is None else float(difficulty),
    }  # fmt: skip
    is_new = not out.exists()
    shots = plan(style, identities, views, seed, order["difficulty"])
    goes_on = begin(out, order)
    try:
        _draw_all(out, order, shots, workers, progress or (lambda _done, _total: None), goes_on=goes_on)
        if style == "source":
            write(out / "attributes.csv", source.attribute_table(identities, seed).encode())
        rows = sorted((shot.row() for shot in shots), key=lambda row: str(row["path"]))
        if finish:
            finish(rows)
        end(out)
    except BaseException:
        _remove(out, shots, is_new)
        raise
    return rows


def plan(style: Style, identities: int, views: int, seed: int, difficulty: float = DEFAULT) -> Sequence[Shot]:
    """Everything that is to be drawn, in an order that depends on the arguments only."""
    if style == "source":
        return source.plan(identities, views, seed)
    return target.plan(identities, views, seed, difficulty)


def save(shot: Shot, out: Path, size: tuple[int, int]) -> None:
    """Draw one picture and write it: complete under its name, or not at all."""
    file = io.BytesIO()
    shot.take(size).save(file, format="JPEG", quality=shot.quality)
    write(out / shot.path, file.getvalue())


def write(path: Path, content: bytes) -> None:
    """Write a file: complete under its name, or not at all."""
    partial = path.with_name(path.name + ".partial")
    try:
        partial.write_bytes(content)
        partial.replace(path)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise


def _draw_all(
    out: Path,
    order: dict[str, Any],
    shots: Sequence[Shot],
    workers: int | None,
    report: Progress,
    *,
    goes_on: bool,
) -> None:
    for folder in sorted({(out / shot.path).parent for shot in shots}):
        folder.mkdir(parents=True, exist_ok=True)
    missing = [k for k, shot in enumerate(shots) if not (goes_on and is_whole(out / shot.path))]
    there = len(shots) - len(missing)
    report(there, len(shots))
    processes = workers or min(_cpus(), max(1, len(missing) // _WORTH_A_PROCESS))
    if processes == 1:
        for done, number in enumerate(missing, there + 1):
            save(shots[number], out, (order["size"][0], order["size"][1]))
            report(done, len(shots))
    else:
        task = order | {"goes_on": goes_on}
        draw_in_processes(out, task, processes, len(shots), lambda done, total: report(there + done, total))


def _check(
    style: str,
    identities: int,
    views: int,
    seed: int,
    workers: int | None,
    size: tuple[int, int],
    difficulty: float | None,
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
    if difficulty is not None:
        if style == "source":
            raise InputError("difficulty is of the target domain: leave it out, or use style target")
        knobs(difficulty)


def _cpus() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _remove(out: Path, shots: Sequence[Shot], is_new: bool) -> None:
    paths = [out / shot.path for shot in shots]
    for path in [*paths, out / "attributes.csv", out / NOTE]:
        path.unlink(missing_ok=True)
        path.with_name(path.name + ".partial").unlink(missing_ok=True)
    for folder in sorted({path.parent for path in paths}) + ([out] if is_new else []):
        if folder.is_dir() and not any(folder.iterdir()):
            folder.rmdir()
