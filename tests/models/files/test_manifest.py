from __future__ import annotations

import gzip
import hashlib
import json
import re

import pytest

from vtbr_models.errors import InputError
from vtbr_models.files.manifest import encode_row, read_manifest


def write(tmp_path, text, name="m.jsonl"):
    path = tmp_path / name
    data = text.encode()
    path.write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
    return str(path)


def test_left_out_keys_have_the_formats_defaults(tmp_path):
    manifest = read_manifest(write(tmp_path, '{"path": "é.jpg", "note": "foggy"}\n\n'))
    (row,) = manifest.rows
    assert (row.path, row.identity, row.camera, row.split) == ("é.jpg", -1, -1, "gallery")
    assert row.keys == {"path": "é.jpg", "note": "foggy"}
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
        (
            "m.jsonl",
            '{"path": "a.jpg"}\n{"path"\n',
            "line 2 is not valid JSON (Expecting ':' delimiter, column 8)",
        ),
        ("m.jsonl", '{"path": "a"}\n \n{"path": "b"}\n', "m.jsonl line 2 is empty: remove it"),
        ("m.jsonl", "[" * 100_000, "m.jsonl line 1 is not valid JSON (nested too deeply)"),
        ("m.jsonl", "[]\n", 'm.jsonl line 1 is not an object like {"path": "0001.jpg"}'),
        ("m.jsonl", '{"identity": 1}', "m.jsonl line 1 has no path: every line names its image"),
        ("m.jsonl", '{"path": ""}', "m.jsonl line 1: path is empty"),
        ("m.jsonl", '{"path": 7}', "m.jsonl line 1: path is 7, not the name of an image"),
        ("m.jsonl", '{"path": "\\ud800"}', "m.jsonl line 1 is not valid JSON (half a surrogate pair)"),
        ("m.jsonl", '{"path": "a", "split": "foo"}', 'line 1: split is "foo": use train, query or gallery'),
        (
            "m.jsonl",
            '{"path": "a", "identity": "1"}',
            'line 1: identity is "1", not a whole number; `vtbr-data',
        ),
        ("m.jsonl", '{"path": "a", "camera": -2}', "line 1: camera is -2: the smallest allowed is -1"),
        ("m.jsonl", '{"path": "a", "camera": true}', "line 1: camera is true, not a whole number"),
        (
            "m.jsonl",
            '{"path": "a", "captions": "x"}',
            'line 1: captions is "x", not a list of text; `vtbr-data',
        ),
        ("m.jsonl", '{"path": "a", "attributes": []}', "line 1: attributes is [], not an object"),
        ("m.jsonl", "\n\n", "m.jsonl is empty: a manifest has one image a line"),
    ],
)
def test_a_wrong_line_is_named(tmp_path, name, text, message):
    with pytest.raises(InputError, match=re.escape(message)):
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
