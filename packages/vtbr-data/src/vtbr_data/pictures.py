"""Picture files read to the last byte: which are missing, cut off or the same."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from io import BytesIO
from itertools import islice
from pathlib import Path

_CHUNK = 32  # paths a task: few enough for an even load, enough to make tasks cheap
_TASKS_AHEAD = 4  # a worker; bounds the memory for millions of paths


@dataclass(frozen=True, slots=True)
class PictureState:
    """What became of one file: `problem` is empty when it decodes, `digest` is the SHA-256 of its bytes."""

    digest: bytes = b""
    problem: str = ""
    is_missing: bool = False


def inspect_pictures(
    paths: Sequence[Path], *, workers: int = 1, report: Callable[[int, int], None] | None = None
) -> Iterator[PictureState]:
    """Decode every file fully, in threads, and yield its state in the order of `paths`."""
    chunks = (paths[start : start + _CHUNK] for start in range(0, len(paths), _CHUNK))
    done = 0
    pool = ThreadPoolExecutor(workers)
    try:
        running = [pool.submit(_inspect, chunk) for chunk in islice(chunks, workers * _TASKS_AHEAD)]
        while running:
            states = running.pop(0).result()
            running += [pool.submit(_inspect, chunk) for chunk in islice(chunks, 1)]
            yield from states
            done += len(states)
            if report:
                report(done, len(paths))
    finally:
        pool.shutdown(cancel_futures=True)


def _inspect(paths: Sequence[Path]) -> list[PictureState]:
    return [inspect_picture(path) for path in paths]


def inspect_picture(path: Path) -> PictureState:
    """Read and decode one file."""
    from PIL import Image, UnidentifiedImageError

    try:
        content = path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return PictureState(problem="does not exist", is_missing=True)
    except OSError as error:
        return PictureState(problem=error.strerror or str(error))
    digest = hashlib.sha256(content).digest()
    if not content:
        return PictureState(digest, "is empty")
    try:
        with Image.open(BytesIO(content)) as image:
            image.load()
    except UnidentifiedImageError:
        return PictureState(digest, "is no picture")
    except Exception as error:  # decoders raise anything on damaged bytes
        return PictureState(digest, _in_our_words(error))
    return PictureState(digest)


def _in_our_words(error: Exception) -> str:
    text = str(error) or type(error).__name__
    return "is cut off" if "truncated" in text.lower() else f"cannot be decoded: {text}"
