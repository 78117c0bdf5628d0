from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vtbr_eval.evaluation import evaluate
from vtbr_eval.features import FeatureTable
from vtbr_eval.pairing import pair
from vtbr_eval.protocol import Protocol
from vtbr_eval.ranking import ranks as ranking
from vtbr_eval.ranking.ranks import match_ranks, ranks_in_row
from vtbr_eval.ranking.space import Space


def exact_nearness(q, g, distance):
    """Of whole numbers, as a fraction: grows with the cosine, or falls with the distance."""
    q, g = ([Fraction(float(number)) for number in vector] for vector in (q, g))
    if distance == "euclidean":
        return -sum((a - b) ** 2 for a, b in zip(q, g, strict=True))
    dot = sum(a * b for a, b in zip(q, g, strict=True))
    return dot * abs(dot) / sum(b * b for b in g)


def double_nearness(q, g, distance):
    """In double precision, each sum in numpy's own order."""
    if distance == "euclidean":
        return np.vecdot(q, g) - np.vecdot(g, g) / 2
    dot = np.vecdot(q, g)
    return np.copysign(np.sqrt(dot * dot / (np.vecdot(q, q) * np.vecdot(g, g))), dot)


def obvious_ranks(table, protocol, nearness=double_nearness):
    """One query after the other, one gallery image after the other."""
    features = table.features.astype(float) * Space(table, protocol.distance).scale
    ranks = {}
    for query in range(len(table)):
        who, camera = table.identity[query], table.camera[query]
        if table.split[query] != 0 or who < 1:
            continue
        ranked = []
        for row in range(len(table)):
            if table.split[row] != 1 or table.identity[row] == -1:
                continue
            same_camera = protocol.cross_camera and camera != -1 and table.camera[row] == camera
            if table.identity[row] == who and same_camera:
                continue
            ranked.append((-nearness(features[query], features[row], protocol.distance), row))
        is_match = [table.identity[row] == who for _, row in sorted(ranked)]
        if any(is_match):
            ranks[query] = (np.flatnonzero(is_match) + 1).tolist()
    return ranks


@st.composite
def small_tables(draw):
    """Whole-number features in a small range, so that ties are everywhere."""
    num_images = draw(st.integers(2, 24))
    width = draw(st.integers(1, 4))
    number = st.integers(-2, 2)
    rows = st.lists(number, min_size=width, max_size=width).filter(any)

    def column(low, high):
        return draw(st.lists(st.integers(low, high), min_size=num_images, max_size=num_images))

    return FeatureTable.of(
        draw(st.lists(rows, min_size=num_images, max_size=num_images)),
        identity=[1, 1, *column(-1, 3)[2:]],
        camera=[1, 2, *column(-1, 2)[2:]],
        split=[0, 1, *column(0, 2)[2:]],
    )


protocols = st.builds(Protocol, distance=st.sampled_from(["cosine", "euclidean"]), cross_camera=st.booleans())


@settings(max_examples=200, deadline=None)
@given(table=small_tables(), protocol=protocols, rows=st.integers(1, 9), columns=st.integers(1, 9))
def test_block_ranks_equal_the_obvious_ones_with_ties_junk_and_distractors(table, protocol, rows, columns):
    pairing = pair(table, protocol)
    ranks = match_ranks(Space(table, protocol.distance), pairing, query_rows=rows, gallery_rows=columns)
    found = {query: r.tolist() for query, r in zip(pairing.query.tolist(), ranks, strict=True)}
    assert found == obvious_ranks(table, protocol, exact_nearness)


@pytest.mark.parametrize("scale", [1, 7])
def test_cosines_that_differ_by_four_in_ten_thousand_million_are_told_apart(scale):
    near, far = (
        [1, 1e-3],
        [1, 1e-3 + 4e-7],
    )  # cosines 4e-10 apart: the same vector, once of length 1 in float32
    table = FeatureTable.of(
        [[1, 0], far, np.multiply(near, scale)], identity=[1, 2, 1], camera=[1, 2, 2], split=[0, 1, 1]
    )
    assert evaluate(table, bootstrap=0).ranks[0].tolist() == [1]


def test_equal_directions_are_ties_whatever_their_lengths():
    features = [[2, 1], [3, 6], [1, 2], [5, 10]]
    table = FeatureTable.of(features, identity=[1, 2, 1, 1], camera=[1, 2, 2, 2], split=[0, 1, 1, 1])
    assert evaluate(table, bootstrap=0).ranks[0].tolist() == [2, 3]


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), copies=st.booleans(), half=st.booleans())
def test_ranks_do_not_depend_on_the_size_of_the_blocks(random_table, with_features, seed, copies, half):
    table = random_table(seed, num_images=90, width=33)
    features = table.features.astype(np.float16) if half else table.features
    if copies:  # equal and nearly equal images all over the gallery
        features = features[np.arange(90) % 7] + np.where(np.arange(90) % 2, 0, 1e-7)[:, None]
    table = with_features(table, features)
    pairing, space = pair(table, Protocol()), Space(table, "cosine")
    whole = match_ranks(space, pairing)
    for rows, columns in ((1, 17), (64, 1), (7, 5)):
        parts = match_ranks(space, pairing, query_rows=rows, gallery_rows=columns)
        assert [p.tolist() for p in parts] == [w.tolist() for w in whole]


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    spread=st.sampled_from([0.0, 1e-9, 1e-7, 1e-5, 1e-3]),
    distance=st.sampled_from(["cosine", "euclidean"]),
)
def test_features_that_are_nearly_all_alike_are_ranked_exactly(
    random_table, with_features, seed, spread, distance
):
    table = random_table(seed, num_images=40, width=17)
    collapsed = with_features(table, 3 + spread * table.features.astype(float))
    protocol = Protocol(distance=distance)
    pairing = pair(collapsed, protocol)
    ranks = match_ranks(Space(collapsed, distance), pairing, query_rows=7, gallery_rows=9)
    found = {query: r.tolist() for query, r in zip(pairing.query.tolist(), ranks, strict=True)}
    assert found == obvious_ranks(collapsed, protocol)


def test_features_nearly_all_alike_leave_few_pairs_to_double_precision(
    random_table, with_features, monkeypatch
):
    table = random_table(5, num_images=600, width=64, num_people=40)
    collapsed = with_features(table, 3 + 1e-3 * table.features.astype(float))
    decided = []
    decide = ranking.MatchCounter._decide

    def spy(self, tile, query, *rest):
        decided.extend(query)
        decide(self, tile, query, *rest)

    monkeypatch.setattr(ranking.MatchCounter, "_decide", spy)
    scores = evaluate(collapsed, bootstrap=0)
    assert len(decided) < 0.01 * len(scores.pairing.query) * len(scores.pairing.gallery)


@pytest.mark.parametrize("threads", ["1", "2", "5"])
def test_ranks_do_not_depend_on_the_number_of_threads(random_table, monkeypatch, threads):
    table = random_table(2, num_images=300, width=20)
    expected = [r.tolist() for r in evaluate(table, bootstrap=0).ranks]
    monkeypatch.setenv("OMP_NUM_THREADS", threads)
    monkeypatch.setattr("vtbr_eval.ranking.scan.TILE_NUMBERS", 500)
    assert [r.tolist() for r in evaluate(table, bootstrap=0).ranks] == expected


def test_progress_runs_to_its_end(random_table):
    told = []
    table = random_table(0)
    pairing = pair(table, Protocol())
    match_ranks(
        Space(table, "cosine"),
        pairing,
        query_rows=6,
        gallery_rows=9,
        progress=lambda *args: told.append(args),
    )
    done = [done for _, done, _ in told]
    assert done == sorted(done)
    assert told[-1] == ("ranking", len(pairing.query), len(pairing.query))


def test_ties_are_broken_by_position_in_the_gallery():
    same = [[1, 0]] * 4
    sides = {"camera": [1, 2, 2, 2], "split": [0, 1, 1, 1]}
    before = FeatureTable.of(same, identity=[1, 1, 2, 2], **sides)
    after = FeatureTable.of(same, identity=[1, 2, 2, 1], **sides)
    assert evaluate(before).ranks[0].tolist() == [1]
    assert evaluate(after).ranks[0].tolist() == [3]


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), distance=st.sampled_from(["cosine", "euclidean"]))
def test_the_order_of_the_gallery_changes_nothing(random_table, seed, distance):
    table = random_table(seed)
    order = np.random.default_rng(seed).permutation(len(table))
    shuffled = FeatureTable.of(
        table.features[order],
        identity=table.identity[order],
        camera=table.camera[order],
        split=table.split[order],
    )
    protocol = Protocol(distance=distance)
    a = evaluate(table, protocol, bootstrap=0).measures()
    assert evaluate(shuffled, protocol, bootstrap=0).measures() == pytest.approx(a, abs=1e-12)


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), scale=st.floats(1e-12, 1e12))
def test_the_scale_of_the_features_changes_nothing(random_table, with_features, seed, scale):
    table = random_table(seed)
    scaled = with_features(table, table.features * np.float32(scale))
    for distance in ("cosine", "euclidean"):
        protocol = Protocol(distance=distance)
        a, b = (evaluate(t, protocol, bootstrap=0).ranks for t in (table, scaled))
        assert [x.tolist() for x in a] == [y.tolist() for y in b]


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_rotating_the_features_changes_nothing(random_table, with_features, seed):
    table, random = random_table(seed), np.random.default_rng(seed)
    # Whole numbers turned by angles of 3-4-5 triangles, 5 times as long: exact, ties and all.
    whole = np.round(2 * table.features)
    turn = np.kron(np.eye(4), [[3, -4], [4, 3]])[:, random.permutation(8)] * random.choice([-1, 1], 8)
    for distance, features, turned in (
        ("euclidean", whole, whole @ turn),
        ("cosine", table.features, table.features @ np.linalg.qr(random.normal(size=(8, 8)))[0]),
    ):
        protocol = Protocol(distance=distance)
        a, b = (evaluate(with_features(table, f), protocol, bootstrap=0) for f in (features, turned))
        if distance == "euclidean":
            assert [x.tolist() for x in a.ranks] == [y.tolist() for y in b.ranks]
        assert a.measures()["mAP"] == pytest.approx(b.measures()["mAP"], abs=0.01)


def test_features_near_the_ends_of_float32_are_ranked_all_the_same(random_table, with_features):
    table = random_table(1)
    huge = table.features / np.abs(table.features).max() * np.float32(3e38)
    huge = with_features(table, huge)
    for distance in ("cosine", "euclidean"):
        protocol = Protocol(distance=distance)
        expected = evaluate(table, protocol, bootstrap=0).measures()
        assert evaluate(huge, protocol, bootstrap=0).measures() == expected


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(0, 3), min_size=2, max_size=12), st.data())
def test_ranks_in_a_row_are_those_of_a_stable_sort(distances, data):
    positions = st.lists(st.integers(0, len(distances) - 1), unique=True)
    left_out = data.draw(positions.filter(lambda p: len(p) < len(distances)))
    rest = [p for p in range(len(distances)) if p not in left_out]
    match = sorted(data.draw(st.lists(st.sampled_from(rest), unique=True, min_size=1)))
    ranked = sorted(rest, key=lambda p: (distances[p], p))
    expected = [rank for rank, p in enumerate(ranked, 1) if p in match]
    row = ranks_in_row(np.array(distances, float), np.array(match), np.array(left_out, np.int64))
    assert row.tolist() == expected
