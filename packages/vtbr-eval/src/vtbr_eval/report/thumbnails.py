"""Small WebP pictures to put into a page, within a budget of bytes, or into a folder beside it."""

from __future__ import annotations

import base64
import io
import shutil
import warnings
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from ..errors import InputError
from ..features import PathList

LARGE_PX, SMALL_PX = (64, 128), (48, 96)
"""Width and height that a thumbnail fits into. Large is half of the usual 256 x 128, and is what half of
the budget goes to; the other half then reaches twice as many images."""
FOLDER_PX = (128, 256)
"""Of pictures in a folder, which no budget holds."""
QUALITY = {LARGE_PX: 60, SMALL_PX: 50, FOLDER_PX: 75}
"""Of WebP: 1.0 to 1.3 kB a large image, without blocks that catch the eye."""


@dataclass
class Thumbnails:
    """Thumbnails by row of the table: base64 of a WebP, or its file name where there is a `folder`."""

    picture: dict[int, str] = field(default_factory=dict)
    unreadable: list[str] = field(default_factory=list)
    """Paths of which no picture could be made."""
    is_full: bool = False
    """Whether the budget left pictures out."""
    folder: str = ""
    """Where the page finds its pictures, from where the page is; empty where they are inside."""


def make_thumbnails(
    rows: Iterable[int], path: PathList, root: Path, budget_bytes: int, folder: Path | None = None
) -> Thumbnails:
    """Returns thumbnails of these rows, in this order until `budget_bytes` of base64 are used up.

    With `folder`, which must be new or empty, each is written there as NUMBER.webp and no budget holds. Files
    that are missing, no images or outside `root` get none. Raises `InputError` without Pillow, when `root` is
    no folder, and when `folder` holds anything.
    """
    if not root.is_dir():
        raise InputError(f"{root}: is not a folder: --root names the folder from which the paths start")
    try:
        import PIL.Image  # noqa: F401
    except ImportError:
        raise InputError(
            "thumbnails need Pillow: type `pip install 'vtbr-eval[report]'`, or leave --root out"
        ) from None
    if folder is not None:
        return _in_folder(rows, path, root, folder)
    thumbnails, used = Thumbnails(), 0
    for row in dict.fromkeys(rows):
        webp = _webp(root, path[row], LARGE_PX if used < budget_bytes / 2 else SMALL_PX)
        if webp is None:
            thumbnails.unreadable.append(path[row])
            continue
        text = base64.b64encode(webp).decode()
        used += len(text)
        if used > budget_bytes:
            thumbnails.is_full = True
            break
        thumbnails.picture[row] = text
    return thumbnails


def check_folder(folder: Path) -> None:
    """Raises `InputError` for a folder of pictures that is there already and holds anything."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise InputError(f"{folder}: is there already: --pictures names a new or an empty folder")


def _in_folder(rows: Iterable[int], path: PathList, root: Path, folder: Path) -> Thumbnails:
    check_folder(folder)
    thumbnails = Thumbnails()
    making = folder.with_name(f"{folder.name}.partial")
    try:
        making.mkdir(parents=True)
    except FileExistsError:
        raise InputError(f"{making}: is there already, from a run that was stopped: remove it") from None
    try:
        for row in dict.fromkeys(rows):
            webp = _webp(root, path[row], FOLDER_PX)
            if webp is None:
                thumbnails.unreadable.append(path[row])
                continue
            thumbnails.picture[row] = f"{row:06d}.webp"
            (making / thumbnails.picture[row]).write_bytes(webp)
        making.replace(folder)  # over an empty one
    except BaseException:
        shutil.rmtree(making, ignore_errors=True)
        raise
    return thumbnails


def _webp(root: Path, path: str, size: tuple[int, int]) -> bytes | None:
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
    from PIL import Image, ImageOps

    with Image.open(file) as image:
        longest = 2 * max(size)
        image.draft("RGB", (longest, longest))
        small = ImageOps.exif_transpose(image).convert("RGB")
    small.thumbnail(size, Image.Resampling.LANCZOS)
    out = io.BytesIO()
    small.save(out, "WEBP", quality=QUALITY[size], method=4)
    return out.getvalue()
