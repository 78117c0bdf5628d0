"""Any table, array or lines of JSON: the three readers give the same rows and notes, or refuse in the same words."""

from __future__ import annotations

import csv
import io
import json

from hypothesis import given
from hypothesis import strategies as st

import vtbr_data.manifest
import vtbr_eval.tables
import vtbr_models.files
from vtbr_data.errors import InputError as DataError
from vtbr_eval.errors import InputError as EvalError
from vtbr_models.errors import InputError as ModelsError

HEADERS = [
    "path",
    "pid",
    "Person_ID",
    "identity",
    "label",
    "id",
    "ids",
    "camid",
    "camera",
    "cam",
    "split",
    "Subset",
    "is_query",
    "gallery",
    "is_train",
    "Query",
    "text",
    "caption",
    "caption_1",
    "Caption-01",
    "caption2",
    "descriptions",
    "comments",
    "seq",
    "box",
    "attributes",
    "gender",
    "attr_hat",
    "attribute.mood",
    "upper_color",
    "sex",
    "viewpoint",
    "note",
    "identity_name",
    "file_name",
    "image",
    "named_split",
    "sequence_name",
    "attr.bag",
    "a.jpg",
]
HEADERS += ["", " path ", "Unnamed: 0", "attributes. hat", "two words"]
CELLS = [
    "a.jpg",
    "b\\c.png",
    "7",
    "0",
    "-1",
    "1.0",
    "1.5",
    "0007",
    "1e3",
    "1e400",
    "1e-3",
    "-2",
    "9223372036854775807",
    "9223372036854775808",
    "P001",
    "cam2",
    "C03",
    "door1",
    "cam²3",
    "٣",
    "nan",
    "None",
    "NULL",
    "n/a",
    "<NA>",
    "train",
    "val",
    "Probe",
    "TEST",
    "foo",
    "true",
    "F",
    "yes",
    "1",
    "junk",
    "distractor",
    "red",
    "grey",
    "m",
    "woman",
    "[]",
    "{}",
    "['x']",
    '["a","b"]',
    '{"hat":true}',
    '{"a":NaN}',
    "359.0",
    "360",
    "12345678901234567890",
]
CELLS += ["", " ", "a man, in red", 'a "hat"', "[a man]", '{"a": null}', "two\nlines", "Camera 03"]
VALUES = st.one_of(
    st.sampled_from(CELLS),
    st.none(),
    st.booleans(),
    st.integers(-3, 12),
    st.sampled_from([2**63 - 1, 2**63, -(2**63)]),
    st.floats(-2, 5).map(lambda number: round(number, 1)),
    st.lists(st.sampled_from(["a man", "", "red"]) | st.none() | st.integers(0, 3), max_size=3),
    st.dictionaries(st.sampled_from(["hat", "mood"]), st.booleans() | st.none() | st.text("ab", max_size=2)),
)
OPTIONS = st.fixed_dictionaries(
    {},
    optional={
        "first_identity": st.sampled_from([0, 1]),
        "columns": st.dictionaries(
            st.sampled_from(["path", "identity", "camera", "captions", "attribute.mood"]),
            st.sampled_from(HEADERS[:30]),
            min_size=1,
            max_size=2,
        ),
    },
)


@st.composite
def texts(draw):
    width = draw(st.integers(1, 5))
    header = draw(st.lists(st.sampled_from(HEADERS), min_size=width, max_size=width))
    if draw(st.booleans()):
        header[0] = "path"
    text = io.StringIO(newline="")
    if draw(st.integers(0, 9)) == 0:
        text.write(draw(st.sampled_from(["sep=;\r\n", "SEP=,\n", "sep=^\n", "sep=\n"])))
    separator = draw(st.sampled_from(",,,;\t|^"))
    writer = csv.writer(text, delimiter=separator, lineterminator=draw(st.sampled_from(["\n", "\r\n", "\r"])))
    writer.writerow(header)
    for _ in range(draw(st.integers(0, 5))):
        row = draw(st.lists(st.sampled_from(CELLS), min_size=width, max_size=width))
        row[0] = draw(st.sampled_from(["a.jpg", row[0]]))
        writer.writerow(row + draw(st.sampled_from([[], [], [], [""], ["x"]])))
    written = text.getvalue()
    cut = draw(st.sampled_from([len(written)] * 9 + [len(written) // 2]))
    return written[:cut].encode(draw(st.sampled_from(["utf-8", "utf-8", "utf-8-sig", "utf-16"])))


@st.composite
def objects(draw):
    keys = draw(st.lists(st.sampled_from(HEADERS), min_size=1, max_size=4, unique=True))
    rows = draw(st.lists(st.dictionaries(st.sampled_from(keys), VALUES), min_size=1, max_size=4))
    for number, row in enumerate(rows):
        if draw(st.integers(0, 4)):
            row["path"] = f"{number}.jpg"
    if draw(st.booleans()):
        return json.dumps(rows, ensure_ascii=draw(st.booleans())).encode()
    ends = draw(st.sampled_from(["\n", "\n", "\r\n"]))
    return "".join(json.dumps(row) + ends for row in rows).encode(
        draw(st.sampled_from(["utf-8", "utf-8-sig"]))
    )


def by_data(data, columns, first_identity):
    notes = []
    options = vtbr_data.manifest.TableOptions({key: [name] for key, name in columns.items()}, first_identity)
    found = vtbr_data.manifest.read_manifest(io.BytesIO(data), name="T", options=options, say=notes.append)
    return [row.to_object() for row in found.rows], notes


def by_models(tmp_path, data, columns, first_identity):
    (tmp_path / "T").write_bytes(data)
    options = vtbr_models.files.TableOptions(tuple(columns.items()), first_identity)
    found = vtbr_models.files.read_manifest(str(tmp_path / "T"), options=options)
    rows = [
        {**row.keys, "path": row.path, "identity": row.identity, "camera": row.camera, "split": row.split}
        for row in found.rows
    ]
    return rows, [note.replace(str(tmp_path / "T"), "T") for note in found.notes]


def by_eval(data, columns, first_identity):
    options = vtbr_eval.tables.TableOptions(columns=tuple(columns.items()), first_identity=first_identity)
    found = vtbr_eval.tables.read_rows(data, "T", options)
    return found.rows, found.notes


def outcome(read, *arguments):
    """Rows and notes, or the refusal."""
    try:
        rows, notes = read(*arguments)
    except (DataError, ModelsError, EvalError) as error:
        return str(error)
    plain = [{key: value for key, value in row.items() if value not in ([], {})} for row in rows]
    return plain, list(notes)


def agree(folder, data, more):
    arguments = data, more.get("columns", {}), more.get("first_identity")
    expected = outcome(by_data, *arguments)
    found = outcome(by_models, folder, *arguments)
    if isinstance(found, str):
        found = found.replace(str(folder / "T"), "T")
    assert found == expected == outcome(by_eval, *arguments)
    if isinstance(expected, str):
        assert "\n" not in expected


@given(texts(), OPTIONS)
def test_three_readers_agree_on_any_text(tmp_path_factory, data, more):
    agree(tmp_path_factory.getbasetemp(), data, more)


@given(objects(), OPTIONS)
def test_three_readers_agree_on_any_objects(tmp_path_factory, data, more):
    agree(tmp_path_factory.getbasetemp(), data, more)
