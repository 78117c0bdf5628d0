from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from vtbr_data.check import check_manifest, count
from vtbr_data.errors import InputError
from vtbr_data.manifest import Manifest, Row
from vtbr_data.pictures import inspect_picture, inspect_pictures


def findings(root: Path, *rows: Row, dataset: str | None = None) -> dict[str, tuple[str, list[str]]]:
    report = check_manifest(Manifest(list(rows), root, "", "manifest.jsonl"), dataset=dataset)
    return {finding.kind: (finding.severity, finding.items) for finding in report.findings}


def train(path: str, identity: int = 1, camera: int = 1, **more: object) -> Row:
    return Row(path, identity, camera, "train", **more)


@pytest.fixture
def two(tmp_path, picture):
    """Two whole pictures of one person from two cameras."""
    picture("a.png", 1)
    picture("b.png", 2)
    return [train("a.png", camera=1), train("b.png", camera=2)]


def test_a_sound_manifest_has_no_findings(tmp_path, two):
    assert findings(tmp_path, *two) == {}


def test_missing_pictures_are_errors(tmp_path, two):
    assert findings(tmp_path, *two, train("c.png"))["missing"] == ("error", ["c.png"])


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".bmp"])
def test_a_picture_cut_in_half_is_an_error(tmp_path, two, picture, suffix):
    whole = picture(f"c{suffix}", size=(64, 128))
    whole.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    severity, items = findings(tmp_path, *two, train(whole.name))["unreadable"]
    assert severity == "error"
    assert items == [f"c{suffix} is cut off"]


def test_what_is_no_picture_or_empty_or_a_folder_is_an_error(tmp_path, two):
    (tmp_path / "c.jpg").write_text("hello")
    (tmp_path / "d.jpg").touch()
    (tmp_path / "e.jpg").mkdir()
    items = findings(tmp_path, *two, *(train(f"{name}.jpg") for name in "cde"))["unreadable"][1]
    assert items == ["c.jpg is no picture", "d.jpg is empty", "e.jpg Is a directory"]


def test_the_same_picture_in_two_splits_is_an_error(tmp_path, two):
    shutil.copy(tmp_path / "a.png", tmp_path / "c.png")
    kinds = findings(tmp_path, *two, Row("c.png", 1, 1, "gallery"))
    assert kinds["duplicate-across-splits"] == ("error", ["a.png (train 1) = c.png (gallery 1)"])
    assert "duplicate" not in kinds


def test_the_same_picture_of_two_people_is_an_error(tmp_path, two):
    shutil.copy(tmp_path / "a.png", tmp_path / "c.png")
    kinds = findings(tmp_path, *two, train("c.png", 2))
    assert kinds["duplicate-across-identities"] == ("error", ["a.png (train 1) = c.png (train 2)"])


def test_the_same_picture_twice_is_a_warning(tmp_path, two):
    shutil.copy(tmp_path / "a.png", tmp_path / "c.png")
    assert findings(tmp_path, *two, train("c.png"))["duplicate"][0] == "warning"


def test_a_repeated_path_is_a_warning_and_no_duplicate(tmp_path, two):
    assert findings(tmp_path, *two, two[0]) == {"repeated": ("warning", ["a.png (2 times)"])}


def test_identities_in_one_camera_are_a_warning(tmp_path, two, picture):
    picture("c.png", 3)
    assert findings(tmp_path, *two, train("c.png", 2, 5))["one-camera"] == ("warning", ["2 (camera 5)"])


def test_identities_in_training_and_test_are_an_error(tmp_path, two, picture):
    picture("c.png", 3)
    assert findings(tmp_path, *two, Row("c.png", 1, 3, "gallery"))["train-and-test"] == ("error", ["1"])


def test_queries_without_a_match_are_named_with_the_reason(tmp_path, picture):
    rows = [
        Row("a.png", 1, 1, "query"),
        Row("b.png", 2, 1, "query"),
        Row("c.png", 3, -1, "query"),
        Row("d.png", 4, 1, "query"),
        Row("e.png", 0, 1, "query"),
        Row("f.png", 2, 1, "gallery"),
        Row("g.png", 3, -1, "gallery"),
        Row("h.png", 4, 2, "gallery"),
    ]
    for number, row in enumerate(rows):
        picture(row.path, number)
    severity, items = findings(tmp_path, *rows)["unmatched-query"]
    assert severity == "error"
    assert items == [
        "a.png: identity 1 is not in the gallery",
        "b.png: identity 2 is in the gallery in the camera of the query only (1)",
        "c.png: identity 3 has no known camera: fill in cameras, or score without them",
        "e.png: identity 0 is a distractor, nobody to look for",
    ]


def test_empty_captions_and_impossible_attributes_are_errors(tmp_path, two, picture):
    picture("c.png", 3)
    kinds = findings(tmp_path, *two, train("c.png", captions=("fine", " "), attributes={"hair": "curly"}))
    assert kinds["empty-caption"] == ("error", ["manifest.jsonl line 3 (c.png)"])
    assert kinds["attribute"] == (
        "error",
        ["manifest.jsonl line 3 (c.png): hair is 'curly', not one of short, long"],
    )


def test_counts_are_compared_with_the_published_ones(tmp_path, two):
    severity, items = findings(tmp_path, *two, dataset="viper")["counts"]
    assert severity == "error"
    assert items[:2] == ["train images: 2, published 632", "train identities: 1, published 316"]
    with pytest.raises(InputError, match="no counts are published for table"):
        findings(tmp_path, *two, dataset="table")


def test_junk_and_distractors_are_counted_apart():
    rows = [Row("a", -1, 1), Row("b", 0, 1), Row("c", 5, -1), Row("d", 5, 2)]
    expected = {"images": 4, "identities": 1, "cameras": 2, "junk": 1, "distractors": 1}
    assert count(rows) == expected | {"splits": {"gallery": expected}}


@pytest.mark.parametrize("workers", [1, 3])
def test_pictures_are_inspected_in_order_whatever_the_workers(tmp_path, picture, workers):
    paths = [picture(f"{number}.bmp", number, size=(2, 2)) for number in range(300)]
    told = []
    states = list(
        inspect_pictures(paths, workers=workers, report=lambda done, total: told.append((done, total)))
    )
    assert states == [inspect_picture(path) for path in paths]
    assert told[-1] == (300, 300)
