"""From the bytes of a picture file to pixels: the one way in which training reads pictures.

H height, W width, in pixels.
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from .errors import InputError

Pixels = NDArray[np.uint8]
"""(H, W, 3), red green blue."""

_SCALES = (8, 4, 2)
"""By which a JPEG can be reduced while it is decoded, as Pillow offers it."""


class Box(NamedTuple):
    """A part of a picture, in pixels from its upper left corner."""

    left: int
    top: int
    right: int
    bottom: int


def decode(
    data: bytes, *, height: int = 0, width: int = 0, choose: Callable[[int, int], Box] | None = None
) -> Pixels:
    """The picture, or the box of it that `choose` names when it is told the picture's width and height.

    With a `height` and `width` that it will be resized to, a large JPEG is decoded at 1/2, 1/4 or 1/8 of its
    size, never below what is wanted. Raises `InputError`, without the file's name, for bytes that are no
    picture, are cut off, or claim more pixels than Pillow's limit.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            # Pillow refuses a cut file; libjpeg by itself fills what is missing with gray and only warns.
            with Image.open(io.BytesIO(data)) as picture:
                return _pixels(picture, height, width, choose)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise InputError(f"has too many pixels: {error}") from error
    except (OSError, SyntaxError, ValueError, EOFError) as error:
        raise InputError("is no readable picture (cut off or damaged)") from error


def _pixels(
    picture: Image.Image, height: int, width: int, choose: Callable[[int, int], Box] | None
) -> Pixels:
    full = Box(0, 0, *picture.size)
    box = choose(*picture.size) if choose else full
    scale = 1
    if height and picture.format == "JPEG":
        scale = _scale(min((box.bottom - box.top) / height, (box.right - box.left) / width))
    if scale > 1:
        picture.draft("RGB", (full.right // scale, full.bottom // scale))
    picture.load()
    rgb = picture if picture.mode == "RGB" else picture.convert("RGB")
    if box != full:
        rgb = rgb.crop(_reduced(box, scale, rgb.size))
    return np.asarray(rgb)


def _scale(room: float) -> int:
    return next((scale for scale in _SCALES if scale <= room), 1)


def _reduced(box: Box, scale: int, size: tuple[int, int]) -> Box:
    left, top = box.left // scale, box.top // scale
    right, bottom = max(left + 1, round(box.right / scale)), max(top + 1, round(box.bottom / scale))
    return Box(left, top, min(right, size[0]), min(bottom, size[1]))
