from __future__ import annotations

import numpy as np
import pytest

from vtbr_eval.evaluation import evaluate
from vtbr_eval.features import FeatureTable
from vtbr_eval.input_warnings import input_warnings
from vtbr_eval.protocol import PROTOCOLS, Protocol


def make(**others):
    columns = {
        "features": np.eye(4),
        "identity": [1, 2, 1, 2],
        "camera": [1, 1, 2, 2],
        "split": [0, 0, 1, 1],
        "path": ["a", "b", "c", "d"],
    } | others
    return FeatureTable.of(columns.pop("features"), **columns)


def test_a_usual_table_gives_no_warning(table):
    assert input_warnings(make(), Protocol()) == ()
    assert evaluate(table).to_json()["warnings"] == []


@pytest.mark.parametrize(
    ("camera", "message"),
    [
        ([-1, -1, -1, -1], "no camera of the queries and of the gallery is known"),
        ([1, 1, -1, -1], "no camera of the gallery is known"),
        ([1, -1, 2, 2], r"cameras are not known \(1 of 2 in the queries\)"),
    ],
)
def test_scoring_across_cameras_without_cameras_is_said(camera, message):
    table = make(camera=camera)
    (warning,) = input_warnings(table, Protocol())
    assert np.char.find(warning, "--no-camera") > 0
    with pytest.raises(AssertionError, match=message):
        raise AssertionError(evaluate(table).to_json()["warnings"][0])
    assert input_warnings(table, Protocol(cross_camera=False)) == ()


def test_the_same_picture_on_both_sides_is_said():
    features = np.eye(4)
    features[2] = features[0]
    assert (
        "1 query has the same feature as a compared gallery image (first a and c)"
        in (input_warnings(make(features=features), Protocol())[0])
    )
    own_camera = make(features=features, camera=[1, 1, 1, 2])
    assert input_warnings(own_camera, Protocol()) == ()  # it is left out


def test_shared_paths_are_said():
    warnings = input_warnings(make(path=["a", "b", "a", "a"]), Protocol())
    assert "1 gallery image has the path of another one" in warnings[0]
    assert "1 query has the path of a gallery image that is compared (first a)" in warnings[1]
    assert input_warnings(make(path=["a", "b", "a", "d"]), Protocol(cross_camera=False)) == ()
    assert input_warnings(make(path=["a", "b", "a", "a"]), PROTOCOLS["text-to-image"]) == ()
