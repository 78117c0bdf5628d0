"""Where rendered people go: checks, folders, the work of several processes, and the rows of the manifest."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Collection, Iterator, Sequence
from functools import cache, lru_cache
from importlib import import_module
from pathlib import Path
from typing import Any, Literal, NamedTuple

from ..errors import InputError
from ..output import open_output, say_on_stderr
from ..processes import in_processes
from .body.data import body_data
from .compiled import IS_NEW
from .compiling import compile_all
from .domains import source, target
from .domains.difficulty import NAMES, knobs
from .ingredients import left_out
from .unfinished import Journal

Style = Literal["source", "target"]
Shot = source.Shot | target.Shot
Progress = Callable[[int, int], None]
Finish = Callable[[Iterator[dict[str, Any]]], None]

SETTINGS = "rendering.json"
"""Beside the pictures: what they were rendered with, and by which version."""

RENDERER = 2
"""Counts the renderers whose pictures differ: raised with every change of the bytes, and their digest in the tests."""

DEFAULT = NAMES["default"]

_CHUNK = 20
"""Pictures that a process renders at a time: about one person's, who is then made once."""

_MOST_PICTURES = 2_000_000
"""Of a folder: their plan is held in memory, and file systems grow slow."""

_WORTH_A_PROCESS = 300
"""Fewer pictures than this a process are rendered sooner than another Python has started."""


class Order(NamedTuple):
    """What is to be rendered: everything that decides the bytes."""

    style: Style
    identities: int
    views: int
    seed: int
    width: int
    height: int
    difficulty: float
    cameras: int
    cameras_each: int | None
    """Cameras that see each person; None: from 2 on, drawn."""
    without: str = ""
    """Names of `INGREDIENTS` that are left out, sorted, with commas between."""
    renderer: int = RENDERER

    @property
    def left_out(self) -> frozenset[str]:
        """The ingredients that are left out."""
        return frozenset(self.without.split(", ")) if self.without else frozenset()


def render(
    out: Path,
    *,
    style: Style,
    identities: int,
    views: int,
    seed: int,
    workers: int | None = None,
    size: tuple[int, int] | None = None,
    difficulty: float | None = None,
    cameras: int | None = None,
    cameras_each: int | None = None,
    without: Collection[str] = (),
    progress: Progress | None = None,
    finish: Finish | None = None,
) -> int:
    """Render `views` images of each of `identities` people into the folder `out`; return how many there are.

    `source` writes FineGPR's layout and `attributes.csv`; `target` writes Market-1501's folders with junk and
    distractors, seen by `cameras` cameras (6), as hard as `difficulty` says (0 easy, 0.5 the default, 1 hard;
    see `knobs`), each person by `cameras_each` of them (two to six). `without` names `INGREDIENTS` to leave out.
    `size` is (width, height) in pixels, by default 128 x 256 and 64 x 128. The bytes depend on
    the seed and the numbers only, never on `workers` (default: one for each CPU that this process may use).
    `progress` is called with (done, total), first with what is already there, `finish` with the
    manifest's rows in the order of their paths when all pictures are there, to write what belongs to them.
    `rendering.json` says what was rendered.

    What stops the work (Ctrl-C, a full disk, `kill -9`) leaves the pictures that are complete, and a note: the
    same call continues. Raises `InputError` for numbers that make no sense, and for a folder with anything
    else in it.
    """
    size = size or (source.SIZE if style == "source" else target.SIZE)
    _check(style, identities, views, seed, workers, size, difficulty, cameras, cameras_each)
    order = Order(
        style, identities, views, seed, *size,
        DEFAULT if difficulty is None else float(difficulty), cameras or target.CAMERAS,
        cameras_each, ", ".join(sorted(left_out(without, style))),
    )  # fmt: skip
    out = Path(out)
    body_data()  # where its data are missing, nothing is begun
    _compile()
    shots = plan(order)
    report = progress or (lambda _done, _total: None)
    with Journal(out, order._asdict()) as journal:
        there = {number for number in journal.numbers() if is_whole(out / shots[number].path)}
        done = len(there)
        report(done, len(shots))
        for found in _render_missing(out, order, shots, there, workers):
            journal.add(found)
            done += len(found)
            report(done, len(shots))
        if style == "source":
            with open_output(out / "attributes.csv") as file:
                file.write(source.attribute_table(identities, seed, order.left_out).encode())
        with open_output(out / SETTINGS) as file:
            file.write((json.dumps(_settings(order), indent=2) + "\n").encode())
        if finish:
            by_path = sorted(range(len(shots)), key=lambda number: shots[number].path)
            finish(map(journal.row, by_path))
        journal.end()
    return len(shots)


def _settings(order: Order) -> dict[str, Any]:
    """Return what decides the bytes of a folder, by name, as `rendering.json` has it."""
    of_target = ("difficulty", "cameras", "cameras_each") if order.style == "source" else ()
    settings = {name: value for name, value in order._asdict().items() if name not in of_target}
    package = import_module(__name__.partition(".")[0])  # an import statement would close a circle
    return settings | {"without": sorted(order.left_out), "version": package.__version__}


@cache
def _compile() -> None:
    if IS_NEW:
        say_on_stderr("compiling the renderer for this machine, once: about half a minute")
        compile_all()


@lru_cache(maxsize=4)
def plan(order: Order) -> Sequence[Shot]:
    """Plan everything that is to be rendered, in an order that depends on the arguments only."""
    if order.style == "source":
        return source.plan(order.identities, order.views, order.seed)
    return target.plan(
        order.identities, order.views, order.seed, order.difficulty, order.cameras, order.cameras_each
    )


def is_whole(path: Path) -> bool:
    """Tell whether a JPEG file is there to its last byte; a power cut may leave names without content."""
    if not path.is_file() or path.stat().st_size < 4:
        return False
    with path.open("rb") as file:
        file.seek(-2, 2)
        return file.read() == b"\xff\xd9"


class _Chunk(NamedTuple):
    out: str
    order: Order
    numbers: tuple[int, ...]


def _render_missing(
    out: Path, order: Order, shots: Sequence[Shot], there: set[int], workers: int | None
) -> Iterator[dict[int, dict[str, Any]]]:
    for folder in sorted({(out / shot.path).parent for shot in shots}):
        folder.mkdir(parents=True, exist_ok=True)
    missing = [number for number in range(len(shots)) if number not in there]
    starts = range(0, len(missing), _CHUNK)
    chunks = [_Chunk(str(out), order, tuple(missing[k : k + _CHUNK])) for k in starts]
    processes = workers or min(_cpus(), max(1, len(missing) // _WORTH_A_PROCESS))
    # The first chunk compiles the kernels, which the other processes then find on the disk.
    yield from in_processes(_render_chunk, chunks, workers=processes, first_alone=True)


def _render_chunk(chunk: _Chunk) -> dict[int, dict[str, Any]]:
    shots, rows = plan(chunk.order), {}
    for number in chunk.numbers:
        content, row = shots[number].take((chunk.order.width, chunk.order.height), chunk.order.left_out)
        with open_output(Path(chunk.out) / shots[number].path) as file:
            file.write(content)
        rows[number] = row
    return rows


def _check(
    style: str,
    identities: int,
    views: int,
    seed: int,
    workers: int | None,
    size: tuple[int, int],
    difficulty: float | None,
    cameras: int | None,
    cameras_each: int | None,
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
    if identities * views > _MOST_PICTURES or (style == "target" and views > target.MOST_VIEWS):
        raise InputError(
            f"{identities} x {views} pictures are too many for one folder: at most {_MOST_PICTURES:,}, of a target's "
            f"identity {target.MOST_VIEWS:,}; render several folders, each with a seed of its own"
        )
    if seed < 0:
        raise InputError(f"seed is {seed}: use 0 or more")
    if workers is not None and workers < 1:
        raise InputError(f"{workers} workers can render nothing: use 1 or more")
    if min(size) < 16 or max(size) > 1024:
        raise InputError(
            f"images of {size[0]} x {size[1]} pixels cannot be rendered: use 16 to 1024 each way"
        )
    for name, value in (("difficulty", difficulty), ("cameras", cameras), ("cameras_each", cameras_each)):
        if value is not None and style == "source":
            raise InputError(f"{name} is of the target domain: leave it out, or use style target")
    if difficulty is not None:
        knobs(difficulty)
    if cameras is not None and not 2 <= cameras <= 999:
        raise InputError(f"cameras is {cameras}: use 2 to 999")
    most = min(views, cameras or target.CAMERAS)
    if cameras_each is not None and not 2 <= cameras_each <= most:
        raise InputError(f"{cameras_each} cameras cannot each see a person in {views} views: use 2 to {most}")


def _cpus() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
