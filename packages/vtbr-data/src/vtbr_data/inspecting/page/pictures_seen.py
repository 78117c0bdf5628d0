"""What the pictures of a manifest look like: sizes, brightness, and small copies of some."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ...errors import InputError
from ...picture_decoding import decode

THUMBNAIL = (96, 128)
"""Width and height in pixels that a small copy fits into."""

_QUALITY = 75
_LUMA = np.array([0.299, 0.587, 0.114], np.float32)
"""ITU-R BT.601, as in JPEG."""
_CHUNK = 64


@dataclass(frozen=True, slots=True)
class Seen:
    """What one picture looks like."""

    width: int = 0
    height: int = 0
    brightness: float = 0.0
    """Mean of its luma, in [0, 255]."""
    thumbnail: str = ""
    """A small JPEG, base64, where one was asked for."""
    is_readable: bool = False


def look(
    paths: Sequence[Path],
    *,
    thumbnails: Collection[int] = (),
    workers: int = 1,
    report: Callable[[int, int], None] | None = None,
) -> list[Seen]:
    """Read each picture in threads; `thumbnails` are the places in `paths` of those wanted as a small copy.

    A file that is missing or damaged is returned as not readable.
    """
    wanted = frozenset(thumbnails)
    found: list[Seen] = []
    with ThreadPoolExecutor(workers) as pool:
        tasks = pool.map(lambda place: _look(paths[place], place in wanted), range(len(paths)))
        for done, seen in enumerate(tasks, start=1):
            found.append(seen)
            if report and (done % _CHUNK == 0 or done == len(paths)):
                report(done, len(paths))
    return found


def _look(path: Path, has_thumbnail: bool) -> Seen:
    from PIL import Image

    try:
        pixels = decode(path.read_bytes())
    except (OSError, ValueError, InputError):
        return Seen()
    brightness = float((pixels.reshape(-1, 3).mean(axis=0) @ _LUMA).item())
    small = ""
    if has_thumbnail:
        picture = Image.fromarray(pixels)
        picture.thumbnail(THUMBNAIL, Image.Resampling.LANCZOS)
        written = io.BytesIO()
        picture.save(written, "JPEG", quality=_QUALITY, optimize=True)
        small = base64.b64encode(written.getvalue()).decode()
    return Seen(pixels.shape[1], pixels.shape[0], brightness, small, is_readable=True)
