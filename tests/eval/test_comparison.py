from __future__ import annotations

import numpy as np
import pytest

from vtbr_eval.comparison import compare
from vtbr_eval.errors import InputError
from vtbr_eval.features import FeatureTable


def test_a_system_differs_from_itself_by_nothing(table):
    comparison = compare(table, table)
    assert comparison.difference == {"mAP": 0.0, "rank-1": 0.0}
    assert comparison.interval == {"mAP": (0.0, 0.0), "rank-1": (0.0, 0.0)}


def test_a_better_system_is_ahead_by_the_difference_of_the_scores(table, with_features):
    better = with_features(table, np.eye(8)[table.identity])
    there, back = compare(table, better), compare(better, table)
    a, b = (scores.measures() for scores in (there.a, there.b))
    for measure, (low, high) in there.interval.items():
        assert there.difference[measure] == pytest.approx(b[measure] - a[measure])
        assert 0 < low < there.difference[measure] < high
        assert back.difference[measure] == -there.difference[measure]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"identity": [1, 2, 2]}, "row 1: identity is 1 in features but 2 in features"),
        ({"camera": [1, 3, 2]}, "row 1: camera is 2 in features but 3 in features"),
        ({"split": [0, 2, 1]}, "row 1: split is 1 in features but 2 in features"),
        ({"path": ["0", "1", "x"]}, "row 2: path is '2' in features but 'x' in features"),
    ],
)
def test_features_of_other_images_are_refused(change, message):
    columns = {"identity": [1, 1, 2], "camera": [1, 2, 2], "split": [0, 1, 1]}
    with pytest.raises(InputError, match=f"{message}: extract both from the same manifest"):
        compare(FeatureTable.of(np.eye(3), **columns), FeatureTable.of(np.eye(3), **(columns | change)))


def test_another_number_of_images_is_refused(table, random_table):
    with pytest.raises(InputError, match="features has 60 images, features has 9"):
        compare(table, random_table(0, num_images=9))
