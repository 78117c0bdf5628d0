"""Make the golden pictures and the pixels that docs/formats.md ("Pictures") wants: `python make_pictures.py`.

The expected pixels come from the arrays that are written, never from a decoder. `expected.json` names each
picture's file of expected pixels and the tolerance of lossy formats, or says that it is refused. Nothing here
shows a person.
"""

from __future__ import annotations

import io
import json
import struct
import zlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

HERE = Path(__file__).parent
TAG_ORIENTATION = 274

Array = NDArray[np.uint8]
expected: dict[str, dict[str, object]] = {}


def colours(height: int = 4, width: int = 6) -> Array:
    """Return pixels (H, W, 3) that differ everywhere."""
    row, column = np.mgrid[:height, :width]
    return np.stack([row * 60, column * 50, 255 - row * 20 - column * 20], axis=-1).astype(np.uint8)


def quarters(size: int = 16) -> Array:
    """Return pixels (2 x size, 3 x size, 3) of six flat fields, each of another colour, for lossy formats."""
    fields = [[(200, 40, 40), (40, 200, 40), (40, 40, 200)], [(20, 20, 20), (230, 230, 230), (200, 200, 40)]]
    return np.array(fields, np.uint8).repeat(size, axis=0).repeat(size, axis=1)


def on_white(pixels: Array, alpha: Array) -> Array:
    """Composite `pixels` (H, W, 3) on white by `alpha` (H, W)."""
    a = alpha.astype(int)[..., None]
    return ((pixels.astype(int) * a + 255 * (255 - a) + 127) // 255).astype(np.uint8)


def keep(name: str, data: bytes, pixels: Array | None, *, tolerance: int = 0, refusal: str = "") -> None:
    """Write a picture and what is expected of it: pixels, or a refusal."""
    (HERE / name).write_bytes(data)
    if pixels is None:
        expected[name] = {"refused": refusal}
        return
    stem = f"{name}.expected.png"
    Image.fromarray(np.ascontiguousarray(pixels)).save(HERE / stem)
    expected[name] = {"pixels": stem, "tolerance": tolerance}


def saved(image: Image.Image, kind: str, **options: object) -> bytes:
    """Return `image` as a file of format `kind`."""
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def png(
    width: int, height: int, depth: int, colour_type: int, rows: bytes, row_bytes: int, extra: bytes = b""
) -> bytes:
    """Return a PNG of raw rows; `extra` stands before the pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    raw = b"".join(b"\0" + rows[at : at + row_bytes] for at in range(0, len(rows), row_bytes))
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour_type, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + extra + chunk(b"IDAT", zlib.compress(raw)) + chunk(b"IEND", b"")


def turned(pixels: Array, orientation: int) -> Array:
    """Return what a file with this EXIF orientation stores, so that it is shown as `pixels`."""
    stored = {
        1: pixels,
        2: pixels[:, ::-1],
        3: pixels[::-1, ::-1],
        4: pixels[::-1],
        5: pixels.swapaxes(0, 1),
        6: np.rot90(pixels, 1),
        7: pixels[::-1, ::-1].swapaxes(0, 1),
        8: np.rot90(pixels, -1),
    }
    return np.ascontiguousarray(stored.get(orientation, pixels))


def exif(orientation: int) -> Image.Exif:
    """Return EXIF data that holds nothing but this orientation."""
    data = Image.Exif()
    data[TAG_ORIENTATION] = orientation
    return data


def orientations() -> None:
    """Make JPEGs of every orientation, two invalid ones among them, and the other formats that hold one."""
    for orientation in range(10):
        stored = Image.fromarray(turned(quarters(), orientation))
        data = saved(stored, "JPEG", quality=100, subsampling=0, exif=exif(orientation))
        keep(f"orientation_{orientation}.jpg", data, quarters(), tolerance=3)
    for kind, options in (("PNG", {}), ("WEBP", {"lossless": True, "exact": True}), ("TIFF", {})):
        stored = Image.fromarray(turned(colours(), 6))
        data = saved(stored, kind, exif=exif(6), **options)
        keep(f"orientation_6.{kind.lower()}", data, colours())
    keep(
        "orientation_5.avif",
        saved(Image.fromarray(turned(quarters(), 5)), "AVIF", quality=100, subsampling="4:4:4", exif=exif(5)),
        quarters(),
        tolerance=6,
    )
    large = quarters(64)
    data = saved(Image.fromarray(turned(large, 8)), "JPEG", quality=100, subsampling=0, exif=exif(8))
    keep("orientation_8_large.jpg", data, large, tolerance=3)


def depths() -> None:
    """Make pictures of 1, 16 and 32 bits."""
    values = np.array(
        [
            [0, 1, 128, 129, 255, 256],
            [257, 385, 386, 32767, 32768, 32896],
            [65000, 65405, 65406, 65407, 65534, 65535],
        ],
        np.uint16,
    )
    gray = np.repeat(((values.astype(int) + 128) // 257).astype(np.uint8)[..., None], 3, axis=-1)
    big_endian = values.astype(">u2").tobytes()
    keep("gray16.png", png(6, 3, 16, 0, big_endian, 12), gray)
    keep("gray16.pgm", b"P5 6 3 65535\n" + big_endian, gray)
    keep("gray16.tiff", saved(Image.fromarray(values), "TIFF"), gray)
    rng = np.random.default_rng(0)
    sixteen = rng.integers(0, 65536, (3, 6, 3)).astype(np.uint16)
    keep("rgb16.png", png(6, 3, 16, 2, sixteen.astype(">u2").tobytes(), 36), (sixteen >> 8).astype(np.uint8))
    bits = rng.integers(0, 2, (4, 6)).astype(bool)
    keep(
        "one_bit.png",
        saved(Image.fromarray(bits), "PNG"),
        np.repeat(bits[..., None] * np.uint8(255), 3, axis=-1),
    )
    message = "has 32-bit pixels: save it with 8 bits"
    keep(
        "float.tiff",
        saved(Image.fromarray(np.linspace(0, 1, 24, dtype=np.float32).reshape(4, 6)), "TIFF"),
        None,
        refusal=message,
    )
    keep(
        "int32.tiff",
        saved(Image.fromarray(np.arange(24, dtype=np.int32).reshape(4, 6)), "TIFF"),
        None,
        refusal=message,
    )


def alphas() -> None:
    """Make pictures with alpha, a transparent colour and transparent entries of a palette."""
    pixels = colours()
    alpha = np.linspace(0, 255, 24).round().astype(np.uint8).reshape(4, 6)
    rgba = Image.fromarray(np.dstack([pixels, alpha]))
    keep("rgba.png", saved(rgba, "PNG"), on_white(pixels, alpha))
    keep("rgba.webp", saved(rgba, "WEBP", lossless=True, exact=True), on_white(pixels, alpha))
    keep("rgba.tiff", saved(rgba, "TIFF"), on_white(pixels, alpha))
    gray = pixels[..., 0]
    with_gray = np.repeat(gray[..., None], 3, axis=-1)
    keep(
        "gray_alpha.png",
        saved(Image.fromarray(np.dstack([gray, alpha]), "LA"), "PNG"),
        on_white(with_gray, alpha),
    )
    first = tuple(int(value) for value in pixels[0, 0])
    clear = np.where((pixels == pixels[0, 0]).all(axis=-1), 0, 255).astype(np.uint8)
    keep(
        "transparent_colour.png",
        saved(Image.fromarray(pixels), "PNG", transparency=first),
        on_white(pixels, clear),
    )
    palette, places = np.unique(pixels.reshape(-1, 3), axis=0, return_inverse=True)
    indexed = Image.fromarray(places.reshape(4, 6).astype(np.uint8))
    indexed.putpalette(palette.tobytes())
    keep("palette.png", saved(indexed, "PNG"), pixels)
    keep("palette.gif", saved(indexed, "GIF"), pixels)
    entries = np.linspace(0, 255, len(palette)).round().astype(np.uint8)
    by_entry = entries[places.reshape(4, 6)]
    keep(
        "palette_alpha.png", saved(indexed, "PNG", transparency=entries.tobytes()), on_white(pixels, by_entry)
    )
    gone = np.where(places.reshape(4, 6) == 5, 0, 255).astype(np.uint8)
    keep("transparent.gif", saved(indexed, "GIF", transparency=5), on_white(pixels, gone))


def colour_spaces() -> None:
    """Make pictures in gray and CMYK."""
    gray = colours()[..., 1]
    keep("gray.png", saved(Image.fromarray(gray), "PNG"), np.repeat(gray[..., None], 3, axis=-1))
    ink = np.array(
        [[(0, 0, 0, 0), (255, 0, 0, 0), (0, 255, 0, 0)], [(0, 0, 255, 0), (255, 255, 0, 0), (0, 0, 0, 255)]],
        np.uint8,
    )
    paper = (255 - ink[..., :3].astype(int)) * (255 - ink[..., 3:].astype(int)) // 255
    keep("cmyk.tiff", saved(Image.fromarray(ink, "CMYK"), "TIFF"), paper.astype(np.uint8))
    ink, paper = (part.repeat(16, axis=0).repeat(16, axis=1) for part in (ink, paper))
    keep(
        "cmyk.jpg",
        saved(Image.fromarray(ink, "CMYK"), "JPEG", quality=100, subsampling=0),
        paper.astype(np.uint8),
        tolerance=3,
    )


def frames() -> None:
    """Make animated files and files of many pages, of which the first counts."""
    pages = [Image.fromarray(part) for part in (colours(), 255 - colours())]
    rest = {"save_all": True, "append_images": pages[1:]}
    keep("animated.png", saved(pages[0], "PNG", **rest), colours())
    keep("animated.webp", saved(pages[0], "WEBP", lossless=True, exact=True, **rest), colours())
    keep("pages.tiff", saved(pages[0], "TIFF", **rest), colours())
    flat = [Image.fromarray(part) for part in (quarters(), 255 - quarters())]
    options = {"save_all": True, "append_images": flat[1:], "quality": 100, "subsampling": 0}
    keep("phone.mpo", saved(flat[0], "MPO", **options), quarters(), tolerance=3)
    keep("mpo_called.jpg", saved(flat[0], "MPO", **options), quarters(), tolerance=3)


def formats() -> None:
    """Make the other formats, a wrong ending, and files that are refused."""
    image = Image.fromarray(colours())
    for name, kind in (
        ("plain.bmp", "BMP"),
        ("plain.ppm", "PPM"),
        ("plain.jp2", "JPEG2000"),
        ("png_called.jpg", "PNG"),
    ):
        keep(name, saved(image, kind), colours())
    keep(
        "plain.jfif",
        saved(Image.fromarray(quarters()), "JPEG", quality=100, subsampling=0),
        quarters(),
        tolerance=3,
    )
    keep(
        "plain.avif",
        saved(Image.fromarray(quarters()), "AVIF", quality=100, subsampling="4:4:4"),
        quarters(),
        tolerance=6,
    )
    keep("cut_off.jpg", saved(Image.fromarray(quarters()), "JPEG")[:400], None)
    keep("phone.heic", b"\0\0\0\x18ftypheic" + bytes(200), None)
    keep("other.tga", saved(image, "TGA"), None)


if __name__ == "__main__":
    for make in (orientations, depths, alphas, colour_spaces, frames, formats):
        make()
    (HERE / "expected.json").write_text(json.dumps(expected, indent=1, sort_keys=True) + "\n")
