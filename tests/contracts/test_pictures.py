"""Golden pictures (tests/contracts/pictures, docs/formats.md "Pictures"), decoded by packages that share no code."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from vtbr_data.errors import InputError as DataError
from vtbr_data.picture_decoding import decode

PICTURES = Path(__file__).parent / "pictures"
EXPECTED = json.loads((PICTURES / "expected.json").read_text())
DECODERS = {"data": (lambda path: decode(path.read_bytes()), DataError)}
"""Of each package a function of a path that returns (H, W, 3) uint8, and the error that it raises."""


@pytest.mark.parametrize("package", DECODERS)
@pytest.mark.parametrize("name", EXPECTED)
def test_a_golden_picture_has_the_pixels_that_the_page_wants(name, package):
    read, error = DECODERS[package]
    wanted = EXPECTED[name]
    if "refused" in wanted:
        with pytest.raises(error) as caught:
            read(PICTURES / name)
        assert wanted["refused"] in str(caught.value)
        return
    pixels = read(PICTURES / name)
    right = np.asarray(Image.open(PICTURES / wanted["pixels"]))
    assert pixels.dtype == np.uint8
    assert pixels.shape == right.shape
    assert np.abs(pixels.astype(int) - right).max() <= wanted["tolerance"]
