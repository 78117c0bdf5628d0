from __future__ import annotations

import gzip
import hashlib
import io
import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from vtbr_data.errors import InputError
from vtbr_data.manifest.manifest import Row, read_manifest, write_manifest

WORDS = st.text(st.characters(codec="utf-8"), max_size=12)
NUMBERS = st.integers(-1, 2**63 - 1)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3),
    max_leaves=5,
)
OWN = {"path", "identity", "camera", "split", "captions", "attributes", "sequence", "box"}
ROWS = st.builds(
    Row,
    path=WORDS.filter(lambda path: path and "\0" not in path),
    identity=NUMBERS,
    camera=NUMBERS,
    split=st.sampled_from(["train", "query", "gallery"]),
    captions=st.lists(WORDS, max_size=3).map(tuple),
    attributes=st.dictionaries(WORDS, JSON, max_size=3),
    extra=st.dictionaries(WORDS.filter(lambda key: key not in OWN), JSON, max_size=3),
)


def read(content: bytes):
    return read_manifest(io.BytesIO(content), name="manifest.jsonl")


@given(st.lists(ROWS, min_size=1, max_size=4))
def test_what_is_written_is_read_back(rows):
    file = io.BytesIO()
    assert write_manifest(rows, file) == len(rows)
    assert read(file.getvalue()).rows == rows


@given(st.lists(ROWS, min_size=1, max_size=3))
def test_writing_what_was_read_gives_the_same_bytes(rows):
    first, second = io.BytesIO(), io.BytesIO()
    write_manifest(rows, first)
    write_manifest(read(first.getvalue()).rows, second)
    assert first.getvalue() == second.getvalue()


def test_keys_are_written_in_the_order_of_the_specification():
    file = io.BytesIO()
    line = {"zebra": 1, "box": 2, "captions": ["a"], "path": "a.jpg", "apple": 3, "identity": 4}
    write_manifest([line], file)
    written = list(json.loads(file.getvalue()))
    assert written == ["path", "identity", "camera", "split", "captions", "box", "zebra", "apple"]


def test_defaults_are_junk_of_no_camera_in_the_gallery():
    assert read(b'{"path": "a.jpg"}').rows == [Row("a.jpg", -1, -1, "gallery")]


def test_byte_order_mark_and_windows_line_ends_are_accepted():
    rows = read(b'\xef\xbb\xbf{"path": "a.jpg"}\r\n{"path": "b.jpg"}\r\n\r\n').rows
    assert [row.path for row in rows] == ["a.jpg", "b.jpg"]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (
            b"{",
            "manifest.jsonl line 2 is not valid JSON (Expecting property name enclosed in double quotes, column 2)",
        ),
        (b'["a.jpg"]', 'manifest.jsonl line 2 is not an object like {"path": "0001.jpg"}'),
        (b"7", "manifest.jsonl line 2 is not an object"),
        (b'{"identity": 1}', "manifest.jsonl line 2 has no path: every line names its image"),
        (b'{"path": 1}', "line 2: path is 1, not the name of an image"),
        (b'{"path": ""}', "line 2: path is empty"),
        (b'{"path": "a\\u0000"}', 'line 2: path is "a\\u0000", not the name of an image'),
        (b'{"path": "a", "identity": true}', "line 2: identity is true, not a whole number"),
        (b'{"path": "a", "identity": 1.5}', "line 2: identity is 1.5, not a whole number"),
        (
            b'{"path": "a", "identity": "7"}',
            'is "7", not a whole number; `vtbr-data index table FILE --column identity=identity` reads it',
        ),
        (b'{"path": "a", "identity": -2}', "line 2: identity is -2: the smallest allowed is -1"),
        (b'{"path": "a", "camera": 9223372036854775808}', "the largest allowed is 9223372036854775807"),
        (
            b'{"path": "a", "split": "test"}',
            'line 2: split is "test": use train, query or gallery; `vtbr-data index table FILE --column split=split`',
        ),
        (b'{"path": "a", "split": []}', "line 2: split is []: use train, query or gallery"),
        (
            b'{"path": "a", "captions": "a man"}',
            'line 2: captions is "a man", not a list of text; `vtbr-data',
        ),
        (b'{"path": "a", "captions": [1]}', "line 2: captions is [1], not a list of text"),
        (b'{"path": "a", "attributes": []}', "line 2: attributes is [], not an object"),
        (b'{"path": "a", "box": "3"}', 'line 2: box is "3", not a whole number'),
        (b'{"path": "a", "note": NaN}', "line 2 is not valid JSON (NaN is not allowed): write one object"),
        (b'{"path": "\xff"}', "is not UTF-8 text (line 2): save it in UTF-8"),
        (b'{"path": "\\ud800"}', "line 2 is not valid JSON (half a surrogate pair or a number too large)"),
        (b"[" * 100_000, "line 2 is not valid JSON"),
        (b'\n{"path": "a"}', "line 2 is empty: remove it"),
    ],
)
def test_a_bad_line_is_named(line, message):
    with pytest.raises(InputError) as caught:
        read(b'{"path": "first.jpg"}\n' + line)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_an_empty_manifest_is_refused():
    with pytest.raises(InputError, match=r"manifest\.jsonl is empty"):
        read(b"\n\n")


def test_a_missing_manifest_and_a_folder_are_named(tmp_path):
    with pytest.raises(InputError, match=r"there is no manifest .*nothing\.jsonl: make one"):
        read_manifest(tmp_path / "nothing.jsonl")
    with pytest.raises(InputError, match="is a folder"):
        read_manifest(tmp_path)


def test_the_root_is_the_manifests_folder_unless_given(tmp_path, manifest_file):
    target = manifest_file({"path": "a.jpg"})
    assert read_manifest(target).root == tmp_path
    assert read_manifest(str(target), root="elsewhere").root.name == "elsewhere"
    assert str(read(b'{"path": "a"}').root) == "."


def test_the_fingerprint_is_of_the_bytes_compressed_or_not(tmp_path):
    content = b'{"path": "a.jpg"}\r\n\n'
    (tmp_path / "m.jsonl").write_bytes(content)
    (tmp_path / "m.jsonl.gz").write_bytes(gzip.compress(content))
    expected = hashlib.sha256(content).hexdigest()
    assert read_manifest(tmp_path / "m.jsonl").fingerprint == expected
    assert read_manifest(tmp_path / "m.jsonl.gz").fingerprint == expected


def test_compressed_manifests_have_the_same_bytes_each_time(tmp_path):
    for name in ("one.jsonl.gz", "two.jsonl.gz"):
        write_manifest([Row("a.jpg", 3)], tmp_path / name)
    assert (tmp_path / "one.jsonl.gz").read_bytes() == (tmp_path / "two.jsonl.gz").read_bytes()
    assert read_manifest(tmp_path / "one.jsonl.gz").rows == [Row("a.jpg", 3)]


@pytest.mark.parametrize(
    "damage", [lambda content: content[:-12], lambda content: b"junk", lambda content: b""]
)
def test_a_damaged_gz_is_one_line(tmp_path, damage):
    target = tmp_path / "m.jsonl.gz"
    target.write_bytes(damage(gzip.compress(b'{"path": "a.jpg"}\n' * 50)))
    with pytest.raises(InputError, match=r"m\.jsonl\.gz is (not a complete gzip file|empty)"):
        read_manifest(target)


def test_a_failed_write_leaves_the_old_file_and_no_partial(tmp_path):
    target = tmp_path / "manifest.jsonl"
    target.write_text("old")

    def rows():
        yield Row("a.jpg")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_manifest(rows(), target)
    assert [path.name for path in tmp_path.iterdir()] == ["manifest.jsonl"]
    assert target.read_text() == "old"


SPECIAL = ("true", "false", "nan", "null", "na", "n/a", "<na>")
TEXT = WORDS.map(str.strip).filter(
    lambda text: text and not set(text) & set("\r\0\\[") and text.lower() not in SPECIAL
)
TABLE_ROWS = st.builds(
    Row,
    path=TEXT,
    identity=NUMBERS.filter(bool),
    camera=NUMBERS,
    split=st.sampled_from(["train", "query", "gallery"]),
    captions=st.lists(TEXT, max_size=1).map(tuple),
    attributes=st.fixed_dictionaries(
        {}, optional={"hat": st.booleans(), "viewpoint": st.integers(0, 359), "mood": TEXT, "hair": TEXT}
    ),
    extra=st.fixed_dictionaries({}, optional={"note": TEXT, "box": NUMBERS, "a,b\nc": TEXT}),
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(TABLE_ROWS, min_size=1, max_size=4), st.sampled_from(["m.csv", "m.tsv", "m.csv.gz"]))
def test_a_manifest_becomes_a_table_and_a_manifest_again(tmp_path, rows, name):
    write_manifest(rows, tmp_path / name)
    assert read_manifest(tmp_path / name).rows == rows
    again = io.BytesIO()
    write_manifest(read_manifest(tmp_path / name).rows, again)
    assert read(again.getvalue()).rows == rows


@pytest.mark.parametrize(
    "row",
    [
        Row("a.jpg", captions=("a man", "he walks")),
        Row("a.jpg", captions=("",)),
        Row("a.jpg", captions=("['a man']",)),
        Row("a.jpg", 0, -1, "train"),
        Row("a.jpg", extra={"note": " x"}),
        Row("a.jpg", extra={"": "x"}),
        Row("a.jpg", captions=("a\rman",)),
        Row("a.jpg", extra={"note": 7}),
        Row("a.jpg", extra={"note": ["x"]}),
        Row("a.jpg", extra={"caption": "x"}),
        Row("a.jpg", attributes={"mood": 3}),
        Row("a.jpg", attributes={"hat": "true"}),
    ],
)
def test_what_a_table_cannot_hold_is_refused_and_nothing_is_written(tmp_path, row):
    with pytest.raises(InputError, match=r"a\.jpg: a table cannot hold this row"):
        write_manifest([row], tmp_path / "m.csv")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("inner", [b'"attributes": {"a": %s}', b'"captions": %s', b'"note": %s'])
def test_lines_nested_deeply_are_refused(inner):
    with pytest.raises(InputError, match="line 2 is not valid JSON"):
        read(b'{"path": "a"}\n{"path": "b", ' + inner % (b"[" * 10_000 + b"]" * 10_000) + b"}\n")


def test_blocks_end_anywhere(monkeypatch):
    content = b"\xef\xbb\xbf" + b"".join(b'{"path": "%d.jpg", "box": %d}\r\n' % (n, n) for n in range(40))
    expected = [Row(f"{n}.jpg", extra={"box": n}) for n in range(40)]
    for size in (3, 7, 30, 31, 64, 1 << 20):
        monkeypatch.setattr("vtbr_data.manifest.manifest._BLOCK_BYTES", size)
        manifest = read(content)
        assert manifest.rows == expected
        assert manifest.fingerprint == hashlib.sha256(content).hexdigest()
    with pytest.raises(InputError, match="line 41 is not valid JSON"):
        read(content + b"{")


def test_usual_and_unusual_lines_mix(monkeypatch):
    monkeypatch.setattr("vtbr_data.manifest.manifest._BLOCK_BYTES", 40)
    lines = [
        b'{"path": "%d.jpg"}' % n if n % 3 else b'{"path": "%d.jpg", "x": [1, null]}' % n for n in range(30)
    ]
    rows = read(b"\n".join(lines)).rows
    assert [row.path for row in rows] == [f"{n}.jpg" for n in range(30)]
    assert [row.extra for row in rows] == [{} if n % 3 else {"x": [1, None]} for n in range(30)]


def test_numbers_that_json_lacks_are_not_written():
    for row in (Row("a", extra={"x": float("nan")}), Row("a", attributes={"y": [float("inf")]})):
        with pytest.raises(ValueError, match="not JSON compliant"):
            write_manifest([row], io.BytesIO())


def test_a_table_is_a_manifest(tmp_path):
    table = tmp_path / "people.csv"
    table.write_text(
        "path,identity,camera,split,caption,attribute.hat,attribute.viewpoint,attribute.mood,note\r\n"
        'a.jpg,7,1,query,"a man, old",true,90,fine,x\r\n'
        "b.jpg,,,,,,,,\r\n",
        encoding="utf-8-sig",
        newline="",
    )
    attributes = {"hat": True, "viewpoint": 90, "mood": "fine"}
    assert read_manifest(table).rows == [
        Row("a.jpg", 7, 1, "query", ("a man, old",), attributes, {"note": "x"}),
        Row("b.jpg"),
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("where,identity\na.jpg,1\n", 'people.csv has no column for path, only "where", "identity": say'),
        ("path,identity\na.jpg,1.5\n", "people.csv line 2: identity is 1.5, not a whole number"),
        ("path,identity\na.jpg\n", "line 2 has 1 cells; the header has 2"),
        ("path\na.jpg,1\n", "line 2 has 2 cells; the header has 1"),
        ('path\n"a.jpg\n', "line 2: quotes are not closed or doubled: save it as CSV again"),
        ("path\n", "people.csv has no rows"),
        ("", "people.csv is empty"),
    ],
)
def test_a_bad_table_is_named(tmp_path, text, message):
    table = tmp_path / "people.csv"
    table.write_text(text)
    with pytest.raises(InputError) as caught:
        read_manifest(table)
    assert message in str(caught.value)
    assert str(caught.value).count("people.csv") == 1
