from __future__ import annotations

import numpy as np
import pytest

from vtbr_eval.decisions import Decider, calibrate, decide_all, measured_rate, read_thresholds, summarised
from vtbr_eval.errors import InputError
from vtbr_eval.features import FeatureTable
from vtbr_eval.protocol import Protocol, Rerank


def domain(seed, num_people=120, width=24, images=4):
    """A world of its own: how much people, cameras and pictures differ is drawn anew."""
    random = np.random.default_rng([seed, 0])
    scale = (1 + np.arange(width) / random.uniform(2, 10)) ** -random.uniform(0.2, 0.8)
    noise, shift = random.uniform(0.4, 0.7), random.uniform(0, 0.4) * random.normal(size=(3, width))

    def people(seed):
        random = np.random.default_rng([seed, 1])
        identity = np.repeat(np.arange(1, num_people + 1), images)
        camera = np.tile(np.arange(images) % 2 + 1, num_people)
        centre = random.normal(size=(num_people + 1, width))
        # People are pictured better or worse: their pairs are not independent.
        worse = random.gamma(4, 0.25, size=(num_people + 1, 1))
        pixels = (
            centre[identity]
            + shift[camera]
            + noise * worse[identity] * random.normal(size=(len(identity), width))
        )
        return FeatureTable.of(
            pixels * scale,
            identity=identity,
            camera=camera,
            split=np.tile(np.arange(images) >= 2, num_people),
        )

    return people


def test_the_rate_that_was_asked_for_is_inside_the_interval_of_new_people_in_19_of_20_domains():
    inside = 0
    for seed in range(20):
        people = domain(seed)
        thresholds = calibrate(people(seed), fpr=[1e-3])
        rate, low, high = measured_rate(people(1000 + seed), thresholds.same[0].distance)
        assert rate < 1e-2
        inside += low <= 1e-3 <= high
    assert inside >= 19


def test_the_measured_rate_is_at_most_what_was_asked_for():
    table = domain(3)(3)
    for rate in (1e-3, 1e-2, 0.1):
        (same,) = calibrate(table, fpr=[rate]).same
        assert same.measured <= rate
        assert same.interval[0] <= same.measured <= same.interval[1]
        assert measured_rate(table, same.distance)[0] == pytest.approx(same.measured, abs=2e-5)


def test_safe_thresholds_bound_the_upper_end():
    table = domain(3)(3)
    plain, safe = (calibrate(table, fpr=[0.01], is_safe=is_safe).same[0] for is_safe in (False, True))
    assert safe.interval[1] <= 0.01 < plain.interval[1]
    assert safe.distance < plain.distance
    with pytest.raises(InputError, match=r"are too few to bound a rate of 0\.001"):
        calibrate(domain(3, num_people=20)(3), fpr=[0.001], is_safe=True)


def test_other_is_so_far_that_few_matches_lie_beyond():
    (other,) = calibrate(domain(3)(3), fnir=[0.1]).other
    assert 0 < other.measured <= 0.1
    assert other.interval[0] <= 0.1


def test_the_probability_falls_with_the_distance():
    thresholds = calibrate(domain(3)(3))
    found = [thresholds.probability_of(distance) for distance in np.linspace(0, 2, 50)]
    assert np.diff(found).max() <= 0
    assert found[0] > 0.9 > 0.1 > found[-1]
    assert thresholds.probability_of(0.1, prior=0.01) < thresholds.probability_of(0.1)


def test_pairs_of_cameras_have_their_own_thresholds_where_data_suffice():
    assert set(calibrate(domain(3)(3), fpr=[0.01]).cameras) == {(1, 2), (2, 1)}
    assert calibrate(domain(3, num_people=20)(3), fpr=[0.01]).cameras == {}


def test_without_queries_all_images_are_compared():
    table = domain(3)(3)
    gallery = FeatureTable.of(
        table.features, identity=table.identity, camera=table.camera, split=np.ones(len(table), int)
    )
    thresholds = calibrate(gallery)
    assert thresholds.counts["queries"] == len(table)
    assert thresholds.same[0].distance == pytest.approx(calibrate(table).same[0].distance, abs=0.1)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"fpr": [1e-9]}, "pairs of two people cannot show a rate of 1e-09: it needs 1,000,000,000 or more"),
        ({"fpr": [0]}, "fpr is a rate between 0 and 1, not 0"),
        ({"fnir": [1.5]}, "fnir is a rate between 0 and 1, not 1.5"),
        ({"protocol": Protocol(rerank=Rerank())}, "without re-ranking"),
    ],
)
def test_what_cannot_be_calibrated_is_refused(table, settings, message):
    with pytest.raises(InputError, match=message):
        calibrate(table, **settings)


def test_thresholds_come_back_from_their_file_and_other_files_are_refused(tmp_path):
    import json

    thresholds = calibrate(domain(3)(3), fpr=[0.01])
    (tmp_path / "t.json").write_text(json.dumps(thresholds.to_json()))
    assert read_thresholds(tmp_path / "t.json") == thresholds
    for text in ("", "{}", "[1]", '{"format": "vtbr.scores", "version": 1}'):
        (tmp_path / "t.json").write_text(text)
        with pytest.raises(InputError, match="holds no thresholds"):
            read_thresholds(tmp_path / "t.json")


@pytest.fixture(scope="module")
def world():
    """Thresholds, a gallery of half the people, and queries of all."""
    people = domain(3)
    thresholds, table = calibrate(people(3), fpr=[1e-3]), people(99)
    rows = np.flatnonzero((table.split == 1) & (table.identity <= 60))
    gallery = FeatureTable.of(
        table.features[rows],
        identity=table.identity[rows],
        camera=table.camera[rows],
        split=table.split[rows],
    )
    rows = np.flatnonzero(table.split == 0)
    queries = FeatureTable.of(
        table.features[rows],
        identity=table.identity[rows],
        camera=table.camera[rows],
        split=table.split[rows],
    )
    return thresholds, queries, gallery


def test_people_of_the_gallery_are_found_and_strangers_are_not_taken_for_them(world):
    thresholds, queries, gallery = world
    decisions = list(decide_all(queries, Decider(gallery, thresholds)))
    found = summarised(queries, gallery, decisions)
    assert sum(found["decisions"].values()) == len(queries)
    assert found["recall"] > 0.5
    assert found["unknown_people_recall"] > 1 - 60 * 2 * 1e-3 * 2


def test_a_stream_is_decided_as_a_file_is(world):
    thresholds, queries, gallery = world
    decide = Decider(gallery, thresholds)
    for row, decision in decide_all(queries, decide):
        one = decide(queries.features[row], camera=int(queries.camera[row]))
        assert (one.kind, one.identity, one.row) == (decision.kind, decision.identity, decision.row)
        assert one.distance == pytest.approx(decision.distance, abs=1e-6)


def test_features_of_another_model_are_refused(world):
    from dataclasses import replace

    thresholds, queries, gallery = world
    theirs = replace(thresholds, model="a" * 64)
    other = replace(queries, metadata={"model": {"fingerprint": "b" * 64}})
    with pytest.raises(
        InputError, match=r"comes from the model bbbbbbbb\.\.\., the thresholds from aaaaaaaa"
    ):
        next(decide_all(other, Decider(gallery, theirs)))


@pytest.mark.parametrize(
    ("feature", "message"),
    [
        ([1.0], "is 1 wide, the gallery's 24"),
        (np.zeros(24), "is all zeros"),
        (np.full(24, np.nan), "holds NaN"),
    ],
)
def test_a_feature_that_cannot_be_decided_is_refused(world, feature, message):
    thresholds, _, gallery = world
    with pytest.raises(InputError, match=message):
        Decider(gallery, thresholds)(feature)
