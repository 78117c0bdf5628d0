from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from vtbr_eval.errors import InputError
from vtbr_eval.evaluation import evaluate
from vtbr_eval.features import JUNK, FeatureTable
from vtbr_eval.protocol import Protocol, Rerank
from vtbr_eval.ranking.neighbours import SPARE, nearest
from vtbr_eval.ranking.product import CPU, product_on
from vtbr_eval.ranking.rerank import reranked


def textbook(vectors, num_queries, k1, k2, original_weight):
    """The authors' algorithm on dense N x N matrices, step by step as in the paper."""
    num_images = len(vectors)
    exact = vectors.astype(np.float64)
    original = np.stack([np.square(exact - row).sum(axis=1) for row in exact])
    largest = original.max(axis=1, keepdims=True)
    original /= np.where(largest > 0, largest, 1)
    rank = np.argsort(original, axis=1, kind="stable")

    def mutual(i, k):
        forward = rank[i, : k + 1]
        return [j for j in forward if i in rank[j, : k + 1]]

    weight = np.zeros((num_images, num_images))
    for i in range(num_images):
        own = mutual(i, k1)
        expanded = set(own)
        for j in own:
            other = mutual(j, int(np.around(k1 / 2)))
            if len(set(other) & set(own)) > 2 / 3 * len(other):
                expanded |= set(other)
        members = sorted(expanded)
        gauss = np.exp(-original[i, members])
        weight[i, members] = gauss / gauss.sum()
    if k2 != 1:
        weight = np.stack([weight[rank[i, :k2]].mean(axis=0) for i in range(num_images)])
    final = np.empty((num_queries, num_images - num_queries))
    for i in range(num_queries):
        smaller = np.minimum(weight[i], weight[num_queries:]).sum(axis=1)
        final[i] = (1 - original_weight) * (1 - smaller / (2 - smaller))
    return final + original_weight * original[:num_queries, num_queries:]


def clusters(seed, num_images, width=6):
    random = np.random.default_rng(seed)
    centre = random.normal(size=(max(1, num_images // 5), width))
    noise = 0.5 * random.normal(size=(num_images, width))
    return (centre[random.integers(len(centre), size=num_images)] + noise).astype(np.float32)


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    num_images=st.integers(2, 50),
    k1=st.integers(1, 25),
    k2=st.integers(1, 8),
    weight=st.floats(0, 1),
)
def test_sparse_reranking_equals_the_textbook_on_every_entry(seed, num_images, k1, k2, weight):
    vectors = clusters(seed, num_images)
    num_queries = max(1, num_images // 4)
    options = Rerank(k1=k1, k2=k2, original_weight=weight)
    rows = np.array(list(reranked(vectors, num_queries, options)))
    assert np.abs(rows - textbook(vectors, num_queries, k1, k2, weight)).max() < 1e-5


@pytest.fixture
def small_blocks(monkeypatch):
    monkeypatch.setattr("vtbr_eval.ranking.rerank.PRODUCT_ROWS", 16)
    monkeypatch.setattr("vtbr_eval.ranking.neighbours.PANEL_ROWS", 37)
    monkeypatch.setattr("vtbr_eval.ranking.neighbours.CHUNK_NUMBERS", 200)


def test_reranking_in_many_blocks_equals_the_textbook(small_blocks):
    vectors = clusters(3, 150)
    rows = np.array(list(reranked(vectors, 40, Rerank())))
    assert np.abs(rows - textbook(vectors, 40, 20, 6, 0.3)).max() < 1e-5


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    seed=st.integers(0, 2**32 - 1),
    k1=st.integers(1, 25),
    k2=st.integers(1, 30),
    copies=st.integers(1, 4),
    spread=st.sampled_from([1.0, 1e-3]),
)
def test_repeated_images_and_alike_features_are_reranked_as_in_the_textbook(
    small_blocks, seed, k1, k2, copies, spread
):
    # Each image up to four times, scattered: exact ties at every border.
    vectors = clusters(seed, 120)[np.random.default_rng(seed).permutation(120) // copies]
    vectors = (3 + spread * vectors).astype(np.float32)
    rows = np.array(list(reranked(vectors, 30, Rerank(k1=k1, k2=k2))))
    assert np.abs(rows - textbook(vectors, 30, k1, k2, 0.3)).max() < 1e-5


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**32 - 1), num_images=st.integers(1, 120), count=st.integers(1, 40))
def test_neighbours_are_those_of_a_full_sort(small_blocks, seed, num_images, count):
    vectors = np.random.default_rng(seed).integers(-3, 4, size=(num_images, 5)).astype(np.float32)
    found, largest = nearest(vectors, vectors - vectors.mean(axis=0), (count,), product_on(CPU))
    count = min(count, num_images)
    for i, row in enumerate(found):
        distance = np.square(vectors - vectors[i]).sum(axis=1)
        order = np.argsort(distance, kind="stable")
        assert largest[i] == pytest.approx(distance.max(), rel=1e-5)
        if distance[order[min(count + SPARE, num_images) - 1]] > distance[order[count - 1]]:
            assert sorted(row) == sorted(order[:count])
        assert sorted(distance[row]) == sorted(distance[order[:count]])


@pytest.mark.parametrize("takes_part", [False, True])
def test_junk_takes_part_as_neighbours_on_request(takes_part):
    vectors = clusters(2, 90)
    identity = np.r_[np.arange(30) % 6 + 1, np.arange(60) % 6 + 1]
    identity[40:90:7] = JUNK
    camera, split = np.repeat([1, 2], [30, 60]), np.repeat([0, 1], [30, 60])
    table = FeatureTable.of(vectors, identity=identity, camera=camera, split=split)
    protocol = Protocol(distance="euclidean", rerank=Rerank(k1=8, k2=3, junk_takes_part=takes_part))
    scores = evaluate(table, protocol, bootstrap=0, top=5)
    kept = np.arange(90) if takes_part else np.flatnonzero(identity != JUNK)
    expected = textbook(vectors[kept], 30, 8, 3, 0.3)[:, identity[kept[30:]] != JUNK]
    for (position, distance), row in zip(scores.nearest, expected, strict=True):
        assert distance == pytest.approx(np.sort(row)[:5], abs=1e-5)
        assert row[position] == pytest.approx(distance, abs=1e-5)


@pytest.mark.parametrize("threads", ["1", "2", "5"])
def test_reranking_does_not_depend_on_the_number_of_threads(small_blocks, monkeypatch, threads):
    vectors = clusters(5, 150)
    expected = list(reranked(vectors, 40, Rerank()))
    monkeypatch.setenv("OMP_NUM_THREADS", threads)
    assert np.array_equal(list(reranked(vectors, 40, Rerank())), expected)


def test_images_that_are_all_equal_can_be_reranked():
    rows = np.array(list(reranked(np.ones((30, 4), np.float32), 10, Rerank(k1=3, k2=2))))
    assert np.isfinite(rows).all()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"k1": 0}, "k1 must be at least 1, not 0"),
        ({"k2": -1}, "k2 must be at least 1, not -1"),
        ({"original_weight": 1.5}, "lambda must lie between 0 and 1, not 1.5"),
        ({"original_weight": float("nan")}, "lambda must lie between 0 and 1, not nan"),
    ],
)
def test_settings_out_of_range_are_named(options, message):
    with pytest.raises(InputError, match=message):
        Rerank(**options)
