from __future__ import annotations

import numpy as np
import pytest

from vtbr_eval.errors import InputError
from vtbr_eval.features import FeatureTable

GOOD = {"features": [[1, 0], [0, 1]], "identity": [1, 1], "camera": [1, 2], "split": [0, 1]}


def make(**others):
    columns = GOOD | others
    return FeatureTable.of(columns.pop("features"), **columns)


def test_whole_numbers_of_any_type_are_taken_as_they_are():
    table = make(identity=np.array([1.0, 2.0]), camera=np.array([7, 8], np.uint16), split=[False, True])
    assert table.identity.tolist() == [1, 2]
    assert table.camera.tolist() == [7, 8]
    assert table.split.tolist() == [0, 1]


@pytest.mark.parametrize(
    ("others", "message"),
    [
        ({"identity": [1.5, 2]}, "identity is 1.5 in row 0, not a whole number"),
        ({"camera": [1, float("nan")]}, "camera is nan in row 1, not a whole number"),
        ({"identity": [1, 2**63]}, "identity is 9.223372036854776e.18 in row 1"),
        ({"identity": ["a", "b"]}, "identity is <U1, not whole numbers"),
        ({"split": [0, 257]}, "split is 257 in row 1: 0 is query, 1 gallery, 2 train"),
        ({"split": [-1, 1]}, "split is -1 in row 0"),
        ({"split": ["query", "gallery"]}, "split is <U7, not whole numbers"),
        ({"identity": [[1], [2]]}, r"identity has shape \(2, 1\)"),
        ({"features": [[1, 2], [3]]}, "features is not an array"),
        ({"features": [["a"], ["b"]]}, "features are <U1, not numbers"),
        ({"features": [[1j], [2]]}, "features are complex128, not numbers"),
        ({"features": [[1e300], [2]]}, "holds infinity"),
        ({"camera": [1]}, "2 features but 1 of 'camera'"),
    ],
)
def test_what_a_table_cannot_hold_is_refused_and_never_cut(others, message):
    with pytest.raises(InputError, match=message):
        make(**others)
