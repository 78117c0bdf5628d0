from __future__ import annotations

import json

import pytest
from PIL import Image

from vtbr_data.datasets import IndexOptions, index_dataset
from vtbr_data.errors import InputError


def put(folder, *names):
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()
    return folder


def listed(name, folder, **options):
    said = []
    rows = list(index_dataset(name, folder, options=IndexOptions(say=said.append, **options)))
    return rows, said


def test_train_all_is_preferred_and_what_repeats_it_is_said(miniature):
    rows, said = listed("layumi", miniature("layumi"))
    assert [(row.identity, row.camera, row.split) for row in rows] == [
        (2, 1, "train"),
        (1, 6, "query"),
        (-1, 3, "gallery"),
        (0, 2, "gallery"),
        (1, 1, "gallery"),
    ]
    assert said == ["train_all is read for training", "left out the folders multi-query, train, val"]


def test_the_folder_above_or_below_may_be_given(miniature):
    folder = miniature("layumi")
    below, _ = listed("auto", folder / "pytorch")
    assert [row.path for row in below] == [
        row.path.removeprefix("pytorch/") for row in listed("layumi", folder)[0]
    ]


def test_train_is_read_where_train_all_is_missing(tmp_path):
    names = ["train/2/2_c1s1_1_1.jpg", "query/1/1_c1s1_1_1.jpg", "gallery/1/1_c2s1_1_1.jpg"]
    rows, said = listed("auto", put(tmp_path, *names))
    assert [row.split for row in rows] == ["train", "query", "gallery"]
    assert "train is read for training" in said


@pytest.mark.parametrize("missing", ["bounding_box_train", "query", "bounding_box_test"])
def test_a_part_that_is_missing_is_said(miniature, missing):
    folder = miniature("market1501")
    (folder / missing).rename(folder / "elsewhere")
    rows, said = listed("auto", folder)
    assert rows
    assert any(f"there is no folder {missing}" in line for line in said)


def test_validation_and_test_folders_are_named_and_may_be_chosen(tmp_path):
    put(
        tmp_path,
        *(f"{part}/{person}/a.jpg" for part in ("train", "val", "test") for person in "12"),
        "more/1/a.jpg",
    )
    rows, said = listed("auto", tmp_path)
    assert {(row.split, row.extra.get("named_split")) for row in rows} == {
        ("train", None),
        ("gallery", "val"),
        ("gallery", "test"),
    }
    assert any("folders that are not a split" in line and "more" in line for line in said)
    rows, _ = listed("folders", tmp_path, validation="train")
    assert sum(row.split == "train" for row in rows) == 4
    rows, said = listed("folders", tmp_path, validation="none")
    assert len(rows) == 4
    assert "val is left out: --validation train or gallery takes it" in said


def test_copies_with_other_names_are_refused_or_counted(miniature):
    folder = miniature("market1501")
    put(folder, "query/0001_c6s3_077467_00 (1).jpg", "query/x.jpg")
    with pytest.raises(InputError, match=r"expected a name like .*; --skip-unknown leaves such pictures out"):
        listed("market1501", folder)
    rows, said = listed("market1501", folder, skip_unknown=True)
    assert len(rows) == 5
    assert "2 pictures with other names" in said[-1]


@pytest.mark.parametrize("name", ["viper", "grid", "finegpr", "cuhk01", "randperson"])
def test_every_set_can_skip_pictures_with_other_names(miniature, name):
    folder = miniature(name)
    inner = {"viper": "cam_a", "grid": "probe", "finegpr": "0001", "cuhk01": "campus", "randperson": "."}[
        name
    ]
    put(folder, f"{inner}/copy (1).png")
    with pytest.raises(InputError, match="--skip-unknown"):
        listed(name, folder)
    assert "1 pictures with other names" in listed(name, folder, skip_unknown=True)[1][-1]


def test_pictures_that_cannot_be_read_and_other_files_are_counted(tmp_path):
    put(
        tmp_path,
        "1/a.jfif",
        "1/b.JP2",
        "1/c.heic",
        "1/d.HEIC",
        "1/Thumbs.db",
        "2/e.avif",
        "3/f.dng",
        "1/.hidden",
    )
    rows, said = listed("folders", tmp_path)
    assert [row.path for row in rows] == ["1/a.jfif", "1/b.JP2", "2/e.avif"]
    for part in (
        "2 .heic pictures, which cannot be read",
        "1 .dng pictures",
        "1 files that are not pictures",
    ):
        assert part in said[-1]
    assert "1 folders without pictures in them" in said[-1]


def test_a_tree_of_cameras_is_answered_with_the_pattern_that_reads_it(tmp_path):
    put(tmp_path / "set", "anna/cam1/1.jpg", "bob/cam2/1.jpg")
    with pytest.raises(InputError, match=r"--pattern '\{identity\}/\{camera\}/\*'` may read it"):
        listed("folders", tmp_path / "set")
    rows, _ = listed("files", tmp_path / "set", pattern="{identity}/{camera}/*")
    assert [(row.identity, row.camera) for row in rows] == [(1, 1), (2, 2)]
    put(tmp_path / "more", "train/anna/cam1/1.jpg")
    with pytest.raises(InputError, match=r"'\{split\}/\{identity\}/\{camera\}/\*'"):
        listed("auto", tmp_path / "more")


def test_lists_without_an_ending_are_msmt17s(miniature):
    folder = miniature("msmt17")
    rows = listed("msmt17", folder)[0]
    for file in folder.glob("list_*.txt"):
        file.rename(file.with_suffix(""))
    assert listed("auto", folder)[0] == rows


def test_caption_lists_are_read_as_their_makers_send_them(tmp_path):
    pedes = tmp_path / "CUHK-PEDES"
    put(pedes, "imgs/cam_a/001.png")
    entry = {"id": 1, "file_path": "cam_a/001.png", "captions": ["A man in red."]}
    (pedes / "caption_all.json").write_text(json.dumps([entry]))
    rows, said = listed("auto", pedes)
    assert (rows[0].identity, rows[0].split, rows[0].captions) == (1, "train", ("A man in red.",))
    assert "caption_all.json holds no splits: all images are train" in said[1]
    assert "reid_raw.json" in said[1]
    assert listed("cuhk-pedes", pedes, split="gallery")[0][0].split == "gallery"
    icfg = tmp_path / "ICFG-PEDES"
    put(icfg, "imgs/train/0000/0000.jpg")
    entry = {"split": "train", "captions": ["A man."], "file_path": "train/0000/0000.jpg", "id": 0}
    (icfg / "ICFG_PEDES.json").write_text(json.dumps([entry]))
    assert listed("auto", icfg)[0][0].identity == 1


def test_real_pictures_of_every_listed_ending_can_be_opened(tmp_path):
    from vtbr_data.picture_decoding import decode
    from vtbr_data.picture_names import KINDS

    image = Image.new("RGB", (8, 16), (200, 40, 40))
    for ending, (kind, *_) in KINDS.items():
        file = tmp_path / f"a.{ending}"
        image.save(file, kind)
        assert decode(file.read_bytes()).shape == (16, 8, 3), ending
