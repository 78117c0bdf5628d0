"""Feature files as people really have them: each is read with the right scores, and what was read is said."""

from __future__ import annotations

import numpy as np
import pytest

from vtbr_eval.errors import InputError
from vtbr_eval.evaluation import evaluate
from vtbr_eval.files import read_features

RANDOM = np.random.default_rng(0)
IDENTITY, CAMERA = np.repeat(np.arange(1, 6), 4), np.tile([1, 2, 1, 2], 5)
IS_QUERY = np.tile([True, False, False, False], 5)
FEATURES = (
    0.4 * RANDOM.normal(size=(6, 16))[IDENTITY]
    + RANDOM.normal(size=(20, 16))
    + 0.6 * RANDOM.normal(size=(3, 16))[CAMERA]
).astype(np.float32)
SPLIT = np.where(IS_QUERY, "query", "gallery")
PATH = np.array([f"{row}.jpg" for row in range(20)])
GOOD = {"features": FEATURES, "identity": IDENTITY, "camera": CAMERA, "split": SPLIT, "path": PATH}
Q, G = IS_QUERY, ~IS_QUERY


def changed(**others):
    return {key: value for key, value in {**GOOD, **others}.items() if value is not None}


SAME = {
    "good": GOOD,
    "int_split": changed(split=(~IS_QUERY).astype(np.int64)),
    "bool_split": changed(split=~IS_QUERY),
    "upper_split": changed(split=np.where(IS_QUERY, "QUERY", "Gallery")),
    "probe_split": changed(split=np.where(IS_QUERY, "probe", "gallery")),
    "test_split": changed(split=np.where(IS_QUERY, "query", "test")),
    "is_query": changed(split=None, is_query=IS_QUERY),
    "word_ids": changed(identity=np.array([f"P{i:03d}" for i in IDENTITY])),
    "text_ids": changed(identity=IDENTITY.astype(str)),
    "float_ids": changed(identity=IDENTITY.astype(float)),
    "camera_names": changed(camera=np.array([f"cam{c}" for c in CAMERA])),
    "column_ids": changed(identity=IDENTITY[:, None], camera=CAMERA[None]),
    "four_axes": changed(features=FEATURES[:, :, None, None]),
    "counted_from_zero": changed(identity=IDENTITY - 1),
    "aliases": {"feats": FEATURES, "pids": IDENTITY, "camids": CAMERA, "split": SPLIT, "img_paths": PATH},
    "other_aliases": {
        "Embeddings": FEATURES, "label": IDENTITY, "Cam_ID": CAMERA, "set": SPLIT, "extra": PATH,
    },
    "six_arrays": {
        "qf": FEATURES[Q], "q_pids": IDENTITY[Q], "q_camids": CAMERA[Q],
        "gf": FEATURES[G], "g_pids": IDENTITY[G], "g_camids": CAMERA[G],
    },
    "queries_first": {
        "features": np.concatenate([FEATURES[Q], FEATURES[G]]), "pids": np.concatenate([IDENTITY[Q], IDENTITY[G]]),
        "camids": np.concatenate([CAMERA[Q], CAMERA[G]]), "num_query": Q.sum(),
    },
    "layumi_six": {
        "query_f": FEATURES[Q], "query_label": IDENTITY[Q], "query_cam": CAMERA[Q],
        "gallery_f": FEATURES[G], "gallery_label": IDENTITY[G], "gallery_cam": CAMERA[G],
    },
}  # fmt: skip


@pytest.fixture
def expected(tmp_path):
    np.savez(tmp_path / "expected.npz", **GOOD)
    return evaluate(read_features(tmp_path / "expected.npz")).measures()


@pytest.mark.parametrize("name", SAME)
def test_an_npz_however_its_arrays_are_called_scores_the_same(tmp_path, expected, name):
    np.savez(tmp_path / f"{name}.npz", **SAME[name])
    table = read_features(tmp_path / f"{name}.npz")
    assert evaluate(table).measures() == expected
    assert not evaluate(table).warnings
    assert f"{name}.npz: read " in table.notes[0]


@pytest.mark.parametrize("wrong", [0, 10_000, 2.5, [1, 2]])
def test_a_number_of_queries_that_cannot_be_is_refused(tmp_path, wrong):
    np.savez(tmp_path / "wrong.npz", features=FEATURES, pids=IDENTITY, camids=CAMERA, num_query=wrong)
    with pytest.raises(InputError, match=r"num_query must be one whole number from 1 to \d+"):
        read_features(tmp_path / "wrong.npz")


def test_what_is_left_out_is_named(tmp_path):
    np.savez(tmp_path / "x.npz", **SAME["other_aliases"])
    assert read_features(tmp_path / "x.npz").notes[1] == f"{tmp_path / 'x.npz'}: left out: 'extra'"


@pytest.mark.parametrize("shape", ["files", "folders", "unsaid", "npy"])
def test_query_and_gallery_in_files_of_their_own_score_the_same(tmp_path, expected, shape):
    folder = tmp_path / "two"
    for side, rows in (("query", Q), ("gallery", G)):
        part = {key: value[rows] for key, value in GOOD.items()} | {"identity": IDENTITY[rows] - 1}
        file = folder / side / "x.npz" if shape == "folders" else folder / f"{side}.npz"
        file.parent.mkdir(parents=True, exist_ok=True)
        if shape != "files":
            part.pop("split")
        if shape == "npy":
            np.save(file.with_suffix(".npy"), part["features"])
            lines = zip(part["identity"], part["camera"], strict=True)
            text = "pid,camid\n" + "".join(f"{i},{c}\n" for i, c in lines)
            file.with_suffix(".csv").write_text(text)
        else:
            np.savez(file, **part)
    table = read_features(folder)
    assert evaluate(table).measures() == expected
    assert table.notes[-1] == f"{folder}: identity: counted from 0, raised by 1"


def test_people_with_names_are_numbered_alike_in_all_files(tmp_path, expected):
    names = np.array([f"P{i}" for i in IDENTITY])
    for side, rows in (("query", Q), ("gallery", G)):
        part = {key: value[rows] for key, value in changed(identity=names).items()}
        (tmp_path / "sub").mkdir(exist_ok=True)
        np.savez(tmp_path / "sub" / f"{side}.npz", **part)
    table = read_features(tmp_path / "sub")
    assert evaluate(table).measures() == expected
    assert table.metadata["settings"]["identity_names"] == ["P1", "P2", "P3", "P4", "P5"]


HEADERS = [
    "path,identity,camera,split", "path,identity,camid,split", "path,pid,camid,split",
    "img_path;Person ID;CAM;subset", "filename\tlabel\tcameraid\tset",
]  # fmt: skip


@pytest.mark.parametrize("header", HEADERS)
def test_an_array_and_its_table_score_the_same_under_all_names(tmp_path, expected, header):
    separator = next(letter for letter in ",;\t" if letter in header)
    np.save(tmp_path / "x.npy", FEATURES)
    rows = zip(PATH, IDENTITY, CAMERA, SPLIT, strict=True)
    lines = [separator.join(map(str, row)) for row in rows]
    (tmp_path / "x.csv").write_text("\n".join([header, *lines]) + "\n")
    assert evaluate(read_features(tmp_path / "x.npy")).measures() == expected


def wide(separator=","):
    header = ["pid", "camid", "split", *(f"f{i}" for i in range(16)), "note"]
    rows = zip(IDENTITY, CAMERA, SPLIT, FEATURES.tolist(), strict=True)
    lines = [separator.join(map(str, [i, c, s, *f, "x"])) for i, c, s, f in rows]
    return "\n".join([separator.join(header), *lines]) + "\n"


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_a_table_with_features_in_its_columns_scores_the_same(tmp_path, expected, separator):
    (tmp_path / "wide.csv").write_text(wide(separator))
    table = read_features(tmp_path / "wide.csv")
    assert evaluate(table).measures() == expected
    assert f"{tmp_path / 'wide.csv'}: left out: 'note'" in table.notes


@pytest.mark.parametrize("as_list", [True, False])
def test_parquet_scores_the_same(tmp_path, expected, as_list):
    pytest.importorskip("pyarrow")
    import pyarrow.parquet

    columns = {"pid": IDENTITY, "camid": CAMERA, "split": SPLIT, "path": PATH}
    features = {"embedding": FEATURES.tolist()} if as_list else {f"f{i}": FEATURES[:, i] for i in range(16)}
    pyarrow.parquet.write_table(pyarrow.table({**columns, **features}), tmp_path / "x.parquet")
    table = read_features(tmp_path / "x.parquet")
    assert evaluate(table).measures() == expected
    assert list(table.path) == PATH.tolist()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("path,pid\na,1\n", "is text, not a features file"),
        ("pid,split,f0,f1\n1,query,1,\n", "f1 is empty or not a number in row 0"),
        ("pid,split,f0,f1\n1,query,1,x\n", "f1 is empty or not a number in row 0"),
        ("<html></html>", "is text, not a features file"),
    ],
)
def test_a_table_without_features_is_refused_in_one_line(tmp_path, text, message):
    (tmp_path / "x.csv").write_text(text)
    with pytest.raises(InputError) as caught:
        read_features(tmp_path / "x.csv")
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_unknown_cameras_are_said_with_the_score(tmp_path):
    np.savez(tmp_path / "x.npz", **changed(camera=np.full(20, -1)))
    scores = evaluate(read_features(tmp_path / "x.npz")).to_json()
    assert "no camera of the queries and of the gallery is known" in scores["warnings"][0]
