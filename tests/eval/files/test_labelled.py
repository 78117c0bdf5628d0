from __future__ import annotations

import io

import numpy as np
import pytest

from vtbr_eval.errors import InputError
from vtbr_eval.files import read_features

CSV = "path,identity,camera,split,note\na.jpg,1,1,query,x\nb.jpg,1,2,gallery,\nö.jpg,-1,2,train,y\n"


@pytest.fixture
def pair(tmp_path):
    """Writes an .npy and its table, and gives the former's path."""

    def write(array=None, text=CSV):
        np.save(tmp_path / "x.npy", np.eye(3, dtype=np.float32) if array is None else array)
        (tmp_path / "x.csv").write_bytes(text.encode() if isinstance(text, str) else text)
        return tmp_path / "x.npy"

    return write


@pytest.mark.parametrize(
    "array",
    [
        np.eye(3, dtype=np.float32),
        np.eye(3),
        np.eye(3, dtype=">f4"),
        np.asfortranarray(np.eye(3, dtype="f4")),
    ],
)
def test_an_array_and_its_neighbour_become_a_table(pair, array):
    table = read_features(pair(array))
    assert table.features.tolist() == np.eye(3).tolist()
    assert table.identity.tolist() == [1, 1, -1]
    assert table.camera.tolist() == [1, 2, 2]
    assert table.split.tolist() == [0, 1, 2]
    assert list(table.path) == ["a.jpg", "b.jpg", "ö.jpg"]


def test_columns_that_are_not_there_have_the_values_of_a_manifest(pair):
    table = read_features(pair(text="path\na\nb\nc\n"))
    assert table.identity.tolist() == table.camera.tolist() == [-1] * 3
    assert table.split.tolist() == [1] * 3


def test_the_fingerprint_covers_array_and_table(pair):
    first = read_features(pair()).fingerprint
    assert read_features(pair()).fingerprint == first
    assert read_features(pair(text=CSV.replace("1,1,query", "1,3,query"))).fingerprint != first
    assert read_features(pair(2 * np.eye(3, dtype=np.float32))).fingerprint != first


def test_a_table_elsewhere_is_named(pair, tmp_path):
    path = pair()
    (tmp_path / "x.csv").rename(tmp_path / "y.csv")
    with pytest.raises(InputError, match=r"put a table x.csv with the columns path, identity, camera, split"):
        read_features(path)
    assert len(read_features(path, tmp_path / "y.csv")) == 3
    with pytest.raises(InputError, match="is a single numpy array"):
        read_features(io.BytesIO(path.read_bytes()))


@pytest.mark.parametrize(
    ("array", "text", "message"),
    [
        (np.array([None]), CSV, "holds Python objects (a pickle), which are never opened"),
        (np.eye(3, dtype=int), CSV, "features are int64, not floating point"),
        (np.eye(4), CSV, "4 features but 3 rows in its table"),
        (None, "", "x.csv is empty: a manifest has one image a line"),
        (None, "path\n", "x.csv has no rows"),
        (None, "a.jpg,1\n", "x.csv has no header: its first line must name the columns"),
        (None, "path,identity\na,1\nb,1.5\nc,1\n", "x.csv line 3: identity is 1.5, not a whole number"),
        (None, "path,identity\na,9" + "9" * 30, "x.csv line 2: identity is 99"),
        (None, "path,split\na,query\nb,foo\n", 'x.csv line 3: split is "foo": use train, query or gallery'),
        (None, "path,split\na\n", "x.csv line 2 has 1 cells; the header has 2"),
        (None, "path\na,b\n", "x.csv line 2 has 2 cells; the header has 1"),
        (None, 'path\n"a\n', "x.csv line 2: quotes are not closed or doubled: save it as CSV again"),
        (None, b"path\n\xff\n", "is not UTF-8 text"),
    ],
)
def test_what_cannot_be_used_is_refused_in_one_line(pair, array, text, message):
    with pytest.raises(InputError) as caught:
        read_features(pair(array, text))
    assert message in str(caught.value)


def test_a_header_that_lies_about_its_size_is_refused(pair):
    path = pair()
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        header, {"descr": "<f4", "fortran_order": False, "shape": (2**35, 3)}
    )
    for data in (header.getvalue() + bytes(36), path.read_bytes()[:-1], path.read_bytes()[:20]):
        path.write_bytes(data)
        with pytest.raises(InputError, match=r"where its header promises|its header is damaged"):
            read_features(path)
