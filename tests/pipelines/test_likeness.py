"""What pictures look like in numbers: on pictures whose numbers are known."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("numba", reason="names of colours are those of rendered people")

from pipelines.likeness import STRIPES, half_of, measured
from vtbr_data import InputError, Row


def plain(*colour):
    return np.full((128, 64, 3), colour, float)


def test_a_plain_picture_has_no_contrast_and_the_name_of_its_colour():
    said = measured([plain(0.8, 0.1, 0.1), plain(0.8, 0.1, 0.1)])
    assert said["contrast (spread of grey within a picture)"] == "0.000"
    assert said["sharpness (mean gradient of grey): whole"] == "0.0000"
    assert said["upper red"] == said["lower red"] == "100%"
    assert said["saturation of six stripes"] == ", ".join(["0.88"] * STRIPES)


def test_people_darker_than_their_surroundings_are_found_so():
    picture = plain(1, 1, 1)
    picture[:, 16:48] = 0
    said = measured([picture])
    assert said["grey of people, borders"] == "0.000, 1.000"
    assert said["their distance within a picture"] == "1.000"


def test_half_of_the_people_is_the_same_half_in_any_order_of_rows():
    rows = [Row(path=f"{k}.jpg", identity=k // 2) for k in range(40)]
    half = half_of(rows)
    assert len(half) == 20
    assert {row.path for row in half_of(rows[::-1])} == {row.path for row in half}


def test_a_set_without_people_is_refused():
    with pytest.raises(InputError, match="no pictures of people"):
        measured([])
