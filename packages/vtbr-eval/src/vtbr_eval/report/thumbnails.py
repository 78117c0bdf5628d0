"""Small JPEGs to put into a page, within a budget of bytes."""

from __future__ import annotations

import base64
import io
import warnings
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from ..errors import InputError
from ..paths import PathList

LARGE_PX, SMALL_PX = (64, 128), (48, 96)
"""Width and height that a thumbnail fits into. Large is half of the usual 256 x 128, and is what half of
the budget goes to; the other half then reaches twice as many images."""
QUALITY = {LARGE_PX: 60, SMALL_PX: 50}
"""Of JPEG: 1.3 to 1.6 kB a large image, without blocks that catch the eye."""


@dataclass
class Thumbnails:
    """Thumbnails by row of the table, as base64 of a JPEG."""

    picture: dict[int, str] = field(default_factory=dict)
    unreadable: list[str] = field(default_factory=list)
    """Paths of which no picture could be made."""
    is_full: bool = False
    """Whether the budget left pictures out."""


def make_thumbnails(rows: Iterable[int], path: PathList, root: Path, budget_bytes: int) -> Thumbnails:
    """Thumbnails of these rows, in this order until `budget_bytes` of base64 are used up.

    Files that are missing, no images or outside `root` get none. Raises `InputError` without Pillow
    and when `root` is no folder.
    """
    if not root.is_dir():
        raise InputError(f"{root}: is no folder: --root names the folder from which the paths start")
    try:
        import PIL.Image  # noqa: F401
    except ImportError:
        raise InputError(
            "thumbnails need Pillow: type `pip install 'vtbr-eval[report]'`, or leave --root out"
        ) from None
    thumbnails, used = Thumbnails(), 0
    for row in dict.fromkeys(rows):
        jpeg = _jpeg(root, path[row], LARGE_PX if used < budget_bytes / 2 else SMALL_PX)
        if jpeg is None:
            thumbnails.unreadable.append(path[row])
            continue
        text = base64.b64encode(jpeg).decode()
        used += len(text)
        if used > budget_bytes:
            thumbnails.is_full = True
            break
        thumbnails.picture[row] = text
    return thumbnails


def _jpeg(root: Path, path: str, size: tuple[int, int]) -> bytes | None:
    from PIL import Image

    if "\0" in path:
        return None
    file = root.absolute() / path
    # The page may be handed on: it shows nothing from beside the folder that was named.
    if ".." in file.parts or not file.is_relative_to(root.absolute()):
        return None
    try:
        # Pillow warns of large or odd pictures: they are made small or left out, and counted.
        with warnings.catch_warnings(action="ignore"):
            return _shrunk(file, size) if file.is_file() else None
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return None


def _shrunk(file: Path, size: tuple[int, int]) -> bytes:
    from PIL import Image

    with Image.open(file) as image:
        image.draft("RGB", (2 * size[0], 2 * size[1]))
        small = image.convert("RGB")
    small.thumbnail(size, Image.Resampling.LANCZOS)
    out = io.BytesIO()
    small.save(out, "JPEG", quality=QUALITY[size], optimize=True)
    return out.getvalue()
