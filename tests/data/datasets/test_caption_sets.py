from __future__ import annotations

import json

import pytest

from vtbr_data.datasets import IndexOptions
from vtbr_data.datasets.caption_files import read_captions
from vtbr_data.datasets.index import index_dataset
from vtbr_data.errors import InputError
from vtbr_data.manifest.row import Row


def test_cuhk_pedes_has_its_captions_in_the_manifest(miniature):
    said = []
    rows = list(index_dataset("cuhk-pedes", miniature("cuhk-pedes"), options=IndexOptions(say=said.append)))
    captions = ("A man in a red coat.", "He walks.")
    assert rows == [
        Row("imgs/CUHK03/0001.png", 1, -1, "train", captions),
        Row("imgs/Market/0003_c1s1_000451_03.jpg", 3, -1, "gallery", captions),
    ]
    assert said == ["left out 1 images of the part val: --validation train or gallery takes val"]


def test_people_counted_from_zero_are_counted_from_one_and_cameras_come_from_the_names(miniature):
    rows = list(index_dataset("icfg-pedes", miniature("icfg-pedes")))
    assert [(row.identity, row.camera, row.split) for row in rows] == [(1, 1, "train"), (2, 12, "gallery")]
    options = IndexOptions(validation="train")
    rows = list(index_dataset("rstpreid", miniature("rstpreid"), options=options))
    assert [(row.identity, row.camera, row.split) for row in rows] == [
        (1, 14, "train"),
        (2, 1, "train"),
        (3, 5, "gallery"),
    ]


def test_coco_has_five_captions_an_image_and_nobody_by_name(miniature):
    folder = miniature("coco")
    rows = list(index_dataset("coco", folder))
    captions = tuple(f"Room {place}." for place in range(5))
    assert rows == [
        Row("train2017/000000000009.jpg", split="train", captions=captions),
        Row("val2017/000000000139.jpg", split="gallery", captions=captions),
    ]
    (folder / "annotations" / "captions_train2017.json").unlink()
    said = []
    assert list(index_dataset("coco", folder, options=IndexOptions(say=said.append))) == rows[1:]
    assert said[0].endswith("captions_train2017.json is not there: train2017 is left out")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ('[{"id": 1, "captions": [], "split": "train", "x": ' + "[" * 10_000, "is nested too deeply"),
        ("[" * 10_000, "Expected `object`, got `array`"),
        ("{", "reid_raw.json: "),
        ("{}", r"Expected `array`, got `object`"),
        ('[{"id": "1", "captions": [], "split": "train"}]', r"Expected `int`, got `str` - at `\$\[0\].id`"),
        ('[{"id": 1, "captions": [], "split": "train"}]', "entry 1 names no image"),
        (
            '[{"id": 1, "captions": [], "split": "train", "file_path": "../a.jpg"}]',
            "leads out of the dataset",
        ),
        (b"[\xff]", "reid_raw.json: "),
    ],
)
def test_a_bad_list_is_one_line(content, message, miniature):
    folder = miniature("cuhk-pedes")
    file = folder / "reid_raw.json"
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(InputError, match=message) as caught:
        list(index_dataset("cuhk-pedes", folder))
    assert "\n" not in str(caught.value)


NAME = "0001_c28_w06_l02_p03.jpg"
FORMS = {
    "object.json": json.dumps({NAME: "a man", "x.jpg": "a dog"}),
    "lists.json": json.dumps({f"0001/{NAME}": ["a man"]}, indent=1),
    "objects.json": json.dumps({NAME: {"caption": "a man"}}),
    "list.json": json.dumps([{"file_path": f"./0001/{NAME}", "captions": ["a man"]}]),
    "lines.jsonl": json.dumps({"image": NAME, "caption": "a man"})
    + "\n\n"
    + json.dumps({"image": "x", "text": "b"}),
    "one.json": json.dumps({"img_path": NAME, "sentences": ["a man"]}).replace("{", "{\n") + "\n",
    "table.csv": f"filename,caption\n{NAME},a man\n",
    "table.tsv": f"path\tdescription\n0001\\{NAME}\ta man\n",
    "lines.txt": f"\ufeff{NAME}\ta  man\r\nx.jpg a dog\r\n",
}


@pytest.mark.parametrize("form", FORMS)
def test_captions_are_joined_by_path_or_by_name(form, miniature, tmp_path):
    file = tmp_path / form
    file.write_text(FORMS[form])
    said = []
    rows = list(
        index_dataset("finegpr", miniature("finegpr"), captions=file, options=IndexOptions(say=said.append))
    )
    assert [row.captions for row in rows] == [("a man",), (), ()]
    assert said[:-1] == [f"{file}: captions for 1 images, none for 2"]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        (
            "a.json",
            '{"other.jpg": "a man"}',
            "no caption of .* is of an image: it names other.jpg, the set 0001/",
        ),
        ("a.json", "[1]", "expected a name .* and captions"),
        ("a.json", '[{"image": "a.jpg"}]', "expected a name .* and captions"),
        ("a.json", '{"a.jpg": 3}', "expected a name .* and captions"),
        ("a.json", "[" * 10_000, "cannot be read as JSON"),
        ("a.txt", "a.jpg", "line 1 has no caption"),
        ("a.txt", "", "holds no captions"),
        ("a.csv", "x,y\n1,2\n", 'has no column for captions, only "x", "y"'),
        ("a.txt", b"\xff", "is not UTF-8"),
    ],
)
def test_a_file_without_captions_for_the_set_is_one_line(name, content, message, miniature, tmp_path):
    file = tmp_path / name
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(InputError, match=message) as caught:
        list(index_dataset("finegpr", miniature("finegpr"), captions=file))
    assert "\n" not in str(caught.value)


COCO = {
    "images": [{"id": 7, "file_name": "a.jpg"}, {"id": 8, "file_name": "b.jpg"}],
    "annotations": [
        {"image_id": 8, "id": 2, "caption": "A hat."},
        {"image_id": 7, "id": 1, "caption": "A man."},
    ],
}
KARPATHY = {
    "images": [
        {"filename": "a.jpg", "split": "train", "sentences": [{"raw": "A man."}]},
        {"filename": "b.jpg", "split": "val", "sentences": [{"tokens": ["A", "hat."]}]},
    ],
    "dataset": "x",
}


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("coco.json", json.dumps(COCO)),
        ("karpathy.json", json.dumps(KARPATHY)),
        ("Flickr8k.token.txt", "a.jpg#0\tA man.\nb.jpg#0\tA hat.\n"),
        ("captions.txt", "image,caption\na.jpg,A man.\nb.jpg,A hat.\n"),
        ("results.csv", "image_name| comment_number| comment\na.jpg| 0| A man.\nb.jpg| 0| A hat.\n"),
        ("named.csv", "name,caption\na.jpg,A man.\nb.jpg,A hat.\n"),
        ("spaces.txt", "a.jpg A man.\nb.jpg A hat.\n"),
    ],
)
def test_captions_of_others_are_read_by_their_content(tmp_path, name, content):
    (tmp_path / name).write_text(content)
    assert read_captions(tmp_path / name) == {"a.jpg": ["A man."], "b.jpg": ["A hat."]}


def test_annotations_of_an_image_that_is_not_listed_are_one_line(tmp_path):
    file = tmp_path / "coco.json"
    file.write_text(json.dumps(COCO | {"images": []}))
    with pytest.raises(InputError, match="laid out neither as COCO's captions nor as Karpathy's splits"):
        read_captions(file)
