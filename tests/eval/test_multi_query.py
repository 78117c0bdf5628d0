from __future__ import annotations

import numpy as np
import pytest

from vtbr_eval.cameras import camera_pairs
from vtbr_eval.errors import InputError
from vtbr_eval.evaluation import evaluate
from vtbr_eval.features import GALLERY, QUERY, FeatureTable
from vtbr_eval.multi_query import merged_queries
from vtbr_eval.protocol import PROTOCOLS, Protocol
from vtbr_eval.ranking import prepared
from vtbr_eval.ranking.verification import open_set

MULTI = PROTOCOLS["multi-query"]


@pytest.fixture
def several():
    """Person 1 twice by camera 1, once by camera 2; a distractor and junk twice; a gallery."""
    return FeatureTable.of(
        [[2, 0], [0, 1], [1, 1], [1, 0], [1, 0], [1, 0], [1, 0], [1, 1], [1, 0]],
        identity=[1, 1, 1, 0, 0, -1, -1, 1, 2],
        camera=[1, 1, 2, 1, 1, 1, 1, 3, 3],
        split=[QUERY] * 7 + [GALLERY] * 2,
        path=list("abcdefghi"),
    )


def test_the_queries_of_one_person_and_camera_become_one(several):
    merged = merged_queries(several, MULTI)
    assert list(merged.path) == list("acdefghi")
    assert merged.features[0].tolist() == [0.5, 0.5]
    assert merged.identity.tolist() == [1, 1, 0, 0, -1, -1, 1, 2]
    plain = merged_queries(several, Protocol(multi_query=True, distance="euclidean"))
    assert plain.features[0].tolist() == [1, 0.5]
    assert several.features[0].tolist() == [2, 0]


def test_joined_queries_are_ranked_once(several):
    scores = evaluate(several, MULTI)
    assert [line["path"] for line in scores.per_query()] == ["a", "c"]
    assert scores.pairing.counts["queries"] == 6
    assert [line["ranks"] for line in scores.per_query()] == [[1], [1]]
    assert sum(pair.queries for pair in camera_pairs(several, MULTI)) == 2
    assert open_set(several, MULTI).matching_pairs == 2


def test_where_nobody_has_two_queries_by_a_camera_nothing_changes(table):
    rows = np.unique(np.stack([table.identity, table.camera, table.split]), axis=1, return_index=True)[1]
    columns = {key: getattr(table, key)[rows] for key in ("identity", "camera", "split")}
    single = FeatureTable.of(table.features[rows], **columns)
    assert evaluate(single, MULTI).measures() == evaluate(single).measures()


def test_without_cameras_there_is_nothing_to_join(several):
    with pytest.raises(InputError, match="it needs a protocol with cameras"):
        evaluate(several, Protocol(multi_query=True, cross_camera=False))
    assert prepared(several, Protocol()) is several
