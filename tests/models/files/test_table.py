from __future__ import annotations

import csv
import gzip
import io
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vtbr_models.errors import InputError
from vtbr_models.files import TableOptions, read_manifest
from vtbr_models.files.table import read_table

GOLDEN = Path(__file__).parents[2] / "contracts/tables"
TABLES = sorted(path for path in GOLDEN.glob("*") if path.suffix in (".csv", ".tsv", ".json", ".ndjson"))


def options(table: Path) -> TableOptions:
    path = table.with_suffix(".options.txt")
    words = path.read_text().split() if path.exists() else []
    pairs = list(zip(words[::2], words[1::2], strict=True))
    columns = [tuple(value.split("=", 1)) for name, value in pairs if name == "--column"]
    first = [int(value) for name, value in pairs if name == "--first-identity"]
    return TableOptions(columns, first[0] if first else None)


@pytest.mark.parametrize("table", TABLES, ids=lambda path: path.name)
def test_a_golden_table_has_the_rows_and_notes_of_the_specification_or_is_refused(table):
    refusal = table.with_suffix(".refusal.txt")
    if refusal.exists():
        with pytest.raises(InputError) as caught:
            read_manifest(str(table), options=options(table))
        assert str(caught.value).replace(str(table), "T") == refusal.read_text().strip()
        return
    manifest = read_manifest(str(table), options=options(table))
    lines = table.with_suffix(".rows.jsonl").read_text(encoding="utf-8").splitlines()
    found = [
        {**row.keys, "path": row.path, "identity": row.identity, "camera": row.camera, "split": row.split}
        for row in manifest.rows
    ]
    assert found == [json.loads(line) for line in lines]
    notes = [note.replace(str(table), "T") for note in manifest.notes]
    assert notes == table.with_suffix(".notes.txt").read_text(encoding="utf-8").splitlines()


HEADERS = {
    "path": ["path", "img_path", "File Name", "IMAGE"],
    "identity": ["identity", "pid", "Person-ID", "label"],
    "camera": ["camera", "camid", "Cam ID", "cam"],
    "split": ["split", "Subset", "PHASE"],
    "caption": ["caption", "Text", "description"],
}
ROWS = [("a.jpg", "3", "1", "query", "a man; in, red"), ("b.jpg", "4", "2", "gallery", 'a "hat" | coat')]


@given(
    st.permutations(list(HEADERS)),
    st.tuples(*(st.sampled_from(names) for names in HEADERS.values())),
    st.sampled_from(",\t;|"),
    st.sampled_from(["\n", "\r\n", "\r"]),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
    st.sampled_from(["", " "]),
)
def test_columns_case_separator_synonyms_and_encoding_make_no_difference(
    order, names, separator, ending, encoding, space
):
    header = dict(zip(HEADERS, names, strict=True))
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=separator, lineterminator=ending, quoting=csv.QUOTE_MINIMAL)
    writer.writerow([header[key] + space for key in order])
    for row in ROWS:
        cells = dict(zip(HEADERS, row, strict=True))
        writer.writerow([cells[key] + space for key in order])
    found = read_table("T", text.getvalue().encode(encoding), TableOptions())
    expected = [
        {"path": p, "identity": int(i), "camera": int(c), "split": s, "captions": [t]}
        for p, i, c, s, t in ROWS
    ]
    assert found.rows == expected


@given(st.text(alphabet="path,id;\t\n\r\"'0123.-ex ", max_size=60))
def test_any_text_is_read_or_refused_in_one_line(text):
    try:
        table = read_table("T", text.encode(), TableOptions())
    except InputError as error:
        assert "\n" not in str(error)
    else:
        assert all(row["path"] for row in table.rows)


def test_a_compressed_table_is_read(tmp_path):
    path = tmp_path / "t.csv.gz"
    path.write_bytes(gzip.compress(b"image,pid\na.jpg,7\n"))
    (row,) = read_manifest(str(path)).rows
    assert (row.path, row.identity) == ("a.jpg", 7)


def test_parquet_is_read(tmp_path):
    pyarrow = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    table = pyarrow.table(
        {"img_path": ["a.jpg", "b.jpg"], "pid": [1.0, None], "captions": [["x"], ["y", "z"]]}
    )
    parquet.write_table(table, tmp_path / "t.parquet")
    manifest = read_manifest(str(tmp_path / "t.parquet"))
    assert [row.identity for row in manifest.rows] == [1, -1]
    assert [row.keys["captions"] for row in manifest.rows] == [["x"], ["y", "z"]]
