from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vtbr_eval.evaluation import evaluate
from vtbr_eval.features import FeatureTable
from vtbr_eval.protocol import Protocol, Rerank
from vtbr_eval.report import neighbours
from vtbr_eval.report.cameras import shown_camera_pairs
from vtbr_eval.report.neighbours import MAX_LEFT_OUT, Kind, find_neighbours


def people(seed: int, *, num_images: int = 80) -> FeatureTable:
    """Clusters with junk and distractors; the first images make sure that somebody can be found."""
    random = np.random.default_rng(seed)
    identity = np.concatenate([[1, 1], random.integers(-1, 6, num_images)])
    centre = random.normal(size=(8, 6))
    return FeatureTable.of(
        centre[identity] + 0.7 * random.normal(size=(num_images + 2, 6)),
        identity=identity,
        camera=np.concatenate([[1, 2], random.integers(-1, 4, num_images)]),
        split=np.concatenate([[0, 1], random.integers(0, 3, num_images)]),
    )


def distances(table: FeatureTable, distance: str) -> np.ndarray:
    """All pairs, in double precision."""
    vector = table.features.astype(np.float64)
    if distance == "cosine":
        vector /= np.linalg.norm(vector, axis=1, keepdims=True)
        return 1 - vector @ vector.T
    return np.linalg.norm(vector[:, None] - vector, axis=2)


@pytest.mark.parametrize("distance", ["cosine", "euclidean"])
@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000), top=st.integers(1, 12))
def test_lists_are_those_of_a_full_sort(distance, seed, top):
    table = people(seed)
    scores = evaluate(table, Protocol(distance=distance), bootstrap=0)
    found = find_neighbours(scores, top)
    every = distances(table, distance)
    pairing = scores.pairing
    for i, query in enumerate(pairing.query):
        kind = {row: Kind.DISTRACTOR if table.identity[row] == 0 else Kind.WRONG for row in pairing.gallery}
        kind |= dict.fromkeys(pairing.gallery[pairing.match[i]], Kind.RIGHT)
        left_out = set(pairing.gallery[pairing.left_out[i]])
        expected = sorted(set(kind) - left_out, key=lambda row: every[query, row])
        ranked = [entry for entry in found.lists[i] if entry.kind not in (Kind.LEFT_OUT, Kind.JUNK)]
        assert [entry.row for entry in ranked[:top]] == expected[:top]
        assert all(entry.kind == kind[entry.row] for entry in ranked)
        assert [entry.distance for entry in ranked] == pytest.approx(
            [every[query, entry.row] for entry in ranked], abs=1e-5
        )
        far = ranked[top:]
        assert bool(far) == (scores.first_rank[i] > top)
        assert all(entry.row == expected[scores.first_rank[i] - 1] for entry in far)


def test_images_left_out_stand_where_they_lie_and_say_why():
    table = FeatureTable.of(
        [[0], [1], [2], [3], [4], [5], [6], [9]],
        identity=[1, 1, 1, -1, 2, 1, 1, 3],
        camera=[1, 1, 1, 1, 1, 2, 1, 1],
        split=[0, 1, 1, 1, 1, 1, 1, 1],
    )
    found = find_neighbours(evaluate(table, Protocol(distance="euclidean"), bootstrap=0), 2)
    assert [(entry.row, entry.kind) for entry in found.lists[0]] == [
        (1, Kind.LEFT_OUT), (2, Kind.LEFT_OUT), (3, Kind.JUNK), (4, Kind.WRONG), (5, Kind.RIGHT),
    ]  # fmt: skip
    assert len([entry for entry in found.lists[0] if entry.kind in (2, 3)]) == MAX_LEFT_OUT
    assert found.lead.tolist() == pytest.approx([1.0])


@pytest.mark.parametrize("distance", ["cosine", "euclidean"])
def test_every_pair_is_counted_once_in_its_bin(distance):
    table = people(3)
    scores = evaluate(table, Protocol(distance=distance), bootstrap=0)
    found = find_neighbours(scores, 5)
    every, pairing = distances(table, distance), scores.pairing
    match = [every[q, pairing.gallery[m]] for q, m in zip(pairing.query, pairing.match, strict=True)]
    other = [
        every[q, np.delete(pairing.gallery, np.concatenate([m, out]))]
        for q, m, out in zip(pairing.query, pairing.match, pairing.left_out, strict=True)
    ]
    for counted, expected in ((found.matches, match), (found.others, other)):
        values = np.concatenate(expected)
        assert counted.sum() == len(values)
        edges = np.linspace(0, found.upper, len(counted) + 1)
        # A distance on an edge may fall to either side: cumulated counts differ by few.
        assert np.abs(counted.cumsum() - np.searchsorted(np.sort(values), edges[1:])).max() <= 2


def test_the_size_of_the_blocks_changes_nothing(monkeypatch):
    scores = evaluate(people(5), bootstrap=0)
    whole = find_neighbours(scores, 6)
    monkeypatch.setattr(neighbours, "QUERY_ROWS", 3)
    monkeypatch.setattr(neighbours, "GALLERY_ROWS", 4)
    parts = find_neighbours(scores, 6)
    assert [[e.row for e in entries] for entries in parts.lists] == [
        [e.row for e in entries] for entries in whole.lists
    ]
    assert parts.matches.sum() == whole.matches.sum()
    assert parts.others.sum() == whole.others.sum()


def test_equal_features_are_listed_at_the_ranks_that_count():
    table = FeatureTable.of(
        np.ones((6, 2)), identity=[1, 2, 2, 1, 2, 1], camera=[1, 2, 2, 2, 2, 2], split=[0, 1, 1, 1, 1, 1]
    )
    scores = evaluate(table, Protocol(distance="euclidean"), bootstrap=0)
    found = find_neighbours(scores, 5)
    right = [rank for rank, entry in enumerate(found.lists[0], 1) if entry.kind == Kind.RIGHT]
    assert right == scores.ranks[0].tolist() == [3, 5]
    assert [entry.row for entry in found.lists[0]] == [1, 2, 3, 4, 5]


def test_numbers_near_the_end_of_float32_keep_their_distances():
    table = FeatureTable.of(
        np.array([[3e38], [-3e38], [2e38]]), identity=[1, 1, 2], camera=[1, 2, 2], split=[0, 1, 1]
    )
    found = find_neighbours(evaluate(table, Protocol(distance="euclidean"), bootstrap=0), 3)
    assert [entry.distance for entry in found.lists[0]] == pytest.approx([1e38, 6e38], rel=1e-6)


def test_a_pair_of_cameras_is_scored_as_if_the_others_were_not_there():
    table = people(7, num_images=200)
    pairs = shown_camera_pairs(evaluate(table, bootstrap=0))
    assert pairs
    for pair in pairs:
        queries = (table.split == 0) & (table.camera == pair.query_camera)
        gallery = (table.split == 1) & (table.camera == pair.gallery_camera)
        rows = np.flatnonzero(queries | gallery)
        alone = evaluate(
            FeatureTable.of(
                table.features[rows],
                identity=table.identity[rows],
                camera=table.camera[rows],
                split=table.split[rows],
            ),
            bootstrap=0,
        )
        measures = alone.measures()
        assert pair.queries == len(alone.ranks)
        assert pair.rank_1 == pytest.approx(measures["rank-1"])
        assert pair.mean_average_precision == pytest.approx(measures["mAP"])


def test_unknown_cameras_make_no_pair(table):
    unknown = FeatureTable.of(
        table.features, identity=table.identity, camera=[-1] * len(table), split=table.split
    )
    assert shown_camera_pairs(evaluate(unknown, bootstrap=0)) == []


def test_re_ranked_lists_stand_at_the_ranks_that_count():
    table = people(11)
    scores = evaluate(table, Protocol(rerank=Rerank(k1=5, k2=2)), bootstrap=0)
    found = find_neighbours(scores, 6)
    for ranks, entries in zip(scores.ranks, found.lists, strict=True):
        compared = [entry for entry in entries if entry.kind != Kind.LEFT_OUT]
        right = [rank for rank, entry in enumerate(compared[:6], 1) if entry.kind == Kind.RIGHT]
        assert right == ranks[ranks <= 6].tolist()
        assert all(0 <= entry.distance <= 1 for entry in entries)
    assert found.matches.sum() == sum(map(len, scores.ranks))
