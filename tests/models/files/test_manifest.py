from __future__ import annotations

import gzip
import hashlib
import json

import pytest

from vtbr_models.errors import InputError
from vtbr_models.files.manifest import encode_row, read_manifest


def write(tmp_path, text, name="m.jsonl"):
    path = tmp_path / name
    data = text.encode()
    path.write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
    return str(path)


def test_left_out_keys_have_the_formats_defaults(tmp_path):
    manifest = read_manifest(write(tmp_path, '{"path": "é.jpg", "weather": "foggy"}\n\n'))
    (row,) = manifest.rows
    assert (row.path, row.identity, row.camera, row.split) == ("é.jpg", -1, -1, "gallery")
    assert row.keys == {"path": "é.jpg", "weather": "foggy"}
    assert manifest.root == tmp_path


@pytest.mark.parametrize("name", ["m.jsonl", "m.jsonl.gz"])
def test_the_fingerprint_is_that_of_the_text_compressed_or_not(tmp_path, name):
    text = '{"path": "a.jpg"}\n'
    assert read_manifest(write(tmp_path, text, name)).fingerprint == hashlib.sha256(text.encode()).hexdigest()


@pytest.mark.parametrize("name", ["m.csv", "m.csv.gz"])
def test_a_table_is_a_manifest(tmp_path, name):
    header = "path,identity,camera,split,caption,attribute.hat,attribute.hair,box"
    text = f"{header}\na.jpg,3,,query,a man,true,long,2\n"
    (row,) = read_manifest(write(tmp_path, "\ufeff" + text, name)).rows
    assert (row.path, row.identity, row.camera, row.split) == ("a.jpg", 3, -1, "query")
    assert row.keys["captions"] == ["a man"]
    assert row.keys["attributes"] == {"hat": True, "hair": "long"}


def test_the_root_can_be_given(tmp_path):
    manifest = read_manifest(write(tmp_path, '{"path": "a.jpg"}'), tmp_path / "elsewhere")
    assert manifest.root == tmp_path / "elsewhere"


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("m.jsonl", '{"path": "a.jpg"}\n{"path"\n', r"m\.jsonl:2: not JSON: one object a line is needed"),
        ("m.jsonl", '{"path": "a"}\n \n{"path": "b"}\n', r"m\.jsonl:2: the line is empty: remove it"),
        ("m.jsonl", "[" * 10_000, r"m\.jsonl:1: not JSON"),
        ("m.jsonl", "[]\n", r"m\.jsonl:1: not a JSON object"),
        ("m.jsonl", '{"identity": 1}', r"m\.jsonl:1: path must be the name of an image file, not None"),
        ("m.jsonl", '{"path": "\\ud800"}', r"m\.jsonl:1: path is not valid Unicode"),
        (
            "m.jsonl",
            '{"path": "a", "split": "test"}',
            ":1: split must be train, query or gallery, not 'test'",
        ),
        (
            "m.jsonl",
            '{"path": "a", "identity": "1"}',
            ":1: identity must be a whole number, at least -1, not '1'",
        ),
        ("m.jsonl", '{"path": "a", "camera": -2}', ":1: camera must be a whole number, at least -1, not -2"),
        ("m.jsonl", '{"path": "a", "camera": true}', ":1: camera must be a whole number"),
        ("m.jsonl", "\n\n", r"m\.jsonl lists no image: make a manifest with `vtbr-data index`"),
    ],
)
def test_a_wrong_line_is_named(tmp_path, name, text, message):
    with pytest.raises(InputError, match=message):
        read_manifest(write(tmp_path, text, name))


def test_a_gzip_file_cut_short_is_named(tmp_path):
    path = write(tmp_path, '{"path": "a.jpg"}\n', "m.jsonl.gz")
    with open(path, "r+b") as file:  # noqa: PTH123
        file.truncate(20)
    with pytest.raises(InputError, match="is not a complete gzip file"):
        read_manifest(path)


def test_no_image_of_a_split_is_an_error_that_names_those_there_are(tmp_path):
    manifest = read_manifest(write(tmp_path, '{"path": "a.jpg", "split": "train"}'))
    with pytest.raises(
        InputError, match="no image of the split query or gallery, only of train: add --split train"
    ):
        manifest.only(("query", "gallery"))


def test_a_line_keeps_its_keys_and_puts_the_known_ones_first():
    line = encode_row({"z": 1, "captions": ["é"], "path": "a"})
    assert line == '{"path": "a", "captions": ["é"], "z": 1}\n'.encode()
    assert list(json.loads(line)) == ["path", "captions", "z"]
