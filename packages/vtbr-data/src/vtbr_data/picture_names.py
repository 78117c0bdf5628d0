"""Names and formats of picture files: docs/formats.md, Pictures."""

from __future__ import annotations

FORMATS = ("JPEG", "PNG", "BMP", "DIB", "GIF", "WEBP", "TIFF", "PPM", "JPEG2000", "AVIF")
"""Formats that are decoded, by Pillow's names; some of its others start external programs."""

KINDS = {
    **dict.fromkeys(("jpg", "jpeg", "jpe", "jfif", "mpo"), ("JPEG", "MPO")),
    **dict.fromkeys(("png", "apng"), ("PNG",)),
    **dict.fromkeys(("bmp", "dib"), ("BMP", "DIB")),
    **dict.fromkeys(("tif", "tiff"), ("TIFF",)),
    **dict.fromkeys(("ppm", "pgm", "pbm", "pnm"), ("PPM",)),
    **dict.fromkeys(("jp2", "j2k", "jpx"), ("JPEG2000",)),
    "gif": ("GIF",),
    "webp": ("WEBP",),
    "avif": ("AVIF",),
}
"""Endings of pictures that are read, and what such a file is by its content."""

UNREADABLE = frozenset(["heic", "heif", "svg", "psd", "tga", "ico", "dng", "cr2", "cr3", "nef", "arw", "raf"])
"""Endings of pictures that are not read; they are named where they are met."""


def ending(name: str) -> str:
    """Return what follows the last dot, in lower case."""
    return name.rpartition(".")[2].lower()


def is_picture(name: str) -> bool:
    """Return whether a file of this name is listed as a picture.

    >>> is_picture("a.JFIF"), is_picture("a.heic")
    (True, False)
    """
    return ending(name) in KINDS
