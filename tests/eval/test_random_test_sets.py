from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vtbr_eval.errors import InputError
from vtbr_eval.evaluation import evaluate
from vtbr_eval.features import FeatureTable
from vtbr_eval.pairing import pair
from vtbr_eval.protocol import PROTOCOLS, Protocol, RandomTestSets, Rerank
from vtbr_eval.random_test_sets import drawn_people, parts

CLASSIC = Protocol(draws=RandomTestSets(repeats=4, seed=3))


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    share=st.sampled_from([0.3, 0.5, 1.0]),
    cross_camera=st.booleans(),
)
def test_each_gallery_holds_one_image_a_person_and_each_query_has_one_match(
    random_table, seed, share, cross_camera
):
    table = random_table(seed, num_people=7)
    protocol = Protocol(
        cross_camera=cross_camera, draws=RandomTestSets(people_share=share, repeats=3, seed=seed)
    )
    whole = pair(table, protocol)
    tested = drawn_people(table, protocol.draws)
    for part in parts(table, whole, protocol):
        people = table.identity[part.pairing.gallery]
        assert len(set(people)) == len(people)
        assert set(people) <= set(tested[part.repeat]) | set(people) - set(table.identity[table.split == 0])
        assert set(table.identity[part.pairing.query]) <= set(tested[part.repeat])
        for i, match in zip(part.index, part.pairing.match, strict=True):
            assert part.position[match[0]] in whole.match[i]


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_ranks_are_those_of_an_obvious_search_in_the_drawn_gallery(random_table, seed):
    table = random_table(seed)
    unit = table.features / np.linalg.norm(table.features, axis=1, keepdims=True)
    scores = evaluate(table, CLASSIC, bootstrap=0)
    found = {}
    for part in parts(table, pair(table, CLASSIC), CLASSIC):
        for i, row in zip(part.index, part.pairing.query, strict=True):
            order = np.argsort(-(unit[part.pairing.gallery] @ unit[row]))
            people = table.identity[part.pairing.gallery][order]
            found[part.repeat, int(i)] = 1 + int(np.flatnonzero(people == table.identity[row])[0])
    assert [r[0] for r in scores.ranks] == [found[key] for key in sorted(found)]


def test_distractors_and_people_without_a_query_stay_in_every_gallery():
    identity = [1, 1, 1, 9, 0, 0, -1]
    table = FeatureTable.of(
        np.eye(7), identity=identity, camera=[1, 2, 3, 1, 1, 2, 2], split=[0, 1, 1, 1, 1, 1, 1]
    )
    protocol = Protocol(draws=RandomTestSets(people_share=0.5))
    for part in parts(table, pair(table, protocol), protocol):
        assert sorted(table.identity[part.pairing.gallery]) == [0, 0, 1, 9]


def test_where_cameras_play_no_part_the_query_itself_is_never_drawn():
    table = FeatureTable.of(
        np.eye(5),
        identity=[1, 1, 1, 2, 2],
        camera=[1] * 5,
        split=[0, 1, 1, 0, 1],
        path=["a", "a", "b", "c", "d"],
    )
    scores = evaluate(table, Protocol(cross_camera=False, draws=RandomTestSets(repeats=20)), bootstrap=0)
    assert {table.path[int(scores.pairing.gallery[m[0]])] for m in scores.pairing.match} == {"b", "d"}


def test_mean_and_spread_run_over_the_test_sets(table):
    scores = evaluate(table, CLASSIC, bootstrap=50)
    values = scores.by_repeat()["mAP"]
    assert len(values) == 4
    written = scores.to_json()
    assert written["mAP"] == pytest.approx(np.mean(values))
    assert written["spread"]["mAP"] == pytest.approx(np.std(values, ddof=1))
    assert written["by_repeat"]["mAP"] == values.tolist()
    low, high = scores.interval["mAP"]
    assert low < written["mAP"] < high
    assert [line["repeat"] for line in scores.per_query()] == scores.repeat.tolist()


def test_the_seed_decides_the_draws(table):
    def result(seed):
        protocol = Protocol(draws=RandomTestSets(people_share=0.5, seed=seed))
        return json.dumps(evaluate(table, protocol, bootstrap=0).to_json()["by_repeat"])

    assert result(1) == result(1) != result(2)


def test_one_image_a_person_makes_drawing_the_whole_protocol():
    random = np.random.default_rng(0)
    people = np.arange(1, 31)
    table = FeatureTable.of(
        random.normal(size=(60, 4)), identity=[*people, *people], camera=[1] * 30 + [2] * 30,
        split=[0] * 30 + [1] * 30,
    )  # fmt: skip
    drawn = evaluate(table, CLASSIC, bootstrap=0)
    plain = evaluate(table, bootstrap=0)
    assert drawn.measures() == pytest.approx(plain.measures())
    assert set(drawn.spread().values()) == {0.0}


def test_drawn_galleries_are_reranked_and_means_run_over_all_on_request(table):
    absent = FeatureTable.of(
        np.concatenate([table.features, np.ones((2, 8))]),
        identity=[*table.identity, 77, 78], camera=[*table.camera, 1, 1], split=[*table.split, 0, 0],
    )  # fmt: skip
    protocol = Protocol(draws=RandomTestSets(repeats=2), rerank=Rerank(k1=3, k2=2))
    valid = evaluate(absent, protocol)
    every = evaluate(
        absent, Protocol(draws=RandomTestSets(repeats=2), rerank=Rerank(k1=3, k2=2), cmc_over="all")
    )
    queries = (valid.repeat == 0).sum()
    assert every.measures()["mAP"] == pytest.approx(valid.measures()["mAP"] * queries / (queries + 2))


def test_too_few_people_to_draw_from_are_refused():
    table = FeatureTable.of(np.eye(4), identity=[1, 2, 2, 3], camera=[1, 1, 2, 2], split=[0, 0, 1, 1])
    with pytest.raises(InputError, match="there are too few people for this protocol"):
        evaluate(table, Protocol(draws=RandomTestSets(people_share=0.5, repeats=50)))


def test_half_of_viper_scores_as_a_smaller_gallery_should(real_data):
    from vtbr_eval.files import read_features

    table = read_features(real_data / "features" / "viper_osnet.npz")
    scores = evaluate(table, PROTOCOLS["viper-like"], bootstrap=0)
    assert set(np.bincount(scores.repeat)) == {158}
    assert scores.measures()["rank-1"] > evaluate(table, bootstrap=0).measures()["rank-1"]
