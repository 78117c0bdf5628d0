"""One picture and its row, as they go into a shard."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path

from msgspec.structs import replace
from PIL import Image

from ..errors import InputError
from ..manifest import Row, encoded
from ..picture_decoding import decode

_MAGIC = (
    (b"\xff\xd8\xff", 0, "jpg"),
    (b"\x89PNG", 0, "png"),
    (b"BM", 0, "bmp"),
    (b"GIF8", 0, "gif"),
    (b"WEBP", 8, "webp"),
    (b"II*\0", 0, "tif"),
    (b"MM\0*", 0, "tif"),
    *((b"P%d" % number, 0, "ppm") for number in range(1, 7)),
    (b"\0\0\0\x0cjP", 0, "jp2"),
    (b"\xff\x4f\xff\x51", 0, "j2k"),
    (b"ftypavi", 4, "avif"),
)
"""First bytes of a picture, where they stand, and the suffix that it gets in a shard."""


@dataclass(frozen=True, slots=True)
class Sample:
    """A picture's bytes and its row."""

    row: Row
    picture: bytes
    suffix: str

    def files(self, key: str) -> tuple[tuple[str, bytes], tuple[str, bytes], Row]:
        """Return its two files under `key`, KEY.jpg and KEY.json, and its row in the packed manifest."""
        name = f"{key}.{self.suffix}"
        # Where the picture came from stays known, of one that is packed again the first place.
        row = replace(self.row, path=name, extra={"source": self.row.path, **self.row.extra})
        return (name, self.picture), (f"{key}.json", encoded(row)), row


def sample_of(row: Row, root: Path, recompression: Recompression | None) -> Sample:
    """Read the picture of `row`. Raises `InputError` naming it if it is not there or is no picture."""
    path = root / row.path
    try:
        picture = path.read_bytes()
    except FileNotFoundError as error:
        raise InputError(f"{path}: no such image; is --root the folder that paths start from?") from error
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror or error}") from error
    suffix = next((suffix for magic, at, suffix in _MAGIC if picture.startswith(magic, at)), "")
    if not suffix:
        raise InputError(f"{path}: is not a picture (by its first bytes)")
    if recompression:
        try:
            picture, suffix = recompress(picture, recompression), "jpg"
        except InputError as error:
            raise InputError(f"{path}: {error}") from error
    return Sample(row, picture, suffix)


DEFAULT_QUALITY = 90


@dataclass(frozen=True, kw_only=True, slots=True)
class Recompression:
    """What is done to every picture; the result is a JPEG."""

    short_side_px: int | None = None
    quality: int | None = None


def recompress(picture: bytes, how: Recompression) -> bytes:
    """Return the picture as a JPEG, its shorter side at most `short_side_px`, its shape kept.

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
