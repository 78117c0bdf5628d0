from __future__ import annotations

import contextlib
import io
import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from vtbr_models.errors import InputError
from vtbr_models.inference import decode_picture, picture_files

GOLDEN = Path(__file__).parents[2] / "contracts/pictures"
EXPECTED = json.loads((GOLDEN / "expected.json").read_text()) if GOLDEN.exists() else {}


@pytest.mark.parametrize("decoder", ["simplejpeg", "Pillow"])
@pytest.mark.parametrize("name", EXPECTED)
def test_a_golden_picture_has_the_pixels_of_the_specification_or_is_refused(name, decoder, monkeypatch):
    if decoder == "Pillow":
        monkeypatch.setattr(picture_files, "simplejpeg", None)
    data, expected = (GOLDEN / name).read_bytes(), EXPECTED[name]
    if "refused" in expected:
        with pytest.raises(InputError, match=expected["refused"] or "picture"):
            decode_picture(data)
        return
    wanted = np.asarray(Image.open(GOLDEN / expected["pixels"]).convert("RGB")).astype(int)
    found = decode_picture(data)
    assert found.shape == wanted.shape
    assert found.flags.c_contiguous
    assert np.abs(found - wanted).max() <= expected["tolerance"]


def test_a_picture_larger_than_pillows_limit_is_refused(monkeypatch):
    file = io.BytesIO()
    Image.new("RGB", (40, 40)).save(file, "PNG")
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 1000)
    with pytest.raises(InputError, match="no whole picture"):
        decode_picture(file.getvalue())


@given(st.binary(max_size=60), st.sampled_from(sorted(EXPECTED) or ["none"]), st.data())
def test_a_damaged_picture_is_decoded_or_refused_and_never_a_traceback(noise, name, data):
    whole = (GOLDEN / name).read_bytes() if EXPECTED else b"\xff\xd8"
    place = data.draw(st.integers(0, len(whole)))
    damaged = whole[:place] + noise + whole[place + len(noise) :]
    with contextlib.suppress(InputError):
        assert decode_picture(damaged).ndim == 3


@pytest.mark.parametrize(
    ("name", "frames"),
    [
        ("animated.png", 1),
        ("animated.webp", 1),
        ("pages.tiff", 1),
        ("palette.gif", 0),
        ("phone.mpo", 0),
        ("plain.avif", 0),
    ],
)
def test_a_first_frame_of_several_is_told(name, frames):
    told = []
    pixels = decode_picture((GOLDEN / name).read_bytes(), lambda: told.append(name))
    assert len(told) == frames
    assert np.array_equal(pixels, decode_picture((GOLDEN / name).read_bytes()))
