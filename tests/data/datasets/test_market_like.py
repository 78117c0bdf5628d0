from __future__ import annotations

import numpy as np
import pytest
from scipy.io import savemat

from vtbr_data.datasets import IndexOptions
from vtbr_data.datasets.index import index_dataset
from vtbr_data.errors import InputError
from vtbr_data.manifest.row import Row


def test_market_names_give_identity_camera_sequence_and_box(miniature):
    assert list(index_dataset("market1501", miniature("market1501"))) == [
        Row("bounding_box_train/0002_c1s1_000451_03.jpg", 2, 1, "train", extra={"sequence": 1, "box": 3}),
        Row("query/0001_c6s3_077467_00.jpg.jpg", 1, 6, "query", extra={"sequence": 3, "box": 0}),
        Row("bounding_box_test/-1_c3s2_000001_04.jpg", -1, 3, "gallery", extra={"sequence": 2, "box": 4}),
        Row("bounding_box_test/0000_c2s1_000151_01.jpg", 0, 2, "gallery", extra={"sequence": 1, "box": 1}),
        Row("bounding_box_test/0001_c1s1_001051_00.jpg", 1, 1, "gallery", extra={"sequence": 1, "box": 0}),
    ]


def test_duke_and_cuhk03_have_names_of_their_own(miniature):
    rows = list(index_dataset("dukemtmc", miniature("dukemtmc")))
    assert [(row.identity, row.camera, row.split) for row in rows] == [
        (1, 2, "train"),
        (5, 2, "query"),
        (5, 5, "gallery"),
    ]
    row = next(index_dataset("cuhk03-detected", miniature("cuhk03-detected")))
    assert (row.identity, row.camera) == (1, 1)


def test_the_two_versions_of_cuhk03_are_told_apart(miniature, tmp_path):
    miniature("cuhk03-detected")
    (tmp_path / "labeled").mkdir()
    with pytest.raises(InputError, match=r"two versions of CUHK03-NP: give .*labeled or .*detected"):
        next(index_dataset("cuhk03-labeled", tmp_path))


def test_personx_may_lie_in_a_folder_a_background(miniature, tmp_path):
    folder = miniature("personx")
    rows = list(index_dataset("personx", folder))
    assert [row.path.partition("/")[0] for row in rows] == ["1"] * 3 + ["2"] * 3
    assert [(row.identity, row.camera, row.split) for row in rows[:3]] == [
        (1, 1, "train"),
        (2, 1, "query"),
        (2, 6, "gallery"),
    ]
    assert [row.camera for row in index_dataset("auto", folder / "2")] == [1, 1, 6]


def test_a_strange_name_is_named(miniature):
    folder = miniature("market1501")
    (folder / "query" / "holiday.jpg").touch()
    with pytest.raises(InputError, match=r"query/holiday.jpg: expected a name like 0002_c1s1"):
        list(index_dataset("market1501", folder))


def test_a_folder_that_is_missing_is_named(miniature):
    folder = miniature("market1501")
    for name in ("query", "bounding_box_train", "bounding_box_test"):
        (folder / name).rename(folder / f"old_{name}")
    with pytest.raises(
        InputError, match=r"expected bounding_box_train/, query/, bounding_box_test/; found: .*"
    ):
        list(index_dataset("market1501", folder))


def market_attributes(path, variable="market_attribute", **codes):
    """A file as Lin et al. published it: a struct of a struct for training and test, a vector a field."""
    fields = {name: np.array([[code]], float) for name, code in codes.items()}
    people = {
        "train": fields | {"image_index": np.array([["0002"]], object)},
        "test": fields | {"image_index": np.array([["0001"]], object)},
    }
    savemat(path, {variable: people})
    return path


CODES = {
    "age": 2,
    "backpack": 1,
    "bag": 2,
    "handbag": 1,
    "clothes": 2,
    "down": 2,
    "up": 2,
    "hair": 1,
    "hat": 1,
}
CODES |= {"gender": 2, "upred": 2, "upblack": 1, "downpink": 2, "downblack": 1}


def test_market_attributes_are_joined_in_the_words_of_the_manifest(miniature, tmp_path):
    file = market_attributes(tmp_path / "market_attribute.mat", **CODES)
    said = []
    rows = list(
        index_dataset(
            "market1501", miniature("market1501"), attributes=file, options=IndexOptions(say=said.append)
        )
    )
    assert rows[0].attributes == {
        "gender": "female",
        "hair": "short",
        "hat": False,
        "sleeves": "short",
        "age": "teenager",
        "bag": True,
        "backpack": False,
        "shoulder_bag": True,
        "handbag": False,
        "upper_colour": "red",
        "lower": "shorts",
    }
    assert rows[2].attributes == {}, "junk has no attributes"
    assert said[:-1] == [f"{file} knows 2 people; 0 images are of others"]


def test_duke_attributes_are_read_by_the_same_code(miniature, tmp_path):
    codes = {"boots": 2, "shoes": 2, "top": 1, "gender": 1, "downbrown": 2, "upgray": 2}
    file = market_attributes(tmp_path / "duke_attribute.mat", "duke_attribute", **codes)
    rows = list(index_dataset("dukemtmc", miniature("dukemtmc"), attributes=file))
    assert rows[0].attributes == {
        "gender": "male",
        "boots": True,
        "top": "short",
        "shoes": "light",
        "upper_colour": "gray",
        "lower_colour": "brown",
    }


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"MATLAB 5.0", "cannot be read as a MATLAB file"),
        (b"\x89HDF\r\n\x1a\n", "is a MATLAB 7.3 file: save it again"),
        (None, "there is no file"),
    ],
)
def test_a_bad_file_of_attributes_is_one_line(miniature, tmp_path, content, message):
    file = tmp_path / "market_attribute.mat"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(InputError, match=message):
        list(index_dataset("market1501", miniature("market1501"), attributes=file))


def test_attributes_of_another_set_are_refused(miniature, tmp_path):
    file = market_attributes(tmp_path / "duke_attribute.mat", "duke_attribute", **CODES)
    folder = miniature("market1501")
    with pytest.raises(InputError, match="holds no variable market_attribute"):
        list(index_dataset("market1501", folder, attributes=file))
    with pytest.raises(InputError, match="VIPeR has no file of attributes"):
        list(index_dataset("viper", miniature("viper"), attributes=file))
    savemat(file, {"market_attribute": {"train": 1, "test": 2}})
    with pytest.raises(InputError, match="is not laid out as its makers published it"):
        list(index_dataset("market1501", folder, attributes=file))
