"""Inspects many pictures in several processes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from ..processes import in_processes
from .pictures import PictureState, inspect_picture

_CHUNK = 32  # paths a task: few enough for an even load, enough to make tasks cheap
_WORTH_A_PROCESS = 300  # pictures; starting one takes as long as inspecting about a thousand

Report = Callable[[int, int], None]


def inspect_pictures(
    paths: Sequence[str], *, workers: int = 1, report: Report | None = None
) -> Iterator[PictureState]:
    """Decode every file and yield its state, in the order of `paths`, with at most `workers` processes."""
    workers = min(workers, len(paths) // _WORTH_A_PROCESS)
    chunks = (paths[start : start + _CHUNK] for start in range(0, len(paths), _CHUNK))
    done = 0
    for states in in_processes(_inspected, chunks, workers=workers):
        yield from states
        done += len(states)
        if report:
            report(done, len(paths))


def _inspected(paths: Sequence[str]) -> list[PictureState]:
    return [inspect_picture(path) for path in paths]
