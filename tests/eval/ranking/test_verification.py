from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vtbr_eval.errors import InputError
from vtbr_eval.features import GALLERY, QUERY, FeatureTable
from vtbr_eval.protocol import Protocol, RandomTestSets, Rerank
from vtbr_eval.ranking.verification import open_set


def obvious(table, protocol, rate):
    """The threshold and the rate from all pairs, sorted."""
    same, other = [], []
    features = table.features.astype(np.float64)
    if protocol.distance == "cosine":
        features /= np.linalg.norm(features, axis=1, keepdims=True)
    for q in np.flatnonzero((table.split == QUERY) & (table.identity > 0)):
        for g in np.flatnonzero((table.split == GALLERY) & (table.identity >= 0)):
            distance = np.linalg.norm(features[q] - features[g])
            if table.identity[q] != table.identity[g]:
                other.append(distance)
            elif table.camera[q] != table.camera[g]:
                same.append(distance)
    threshold = sorted(other)[int(rate * len(other))]
    rates = [np.mean(np.array(same) < threshold + off) for off in (-1e-6, 1e-6)]  # rounding decides between
    return rates, threshold, len(same), len(other)


def with_strangers(table, seed):
    random = np.random.default_rng(seed)
    return FeatureTable.of(
        np.concatenate([table.features, random.normal(size=(6, 8))]),
        identity=[*table.identity, 0, -1, 0, -1, 90, 91],
        camera=[*table.camera, 1, 1, 2, 2, 1, 2],
        split=[*table.split, QUERY, QUERY, GALLERY, GALLERY, QUERY, GALLERY],
    )


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    distance=st.sampled_from(["cosine", "euclidean"]),
    rate=st.sampled_from([0.01, 0.1, 0.5]),
)
def test_rates_are_those_of_all_pairs_sorted(random_table, seed, distance, rate):
    table, protocol = with_strangers(random_table(seed), seed), Protocol(distance=distance)
    expected_rates, threshold, same, other = obvious(table, protocol, rate)
    found = open_set(table, protocol, rates=[rate])
    (point,) = found.points
    assert (found.matching_pairs, found.other_pairs) == (same, other)
    assert expected_rates[0] - 1e-9 <= point.true_positive_rate <= expected_rates[1] + 1e-9
    expected = threshold if distance == "euclidean" else threshold**2 / 2
    assert point.threshold == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize("distance", ["cosine", "euclidean"])
def test_the_size_of_the_blocks_changes_nothing(random_table, distance):
    table, protocol = random_table(1, num_images=120), Protocol(distance=distance)
    tied = FeatureTable.of(  # features on a coarse grid: many equal pairs
        np.round(table.features), identity=table.identity, camera=table.camera, split=table.split
    )
    rates = [0.001, 0.01, 0.3]
    whole = open_set(tied, protocol, rates=rates)
    for query_rows, gallery_rows in ((1, 1), (7, 3), (64, 5)):
        assert whole == open_set(
            tied, protocol, rates=rates, query_rows=query_rows, gallery_rows=gallery_rows
        )


def test_a_rate_that_the_pairs_cannot_show_is_left_open(table):
    point = open_set(table, rates=[1e-9]).points[0]
    assert point.true_positive_rate is None
    assert point.threshold is None


def test_features_that_tell_people_apart_let_all_matches_through(table, with_features):
    perfect = with_features(table, np.eye(8)[table.identity])
    assert [point.true_positive_rate for point in open_set(perfect, rates=[0.01, 0.1]).points] == [1, 1]


@pytest.mark.parametrize(
    ("rates", "protocol", "message"),
    [
        ([0.0], Protocol(), "lies between 0 and 1, not at 0.0"),
        ([1.0], Protocol(), "lies between 0 and 1, not at 1.0"),
        ([0.1], Protocol(rerank=Rerank()), "without re-ranking and without draws"),
        ([0.1], Protocol(draws=RandomTestSets()), "without re-ranking and without draws"),
    ],
)
def test_what_has_no_rate_is_refused(table, rates, protocol, message):
    with pytest.raises(InputError, match=message):
        open_set(table, protocol, rates=rates)
