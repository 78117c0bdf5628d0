from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from vtbr_eval.errors import InputError
from vtbr_eval.evaluation import evaluate
from vtbr_eval.features import GALLERY, JUNK, QUERY, FeatureTable
from vtbr_eval.protocol import Expansion, Protocol
from vtbr_eval.ranking import prepared


def unit(vectors):
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


def moved(query, gallery, **settings):
    """Queries and gallery images after an expansion with these settings."""
    table = FeatureTable.of(
        np.concatenate([query, gallery]),
        identity=np.ones(len(query) + len(gallery)),
        camera=np.ones(len(query) + len(gallery)),
        split=np.repeat([QUERY, GALLERY], [len(query), len(gallery)]),
    )
    features = prepared(table, Protocol(expansion=Expansion(**settings))).features
    return features[: len(query)], features[len(query) :]


def expand_queries(query, gallery, neighbours=10, alpha=0.0):
    return moved(query, gallery, query_neighbours=neighbours, alpha=alpha)[0]


def augment_gallery(gallery, neighbours=10, alpha=0.0):
    return moved(gallery[:1], gallery, gallery_neighbours=neighbours, alpha=alpha)[1]


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
    monkeypatch.setattr("vtbr_eval.ranking.scan.GALLERY_ROWS", 7)
    monkeypatch.setattr("vtbr_eval.ranking.expansion.BLEND_NUMBERS", 1)
    parts = expand_queries(query, gallery), augment_gallery(gallery)
    for a, b in zip(whole, parts, strict=True):
        assert a == pytest.approx(b, abs=1e-6)


def test_of_equal_cosines_the_gallery_s_first_are_neighbours():
    query = np.array([[1, 0, 0]], np.float32)
    gallery = np.array([[0.6, 0.8, 0], [0.6, 0, 0.8], [0.6, -0.8, 0]], np.float32)
    total = query[0] + gallery[0]
    assert expand_queries(query, gallery, neighbours=1)[0] == pytest.approx(total / np.linalg.norm(total))


def test_more_neighbours_than_images_are_all_images():
    gallery = unit(np.eye(2) + 0.1)
    assert expand_queries(gallery, gallery, neighbours=50).shape == (2, 2)
    assert augment_gallery(gallery[:1], neighbours=50).tolist() == gallery[:1].tolist()


def test_a_feature_that_cancels_out_stays_as_it_was():
    query, gallery = np.array([[1, 0]], np.float32), np.array([[-1, 0]], np.float32)
    assert expand_queries(query, gallery).tolist() == [[1, 0]]


@pytest.mark.parametrize("alpha", [0.0, 3.0])
def test_the_number_of_threads_changes_nothing(people, monkeypatch, alpha):
    gallery, query, _ = people
    expected = moved(query, gallery, query_neighbours=4, gallery_neighbours=3, alpha=alpha)
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    found = moved(query, gallery, query_neighbours=4, gallery_neighbours=3, alpha=alpha)
    assert all(np.array_equal(a, b) for a, b in zip(expected, found, strict=True))


def test_a_neighbour_on_the_other_side_weighs_nothing():
    query, gallery = np.array([[1, 0]], np.float32), np.array([[-0.6, 0.8]], np.float32)
    assert expand_queries(query, gallery, alpha=1.0).tolist() == [[1, 0]]


def test_scores_with_expansion_are_those_of_the_moved_features(people):
    gallery, query, identity = people
    columns = {
        "identity": np.concatenate([np.arange(8), identity]) + 1,
        "camera": np.repeat([1, 2], [8, 40]),
        "split": np.repeat([0, 1], [8, 40]),
    }
    settings = Expansion(query_neighbours=3, gallery_neighbours=2, alpha=3)
    augmented = augment_gallery(gallery, neighbours=2, alpha=3)
    by_hand = np.concatenate([expand_queries(query, augmented, neighbours=3, alpha=3), augmented])
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
        prepared(replace(table, identity=identity, features=f), protocol).features
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
