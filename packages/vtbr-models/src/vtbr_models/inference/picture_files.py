"""From a picture file to its pixels (docs/formats.md, Pictures).

Legend: H W pixels of the upright picture.
"""

from __future__ import annotations

import io
import struct
import warnings
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ..errors import InputError

try:
    import simplejpeg
except ImportError:
    simplejpeg = None

Pixels = NDArray[np.uint8]

_FORMATS = ("JPEG", "MPO", "PNG", "BMP", "DIB", "GIF", "WEBP", "TIFF", "PPM", "JPEG2000", "AVIF")
_16_BIT_IN_I = ("PNG", "PPM")  # whose pixels of 16 bits some versions of Pillow hold in 32
_TAG_ORIENTATION = 0x0112
_DAMAGED = (OSError, SyntaxError, ValueError, RuntimeError, EOFError, LookupError, TypeError, ArithmeticError,
            struct.error, zlib.error, Image.DecompressionBombError, Image.DecompressionBombWarning)  # fmt: skip
"""What Pillow raises for damaged files: SyntaxError for a PNG, RuntimeError for AVIF, and others."""


def decode_picture(data: bytes, on_frames: Callable[[], object] | None = None) -> Pixels:
    """Return pixels (H, W, 3), red green blue, of a picture file's bytes: upright, opaque, 8 bits a colour.

    Alpha is composited on white, and of several frames the first is taken: `on_frames` is then called. JPEGs
    are decoded by simplejpeg where it is installed (the extra `jpeg`): the same pixels, sooner. Raises
    InputError for bytes that are not a picture or only a part of one, and for pixels of 32 bits.
    """
    pixels = _decode_jpeg(data) if data.startswith(b"\xff\xd8") else None
    return _decode_by_pillow(data, on_frames) if pixels is None else pixels


def _decode_jpeg(data: bytes) -> Pixels | None:
    """Return pixels, or None where Pillow is to decode."""
    if simplejpeg is None:
        return None
    try:
        height, width, colours, _ = simplejpeg.decode_jpeg_header(data)
        if colours == "CMYK" or height * width > (Image.MAX_IMAGE_PIXELS or height * width):
            return None
        pixels: Pixels = simplejpeg.decode_jpeg(data, "RGB")
    except ValueError:
        return None
    if b"Exif\0" in data or b"tiff:Orientation" in data:
        return _upright(pixels, _orientation(data))
    return pixels


def _orientation(data: bytes) -> int:
    """Return the orientation of EXIF, or without it of XMP, from 1 to 8; 1 where there is none."""
    try:
        with _quiet(), Image.open(io.BytesIO(data), formats=["JPEG"]) as image:
            found = image.getexif().get(_TAG_ORIENTATION, 1)
    except _DAMAGED:
        return 1
    return found if found in range(1, 9) else 1


def _upright(pixels: Pixels, orientation: int) -> Pixels:
    """Turn and mirror stored pixels (EXIF 2.32, tag Orientation)."""
    if orientation >= 5:
        pixels = pixels.swapaxes(0, 1)
    if orientation in (3, 4, 7, 8):
        pixels = pixels[::-1]
    if orientation in (2, 3, 6, 7):
        pixels = pixels[:, ::-1]
    return np.ascontiguousarray(pixels)


def _decode_by_pillow(data: bytes, on_frames: Callable[[], object] | None) -> Pixels:
    try:
        with _quiet(), Image.open(io.BytesIO(data), formats=_readable_formats()) as image:
            pixels = image_pixels(image)
            if on_frames and _has_frames(image):
                on_frames()
            return pixels
    except InputError:  # a ValueError, too
        raise
    except _DAMAGED as error:
        raise InputError(f"no whole picture can be decoded from these {len(data)} bytes") from error


def _has_frames(image: Image.Image) -> bool:
    """Return whether there is more than one frame; the second view that a phone keeps in a JPEG (MPO) is
    none.
    """
    try:
        return image.format != "MPO" and bool(getattr(image, "is_animated", False))
    except _DAMAGED:
        return False


def image_pixels(image: Image.Image) -> Pixels:
    """Return pixels (H, W, 3) of an opened picture, as `decode_picture` does those of its file.

    Raises InputError for pixels of 32 bits, and what Pillow raises for a damaged file.
    """
    image.load()  # Pillow turns some files as it loads them, and then takes the tag away
    orientation = image.getexif().get(_TAG_ORIENTATION, 1)
    return _upright(_opaque(image), orientation if orientation in range(1, 9) else 1)


@contextmanager
def _quiet() -> Iterator[None]:
    """Hide Pillow's warnings of tags that nothing here reads; a picture above its limit is an error."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        yield


@cache
def _readable_formats() -> tuple[str, ...]:
    Image.init()
    return tuple(name for name in _FORMATS if name in Image.OPEN)


def _opaque(image: Image.Image) -> Pixels:
    """Return the stored pixels of the first frame with 8 bits a colour, composited on white."""
    if image.mode.startswith("I;16") or (image.mode == "I" and image.format in _16_BIT_IN_I):
        return _from_16_bits(image)
    if image.mode in ("I", "F"):
        raise InputError("has 32-bit pixels: save it with 8 bits")
    if image.mode in ("RGBA", "LA", "PA", "La", "RGBa") or "transparency" in image.info:
        return _on_white(np.array(image.convert("RGBA")))
    return np.array(image.convert("RGB"))


def _from_16_bits(image: Image.Image) -> Pixels:
    values: NDArray[Any] = np.array(image).astype(np.int64)
    gray = ((values + 128) // 257).clip(0, 255).astype(np.uint8)
    clear = image.info.get("transparency")
    if isinstance(clear, int):
        gray[values == clear] = 255
    return np.repeat(gray[..., None], 3, axis=-1)


def _on_white(pixels: Pixels) -> Pixels:
    """Composite (H, W, 4), red, green, blue and alpha."""
    colour, alpha = pixels[..., :3].astype(np.int32), pixels[..., 3:].astype(np.int32)
    return ((colour * alpha + 255 * (255 - alpha) + 127) // 255).astype(np.uint8)
