"""Decodes picture files as docs/formats.md (Pictures) says; golden pictures test it.

H height, W width, in pixels, of the upright picture.
"""

from __future__ import annotations

import io
import struct
import warnings
import zlib
from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from .errors import InputError
from .picture_names import FORMATS

Pixels = NDArray[np.uint8]
"""(H, W, 3), red green blue."""

_SCALES = (8, 4, 2)
"""Factors by which Pillow can reduce a JPEG while decoding it."""
_ORIENTATION = 274  # tag of EXIF
_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_DAMAGED = (OSError, SyntaxError, ValueError, RuntimeError, EOFError, LookupError, TypeError, ArithmeticError,
            struct.error, zlib.error)  # fmt: skip
"""What Pillow raises for damaged files: SyntaxError for a PNG, RuntimeError for AVIF, and others."""
_WITH_ALPHA = ("RGBA", "LA", "PA", "RGBa", "La")
_SRGB = (b"sRGB", b"s\0R\0G\0B")


class Box(NamedTuple):
    """A part of a picture, in pixels from its upper left corner."""

    left: int
    top: int
    right: int
    bottom: int


def decode(
    data: bytes, *, height: int = 0, width: int = 0, choose: Callable[[int, int], Box] | None = None
) -> Pixels:
    """Return the picture, or the box that `choose` returns for the picture's width and height.

    With a `height` and `width` that it will be resized to, a large JPEG is decoded at 1/2, 1/4 or 1/8 of its
    size, never below what is wanted. Raises `InputError`, without the file's name, for bytes that are not a
    picture, are cut off, have 32 bits a pixel, or claim more pixels than Pillow's limit.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # odd metadata
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            # Pillow refuses a cut file; libjpeg by itself fills what is missing with gray and only warns.
            with Image.open(io.BytesIO(data), formats=FORMATS) as picture:
                return _pixels(picture, height, width, choose)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise InputError(f"has too many pixels: {error}") from error
    except InputError:
        raise
    except _DAMAGED as error:
        raise InputError("is not a readable picture (cut off, damaged or of another kind)") from error


def orientation_of(picture: Image.Image) -> object:
    """Return EXIF's orientation, None where there is none; TIFF must be loaded before."""
    return picture.getexif().get(_ORIENTATION)


def is_turned(picture: Image.Image) -> bool:
    """Return whether width and height of the upright picture are those of the file exchanged."""
    return orientation_of(picture) in (5, 6, 7, 8)


def upright(picture: Image.Image, orientation: object) -> Image.Image:
    """Return the picture turned and mirrored as EXIF's `orientation` says."""
    how = _UPRIGHT.get(orientation) if isinstance(orientation, int) else None
    return picture if how is None else picture.transpose(how)


def in_colour(picture: Image.Image) -> Image.Image:
    """Return a picture that has been loaded in RGB of 8 bits, on white where it has alpha.

    Raises `InputError` for 32 bits a pixel.
    """
    if picture.mode == "F" or (picture.mode == "I" and picture.format not in ("PNG", "PPM")):
        raise InputError("has 32-bit pixels: save it with 8 bits")
    if picture.mode.startswith("I"):
        values = np.asarray(picture).astype(np.uint32)
        return Image.fromarray(((values + 128) // 257).astype(np.uint8)).convert("RGB")
    if picture.mode in _WITH_ALPHA or "transparency" in picture.info:
        pixels = np.asarray(picture.convert("RGBA")).astype(np.uint32)
        alpha = pixels[:, :, 3:]
        return Image.fromarray(
            ((pixels[:, :, :3] * alpha + 255 * (255 - alpha) + 127) // 255).astype(np.uint8)
        )
    return picture if picture.mode == "RGB" else picture.convert("RGB")


def surprises(picture: Image.Image) -> Iterator[str]:
    """Say what others may show differently: `turned`, `alpha`, `deep`, `frames`, `cmyk`, `profile`.

    The picture has been opened, and not loaded yet.
    """
    if picture.mode.startswith("I") or any("16" in str(tile[3:]) for tile in getattr(picture, "tile", ())):
        yield "deep"
    if picture.getexif().get(_ORIENTATION, 1) in _UPRIGHT:
        yield "turned"
    if picture.mode in _WITH_ALPHA or "transparency" in picture.info:
        yield "alpha"
    if getattr(picture, "n_frames", 1) > 1 and picture.format != "MPO":
        yield "frames"
    if picture.mode == "CMYK":
        yield "cmyk"
    profile = picture.info.get("icc_profile")
    if profile and not any(name in profile for name in _SRGB):
        yield "profile"


def _pixels(
    picture: Image.Image, height: int, width: int, choose: Callable[[int, int], Box] | None
) -> Pixels:
    if picture.format != "JPEG":
        picture.load()  # some formats tell their metadata and transparency only now
    orientation = orientation_of(picture)
    size = picture.size[::-1] if is_turned(picture) else picture.size
    full = Box(0, 0, *size)
    box = choose(*size) if choose else full
    scale = 1
    if height and picture.format == "JPEG":
        scale = _scale(min((box.bottom - box.top) / height, (box.right - box.left) / width))
    if scale > 1:
        picture.draft("RGB", (picture.width // scale, picture.height // scale))
    picture.load()
    rgb = upright(in_colour(picture), orientation)
    if box != full:
        rgb = rgb.crop(_reduced(box, scale, rgb.size))
    return np.asarray(rgb)


def _scale(room: float) -> int:
    return next((scale for scale in _SCALES if scale <= room), 1)


def _reduced(box: Box, scale: int, size: tuple[int, int]) -> Box:
    left, top = box.left // scale, box.top // scale
    right, bottom = max(left + 1, round(box.right / scale)), max(top + 1, round(box.bottom / scale))
    return Box(left, top, min(right, size[0]), min(bottom, size[1]))
