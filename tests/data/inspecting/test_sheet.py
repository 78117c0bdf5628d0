from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from vtbr_data.inspecting.sheet import contact_sheet

RED = Image.new("RGB", (20, 40), (255, 0, 0))


def test_a_sheet_has_one_cell_for_each_picture():
    sheet = contact_sheet([RED] * 5, None, columns=3, cell=(20, 40))
    assert sheet.width > 3 * 20
    assert sheet.height > 2 * 40
    is_red = (np.asarray(sheet) == (255, 0, 0)).all(axis=2)
    assert is_red.sum() == 5 * 20 * 40


def test_pictures_keep_their_proportions_inside_the_cell():
    sheet = contact_sheet([RED], None, columns=1, cell=(100, 40))
    assert (np.asarray(sheet) == (255, 0, 0)).all(axis=2).sum() == 20 * 40


def test_labels_are_wrapped_below_their_picture():
    short = contact_sheet([RED], ["red"], columns=1, cell=(80, 40))
    long = contact_sheet([RED], ["a person in red who walks to the left"], columns=1, cell=(80, 40))
    assert long.width == short.width
    assert long.height > short.height > contact_sheet([RED], None, columns=1, cell=(80, 40)).height


def test_pictures_are_read_from_paths(tmp_path):
    RED.save(tmp_path / "red.png")
    from_path = contact_sheet([tmp_path / "red.png"], None, columns=1, cell=(20, 40))
    assert from_path.tobytes() == contact_sheet([RED], None, columns=1, cell=(20, 40)).tobytes()


@pytest.mark.parametrize(
    ("images", "labels", "columns", "message"),
    [
        ([], None, 1, "no images"),
        ([RED], None, 0, "0 columns"),
        ([RED], ["a", "b"], 1, "2 labels for 1 images"),
    ],
)
def test_a_sheet_that_cannot_be_made_says_why(images, labels, columns, message):
    with pytest.raises(ValueError, match=message):
        contact_sheet(images, labels, columns=columns, cell=(20, 40))
