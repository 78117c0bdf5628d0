from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from vtbr_eval.errors import InputError
from vtbr_eval.evaluation import evaluate
from vtbr_eval.features import GALLERY, QUERY, FeatureTable
from vtbr_eval.pairing import JUNK
from vtbr_eval.protocol import Expansion, Protocol
from vtbr_eval.ranking.expansion import augment_gallery, expand_queries, expanded, most_similar


def unit(vectors):
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


@pytest.fixture
def people():
    """Forty noisy images of eight people, and the people themselves."""
    random = np.random.default_rng(0)
    centre = random.normal(size=(8, 16))
    identity = np.arange(40) % 8
    return unit(centre[identity] + 0.8 * random.normal(size=(40, 16))), unit(centre), identity


@pytest.mark.parametrize("alpha", [0.0, 3.0])
def test_expansion_equals_the_formula_query_by_query(people, alpha):
    gallery, query, _ = people
    found = expand_queries(query, gallery, neighbours=5, alpha=alpha)
    for q, row in zip(query, found, strict=True):
        cosine = gallery @ q
        near = np.argsort(-cosine, kind="stable")[:5]
        total = q + sum(max(cosine[j], 0) ** alpha * gallery[j] for j in near)
        assert row == pytest.approx(total / np.linalg.norm(total), abs=1e-6)


def test_augmentation_adds_the_nearest_others_and_not_the_image_itself(people):
    gallery, _, _ = people
    found = augment_gallery(gallery, neighbours=3)
    for i, row in enumerate(found):
        order = np.argsort(-(gallery @ gallery[i]), kind="stable")
        near = order[order != i][:3]
        total = gallery[i] + gallery[near].sum(axis=0)
        assert row == pytest.approx(total / np.linalg.norm(total), abs=1e-6)


def test_augmentation_brings_images_nearer_to_their_people(people):
    gallery, centre, identity = people

    def to_centre(vectors):
        return (vectors * centre[identity]).sum(axis=1).mean()

    assert to_centre(augment_gallery(gallery, neighbours=4)) > to_centre(gallery) + 0.03


def test_blocks_change_nothing(people, monkeypatch):
    gallery, query, _ = people
    whole = expand_queries(query, gallery), augment_gallery(gallery)
    monkeypatch.setattr("vtbr_eval.ranking.expansion.BLOCK_NUMBERS", 100)
    monkeypatch.setattr("vtbr_eval.ranking.expansion.BLEND_NUMBERS", 1)
    parts = expand_queries(query, gallery), augment_gallery(gallery)
    for a, b in zip(whole, parts, strict=True):
        assert a == pytest.approx(b, abs=1e-6)


def test_equal_cosines_stand_in_the_gallery_s_order():
    gallery = unit(np.array([[0, 1], [1, 0], [1, 0], [1, 0], [0, 1]]))
    index, cosine = most_similar(gallery[1:2], gallery, 2)
    assert index.tolist() == [[1, 2]]
    assert cosine.tolist() == [[1, 1]]


def test_more_neighbours_than_images_are_all_images():
    gallery = unit(np.eye(2) + 0.1)
    assert expand_queries(gallery, gallery, neighbours=50).shape == (2, 2)
    assert augment_gallery(gallery[:1], neighbours=50).tolist() == gallery[:1].tolist()


def test_a_feature_that_cancels_out_stays_as_it_was():
    query, gallery = np.array([[1, 0]], np.float32), np.array([[-1, 0]], np.float32)
    assert expand_queries(query, gallery).tolist() == [[1, 0]]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"neighbours": 0}, "neighbours must be at least 1, not 0"),
        ({"alpha": -1.0}, "alpha must be 0 or more, not -1"),
        ({"alpha": float("nan")}, "alpha must be 0 or more, not nan"),
    ],
)
def test_settings_out_of_range_are_named(options, message):
    one = np.ones((1, 1), np.float32)
    with pytest.raises(InputError, match=message):
        expand_queries(one, one, **options)


def test_scores_with_expansion_are_those_of_the_moved_features(people):
    gallery, query, identity = people
    columns = {
        "identity": np.concatenate([np.arange(8), identity]) + 1,
        "camera": np.repeat([1, 2], [8, 40]),
        "split": np.repeat([0, 1], [8, 40]),
    }
    settings = Expansion(query_neighbours=3, gallery_neighbours=2, alpha=3)
    moved = augment_gallery(gallery, neighbours=2, alpha=3)
    by_hand = np.concatenate([expand_queries(query, moved, neighbours=3, alpha=3), moved])
    found = evaluate(
        FeatureTable.of(np.concatenate([query, gallery]), **columns), Protocol(expansion=settings)
    )
    expected = evaluate(FeatureTable.of(by_hand, **columns))
    assert found.measures() == expected.measures()
    assert found.to_json()["protocol"]["expansion"] == {
        "query_neighbours": 3, "gallery_neighbours": 2, "alpha": 3,
    }  # fmt: skip


def test_junk_is_nobodys_neighbour(table):
    junk = np.flatnonzero(table.split == GALLERY)[0]
    identity = table.identity.copy()
    identity[junk] = JUNK
    changed = table.features.copy()
    changed[junk] = table.features[table.split == QUERY][0]
    protocol = Protocol(expansion=Expansion(query_neighbours=2, gallery_neighbours=2))
    a, b = (
        expanded(replace(table, identity=identity, features=f), protocol).features
        for f in (table.features, changed)
    )
    rest = np.arange(len(table)) != junk
    assert np.array_equal(a[rest], b[rest])


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Expansion(), "needs a number of neighbours"),
        (lambda: Expansion(query_neighbours=-1), "query_neighbours must be at least 0"),
        (lambda: Expansion(query_neighbours=1, alpha=-1), "alpha must be 0 or more"),
        (
            lambda: Protocol(distance="euclidean", expansion=Expansion(query_neighbours=1)),
            "needs the distance cosine",
        ),
    ],
)
def test_an_expansion_that_makes_no_sense_is_refused(make, message):
    with pytest.raises(InputError, match=message):
        make()
