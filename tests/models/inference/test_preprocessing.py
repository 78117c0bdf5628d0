from __future__ import annotations

import io

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from vtbr_models.errors import InputError
from vtbr_models.inference.preprocessing import (
    IMAGENET_MEAN,
    IMAGENET_STD,
    Preprocessing,
    decode,
    prepare,
    resize,
)


def picture(mode: str = "RGB", size: tuple[int, int] = (40, 60)) -> Image.Image:
    random = np.random.default_rng(0)
    low = Image.fromarray(random.integers(0, 256, (6, 4, 3), dtype=np.uint8))
    return low.resize(size).convert(mode)


def encoded(image: Image.Image, file_format: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, file_format, **options)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("file_format", "mode"), [("PNG", "RGB"), ("BMP", "RGB"), ("PNG", "L"), ("PNG", "P"), ("GIF", "P")]
)
def test_lossless_pictures_decode_to_their_pixels(file_format, mode):
    image = picture(mode)
    expected = torch.from_numpy(np.array(image.convert("RGB"))).permute(2, 0, 1)
    assert torch.equal(decode(encoded(image, file_format)), expected)


@pytest.mark.parametrize("mode", ["RGB", "L", "CMYK"])
@pytest.mark.parametrize("progressive", [False, True])
def test_jpegs_decode_to_nearly_their_pixels_in_red_green_blue(mode, progressive):
    data = encoded(picture(mode), "JPEG", progressive=progressive, quality=95)
    expected = np.array(picture(mode).convert("RGB")).astype(int)
    assert abs(decode(data).permute(1, 2, 0).numpy() - expected).max() <= 24


@pytest.mark.parametrize("file_format", ["JPEG", "PNG", "BMP"])
@pytest.mark.parametrize("share", [0.1, 0.5, 0.95])
def test_a_picture_cut_short_is_refused(file_format, share):
    data = encoded(picture(), file_format)
    with pytest.raises(InputError, match="no whole picture can be decoded from these"):
        decode(data[: int(share * len(data))])


@given(st.binary(max_size=64))
def test_bytes_that_are_no_picture_are_refused(data):
    with pytest.raises(InputError, match="no whole picture"):
        decode(data)


def test_a_prepared_picture_is_resized_scaled_and_normalised():
    pixels = torch.full((3, 50, 70), 51, dtype=torch.uint8)
    ready = prepare(pixels, Preprocessing(height=16, width=8))
    assert ready.shape == (3, 16, 8)
    assert ready.dtype == torch.float32
    expected = [(0.2 - mean) / std for mean, std in zip(IMAGENET_MEAN, IMAGENET_STD, strict=True)]
    torch.testing.assert_close(ready[:, 0, 0], torch.tensor(expected))
    torch.testing.assert_close(ready, ready[:, :1, :1].expand_as(ready))


def test_resizing_is_antialiased_as_pillows():
    image = picture(size=(160, 240))
    no_scaling = Preprocessing(height=32, width=16, mean=(0.0, 0.0, 0.0), std=(1.0, 1.0, 1.0))
    ours = prepare(encoded(image, "PNG"), no_scaling)
    pillows = torch.from_numpy(np.array(image.resize((16, 32), Image.Resampling.BILINEAR))).permute(2, 0, 1)
    torch.testing.assert_close(ours, pillows / 255, rtol=0, atol=1.01 / 255)


def test_settings_survive_the_checkpoints_metadata():
    settings = Preprocessing(height=3, width=5, mean=(0.1, 0.2, 0.3), std=(1.0, 2.0, 3.0))
    assert Preprocessing.from_metadata(settings.to_metadata()) == settings


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (None, "does not say how its images were prepared"),
        ({"crop": 3}, "preprocessing has the keys crop, height, .*: height, .* are needed"),
        ({"height": 0}, "height and width must be above 0, not 0 x 128"),
        ({"std": [1, 1, 0]}, "std above 0"),
        ({"interpolation": "nearest"}, "interpolation must be bilinear or bicubic, not 'nearest'"),
        ({"mean": 3}, "the checkpoint's preprocessing cannot be used"),
    ],
)
def test_metadata_that_are_incomplete_or_wrong_are_refused(change, message):
    metadata = None if change is None else Preprocessing().to_metadata() | change
    with pytest.raises(InputError, match=message):
        Preprocessing.from_metadata(metadata)


@pytest.mark.parametrize("mode", ["RGB", "L", "CMYK"])
@pytest.mark.parametrize("options", [{}, {"progressive": True}, {"subsampling": 0}, {"quality": 30}], ids=str)
def test_pillow_and_simplejpeg_decode_the_same_pixels(monkeypatch, mode, options):
    pytest.importorskip("simplejpeg")
    data = encoded(picture(mode, size=(41, 63)), "JPEG", **options)
    pixels = decode(data)
    monkeypatch.setattr("vtbr_models.inference.picture_files.simplejpeg", None)
    assert torch.equal(decode(data), pixels)


@given(st.integers(1, 90), st.integers(1, 90), st.integers(2, 40), st.integers(2, 40))
def test_resizing_gives_the_same_values_however_colours_lie_in_memory(height, width, to_height, to_width):
    pixels = torch.randint(0, 256, (height, width, 3), dtype=torch.uint8).permute(2, 0, 1)
    settings = Preprocessing(height=to_height, width=to_width)
    assert torch.equal(resize(pixels, settings), resize(pixels.contiguous(), settings))
