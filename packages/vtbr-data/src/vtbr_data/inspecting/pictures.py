"""Reads picture files to their last byte: what is wrong with each, and a small gray copy."""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from PIL import Image, UnidentifiedImageError

from ..errors import InputError
from ..picture_decoding import in_colour, is_turned, orientation_of, surprises, upright
from ..picture_names import FORMATS
from ..processes import in_processes

LARGEST_PIXELS = 64_000_000
"""Larger pictures are not decoded: a few bytes may claim any size."""

GLANCE_WIDTH, GLANCE_HEIGHT = 17, 16

_CHUNK = 32  # paths a task: few enough for an even load, enough to make tasks cheap
_WORTH_A_PROCESS = 300  # pictures; starting one takes as long as inspecting about a thousand

Report = Callable[[int, int], None]

_SMALLEST_DRAFT = 2 * GLANCE_WIDTH, 2 * GLANCE_HEIGHT


@dataclass(frozen=True, slots=True)
class PictureState:
    """The result for one file: `problem` is empty if it decodes to the end."""

    digest: bytes = b""
    """SHA-256 of its bytes."""
    problem: str = ""
    is_missing: bool = False
    kind: str = ""
    """What it is by its content: `JPEG`, `PNG`, ..."""
    width: int = 0
    """Of the upright picture, as is the height."""
    height: int = 0
    glance: bytes = b""
    """Its brightness in 16 rows of 17, a byte each."""
    surprises: tuple[str, ...] = ()
    """What other programs may show differently: `decoding.surprises`."""


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


def inspect_picture(path: Path | str) -> PictureState:
    """Read and decode one file.

    JPEG is decoded at the smallest scale that the glance needs, in grey: all of its data is still parsed, so
    that it is known to be whole (docs/lab-notes.md), and large pictures cost a third less.
    """
    try:
        with open(path, "rb") as file:  # noqa: PTH123 (no path objects, for the sake of millions)
            content = file.read()
    except (FileNotFoundError, NotADirectoryError):
        return PictureState(problem="does not exist", is_missing=True)
    except OSError as error:
        return PictureState(problem=error.strerror or str(error))
    digest = hashlib.sha256(content).digest()
    if not content:
        return PictureState(digest, "is empty")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # sizes are judged below; odd metadata does no harm
        return _decoded(content, digest)


def _decoded(content: bytes, digest: bytes) -> PictureState:
    kind, width, height = "", 0, 0
    try:
        with Image.open(BytesIO(content), formats=FORMATS) as image:
            kind, (width, height) = image.format or "", image.size
            if width * height > LARGEST_PIXELS:
                return PictureState(digest, _too_large(width, height), False, kind, width, height)
            odd = tuple(surprises(image))
            if image.format != "JPEG":
                image.load()
            width, height = image.size[::-1] if is_turned(image) else image.size
            glance = _glance(image)
            return PictureState(digest, "", False, kind, width, height, glance, odd)
    except UnidentifiedImageError:
        return PictureState(digest, "is not a picture")
    except Image.DecompressionBombError:
        return PictureState(digest, "claims more pixels than any camera has")
    except InputError as error:
        return PictureState(digest, str(error), False, kind, width, height)
    except Exception as error:  # decoders raise anything on damaged bytes
        return PictureState(digest, _in_our_words(error), False, kind, width, height)


def _glance(image: Image.Image) -> bytes:
    orientation = orientation_of(image)
    image.draft("L", _SMALLEST_DRAFT)
    image.load()
    grey = image if image.mode == "L" and "transparency" not in image.info else in_colour(image).convert("L")
    return upright(grey, orientation).resize((GLANCE_WIDTH, GLANCE_HEIGHT), Image.Resampling.BOX).tobytes()


def _too_large(width: int, height: int) -> str:
    return f"is {width} x {height}, more than {LARGEST_PIXELS // 1_000_000} million pixels"


def _in_our_words(error: Exception) -> str:
    text = str(error) or type(error).__name__
    return "is cut off" if "truncated" in text.lower() else f"cannot be decoded: {text.splitlines()[0]}"


def _inspected(paths: Sequence[str]) -> list[PictureState]:
    return [inspect_picture(path) for path in paths]
