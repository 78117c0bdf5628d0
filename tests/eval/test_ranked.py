from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vtbr_eval.errors import InputError
from vtbr_eval.evaluation import evaluate
from vtbr_eval.features import FeatureTable
from vtbr_eval.protocol import Protocol, RandomTestSets, Rerank
from vtbr_eval.ranked import ranked_lists
from vtbr_eval.ranking import Space, nearest_images


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    distance=st.sampled_from(["cosine", "euclidean"]),
    reranking=st.booleans(),
    is_tied=st.booleans(),
)
def test_the_right_images_of_a_list_stand_at_the_ranks_that_are_scored(
    random_table, seed, distance, reranking, is_tied
):
    table = random_table(seed)
    if is_tied:
        rounded = np.round(table.features) + np.eye(8)[0] * 9
        table = FeatureTable.of(rounded, identity=table.identity, camera=table.camera, split=table.split)
    scores = evaluate(table, Protocol(distance=distance, rerank=Rerank(k1=4) if reranking else None))
    for ranks, line in zip(scores.ranks, ranked_lists(scores, 12), strict=True):
        right = [image["rank"] for image in line["gallery"] if image["right"]]
        assert right == ranks[ranks <= 12].tolist()
        distances = [image["distance"] for image in line["gallery"]]
        assert np.diff(distances).min() > -1e-6


def test_lists_do_not_depend_on_the_blocks(table):
    scores = evaluate(table, bootstrap=0)
    space = Space(table, "cosine")
    whole = [order.tolist() for order in nearest_images(space, scores.pairing, 5)]
    small = nearest_images(space, scores.pairing, 5, query_rows=3, gallery_rows=2)
    assert [order.tolist() for order in small] == whole


def test_lists_kept_while_scoring_are_those_made_afterwards(table):
    protocol = Protocol(rerank=Rerank(k1=4))
    kept, plain = (evaluate(table, protocol, bootstrap=0, top=top) for top in (5, 0))
    assert list(ranked_lists(kept, 3)) == list(ranked_lists(plain, 3))
    assert list(ranked_lists(kept, 9)) == list(ranked_lists(plain, 9))


def test_a_list_names_the_images_and_leaves_out_the_querys_camera():
    table = FeatureTable.of(
        [[1, 0], [1, 0], [3, 0.3], [0, 1]],
        identity=[1, 1, 1, 2], camera=[1, 1, 2, 2], split=[0, 1, 1, 1], path=["q", "own", "right", "wrong"],
    )  # fmt: skip
    (line,) = ranked_lists(evaluate(table, Protocol(distance="euclidean")))
    assert line["path"] == "q"
    assert line["gallery"] == [
        {"rank": 1, "path": "wrong", "identity": 2, "camera": 2, "right": False, "distance": 2**0.5},
        {
            "rank": 2, "path": "right", "identity": 1, "camera": 2, "right": True,
            "distance": pytest.approx(2.0224, abs=1e-4),
        },
    ]  # fmt: skip


def test_an_empty_list_and_drawn_galleries_are_refused(table):
    with pytest.raises(InputError, match="holds 1 image or more, not 0"):
        next(ranked_lists(evaluate(table, bootstrap=0), 0))
    with pytest.raises(InputError, match="without draws"):
        next(ranked_lists(evaluate(table, Protocol(draws=RandomTestSets()), bootstrap=0)))
