from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vtbr_eval.errors import InputError
from vtbr_eval.evaluation import evaluate
from vtbr_eval.features import FeatureTable
from vtbr_eval.protocol import PROTOCOLS, Protocol, Rerank


def test_a_query_is_scored_as_by_hand():
    # By falling cosine: right, wrong, right, distractor. Junk and the query's own camera are nearest of all.
    table = FeatureTable.of(
        [[1, 0], [1, 0], [1, 0], [1, 0.1], [1, 0.2], [1, 0.3], [1, 0.4]],
        identity=[5, -1, 5, 5, 6, 5, 0],
        camera=[1, 2, 1, 2, 2, 3, 2],
        split=[0, 1, 1, 1, 1, 1, 1],
    )
    scores = evaluate(table)
    assert scores.ranks[0].tolist() == [1, 3]
    assert scores.measures((1, 2)) == {
        "mAP": pytest.approx(5 / 6),
        "mINP": 2 / 3,
        "rank-1": 1.0,
        "rank-2": 1.0,
    }
    assert scores.pairing.counts == {
        "queries": 1, "scored_queries": 1, "identities": 1, "gallery": 6, "distractors": 1, "junk": 1,
    }  # fmt: skip
    assert scores.interval == {}  # one person says nothing about others


def test_an_unknown_camera_excludes_nothing():
    sides = {"identity": [1, 1, 2], "split": [0, 1, 1]}
    features = [[1, 0], [1, 0.1], [0, 1]]
    assert evaluate(FeatureTable.of(features, camera=[-1, -1, 1], **sides)).ranks[0].tolist() == [1]


def test_without_cameras_the_query_does_not_find_itself():
    table = FeatureTable.of(
        [[1, 0], [1, 0], [1, 0.2], [1, 0.1]],
        identity=[1, 1, 1, 2],
        camera=[1, 1, 1, 1],
        split=[0, 1, 1, 1],
        path=["a.jpg", "a.jpg", "b.jpg", "c.jpg"],
    )
    assert evaluate(table, Protocol(cross_camera=False)).ranks[0].tolist() == [2]


def test_dropped_queries_are_counted_and_explained():
    table = FeatureTable.of(
        np.eye(7),
        identity=[1, 2, 3, 0, -1, 1, 2],
        camera=[1, 1, 1, 1, 1, 2, 1],
        split=[0, 0, 0, 0, 0, 1, 1],
    )
    scores = evaluate(table)
    assert scores.to_json()["dropped"] == {
        "query_is_junk": 1, "query_is_distractor": 1, "identity_absent": 1, "same_camera_only": 1,
    }  # fmt: skip
    assert list(scores.dropped()) == [
        {"path": "1", "identity": 2, "camera": 1, "reason": "same_camera_only"},
        {"path": "2", "identity": 3, "camera": 1, "reason": "identity_absent"},
        {"path": "3", "identity": 0, "camera": 1, "reason": "query_is_distractor"},
        {"path": "4", "identity": -1, "camera": 1, "reason": "query_is_junk"},
    ]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"split": [1, 1, 1]}, "has no query among its 3 images: the manifest's `split` must say query"),
        ({"split": [0, 0, 0]}, "has no gallery to search in: the manifest's `split` must say query"),
        ({"identity": [1, -1, -1]}, "all 2 gallery images are junk (identity -1)"),
        (
            {"camera": [1, 1, 1]},
            "1 are in the gallery only by the query's own camera, which is left out; "
            "if the pictures come from one camera, add --no-camera",
        ),
        ({"identity": [3, 1, 2]}, "1 show people who are not in the gallery; check that `identity` numbers"),
        ({"identity": [-1, 1, 2]}, "1 are junk (identity -1); give `identity` in the manifest"),
        ({"identity": [0, 1, 2]}, "1 are distractors (identity 0); people count from 1"),
    ],
)
def test_when_nothing_can_be_scored_the_reason_and_the_remedy_are_said(changes, message):
    columns = {"identity": [1, 1, 2], "camera": [1, 2, 2], "split": [0, 1, 1]} | changes
    with pytest.raises(InputError) as caught:
        evaluate(FeatureTable.of(np.eye(3), **columns))
    assert message in str(caught.value)


def test_a_feature_of_zeros_has_no_cosine_but_a_euclidean_distance():
    table = FeatureTable.of([[1, 0], [0, 0], [1, 1]], identity=[1, 1, 2], camera=[1, 2, 2], split=[0, 1, 1])
    with pytest.raises(InputError, match=r"the feature in row 1 \(1\) is all zeros"):
        evaluate(table)
    assert evaluate(table, Protocol(distance="euclidean")).ranks[0].tolist() == [1]


def test_an_unknown_distance_is_named():
    with pytest.raises(InputError, match="distance is cosine or euclidean, not 'manhattan'"):
        Protocol(distance="manhattan")


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), reranking=st.booleans())
def test_features_that_tell_people_apart_perfectly_score_one(random_table, with_features, seed, reranking):
    table = random_table(seed, num_people=7)
    perfect = with_features(table, np.eye(8)[table.identity])
    protocol = Protocol(rerank=Rerank(k1=5, k2=2) if reranking else None)
    assert set(evaluate(perfect, protocol, bootstrap=0).measures().values()) == {1.0}


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), count=st.integers(1, 9))
def test_distractors_never_raise_a_score(random_table, seed, count):
    table = random_table(seed)
    extra = np.random.default_rng(seed).normal(size=(count, 8))
    more = FeatureTable.of(
        np.concatenate([table.features, extra]),
        identity=[*table.identity, *[0] * count],
        camera=[*table.camera, *[1] * count],
        split=[*table.split, *[1] * count],
    )
    before, after = (evaluate(t, bootstrap=0).measures() for t in (table, more))
    assert all(after[measure] <= before[measure] for measure in before)


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_junk_changes_nothing_and_scores_lie_in_their_bounds(random_table, seed):
    table = random_table(seed)
    junk = FeatureTable.of(
        np.concatenate([table.features, table.features]),
        identity=[*table.identity, *[-1] * len(table)],
        camera=[*table.camera, *table.camera],
        split=[*table.split, *[1] * len(table)],
    )
    measures = evaluate(table, bootstrap=0).measures()
    assert evaluate(junk, bootstrap=0).measures() == measures
    assert all(0 <= value <= 1 for value in measures.values())
    assert measures["mINP"] <= measures["mAP"]
    assert measures["rank-1"] <= measures["rank-5"] <= measures["rank-10"]


def test_the_same_input_gives_the_same_json(table):
    first, second = (json.dumps(evaluate(table, Protocol(rerank=Rerank())).to_json()) for _ in range(2))
    assert first == second


def test_each_score_says_how_it_came_about(table):
    protocol = Protocol(distance="euclidean", cross_camera=False, rerank=Rerank(k1=7, k2=3))
    assert evaluate(table, protocol, bootstrap=0).to_json()["protocol"] == {
        "name": "no-camera",
        "distance": "euclidean",
        "cross_camera": False,
        "own_image": "left out",
        "multi_query": False,
        "junk": "left out",
        "distractors": "stay",
        "average_precision": "rectangles",
        "cmc_over": "valid",
        "ties": "gallery position",
        "draws": None,
        "expansion": None,
        "rerank": {"k1": 7, "k2": 3, "lambda": 0.3, "junk": "left out"},
    }


def test_means_over_all_queries_count_the_dropped_ones_as_zero(table):
    absent = FeatureTable.of(
        np.concatenate([table.features, np.ones((5, 8))]),
        identity=[*table.identity, 77, 78, -1, 0, 79],
        camera=[*table.camera, 1, 1, 1, 1, 1],
        split=[*table.split, 0, 0, 0, 0, 0],
    )
    valid, every = (evaluate(absent, Protocol(cmc_over=over)) for over in ("valid", "all"))
    share = len(valid.ranks) / (len(valid.ranks) + 5)
    for measure, value in valid.measures().items():
        assert every.measures()[measure] == pytest.approx(share * value)
    low, high = every.interval["mAP"]
    assert low < every.measures()["mAP"] < high


def test_trapezoids_lie_within_half_a_step_of_rectangles(table):
    by_rectangles, by_trapezoids = (
        evaluate(table, Protocol(average_precision=area), bootstrap=0).average_precision
        for area in ("rectangles", "trapezoids")
    )
    assert (by_rectangles != by_trapezoids).any()
    assert np.abs(by_rectangles - by_trapezoids).max() < 0.5


def test_a_distance_without_cameras_may_find_the_image_of_the_same_name():
    table = FeatureTable.of(
        [[1, 0], [1, 0], [0, 1]], identity=[1, 1, 1], camera=[-1] * 3, split=[0, 1, 1], path=["a", "a", "b"]
    )
    assert evaluate(table, Protocol(cross_camera=False, own_image_left_out=False)).ranks[0].tolist() == [1, 2]
    assert evaluate(table, Protocol(cross_camera=False)).ranks[0].tolist() == [1]


def layumis_script(table):
    """evaluate_gpu.py of Person_reID_baseline_pytorch: sums over all queries, trapezoids."""
    unit = table.features / np.linalg.norm(table.features, axis=1, keepdims=True)
    gallery, queries = np.flatnonzero(table.split == 1), np.flatnonzero(table.split == 0)
    area, first = 0.0, np.zeros(len(gallery))
    for query in queries:
        order = gallery[np.argsort(-(unit[gallery] @ unit[query]))]
        same = table.identity[order] == table.identity[query]
        junk = (table.identity[order] == -1) | (same & (table.camera[order] == table.camera[query]))
        rows_good = np.flatnonzero(same[~junk])
        if rows_good.size == 0:
            continue
        first[rows_good[0] :] += 1
        for i, row in enumerate(rows_good):
            old_precision = i / row if row else 1.0
            area += (old_precision + (i + 1) / (row + 1)) / 2 / rows_good.size
    return area / len(queries), first[0] / len(queries), first[4] / len(queries)


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_the_protocol_layumi_gives_the_figures_of_his_script(random_table, seed):
    table = random_table(seed)
    lonely = FeatureTable.of(
        np.concatenate([table.features, np.eye(8)[:2]]),
        identity=[*table.identity, 70, -1], camera=[*table.camera, 1, 1], split=[*table.split, 0, 1],
    )  # fmt: skip
    measures = evaluate(lonely, PROTOCOLS["layumi"], bootstrap=0).measures()
    assert (measures["mAP"], measures["rank-1"], measures["rank-5"]) == pytest.approx(layumis_script(lonely))
