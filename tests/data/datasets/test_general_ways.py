from __future__ import annotations

import builtins

import pytest

from vtbr_data.datasets import IndexOptions
from vtbr_data.datasets.files import compiled
from vtbr_data.datasets.index import index_dataset
from vtbr_data.errors import InputError
from vtbr_data.manifest.row import Row


def put(folder, *names):
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()
    return folder


def rows_of(name, folder, **options):
    said = []
    rows = list(index_dataset(name, folder, options=IndexOptions(say=said.append, **options)))
    return rows, said


@pytest.mark.parametrize(
    ("pattern", "path", "found"),
    [
        ("{identity}_c{camera}_*", "0002_c13_x.jpg", {"identity": "0002", "camera": "13"}),
        (
            "{identity}_c{camera}s{sequence}_*",
            "-1_c1s2_9.jpg.jpg",
            {"identity": "-1", "camera": "1", "sequence": "2"},
        ),
        (
            "{split}/{identity}/{camera}-*.png",
            "test/ann/left-3.png",
            {"split": "test", "identity": "ann", "camera": "left"},
        ),
        ("p.{identity}", "p.7.jpeg", {"identity": "7"}),
        ("p.{identity}", "pX7.jpeg", None),
        ("{identity}*", "12ab.jpg", {"identity": "12"}),
    ],
)
def test_a_pattern_reads_names(pattern, path, found):
    match = compiled(pattern).fullmatch(path)
    assert (match and match.groupdict()) == found


@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        ("*.jpg", "has no placeholder"),
        ("{identity}_{identity}", "is in the pattern twice"),
        ("", "say how names"),
    ],
)
def test_a_pattern_that_says_nothing_is_refused(pattern, message, tmp_path):
    with pytest.raises(InputError, match=message):
        rows_of("files", put(tmp_path, "a.jpg"), pattern=pattern)


def test_files_are_read_by_their_pattern_at_any_depth(tmp_path):
    put(
        tmp_path,
        "7_c2_red.jpg",
        "day/8_c1_blue.png",
        "day/holiday.jpg",
        "day/.hidden/9_c1_x.jpg",
        "7_c2_red.txt",
    )
    rows, said = rows_of("files", tmp_path, pattern="{identity}_c{camera}_{coat}")
    assert rows == [
        Row("7_c2_red.jpg", 7, 2, "train", extra={"coat": "red"}),
        Row("day/8_c1_blue.png", 8, 1, "train", extra={"coat": "blue"}),
    ]
    assert said[:-1] == ["left out 1 pictures whose names do not match, day/holiday.jpg the first"]
    with pytest.raises(
        InputError, match=r"no picture is named like \{identity\}x; the first is 7_c2_red.jpg"
    ):
        rows_of("files", tmp_path, pattern="{identity}x")


def test_people_with_names_are_numbered_and_keep_them(tmp_path):
    put(tmp_path, "query/zoe/left.jpg", "test/zoe/right.jpg", "train/ann/left.jpg")
    rows, said = rows_of("files", tmp_path, pattern="{split}/{identity}/{camera}")
    assert rows[0] == Row(
        "query/zoe/left.jpg", 2, 1, "query", extra={"identity_name": "zoe", "camera_name": "left"}
    )
    assert [(row.identity, row.camera, row.split) for row in rows[1:]] == [(2, 2, "gallery"), (1, 1, "train")]
    assert said == ["numbered 2 people in the order of their names, kept as identity_name"]
    with pytest.raises(InputError, match="dawn is not a split: expected train"):
        rows_of("files", put(tmp_path, "dawn/ann/left.jpg"), pattern="{split}/{identity}/{camera}")


def test_a_folder_a_person_with_or_without_splits(tmp_path):
    put(tmp_path / "a", "0000/x.jpg", "0001/y.jpg", "0001/Thumbs.db")
    rows, said = rows_of("folders", tmp_path / "a", split="gallery")
    assert rows == [Row("0000/x.jpg", 0, -1, "gallery"), Row("0001/y.jpg", 1, -1, "gallery")]
    assert "identity 0 counts as a distractor" in said[0]
    rows, _ = rows_of("folders", tmp_path / "a", first_identity=0)
    assert [row.identity for row in rows] == [1, 2]
    put(tmp_path / "b", "Train/ann/x.jpg", "query/bob/y.jpg", "gallery/bob/z.jpg")
    rows, _ = rows_of("folders", tmp_path / "b")
    assert sorted((row.identity, row.split) for row in rows) == [(1, "train"), (2, "gallery"), (2, "query")]
    with pytest.raises(InputError, match=r"has no folders of people .*; found: x.jpg"):
        rows_of("folders", put(tmp_path / "c", "x.jpg"))


def test_links_to_folders_are_not_followed_so_that_nothing_outside_is_listed(tmp_path):
    put(tmp_path / "outside", "1_c1_x.jpg")
    put(tmp_path / "set", "2_c1_x.jpg")
    (tmp_path / "set" / "link").symlink_to(tmp_path / "outside")
    (tmp_path / "set" / "loop").symlink_to(tmp_path / "set")
    rows, _ = rows_of("files", tmp_path / "set", pattern="{identity}_c{camera}_*")
    assert [row.path for row in rows] == ["2_c1_x.jpg"]


TABLES = {
    "people.csv": "path,identity,camera\na.jpg,4,\n/b.jpg,5,2\n",
    "people.tsv": "path\tidentity\tcamera\r\na.jpg\t4\t\r\n/b.jpg\t5\t2\r\n",
    "people.jsonl": '{"path":"a.jpg","identity":4}\n{"path":"/b.jpg","identity":5,"camera":2}\n',
}


@pytest.mark.parametrize("name", [*TABLES, "people.parquet"])
def test_every_form_of_a_table_keeps_its_rows(name, tmp_path):
    if name in TABLES:
        (tmp_path / name).write_text(TABLES[name])
    else:
        arrow, parquet = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
        table = arrow.table({"path": ["a.jpg", "/b.jpg"], "identity": [4, 5], "camera": [None, 2]})
        parquet.write_table(table, tmp_path / name)
    rows, _ = rows_of("table", tmp_path / name)
    assert rows == [Row("a.jpg", 4), Row("/b.jpg", 5, 2)]
    moved = list(index_dataset("table", tmp_path / name, root=tmp_path.parent))
    assert [row.path for row in moved] == [f"{tmp_path.name}/a.jpg", "/b.jpg"]


def test_parquet_may_hold_captions_and_attributes(tmp_path):
    arrow, parquet = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    columns = {
        "path": ["a.jpg", "b.jpg"],
        "captions": [["a man", "he walks"], []],
        "attributes": [{"hat": True, "hair": None}, {"hat": None, "hair": "long"}],
        "attribute.bag": [None, True],
        "note": ["x", None],
    }
    parquet.write_table(arrow.table(columns), tmp_path / "p.parquet")
    assert rows_of("table", tmp_path / "p.parquet")[0] == [
        Row("a.jpg", captions=("a man", "he walks"), attributes={"hat": True}, extra={"note": "x"}),
        Row("b.jpg", attributes={"hair": "long", "bag": True}),
    ]
    parquet.write_table(arrow.table({"path": ["a", "b"], "camera": [1, -7]}), tmp_path / "p.parquet")
    with pytest.raises(InputError, match=r"p.parquet row 2: camera is -7: the smallest"):
        rows_of("table", tmp_path / "p.parquet")
    parquet.write_table(arrow.table({"where": ["a"]}), tmp_path / "p.parquet")
    with pytest.raises(InputError, match='has no column for path, only "where"'):
        rows_of("table", tmp_path / "p.parquet")


def test_a_bad_table_is_one_line(tmp_path, monkeypatch):
    for name, content, message in (
        ("people.xlsx", b"PK\3\4", "people.xlsx is an Excel workbook: save it as CSV in UTF-8"),
        ("people.parquet", b"PAR1", "people.parquet is a damaged Parquet file: copy or write it again"),
        ("people.json", b"[1]", "people.json row 1 is not an object"),
    ):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(InputError, match=message):
            rows_of("table", tmp_path / name)
    with pytest.raises(InputError, match="is a folder: give the table itself"):
        rows_of("table", tmp_path)
    with pytest.raises(InputError, match="there is no table"):
        rows_of("table", tmp_path / "nowhere.csv")
    normal = builtins.__import__

    def without_pyarrow(name, *rest):
        if name.startswith("pyarrow"):
            raise ImportError(name)
        return normal(name, *rest)

    monkeypatch.setattr(builtins, "__import__", without_pyarrow)
    with pytest.raises(InputError, match=r"is Parquet: `pip install pyarrow` to read it"):
        rows_of("table", tmp_path / "people.parquet")
