from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vtbr_eval.cameras import camera_pairs
from vtbr_eval.errors import InputError
from vtbr_eval.evaluation import evaluate
from vtbr_eval.features import GALLERY, QUERY, FeatureTable
from vtbr_eval.protocol import Protocol, RandomTestSets, Rerank


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), cross_camera=st.booleans())
def test_a_pair_scores_as_the_two_cameras_alone(random_table, seed, cross_camera):
    table = random_table(seed)
    protocol = Protocol(cross_camera=cross_camera)
    for pair in camera_pairs(table, protocol):
        mine = (table.split == QUERY) & (table.camera == pair.query_camera)
        theirs = (table.split == GALLERY) & (table.camera == pair.gallery_camera)
        rows = np.flatnonzero(mine | theirs)
        alone = FeatureTable.of(
            table.features[rows],
            identity=table.identity[rows],
            camera=table.camera[rows],
            split=table.split[rows],
            path=[table.path[row] for row in rows.tolist()],
        )
        scores = evaluate(alone, protocol, bootstrap=0)
        assert pair.queries == len(scores.ranks)
        assert pair.mean_average_precision == pytest.approx(scores.measures()["mAP"])
        assert pair.rank_1 == pytest.approx(scores.measures()["rank-1"])


def test_across_cameras_no_camera_is_paired_with_itself(table):
    pairs = {(pair.query_camera, pair.gallery_camera) for pair in camera_pairs(table)}
    assert pairs == {(1, 2), (1, 3), (2, 1), (2, 3), (3, 1), (3, 2)}


@pytest.mark.parametrize("protocol", [Protocol(rerank=Rerank()), Protocol(draws=RandomTestSets())])
def test_reranked_and_drawn_galleries_have_no_camera_pairs(table, protocol):
    with pytest.raises(InputError, match="without re-ranking and without draws"):
        camera_pairs(table, protocol)
