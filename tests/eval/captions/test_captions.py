from __future__ import annotations

import gzip
import json

import pytest

from vtbr_eval.captions.caption_scores import score_captions
from vtbr_eval.captions.slots import Colours, colours
from vtbr_eval.errors import InputError
from vtbr_eval.files.manifest import read_manifest


@pytest.mark.parametrize(
    ("caption", "upper", "lower"),
    [
        ("a man in a red long-sleeved shirt and blue trousers.", "red", "blue"),
        ("a long red coat, black short plain skirt", "red", "black"),
        ("wearing a long plain short red coat", "red", None),
        ("a red long plain short coat", None, None),
        ("a green short frock", "green", "green"),
        ("a dress with a red top and a blue skirt", "red", "blue"),
        ("yellow t-shirt; gray shorts", "yellow", "gray"),
        ("Purple Hoodie. BROWN JEANS", "purple", "brown"),
        ("shirt and trousers", None, None),
        ("trousers in blue below a shirt in red", "red", "blue"),
        ("a shirt in red with short sleeves", "red", None),
        ("a shirt in blue jeans", None, "blue"),
        ("a shirt in", None, None),
        ("a red and shirt", None, None),
        ("redshirt, a red shirts", None, None),
        ("long top", None, None),
        ("", None, None),
    ],
)
def test_the_colour_before_a_garment_is_read(caption, upper, lower):
    assert colours(caption) == Colours(upper, lower)


def reference(**attributes):
    return {path: {"path": path, "attributes": attributes} for path in ("a", "b", "c", "d")}


def test_shares_of_right_and_of_named_colours_are_counted():
    predicted = {
        "a": {"captions": ["a red shirt and blue jeans"]},
        "b": {"captions": ["a green shirt and blue jeans", "a red shirt"]},
        "c": {"captions": ["a person"]},
        "d": {},
    }
    scores = score_captions(predicted, reference(upper_colour="red", lower_colour="blue"))
    assert scores.to_json() == {
        "format": "vtbr.caption-scores",
        "version": 1,
        "images": 4,
        "upper_colour": {"images": 4, "accuracy": 0.25, "named": 0.5},
        "lower_colour": {"images": 4, "accuracy": 0.5, "named": 0.5},
        "warnings": ["1 predicted rows have no captions (first d): they count as saying nothing"],
    }


def test_what_captions_say_of_things_is_scored_both_ways():
    predicted = {
        "a": {"captions": ["a man with a hat"]},
        "b": {"captions": ["a woman with a hat"]},
        "c": {"captions": ["a man"]},
    }
    truth = {
        "a": {"path": "a", "attributes": {"hat": True, "gender": "male", "viewpoint": 10}},
        "b": {"path": "b", "attributes": {"hat": False, "gender": "male"}},
        "c": {"path": "c", "attributes": {"hat": True, "bag": False, "note": "x"}},
    }
    written = score_captions(predicted, truth).to_json()
    third = pytest.approx(1 / 3)
    assert written["hat"] == {
        "images": 3, "accuracy": third, "named": pytest.approx(2 / 3), "precision": 0.5, "recall": 0.5,
    }  # fmt: skip
    assert written["gender"] == {"images": 2, "accuracy": 0.5, "named": 1.0}
    assert written["bag"] == {"images": 1, "accuracy": 1.0, "named": 0.0, "precision": None, "recall": None}
    assert written["viewpoint"] == {"images": 1, "accuracy": 0.0, "named": 0.0}
    assert "note" not in written
    assert "BLEU-4" not in written


def test_captions_are_compared_with_all_references_of_the_images_that_have_them():
    predicted = {path: {"captions": [f"A red {path}."]} for path in ("coat", "hat", "bag")}
    truth = {
        "coat": {"path": "coat", "captions": ["a blue coat", "a red coat"]},
        "hat": {"path": "hat", "captions": ["the red hat"]},
        "bag": {"path": "bag"},
    }
    written = score_captions(predicted, truth).to_json()
    assert written["compared"] == 2
    assert written["BLEU-1"] == pytest.approx(5 / 6)
    assert 0 < written["ROUGE-L"] < 1
    assert 0 < written["CIDEr-D"] < 10


@pytest.mark.parametrize(
    ("predicted", "attributes", "message"),
    [
        ({"x": {"captions": ["a"]}}, {"upper_colour": "red"}, "the reference has no row for 'x'"),
        ({"a": {}}, {"upper_colour": "red"}, "the predictions hold no captions"),
        ({"a": {"captions": ["a"]}}, {}, "has captions or a known attribute such as `upper_colour`"),
        ({"a": {"captions": ["a"]}}, {"viewpoint": "front"}, "a: viewpoint is 'front', not whole degrees"),
        ({"a": {"captions": ["a"]}}, {"hat": 1}, "a: hat is 1, neither a word nor true or false"),
    ],
)
def test_what_cannot_be_compared_is_said(predicted, attributes, message):
    with pytest.raises(InputError, match=message):
        score_captions(predicted, reference(**attributes))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b"", "m.jsonl is empty: a manifest has one image a line"),
        (b'{"path": "a"}\nno json\n', "m.jsonl line 2 is not valid JSON (Expecting value, column 1)"),
        (b"[" * 100_000, "m.jsonl line 1 is not valid JSON (nested too deeply)"),
        (b'["a"]', 'm.jsonl line 1 is not an object like {"path": "0001.jpg"}'),
        (b'{"identity": 1}', "m.jsonl line 1 has no path: every line names its image"),
        (b'{"path": "a"}\n\n{"path": "a"}', "m.jsonl line 2 is empty: remove it"),
        (b'{"path": "a"}\n{"path": "a"}', "m.jsonl line 2: path 'a' is listed twice"),
        (
            b'{"path": "a", "captions": "red"}',
            'm.jsonl line 1: captions is "red", not a list of text; `vtbr-data',
        ),
        (b'{"path": "a", "captions": [1]}', "m.jsonl line 1: captions is [1], not a list of text"),
        (b'{"path": "a", "attributes": []}', "m.jsonl line 1: attributes is [], not an object"),
        (b'{"path": "a", "identity": 1.5}', "m.jsonl line 1: identity is 1.5, not a whole number"),
        (b"\xff\xfe", "m.jsonl is empty"),
    ],
)
def test_a_manifest_that_cannot_be_used_is_refused_with_its_line(tmp_path, text, message):
    path = tmp_path / "m.jsonl"
    path.write_bytes(text)
    with pytest.raises(InputError) as caught:
        read_manifest(path)
    assert message in str(caught.value)


def test_a_packed_manifest_is_read_and_a_cut_one_refused(tmp_path):
    path = tmp_path / "m.jsonl.gz"
    packed = gzip.compress(json.dumps({"path": "a"}).encode())
    path.write_bytes(packed)
    assert list(read_manifest(path).rows) == ["a"]
    for damaged in (packed[:-9], b"plain"):
        path.write_bytes(damaged)
        with pytest.raises(InputError, match="is not a complete gzip file"):
            read_manifest(path)


COCO = {
    "images": [{"id": 7, "file_name": "a.jpg"}, {"id": 8, "file_name": "b.jpg"}],
    "annotations": [
        {"image_id": 7, "id": 1, "caption": "A man in red."},
        {"image_id": 8, "id": 2, "caption": "A hat."},
        {"image_id": 7, "id": 3, "caption": "Red."},
    ],
}
RESULTS = [
    {"image_id": "a.jpg", "caption": "A man in red."},
    {"image_id": "b.jpg", "caption": "A hat."},
    {"image_id": "a.jpg", "caption": "Red."},
]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        (
            "x.jsonl",
            '{"path": "a.jpg", "captions": ["A man in red.", "Red."]}\n{"path": "b.jpg", "captions": ["A hat."]}',
        ),
        ("x.csv", "image,caption\na.jpg,A man in red.\na.jpg,Red.\nb.jpg,A hat.\n"),
        ("x.tsv", "file_name\tcaption_1\tcaption_2\na.jpg\tA man in red.\tRed.\nb.jpg\tA hat.\t\n"),
        ("x.json", json.dumps(RESULTS)),
        ("coco.json", json.dumps(COCO)),
    ],
)
def test_captions_are_read_from_any_usual_file(tmp_path, name, text):
    (tmp_path / name).write_text(text)
    rows = read_manifest(tmp_path / name).rows
    found = {path: row["captions"] for path, row in rows.items()}
    assert found == {"a.jpg": ["A man in red.", "Red."], "b.jpg": ["A hat."]}


def test_rows_that_nobody_predicted_are_said():
    truth = {path: {"captions": ["a hat"]} for path in ("a", "b", "c")}
    scores = score_captions({"a": {"captions": ["a hat"]}}, truth)
    assert scores.to_json()["warnings"] == [
        "2 reference rows with captions are not predicted (first b): not scored"
    ]
