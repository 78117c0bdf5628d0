from __future__ import annotations

from collections import Counter

import pytest

from vtbr_data.datasets import IndexOptions
from vtbr_data.datasets.index import index_dataset
from vtbr_data.errors import InputError


def parts(rows):
    return Counter((row.split, row.camera) for row in rows)


def people(rows, split):
    return {row.identity for row in rows if row.split == split}


@pytest.mark.parametrize("name", ["viper", "cuhk01", "prid2011", "ilids", "grid"])
def test_nobody_is_in_training_and_test(name, miniature):
    rows = list(index_dataset(name, miniature(name)))
    assert people(rows, "train")
    assert not people(rows, "train") & (people(rows, "query") | people(rows, "gallery"))
    assert people(rows, "query") <= people(rows, "gallery")


@pytest.mark.parametrize("name", ["viper", "cuhk01", "prid2011", "ilids"])
def test_seed_and_split_index_choose_the_halves(name, miniature):
    folder = miniature(name, people=40) if name == "viper" else miniature(name)
    chosen = [
        frozenset(people(index_dataset(name, folder, options=options), "train"))
        for options in (
            IndexOptions(),
            IndexOptions(),
            *(IndexOptions(split_index=index) for index in range(1, 6)),
            IndexOptions(seed=1),
        )
    ]
    assert chosen[0] == chosen[1]
    assert len(set(chosen)) > 1


def test_viper_identities_start_at_one_because_zero_is_a_distractor(miniature):
    rows = list(index_dataset("viper", miniature("viper")))
    assert {row.identity for row in rows} == set(range(1, 10))
    assert len(people(rows, "train")) == 4
    first = next(row for row in rows if row.path == "cam_b/000_90.bmp")
    assert (first.identity, first.camera, first.extra) == (1, 2, {"angle": 90})
    assert {part for part in parts(rows) if part[0] != "train"} == {("query", 1), ("gallery", 2)}


def test_cuhk01_images_three_and_four_are_camera_b(miniature):
    rows = list(index_dataset("cuhk01", miniature("cuhk01")))
    cameras = {row.path[-7:-4]: row.camera for row in rows}
    assert cameras == {"001": 1, "002": 1, "003": 2, "004": 2}
    assert parts(rows)["query", 1] == parts(rows)["gallery", 2] == 6


def test_cuhk02_pairs_have_people_and_cameras_of_their_own(miniature):
    rows = list(index_dataset("cuhk02", miniature("cuhk02")))
    assert len({row.identity for row in rows}) == 10
    assert {row.camera for row in rows} == set(range(1, 11))
    assert parts(rows)["query", 9] == parts(rows)["gallery", 10] == 2
    with pytest.raises(InputError, match="give the folder Dataset in it"):
        folder = miniature("cuhk01")
        (folder / "Dataset" / "P1").mkdir(parents=True)
        list(index_dataset("cuhk02", folder))


def test_prid_leaves_out_those_whom_camera_a_alone_saw(miniature):
    said = []
    rows = list(index_dataset("prid2011", miniature("prid2011"), options=IndexOptions(say=said.append)))
    assert "single_shot/cam_a/person_0201.png" not in {row.path for row in rows}
    assert said == ["left out 1 images of people whom camera A alone has seen"]
    assert {201, 749} <= people(rows, "gallery")


def test_ilids_has_one_query_and_one_gallery_image_a_person(miniature):
    rows = list(index_dataset("ilids", miniature("ilids")))
    test = [row for row in rows if row.split != "train"]
    assert set(Counter((row.identity, row.split) for row in test).values()) == {1}
    assert set(Counter(row.identity for row in test).values()) == {2}
    assert len({(row.identity, row.camera) for row in test}) == len(test)


def test_grid_takes_the_published_splits_and_keeps_distractors(miniature):
    folder = miniature("grid", has_splits=True)
    first = list(index_dataset("grid", folder))
    second = list(index_dataset("grid", folder, options=IndexOptions(split_index=1)))
    assert people(first, "train") == {1, 3}
    assert people(second, "train") == {2, 4}
    assert people(first, "gallery") == {0, 2, 4}
    with pytest.raises(InputError, match=r"there is no split 2: .* holds 0 to 1"):
        list(index_dataset("grid", folder, options=IndexOptions(split_index=2)))


def test_a_damaged_file_of_splits_is_one_line_even_where_its_reader_crashes(miniature):
    folder = miniature("grid", has_splits=True)
    file = folder / "features_and_partitions.mat"
    whole = file.read_bytes()
    for damaged in (whole[:200], whole.replace(b"trainIdxAll", b"trainIdxAlL")):
        file.write_bytes(damaged)
        with pytest.raises(
            InputError, match=r"partitions\.mat (cannot be read as a MATLAB file|holds no variable)"
        ):
            list(index_dataset("grid", folder))


def test_grid_without_its_splits_says_so(miniature):
    said = []
    rows = list(index_dataset("grid", miniature("grid"), options=IndexOptions(say=said.append)))
    assert rows
    assert said[:-1] == [
        "features_and_partitions.mat is not there: random halves in place of the ten published ones"
    ]


@pytest.mark.parametrize(
    ("name", "stray"),
    [
        ("viper", "cam_a/holiday.bmp"),
        ("cuhk01", "campus/0001005.png"),
        ("cuhk02", "P1/cam1/x.png"),
        ("prid2011", "single_shot/cam_b/x.png"),
        ("ilids", "Persons/1.jpg"),
        ("grid", "probe/1.jpeg"),
    ],
)
def test_a_strange_name_is_named(name, stray, miniature):
    folder = miniature(name)
    (folder / stray).touch()
    with pytest.raises(InputError, match=f"{stray}: expected a name like"):
        list(index_dataset(name, folder))
