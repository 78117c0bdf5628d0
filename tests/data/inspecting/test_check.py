from __future__ import annotations

import re
import shutil
from pathlib import Path

import numpy as np
import pytest
from msgspec.structs import replace
from PIL import Image

from vtbr_data.errors import InputError
from vtbr_data.inspecting.check import check_manifest, count
from vtbr_data.manifest.manifest import Manifest, Row
from vtbr_data.tokenizer.tokenizer import train_tokenizer

GOLDEN = Path(__file__).parents[2] / "contracts/pictures"


def findings(root: Path, *rows: Row, **options: object) -> dict[str, tuple[str, list[str]]]:
    report = check_manifest(Manifest(list(rows), root, "", "manifest.jsonl"), **options)
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


def test_captions_that_spell_special_tokens_are_a_warning(tmp_path, two):
    rows = [replace(two[0], captions=("a man [EOS] in red",)), replace(two[1], captions=("a man [sic]",))]
    assert findings(tmp_path, *rows)["special-token"] == (
        "warning",
        ["manifest.jsonl line 1 (a.png): a man [EOS] in red"],
    )


def test_pictures_that_may_surprise_are_warnings(tmp_path, two):
    for name in ("orientation_6.jpg", "rgba.png", "gray16.png", "pages.tiff"):
        shutil.copy(GOLDEN / name, tmp_path)
    found = findings(
        tmp_path, *two, *(train(name) for name in ("orientation_6.jpg", "rgba.png", "gray16.png"))
    )
    assert found["turned"] == ("warning", ["orientation_6.jpg"])
    assert found["alpha"] == ("warning", ["rgba.png"])
    assert found["deep"] == ("warning", ["gray16.png"])
    assert findings(tmp_path, train("pages.tiff"))["frames"] == ("warning", ["pages.tiff"])


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
    assert items == ["c.jpg is not a picture", "d.jpg is empty", "e.jpg Is a directory"]


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


def test_a_whole_set_is_compared_where_no_splits_are_published(tmp_path, two):
    assert findings(tmp_path, *two, dataset="personx")["counts"][1] == [
        "all images: 2, published 273456",
        "all identities: 1, published 1266",
    ]


def test_a_picture_saved_again_for_the_test_is_a_warning(tmp_path, two):
    noise = np.random.default_rng(0).integers(0, 256, (16, 8, 3), np.uint8)
    Image.fromarray(noise).resize((64, 128)).save(tmp_path / "seen.png")
    with Image.open(tmp_path / "seen.png") as image:
        image.resize((48, 96)).save(tmp_path / "again.jpg", quality=60)
    rows = (*two, train("seen.png", camera=2), Row("again.jpg", 5, 1, "gallery"))
    severity, items = findings(tmp_path, *rows)["near-duplicate"]
    assert severity == "warning"
    assert re.fullmatch(r"seen.png \(train 1\) ~ again.jpg \(gallery 5\), \d+ of 256 bits differ", items[0])
    rows = (*two, train("seen.png", camera=2), train("again.jpg", camera=2))
    assert findings(tmp_path, *rows) == {}, "frames of one walk look alike in training, and may"


def test_names_that_lie_and_pictures_that_are_tiny_are_warnings(tmp_path, two, picture):
    picture("c.png", 3).rename(tmp_path / "c.jpg")
    picture("d.png", 4, size=(4, 100))
    kinds = findings(tmp_path, *two, train("c.jpg"), train("d.png"))
    assert kinds == {
        "wrong-extension": ("warning", ["c.jpg is PNG"]),
        "tiny": ("warning", ["d.png is 4 x 100"]),
    }


def test_links_that_lead_out_of_the_root_are_a_warning(tmp_path, two, picture):
    outside = picture("outside/c.png", 3).parent
    root = tmp_path / "root"
    root.mkdir()
    (root / "link").symlink_to(outside)
    (root / "c.png").symlink_to(outside / "c.png")
    (root / "inside.png").symlink_to(root / "d.png")
    picture("root/d.png", 4)
    rows = [
        train(path, camera=camera)
        for camera, path in enumerate(("link/c.png", "c.png", "inside.png", "d.png"))
    ]
    kinds = findings(root, *rows, train("../a.png"), train(str(tmp_path / "b.png")))
    assert kinds["outside"] == (
        "warning",
        [f"link/c.png -> {outside}/c.png", f"c.png -> {outside}/c.png"],
    )


def test_captions_that_are_missing_or_shared_by_people_are_warnings(tmp_path, two, picture):
    picture("c.png", 3)
    a, b = (replace(row, captions=("a man",)) for row in two)
    kinds = findings(tmp_path, a, b, train("c.png", 2, camera=1, captions=("a man", "he walks")))
    assert kinds["shared-caption"] == ("warning", ["'a man': 1, 2"])
    assert findings(tmp_path, a, two[1])["no-caption"] == ("warning", ["manifest.jsonl line 2 (b.png)"])


def test_captions_are_held_against_a_tokenizer(tmp_path, two):
    tokenizer = train_tokenizer(["a man in a red coat"] * 3, 60)
    a, b = (
        replace(row, captions=(words,))
        for row, words in zip(two, ("a man", "a man in a red 外套"), strict=True)
    )
    kinds = findings(tmp_path, a, b, tokenizer=tokenizer, max_tokens=5)
    severity, items = kinds["long-caption"]
    assert severity == "warning"
    assert items[0].startswith("manifest.jsonl line 2 (b.png): ")
    assert kinds["unknown-tokens"][0] == "warning"
    assert "外" in "".join(kinds["unknown-tokens"][1])
    assert findings(tmp_path, a, a, tokenizer=tokenizer, max_tokens=40).keys() == {"repeated", "one-camera"}
    with pytest.raises(InputError, match="captions of 2 tokens have no word"):
        findings(tmp_path, a, tokenizer=tokenizer, max_tokens=2)


def test_people_with_one_training_image_and_with_very_many_are_warnings(tmp_path, picture):
    picture("a.png", 1)
    rows = [train("a.png", identity, camera) for identity in (1, 2, 3) for camera in (1, 2)]
    rows += [train("a.png", 4, camera) for camera in range(21)] + [train("a.png", 5)]
    kinds = findings(tmp_path, *rows)
    assert kinds["imbalance"] == ("warning", ["4 (21 images)"])
    assert kinds["one-image"] == ("warning", ["5"])


def test_junk_and_distractors_are_counted_apart():
    rows = [Row("a", -1, 1), Row("b", 0, 1), Row("c", 5, -1), Row("d", 5, 2)]
    expected = {"images": 4, "identities": 1, "cameras": 2, "junk": 1, "distractors": 1}
    assert count(rows) == expected | {"splits": {"gallery": expected}}
