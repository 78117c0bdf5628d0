from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from vtbr_eval.comparison import compare, compare_all
from vtbr_eval.errors import InputError
from vtbr_eval.evaluation import evaluate
from vtbr_eval.features import FeatureTable
from vtbr_eval.protocol import Protocol, RandomTestSets

MEASURES = ("mAP", "mINP", "rank-1", "rank-5", "rank-10")


def test_a_system_differs_from_itself_by_nothing(table):
    comparison = compare(table, table)
    assert comparison.difference == dict.fromkeys(MEASURES, 0.0)
    assert comparison.interval == dict.fromkeys(MEASURES, (0.0, 0.0))


def test_a_better_system_is_ahead_by_the_difference_of_the_scores(table, with_features):
    better = with_features(table, np.eye(8)[table.identity])
    there, back = compare(table, better), compare(better, table)
    a, b = (scores.measures() for scores in (there.a, there.b))
    for measure, (low, high) in there.interval.items():
        assert there.difference[measure] == pytest.approx(b[measure] - a[measure])
        assert low <= there.difference[measure] <= high
        assert low > 0 or measure not in ("mAP", "mINP", "rank-1")
        assert back.difference[measure] == -there.difference[measure]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"identity": [1, 2, 2]}, "row 1: identity is 1 in features but 2 in features"),
        ({"camera": [1, 3, 2]}, "row 1: camera is 2 in features but 3 in features"),
        ({"split": [0, 2, 1]}, "row 1: split is 1 in features but 2 in features"),
        ({"path": ["0", "1", "x"]}, "row 2: path is '2' in features but 'x' in features"),
    ],
)
def test_features_of_other_images_are_refused(change, message):
    columns = {"identity": [1, 1, 2], "camera": [1, 2, 2], "split": [0, 1, 1]}
    with pytest.raises(InputError, match=f"{message}: extract both from the same manifest"):
        compare(FeatureTable.of(np.eye(3), **columns), FeatureTable.of(np.eye(3), **(columns | change)))


def test_another_number_of_images_is_refused(table, random_table):
    with pytest.raises(InputError, match="features has 60 images, features has 9"):
        compare(table, random_table(0, num_images=9))


def test_manifests_of_another_fingerprint_are_refused(table):
    def with_data(fingerprint):
        return replace(table, metadata={"data": {"fingerprint": fingerprint}})

    with pytest.raises(InputError, match=r"come from two manifests \(fingerprints aaaaaaaa... and bbbbbbbb"):
        compare(with_data("a" * 64), with_data("b" * 64))
    assert compare(with_data("a" * 64), table, bootstrap=0).difference["mAP"] == 0


def test_the_queries_that_changed_most_are_named(table, with_features):
    better = with_features(table, np.eye(8)[table.identity])
    written = compare(table, better, randomisations=500).to_json(changed=3)
    changes = [query["difference"] for query in written["changed"]["better"]]
    assert len(changes) == 3
    assert changes == sorted(changes, reverse=True)
    assert changes[0] == max(1 - ap for ap in evaluate(table, bootstrap=0).average_precision)
    assert written["changed"]["worse"] == []
    assert next(compare(better, table).changed(3, worse=True))["difference"] == -changes[0]
    assert written["mAP"]["p"] < 0.05
    assert compare(table, table).p_value == dict.fromkeys(MEASURES, 1.0)


def test_three_systems_are_compared_each_with_each(table, with_features):
    better = with_features(table, np.eye(8)[table.identity])
    written = compare_all([table, better, table], bootstrap=50, randomisations=200).to_json()
    assert [(pair["a"], pair["b"]) for pair in written["pairs"]] == [(0, 1), (0, 2), (1, 2)]
    alone = compare(table, better, bootstrap=50, randomisations=200).measures()["mAP"]
    found = written["pairs"][0]["mAP"]
    assert found["p_holm"] == pytest.approx(min(1, 3 * alone["p"]))
    assert {key: found[key] for key in alone} == alone
    assert written["systems"][1]["mAP"] == 1


def test_drawn_test_sets_are_the_same_for_both_systems(table, with_features):
    protocol = Protocol(draws=RandomTestSets(people_share=0.5))
    assert compare(table, table, protocol).interval["mAP"] == (0, 0)
    better = compare(table, with_features(table, np.eye(8)[table.identity]), protocol)
    assert better.difference["mAP"] == pytest.approx(1 - better.a.measures()["mAP"])
    assert len({query["path"] for query in better.changed(99)}) == len(list(better.changed(99)))
