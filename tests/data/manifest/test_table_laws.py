"""Laws of tables: whatever the columns are called and however they are cut, the rows are the same."""

from __future__ import annotations

import csv
import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vtbr_data.datasets import IndexOptions, index_dataset
from vtbr_data.errors import InputError
from vtbr_data.manifest import read_manifest
from vtbr_data.manifest.columns import SYNONYMS

ROWS = [
    ("query/0003_c1s1_000451_00.jpg", 3, 1, "query"),
    ("bounding_box_test/0003_c3s1_000451_03.jpg", 3, 3, "gallery"),
    ("bounding_box_test/0000_c2s1_000151_01.jpg", 0, 2, "gallery"),
    ("bounding_box_test/-1_c3s2_000001_04.jpg", -1, 3, "gallery"),
    ("bounding_box_train/0002_c1s1_000451_03.jpg", 2, 1, "train"),
]
KEYS = ("path", "identity", "camera", "split")
SPLIT_WORDS = {
    "train": ("train", "Train", "TRAINING", "bounding_box_train"),
    "query": ("query", "probe", "Query"),
    "gallery": ("gallery", "Gallery", "bounding_box_test"),
}


def rows_of(data, **more):
    return read_manifest(io.BytesIO(data), say=lambda note: None, **more).rows


def plain(rows):
    return [(row.path, row.identity, row.camera, row.split) for row in rows]


def spelled(draw, word):
    """The normal form of a header as somebody may write it."""
    parts = [draw(st.sampled_from(("", "_", "-", " "))) + letter for letter in word]
    text = "".join(parts).strip(" ")
    return draw(st.sampled_from((str.lower, str.upper, str.title)))(text)


@st.composite
def tables(draw):
    order = draw(st.permutations(KEYS))
    headers = [spelled(draw, draw(st.sampled_from(SYNONYMS[key]))) for key in order]
    separator = draw(st.sampled_from(",;\t|"))
    text = io.StringIO(newline="")
    end = draw(st.sampled_from(("\n", "\r\n")))
    writer = csv.writer(text, delimiter=separator, lineterminator=end)
    pad = draw(st.sampled_from(("", " ")))
    writer.writerow([pad + header for header in headers])
    as_floats = draw(st.booleans())
    for path, identity, camera, split in ROWS:
        numbers = [f"{number}.0" if as_floats else str(number) for number in (identity, camera)]
        word = draw(st.sampled_from(SPLIT_WORDS[split]))
        cells = dict(zip(KEYS, (path, *numbers, word), strict=True))
        writer.writerow([pad + cells[key] for key in order])
    encoding = draw(st.sampled_from(("utf-8", "utf-8-sig", "utf-16")))
    return text.getvalue().encode(encoding)


@st.composite
def lines(draw):
    """The same rows as JSON Lines, or as an array, under other tools' keys."""
    keys = {key: draw(st.sampled_from(SYNONYMS[key])) for key in draw(st.permutations(KEYS))}
    if all(key in KEYS for key in keys.values()):
        keys["path"] = "img_path"
    objects = [{name: dict(zip(KEYS, row, strict=True))[key] for key, name in keys.items()} for row in ROWS]
    if draw(st.booleans()):
        return json.dumps(objects).encode()
    return "".join(json.dumps(line) + "\n" for line in objects).encode()


@given(lines())
def test_any_order_and_synonym_of_keys_in_json_gives_the_same_rows(data):
    assert plain(rows_of(data)) == ROWS


@given(tables())
def test_any_order_case_separator_encoding_and_synonym_give_the_same_rows(data):
    assert plain(rows_of(data)) == ROWS


@given(st.binary(max_size=300))
def test_any_bytes_are_rows_or_one_line(data):
    try:
        rows_of(data)
    except InputError as error:
        assert "\n" not in str(error).strip()


@given(st.text(alphabet='path,id;\t"|\n\r[]{}\\ 01.-', max_size=120))
def test_any_text_like_a_table_is_rows_or_one_line(text):
    try:
        rows = rows_of(("path" + text).encode())
    except InputError:
        return
    assert all(row.path and row.identity >= -1 and row.camera >= -1 for row in rows)


def market(names, rows, first=0):
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(names)
    for number, (path, identity, camera, split) in enumerate(rows):
        writer.writerow([number] * first + [path, identity, camera, split])
    return text.getvalue().encode()


FORMS = {
    "torchreid": market(("img_path", "pid", "camid", "split"), ROWS),
    "fastreid": market(("img_path", "pid", "camid", "set"), [(p, i, f"c{c}", s) for p, i, c, s in ROWS]),
    "pandas": market(
        ("", "filename", "person_id", "cam", "subset"), [(p, f"{i}.0", f"{c}.0", s) for p, i, c, s in ROWS], 1
    ),
    "layumi": market(("paths", "labels", "cams", "phase"), [(p, i, f"c{c}s1", s) for p, i, c, s in ROWS]),
    "oml": market(("path", "label", "camera", "split"), ROWS),
    "torchreid, JSON Lines": "\n".join(
        json.dumps({"img_path": path, "pid": i, "camid": c, "split": s}) for path, i, c, s in ROWS
    ).encode(),
    "json": json.dumps(
        [{"image": path, "label": i, "cam_id": c, "phase": s} for path, i, c, s in ROWS]
    ).encode(),
}


@pytest.mark.parametrize("name", FORMS)
def test_market_1501_under_the_names_of_each_tool_is_one_and_the_same_manifest(name):
    assert plain(rows_of(FORMS[name])) == ROWS
    assert [row.extra for row in rows_of(FORMS[name])] == [{}] * len(ROWS)


def test_market_1501_in_layumis_folders_differs_in_its_paths_alone(tmp_path):
    # Its pictures lie in other folders; people, cameras, splits and boxes are the same.
    def listed(name, paths):
        for path in paths:
            (tmp_path / name / path).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name / path).touch()
        rows = index_dataset("auto", tmp_path / name, options=IndexOptions())
        return sorted(
            (row.path.rpartition("/")[2], row.identity, row.camera, row.split, row.extra["box"])
            for row in rows
        )

    parts = {"bounding_box_train": "train_all", "query": "query", "bounding_box_test": "gallery"}
    sorted_into = [
        f"pytorch/{parts[path.split('/')[0]]}/{path.split('/')[1].split('_')[0]}/{path.split('/')[1]}"
        for path, *_ in ROWS
    ]
    assert listed("layumi", sorted_into) == listed("market", [path for path, *_ in ROWS])
