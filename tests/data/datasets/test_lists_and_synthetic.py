from __future__ import annotations

import builtins
import csv

import pytest
from PIL import Image

from vtbr_data.datasets import IndexOptions
from vtbr_data.datasets.finegpr import CODES as FINEGPR_CODES
from vtbr_data.datasets.index import index_dataset
from vtbr_data.errors import InputError
from vtbr_data.manifest.row import Row


@pytest.mark.parametrize("version", ["train/", "mask_train_v2/"])
def test_both_versions_of_msmt17_number_training_and_test_apart(version, miniature):
    pair = ("train", "test") if version == "train/" else ("mask_train_v2", "mask_test_v2")
    rows = list(index_dataset("msmt17", miniature("msmt17", places=pair)))
    assert rows[0] == Row(f"{pair[0]}/0000/0000_000_01_0303morning_0015_0.jpg", 1, 1, "train")
    assert [(row.identity, row.camera, row.split) for row in rows] == [
        (1, 1, "train"),
        (1, 14, "train"),
        (1042, 11, "query"),
        (1042, 5, "gallery"),
        (1043, 5, "gallery"),
    ]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("a.jpg", "line 1: expected a path and an identity"),
        ("a.jpg one", "line 1: expected a path and an identity"),
        ("../../etc/0_0_1_x.jpg 1", "leads out of the dataset"),
        ("/etc/0_0_1_x.jpg 1", "leads out of the dataset"),
        ("a.jpg 1", "third: camera"),
    ],
)
def test_a_bad_line_of_a_list_is_named(line, message, miniature):
    folder = miniature("msmt17")
    (folder / "list_val.txt").write_text(line + "\n")
    with pytest.raises(InputError, match=f"list_val.txt.*{message}"):
        list(index_dataset("msmt17", folder))


def test_sets_that_count_from_zero_start_at_one(miniature):
    rows = list(index_dataset("sensereid", miniature("sensereid")))
    assert [(row.identity, row.camera, row.split) for row in rows] == [
        (1, 1, "query"),
        (1, 2, "gallery"),
        (8, 2, "gallery"),
    ]
    rows = list(index_dataset("randperson", miniature("randperson")))
    assert [(row.identity, row.camera) for row in rows] == [(1, 1), (8000, 19)]
    assert rows[1].extra == {"frame": 1032, "scene": 10}
    assert [row.camera for row in index_dataset("cuhk-sysu", miniature("cuhk-sysu"))] == [-1] * 3
    assert [row.identity for row in index_dataset("pku-reid", miniature("pku-reid"))] == [1, 1, 114]


def test_unrealperson_has_its_list_or_all_its_pictures(miniature):
    folder = miniature("unrealperson")
    assert [(row.identity, row.camera) for row in index_dataset("unrealperson", folder)] == [(1, 4), (2, 1)]
    (folder / "list_unreal_train.txt").unlink()
    said = []
    rows = list(index_dataset("unrealperson", folder, options=IndexOptions(say=said.append)))
    assert "all pictures are listed" in said[0]
    # The same model number in another version of models is another person; v1.1 and v2.1 share models.
    assert [(row.path[7:11], row.identity, row.camera) for row in rows] == [
        ("v1.1", 1, 1),
        ("v1.2", 2, 2),
        ("v2.1", 1, 3),
    ]


def test_finegpr_names_give_the_attributes_of_the_image(miniature):
    rows = list(index_dataset("finegpr", miniature("finegpr")))
    assert rows[0] == Row(
        "0001/0001_c28_w06_l02_p03.jpg",
        1,
        28,
        "train",
        attributes={"viewpoint": 0, "weather": "blizzard", "illumination": "dawn", "scene": "wild"},
    )
    assert [row.attributes["viewpoint"] for row in rows] == [0, 80, 90]


COLUMNS = ",".join(["identity", *FINEGPR_CODES])


def test_finegpr_may_be_flat_and_have_a_table_of_attributes(tmp_path):
    (tmp_path / "0007_c10_w02_l03_p05.jpg").touch()
    with (tmp_path / "attributes.csv").open("w", newline="") as file:
        csv.writer(file).writerows(
            [COLUMNS.split(","), "0007 02 01 03 02 01 02 01 02 01 02 01 04 09".split()]  # noqa: SIM905
        )
    attributes = next(index_dataset("finegpr", tmp_path)).attributes
    assert list(attributes.values()) == [
        *("female", "long", "older", False, "short", "short", True, False, True, False, "dark"),
        *("purple", "brown", 180, "clouds", "forenoon", "wild"),
    ]


@pytest.mark.parametrize(
    ("name", "table", "message"),
    [
        ("0001_c37_w01_l01_p01.jpg", "", "viewpoint 37 is unknown: there are 01 to 36"),
        ("0001.jpg", "", "expected a name like 0001_c01_w01_l01_p01.jpg"),
        ("x_c01_w01_l01_p01.jpg", "", "expected a name like 0001_c01_w01_l01_p01.jpg"),
        ("0001_c01_w01_l01_p01.jpg", "identity,gender\n", "attributes.csv has no column hair, age"),
        ("0001_c01_w01_l01_p01.jpg", f"{COLUMNS}\n1,3{',1' * 12}\n", "csv line 2: gender 03 is unknown"),
        ("0001_c01_w01_l01_p01.jpg", f"{COLUMNS}\n1,male{',1' * 12}\n", "line 2: expected numbers"),
    ],
)
def test_finegpr_codes_that_do_not_exist_are_named(tmp_path, name, table, message):
    (tmp_path / name).touch()
    if table:
        (tmp_path / "attributes.csv").write_text(table)
    with pytest.raises(InputError, match=message):
        list(index_dataset("finegpr", tmp_path))


def test_cuhk03s_pictures_are_written_once_and_right_side_up(miniature):
    folder = miniature("cuhk03-classic-labeled")
    said = []
    options = IndexOptions(say=said.append)
    rows = list(index_dataset("cuhk03-classic-labeled", folder, options=options))
    assert len(rows) == 2 * 2 * 7
    assert said == [f"wrote 28 pictures of cuhk-03.mat to {folder / 'images_labeled'}"]
    with Image.open(folder / "images_labeled" / "1_001_1_01.png") as image:
        assert image.size == (20, 40)
    assert {(row.identity, row.split) for row in rows if row.split != "train"} == {
        (2, "query"),
        (2, "gallery"),
    }
    assert {row.camera for row in rows} == {1, 2, 3, 4}
    again = list(index_dataset("cuhk03-classic-labeled", folder, options=options))
    assert (again, len(said)) == (rows, 1)
    second = list(index_dataset("cuhk03-classic-labeled", folder, options=IndexOptions(split_index=1)))
    assert {row.identity for row in second if row.split == "query"} == {3}
    with pytest.raises(InputError, match="there is no split 2"):
        list(index_dataset("cuhk03-classic-labeled", folder, options=IndexOptions(split_index=2)))


def test_cuhk03_says_what_to_install_and_what_is_damaged(miniature, monkeypatch):
    folder = miniature("cuhk03-classic-labeled")
    whole = (folder / "cuhk-03.mat").read_bytes()
    for damaged in (whole[: len(whole) // 2], whole[:520] + bytes(100), b"nothing"):
        (folder / "cuhk-03.mat").write_bytes(damaged)
        with pytest.raises(InputError, match=r"cuhk-03\.mat (cannot be read|is no|is not)"):
            list(index_dataset("cuhk03-classic-labeled", folder))
    normal = builtins.__import__

    def without_h5py(name, *rest):
        if name == "h5py":
            raise ImportError(name)
        return normal(name, *rest)

    monkeypatch.setattr(builtins, "__import__", without_h5py)
    with pytest.raises(InputError, match=r"is HDF5: `pip install 'vtbr-data\[hdf5\]'`"):
        list(index_dataset("cuhk03-classic-labeled", folder))
