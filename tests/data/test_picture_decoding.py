import io
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from vtbr_data.errors import InputError
from vtbr_data.picture_decoding import Box, decode
from vtbr_data.training.resizing import resize


def noise(width, height, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)


def encoded(pixels, kind="JPEG"):
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, kind)
    return buffer.getvalue()


def smooth(width, height):
    coarse = Image.fromarray(noise(width // 40, height // 40))
    return np.asarray(coarse.resize((width, height), Image.Resampling.BICUBIC))


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "BMP", "GIF"])
def test_every_kind_of_picture_reads_as_pillow_reads_it(kind):
    data = encoded(noise(20, 40), kind)
    with Image.open(io.BytesIO(data)) as opened:
        assert np.array_equal(decode(data), np.array(opened.convert("RGB")))


@pytest.mark.parametrize("mode", ["L", "1", "P", "RGBA", "CMYK"])
def test_every_mode_becomes_red_green_blue(mode):
    buffer = io.BytesIO()
    Image.fromarray(noise(9, 7)).convert(mode).save(buffer, "TIFF")
    assert decode(buffer.getvalue()).shape == (7, 9, 3)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "BMP"])
@pytest.mark.parametrize("share", [0.5, 0.9, 0.02, 0.0])
def test_a_cut_picture_is_refused(kind, share):
    data = encoded(noise(20, 40), kind)
    with pytest.raises(InputError, match="is not a readable picture"):
        decode(data[: int(len(data) * share)])


@pytest.mark.parametrize("side", [10_000, 50_000])
def test_a_picture_that_claims_absurd_sizes_is_not_decoded(side):
    def chunk(name, body):
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    bomb = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(bytes(1000)))
    with pytest.raises(InputError, match="has too many pixels"):
        decode(bomb)


def test_a_box_is_cut_out():
    pixels = noise(20, 40)
    box = decode(encoded(pixels, "PNG"), choose=lambda width, height: Box(3, 5, width - 1, height))
    assert np.array_equal(box, pixels[5:40, 3:19])


def test_a_large_jpeg_is_decoded_small_but_not_below_what_is_wanted():
    data = encoded(smooth(800, 640))
    assert decode(data, height=100, width=100).shape == (160, 200, 3)
    assert decode(data, height=321, width=100).shape == (640, 800, 3)
    part = decode(data, height=100, width=100, choose=lambda width, height: Box(100, 200, 500, 600))
    assert part.shape == (100, 100, 3)


def test_decoding_small_shows_nearly_the_same():
    data = encoded(smooth(800, 640))

    def middle(width, height):
        return Box(100, 120, 600, 520)

    whole = resize([decode(data, choose=middle)], 96, 120).numpy().astype(float)
    small = resize([decode(data, height=96, width=120, choose=middle)], 96, 120).numpy().astype(float)
    assert np.sqrt(np.mean((whole - small) ** 2)) < 1.5  # of 255


@given(st.lists(st.sampled_from([(20, 40), (10, 10), (8, 16)]), min_size=1, max_size=6))
def test_a_picture_is_resized_alike_in_any_company(sizes):
    pictures = [noise(*size, seed) for seed, size in enumerate(sizes)]
    together = resize(pictures, 16, 8)
    alone = [resize([picture], 16, 8)[0] for picture in pictures]
    assert all(one.equal(other) for one, other in zip(together, alone, strict=True))


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_turned_jpeg_is_cropped_and_reduced_as_the_upright_one(orientation):
    upright = smooth(640, 320)
    turn = {2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}  # of Pillow, from upright to stored
    image = Image.fromarray(upright)
    stored = image if orientation == 1 else image.transpose(Image.Transpose(turn[orientation]))
    exif = Image.Exif()
    exif[274] = orientation
    buffer = io.BytesIO()
    stored.save(buffer, "JPEG", quality=95, subsampling=0, exif=exif)
    seen = []

    def choose(width, height):
        seen.append((width, height))
        return Box(160, 80, 480, 240)

    whole = decode(buffer.getvalue())
    assert whole.shape == (320, 640, 3)
    assert np.abs(whole.astype(int) - upright).mean() < 2
    reduced = decode(buffer.getvalue(), height=40, width=80, choose=choose)
    assert seen == [(640, 320)]
    assert reduced.shape == (40, 80, 3)
    expected = np.asarray(Image.fromarray(upright[80:240, 160:480]).resize((80, 40), Image.Resampling.BOX))
    assert np.abs(reduced.astype(int) - expected).mean() < 3


GOLDEN = Path(__file__).parents[1] / "contracts/pictures"
DAMAGEABLE = sorted(
    path
    for path in GOLDEN.iterdir()
    if path.suffix in (".png", ".webp", ".avif", ".tiff", ".gif", ".jp2", ".jpg")
)


@given(st.sampled_from(DAMAGEABLE), st.integers(0, 10**6), st.binary(min_size=1, max_size=8))
def test_a_damaged_picture_is_decoded_or_refused_and_never_a_traceback(picture, place, noise):
    data = bytearray(picture.read_bytes())
    place %= len(data)
    data[place : place + len(noise)] = noise
    try:
        decoded = decode(bytes(data))
    except InputError as error:
        assert str(error)
    else:
        assert (decoded.ndim, decoded.shape[2], decoded.dtype) == (3, 3, np.uint8)
