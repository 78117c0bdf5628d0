from __future__ import annotations

import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.io import savemat

from vtbr_eval.errors import InputError
from vtbr_eval.evaluation import evaluate
from vtbr_eval.features import FeatureTable
from vtbr_eval.files import read_features


def six(**others):
    arrays = {
        "query_f": np.float32([[1, 0], [0, 1]]),
        "query_label": [1, 2],
        "query_cam": [1, 1],
        "gallery_f": np.float32([[1, 0.1], [0.1, 1], [1, 1]]),
        "gallery_label": [1, 2, -1],
        "gallery_cam": [2, 2, 3],
    } | others
    return {key: value for key, value in arrays.items() if value is not None}


def mat(compress=False, **others):
    buffer = io.BytesIO()
    savemat(buffer, six(**others), do_compression=compress)
    return buffer.getvalue()


def read(data):
    return read_features(io.BytesIO(data))


@pytest.mark.parametrize("compress", [False, True])
def test_layumis_six_arrays_become_a_table(compress):
    table = read(mat(compress))
    assert table.features.dtype == np.float32
    assert table.features[:2].tolist() == [[1, 0], [0, 1]]
    assert table.identity.tolist() == [1, 2, 1, 2, -1]
    assert table.camera.tolist() == [1, 1, 2, 2, 3]
    assert table.split.tolist() == [0, 0, 1, 1, 1]
    assert list(table.path) == ["query/0", "query/1", "gallery/0", "gallery/1", "gallery/2"]
    assert evaluate(table).measures()["mAP"] == 1


def test_matlabs_doubles_and_columns_mean_the_same():
    plain, double = read(mat()), read(
        mat(query_label=np.array([[1.0], [2.0]]), gallery_cam=np.array([[2.0], [2.0], [3.0]]),
            query_f=np.eye(2), other="not looked at", cell=np.array([1, "a"], object))
    )  # fmt: skip
    assert double.identity.tolist() == plain.identity.tolist()
    assert double.camera.tolist() == plain.camera.tolist()
    assert double.features.dtype == np.float32


@pytest.mark.parametrize(
    ("others", "message"),
    [
        ({"gallery_label": None}, "has no array of identities of the gallery"),
        ({"gallery_f": None}, "has no array of features; a .mat needs"),
        ({"gallery_cam": [1, 2]}, "gallery 3 features but 2 of 'camera'"),
        ({"query_f": np.float32([[1], [2]])}, "query and gallery are 1 and 2 wide"),
        ({"query_f": [[1, 2], [3, 4]]}, "query features are int64, not floating point"),
        ({"query_label": [1.5, 2]}, "query identity is 1.5 in row 0, not a whole number"),
        (
            {"query_label": [[1, 2], [3, 4]]},
            "query identity is int64 of shape (2, 2), not one number or text",
        ),
        ({"query_label": ["a", "b"]}, "query_label is of MATLAB's class char, not numbers"),
        ({"query_label": np.array([1, "a"], object)}, "query_label is of MATLAB's class cell"),
        ({"query_f": np.array([[np.nan, 0], [0, 1]])}, "holds NaN"),
    ],
)
def test_a_mat_that_cannot_be_used_is_refused_in_one_line(others, message):
    with pytest.raises(InputError) as caught:
        read(mat(**others))
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


@settings(max_examples=150, deadline=None)
@given(data=st.data(), compress=st.booleans())
def test_a_damaged_mat_is_read_or_refused_but_never_crashes(data, compress):
    raw = bytearray(mat(compress))
    for _ in range(data.draw(st.integers(1, 4))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    try:
        assert isinstance(read(bytes(raw[: data.draw(st.integers(0, len(raw)))])), FeatureTable)
    except InputError as error:
        assert "\n" not in str(error)
