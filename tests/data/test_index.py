from __future__ import annotations

import csv
import os
from pathlib import Path

import pytest

from vtbr_data.datasets import DATASETS, HalfOf
from vtbr_data.errors import InputError
from vtbr_data.index import index_dataset
from vtbr_data.manifest import Row

CODES = "identity,gender,hair,age,glasses,sleeves,top,dress,boots,hat,bag,shoes,upper_colour,lower_colour"


def touch(folder: Path, *names: str) -> Path:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()
    return folder


def market(folder: Path, *names: str) -> Path:
    for name in ("bounding_box_train", "query", "bounding_box_test"):
        (folder / name).mkdir(parents=True)
    return touch(folder, *names)


def test_market_names_give_identity_camera_sequence_and_box(tmp_path):
    folder = market(
        tmp_path / "Market",
        "bounding_box_train/0002_c1s1_000451_03.jpg",
        "query/0001_c6s3_077467_00.jpg.jpg",
        "bounding_box_test/-1_c3s2_000001_04.jpg",
        "bounding_box_test/0000_c2s1_000151_01.jpg",
        "bounding_box_test/Thumbs.db",
        "gt_query/0001_c1s1_001051_00_good.mat",
    )
    assert list(index_dataset("market1501", folder)) == [
        Row("bounding_box_train/0002_c1s1_000451_03.jpg", 2, 1, "train", extra={"sequence": 1, "box": 3}),
        Row("query/0001_c6s3_077467_00.jpg.jpg", 1, 6, "query", extra={"sequence": 3, "box": 0}),
        Row("bounding_box_test/-1_c3s2_000001_04.jpg", -1, 3, "gallery", extra={"sequence": 2, "box": 4}),
        Row("bounding_box_test/0000_c2s1_000151_01.jpg", 0, 2, "gallery", extra={"sequence": 1, "box": 1}),
    ]


def test_duke_and_cuhk03_share_the_grammar(tmp_path):
    duke = market(tmp_path / "duke", "query/0005_c2_f0046985.jpg")
    assert list(index_dataset("dukemtmc", duke)) == [Row("query/0005_c2_f0046985.jpg", 5, 2, "query")]
    cuhk = market(tmp_path / "cuhk" / "labeled", "query/0003_c1_21.png")
    row = next(index_dataset("cuhk03-labeled", cuhk))
    assert (row.identity, row.camera) == (3, 1)
    with pytest.raises(InputError, match=r"two versions of CUHK03-NP: give .*labeled or .*detected"):
        next(index_dataset("cuhk03-labeled", tmp_path / "cuhk"))


def test_a_wrong_folder_says_what_was_expected_and_what_was_found(tmp_path):
    touch(tmp_path, "a.txt", "b/c.jpg")
    with pytest.raises(
        InputError, match=r"is no Market-1501: expected the folders .*query.*; found: a.txt, b/$"
    ):
        next(index_dataset("market1501", tmp_path))
    with pytest.raises(
        InputError, match=r"is no VIPeR: expected the folders cam_a, cam_b; found: a.txt, b/$"
    ):
        next(index_dataset("viper", tmp_path))
    with pytest.raises(
        InputError, match=r"is no FineGPR: expected .*0001_c01_w01_l01_p01.jpg.*; found: a.txt, b/$"
    ):
        next(index_dataset("finegpr", tmp_path))
    with pytest.raises(InputError, match="there is no folder"):
        next(index_dataset("finegpr", tmp_path / "nowhere"))


def test_empty_market_folders_are_refused(tmp_path):
    with pytest.raises(InputError, match="holds no pictures of market1501"):
        list(index_dataset("market1501", market(tmp_path / "Market")))


def test_a_strange_name_is_named(tmp_path):
    folder = market(tmp_path / "Market", "query/holiday.jpg")
    with pytest.raises(InputError, match=r"query/holiday.jpg: expected a name like 0002_c1s1"):
        list(index_dataset("market1501", folder))


def viper(folder: Path, people: int = 9) -> Path:
    names = [f"cam_{side}_{angle}" for side, angle in (("a/{:03}", 0), ("b/{:03}", 90))]
    return touch(folder, *(f"{name.format(number)}.bmp" for number in range(people) for name in names))


def test_viper_identities_start_at_one_because_zero_is_a_distractor(tmp_path):
    rows = list(index_dataset("viper", viper(tmp_path)))
    assert {row.identity for row in rows} == set(range(1, 10))
    first = next(row for row in rows if row.path == "cam_b/000_90.bmp")
    assert (first.identity, first.camera, first.extra) == (1, 2, {"angle": 90})


def test_viper_halves_do_not_share_people_and_query_is_camera_a(tmp_path):
    rows = list(index_dataset("viper", viper(tmp_path)))
    train = {row.identity for row in rows if row.split == "train"}
    test = {row.identity for row in rows if row.split != "train"}
    assert len(train) == 4
    assert not train & test
    assert {(row.split, row.camera) for row in rows if row.split != "train"} == {("query", 1), ("gallery", 2)}


def test_seed_and_split_index_choose_the_viper_halves(tmp_path):
    folder = viper(tmp_path, people=40)
    halves = {
        frozenset(row.identity for row in index_dataset("viper", folder, half=half) if row.split == "train")
        for half in (HalfOf(), HalfOf(0, 0), HalfOf(0, 1), HalfOf(1, 0))
    }
    assert len(halves) == 3


def test_finegpr_names_give_the_attributes_of_the_image(tmp_path):
    touch(
        tmp_path,
        "0001/0001_c28_w06_l02_p03.jpg",
        "0001/0001_c36_w01_l07_p01.jpg",
        "0002/0002_c01_w07_l01_p09.jpg",
    )
    rows = list(index_dataset("finegpr", tmp_path))
    assert rows[0] == Row(
        "0001/0001_c28_w06_l02_p03.jpg",
        1,
        28,
        "train",
        attributes={"viewpoint": 0, "weather": "blizzard", "illumination": "dawn", "scene": "wild"},
    )
    assert [row.attributes["viewpoint"] for row in rows] == [0, 80, 90]


def test_finegpr_may_be_flat_and_have_a_table_of_attributes(tmp_path):
    touch(tmp_path, "0007_c10_w02_l03_p05.jpg")
    with (tmp_path / "attributes.csv").open("w", newline="") as file:
        csv.writer(file).writerows(
            [CODES.split(","), "0007 02 01 03 02 01 02 01 02 01 02 01 04 09".split()]  # noqa: SIM905
        )
    attributes = next(index_dataset("finegpr", tmp_path)).attributes
    assert attributes == {
        "gender": "female",
        "hair": "long",
        "age": "older",
        "glasses": False,
        "sleeves": "short",
        "top": "short",
        "dress": True,
        "boots": False,
        "hat": True,
        "bag": False,
        "shoes": "dark",
        "upper_colour": "purple",
        "lower_colour": "brown",
        "viewpoint": 180,
        "weather": "clouds",
        "illumination": "forenoon",
        "scene": "wild",
    }


@pytest.mark.parametrize(
    ("name", "table", "message"),
    [
        (
            "0001_c37_w01_l01_p01.jpg",
            "",
            r"0001_c37_w01_l01_p01.jpg: viewpoint 37 is unknown: there are 01 to 36",
        ),
        ("0001.jpg", "", "expected a name like 0001_c01_w01_l01_p01.jpg"),
        ("0001_c01_w01_l01_p01.jpg", "identity,gender\n", "attributes.csv has no column hair, age"),
        (
            "0001_c01_w01_l01_p01.jpg",
            f"{CODES}\n1,3{',1' * 12}\n",
            "attributes.csv line 2: gender 03 is unknown",
        ),
        (
            "0001_c01_w01_l01_p01.jpg",
            f"{CODES}\n1,male{',1' * 12}\n",
            "line 2: expected numbers like 0001 and 02",
        ),
    ],
)
def test_finegpr_codes_that_do_not_exist_are_named(tmp_path, name, table, message):
    touch(tmp_path, name)
    if table:
        (tmp_path / "attributes.csv").write_text(table)
    with pytest.raises(InputError, match=message):
        list(index_dataset("finegpr", tmp_path))


def test_a_table_keeps_its_rows(tmp_path):
    (tmp_path / "people.csv").write_text("path,identity\na.jpg,4\n/b.jpg,5\n")
    rows = list(index_dataset("table", tmp_path / "people.csv", root=tmp_path.parent))
    assert [row.path for row in rows] == [f"{tmp_path.name}/a.jpg", "/b.jpg"]
    with pytest.raises(InputError, match="is a folder: give the CSV file itself"):
        next(index_dataset("table", tmp_path))
    with pytest.raises(InputError, match="expected a name ending in"):
        next(index_dataset("table", tmp_path / "people.xlsx"))


def test_paths_lead_from_the_root_to_the_pictures_even_behind_links(tmp_path):
    folder = viper(tmp_path / "data" / "viper", people=2)
    (tmp_path / "data" / "runs").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "data" / "runs")
    for row in index_dataset("viper", folder, root=tmp_path / "link"):
        assert row.path.startswith("../viper/cam_")
        assert (tmp_path / "link" / row.path).exists()


def test_an_unknown_dataset_is_answered_with_the_known_ones(tmp_path):
    with pytest.raises(InputError, match="there is no dataset imagenet: use one of finegpr, market1501"):
        next(index_dataset("imagenet", tmp_path))


def test_every_dataset_names_its_layout_and_source():
    for name, dataset in DATASETS.items():
        assert name == dataset.name
        assert dataset.layout
        assert dataset.source


@pytest.mark.skipif(
    not Path(os.environ.get("VTBR_REAL_DATA", "nowhere"), "viper").is_dir(),
    reason="VTBR_REAL_DATA names no VIPeR",
)
def test_the_real_viper_is_whole():
    from vtbr_data.check import check_manifest
    from vtbr_data.manifest import Manifest

    folder = Path(os.environ["VTBR_REAL_DATA"], "viper")
    rows = list(index_dataset("viper", folder))
    assert check_manifest(Manifest(rows, folder, "", "viper"), dataset="viper", workers=2).findings == []
