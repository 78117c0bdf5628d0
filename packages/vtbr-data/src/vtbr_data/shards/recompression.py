"""Pictures made smaller on their way into shards."""

from __future__ import annotations

import io
from dataclasses import dataclass

from PIL import Image

from ..decoding import decode

DEFAULT_QUALITY = 90


@dataclass(frozen=True, kw_only=True, slots=True)
class Recompression:
    """What is done to every picture; the result is a JPEG."""

    short_side_px: int | None = None
    quality: int | None = None


def recompress(picture: bytes, how: Recompression) -> bytes:
    """The picture as a JPEG, its shorter side at most `short_side_px`, its shape kept.

    Raises `InputError` for bytes that cannot be decoded.
    """
    image = Image.fromarray(decode(picture))
    if how.short_side_px and min(image.size) > how.short_side_px:
        share = how.short_side_px / min(image.size)
        width, height = (max(1, round(side * share)) for side in image.size)
        image = image.resize((width, height), Image.Resampling.BICUBIC)
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=how.quality or DEFAULT_QUALITY)
    return buffer.getvalue()
