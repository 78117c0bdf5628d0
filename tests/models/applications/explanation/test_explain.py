from __future__ import annotations

import json
import subprocess
import sys

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from vtbr_models.applications.explanation.strips import overlay
from vtbr_models.cli import main


def explain(*words, **options):
    return CliRunner().invoke(main, ["explain", *map(str, words)], **options)


def height_px(path):
    with Image.open(path) as picture:
        return picture.height


@pytest.fixture
def ranked(people):
    """Ranked lists of two of the people, as vtbr-eval writes them."""
    rows = [json.loads(line) for line in people.read_text(encoding="utf-8").splitlines()]
    lines = [
        {
            **{key: query[key] for key in ("path", "identity", "camera")},
            "gallery": [
                {"rank": rank, "path": row["path"], "identity": row["identity"], "camera": row["camera"],
                 "right": row["identity"] == query["identity"], "distance": 0.1 * rank}
                for rank, row in enumerate(rows[2:5], start=1)
            ],
        }
        for query in rows[:2]
    ]  # fmt: skip
    path = people.with_name("ranked.jsonl")
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    return path


def test_lines_keep_the_list_and_add_maps_that_sum_to_the_cosine(reid_checkpoint, ranked):
    result = explain(reid_checkpoint, ranked, "--top", 2)
    assert result.exit_code == 0, result.output
    assert result.stderr == "explained 2 queries\n"
    listed = [json.loads(line) for line in ranked.read_text(encoding="utf-8").splitlines()]
    for line, given in zip(map(json.loads, result.stdout.splitlines()), listed, strict=True):
        assert (line["path"], line["method"], len(line["gallery"])) == (given["path"], "shares", 2)
        for match, entry in zip(line["gallery"], given["gallery"], strict=False):
            assert {key: match[key] for key in entry} == entry
            for side in ("in_query", "in_gallery"):
                assert np.array(match[side]).shape == (4, 2)
                assert np.sum(match[side]) == pytest.approx(match["cosine"], abs=1e-4)


def test_the_cosine_is_that_of_the_extracted_features(reid_checkpoint, people, ranked, tmp_path):
    from safetensors.torch import load_file

    words = ["extract", reid_checkpoint, people, "-o", tmp_path / "f"]
    assert CliRunner().invoke(main, list(map(str, words))).exit_code == 0
    features = load_file(tmp_path / "f")["features"].numpy()
    features /= np.linalg.norm(features, axis=1, keepdims=True)
    line = json.loads(explain(reid_checkpoint, ranked).stdout.splitlines()[0])
    found = [match["cosine"] for match in line["gallery"]]
    assert found == pytest.approx((features[2:5] @ features[0])[: len(found)], abs=1e-4)


def test_the_batch_size_changes_nothing(reid_checkpoint, ranked):
    lines = [
        explain(reid_checkpoint, ranked, "--batch-size", size).stdout.splitlines() for size in (1, 3, 64)
    ]
    first = json.loads(lines[0][1])["gallery"]
    for others in lines[1:]:
        for match, other in zip(first, json.loads(others[1])["gallery"], strict=True):
            np.testing.assert_allclose(match["in_query"], other["in_query"], atol=1e-5)


def test_lists_come_through_a_pipe(reid_checkpoint, ranked):
    result = explain(
        reid_checkpoint,
        "-",
        "--root",
        ranked.parent,
        "--queries",
        1,
        input=ranked.read_text(encoding="utf-8"),
    )
    assert result.exit_code == 0, result.output
    assert len(result.stdout.splitlines()) == 1
    assert result.stderr == "explained 1 query of 2; --queries 0 for all\n"


def test_a_manifests_queries_are_held_against_their_own_people(reid_checkpoint, people):
    rows = [json.loads(line) for line in people.read_text(encoding="utf-8").splitlines()]
    rows[1]["identity"], rows[2]["identity"], rows[2]["camera"] = 1, 1, 0
    people.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    (line,) = explain(reid_checkpoint, people, "--no-flip").stdout.splitlines()
    found = json.loads(line)
    assert found["path"] == rows[1]["path"]
    assert rows[2]["path"] in [match["path"] for match in found["gallery"]]
    assert all(match["right"] and match["identity"] == 1 for match in found["gallery"])


def test_pictures_are_held_against_the_first(reid_checkpoint, people):
    pictures = [people.with_name(name) for name in ("é0.jpg", "é1.png", "é2.bmp")]
    line = json.loads(explain(reid_checkpoint, *pictures, "--method", "grad-cam").stdout)
    assert [match["path"] for match in line["gallery"]] == [str(path) for path in pictures[1:]]
    assert line["method"] == "grad-cam"


def test_a_page_holds_every_picture_and_says_what_it_shows(reid_checkpoint, ranked, tmp_path):
    page = tmp_path / "page.html"
    assert explain(reid_checkpoint, ranked, "-o", page).exit_code == 0
    text = page.read_text(encoding="utf-8")
    assert text.count("<img ") == text.count("data:image/jpeg;base64,") == 2 * (1 + 3 * 3)
    assert 'alt="where in é0.jpg the match with é2.bmp lies"' in text
    assert "http" not in text.replace("http-equiv", "")


def test_names_on_a_page_are_text_and_no_markup(reid_checkpoint, people, tmp_path):
    odd = people.with_name("<b>&.png")
    people.with_name("é1.png").rename(odd)
    page = tmp_path / "page.html"
    assert explain(reid_checkpoint, odd, people.with_name("é0.jpg"), "-o", page).exit_code == 0
    assert "<b>" not in page.read_text(encoding="utf-8")


def test_a_picture_and_a_folder_hold_a_strip_a_query(reid_checkpoint, ranked, tmp_path):
    assert explain(reid_checkpoint, ranked, "-o", tmp_path / "all.png").exit_code == 0
    assert explain(reid_checkpoint, ranked, "-o", tmp_path / "maps").exit_code == 0
    strips = sorted(path.name for path in (tmp_path / "maps").iterdir())
    assert strips == ["0001-é0.jpg.png", "0002-é1.png.png"]
    heights = [height_px(tmp_path / "maps" / name) for name in strips]
    assert 0 < height_px(tmp_path / "all.png") <= sum(heights)


def test_a_folder_in_use_is_left_alone(reid_checkpoint, ranked, tmp_path):
    (tmp_path / "maps").mkdir()
    (tmp_path / "maps/mine.txt").write_text("mine")
    result = explain(reid_checkpoint, ranked, "-o", tmp_path / "maps")
    assert result.exit_code == 1
    assert "give another name" in result.stderr
    assert [path.name for path in (tmp_path / "maps").iterdir()] == ["mine.txt"]


def test_a_picture_that_cannot_be_read_leaves_nothing_behind(reid_checkpoint, ranked, tmp_path):
    ranked.with_name("é4.png").write_bytes(b"no picture") if ranked.with_name("é4.png").exists() else None
    next(ranked.parent.glob("é2.*")).write_bytes(b"no picture")
    for name in ("maps", "page.html", "all.png", "maps.jsonl"):
        result = explain(reid_checkpoint, ranked, "-o", tmp_path / name)
        assert result.exit_code == 1
        assert result.stderr.count("\n") == 1
        assert "no whole picture can be decoded" in result.stderr
    assert not {"maps", "maps.partial", "page.html", "all.png", "maps.jsonl"} & {
        path.name for path in tmp_path.iterdir()
    }


@pytest.mark.parametrize("method", ["gradient", "attention"])
def test_words_are_put_together_from_their_tokens(captions_checkpoint, people, tmp_path, method):
    words = ("--caption", "a person in red", "--method", method)
    (line,) = explain(captions_checkpoint, people.with_name("é0.jpg"), "--words", *words).stdout.splitlines()
    found = json.loads(line)
    assert [word["word"] for word in found["words"]] == ["a", "person", "in", "red"]
    assert all(np.array(word["map"]).shape == (2, 1) for word in found["words"])
    assert all(word["log_likelihood"] < 0 for word in found["words"])
    page = tmp_path / "words.html"
    assert explain(captions_checkpoint, people, *words, "--word", "Red", "-o", page).exit_code == 0
    assert page.read_text(encoding="utf-8").count("where red is from in") == 2 * 7  # alt and title


def test_captions_written_by_a_model_are_explained_by_it(captions_checkpoint, people):
    words = ["caption", captions_checkpoint, people, "--greedy"]
    captioned = CliRunner().invoke(main, list(map(str, words)))
    assert captioned.exit_code == 0, captioned.output
    options = ("--root", people.parent, "--words", "--queries", 1)
    result = explain(captions_checkpoint, "-", *options, input=captioned.stdout)
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["words"]


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["é0.jpg"], 1, "has nothing to be held against"),
        (["é0.jpg", "é1.png", "--words"], 1, "give --caption"),
        (["manifest.jsonl", "--words"], 1, "has no captions"),
        (["manifest.jsonl", "--caption", "the sea", "--word", "coat"], 1, "no caption has the word coat"),
        (["manifest.jsonl", "--caption", " "], 1, "has no words"),
        (["é0.jpg", "é1.png", "-o", "maps.gif"], 1, "ends in .png, .html or .jsonl"),
        (["é0.jpg", "é1.png", "--method", "attention"], 2, "add --words"),
        (["manifest.jsonl", "--words", "--method", "shares"], 2, "leave --words out"),
    ],
)
def test_what_cannot_be_explained_is_one_line(captions_checkpoint, people, monkeypatch, words, code, said):
    monkeypatch.chdir(people.parent)
    result = explain(captions_checkpoint, *words)
    assert result.exit_code == code
    assert said in result.stderr
    assert "Traceback" not in result.stderr


def test_an_embedder_has_no_words(reid_checkpoint, people):
    result = explain(reid_checkpoint, people, "--caption", "a coat")
    assert result.exit_code == 1
    assert "is an embedder, which cannot write" in result.stderr


def test_lists_that_are_none_are_refused_with_their_line(reid_checkpoint, ranked):
    ranked.write_text('{"path": "é0.jpg", "gallery": ["é1.png"]}\n', encoding="utf-8")
    result = explain(reid_checkpoint, ranked)
    assert result.exit_code == 1
    assert f"{ranked}:1: gallery must be a list of objects with a path" in result.stderr


def test_an_overlay_is_orange_for_and_blue_against():
    pixels = np.full((40, 20, 3), 128, np.uint8)
    drawn = overlay(pixels, np.array([[1.0], [-1.0]], np.float32), 1.0).astype(int)
    (red, _, blue), (low_red, _, low_blue) = drawn[0, 10], drawn[-1, 10]
    assert red > blue + 100
    assert low_blue > low_red + 100
    assert (
        overlay(pixels, np.zeros((2, 1), np.float32), 0.0)
        == overlay(pixels, np.zeros((2, 1), np.float32), 1.0)
    ).all()


def test_the_help_needs_no_torch():
    code = (
        "import sys; from vtbr_models.cli import main; main(['explain', '--help'], standalone_mode=False);"
        "sys.exit('torch' in sys.modules or 'numpy' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], stdout=subprocess.PIPE).returncode == 0
