from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vtbr_eval.captions.attribute_scores import score_attributes
from vtbr_eval.errors import InputError


def rows(*attributes):
    return {str(i): {"path": str(i), "attributes": a} for i, a in enumerate(attributes)}


def test_the_five_measures_by_hand():
    truth = rows({"hat": True, "bag": True}, {"hat": False, "bag": True}, {"hat": True, "bag": False})
    guess = rows({"hat": True, "bag": False}, {"hat": True, "bag": True}, {"hat": False, "bag": False})
    scores = score_attributes(guess, truth)
    # hat: TPR 1/2, TNR 0/1; bag: TPR 1/2, TNR 1/1.
    assert scores.mean_accuracy == pytest.approx((0.25 + 0.75) / 2)
    assert scores.accuracy == pytest.approx((1 / 2 + 1 / 2 + 0) / 3)
    assert scores.precision == pytest.approx((1 + 1 / 2 + 0) / 3)
    assert scores.recall == pytest.approx((1 / 2 + 1 + 0) / 3)
    assert scores.f1 == pytest.approx(0.5)


def test_each_value_of_a_word_is_a_label_and_numbers_are_passed_over():
    truth = rows({"colour": "red", "viewpoint": 90}, {"colour": "blue", "viewpoint": 0})
    written = score_attributes(rows({"colour": "red", "viewpoint": 1}, {"colour": "red"}), truth).to_json()
    assert list(written["labels"]) == ["colour=blue", "colour=red"]
    assert written["labels"]["colour=red"] == {"positives": 1, "negatives": 1, "TPR": 1, "TNR": 0, "mA": 0.5}
    assert written["accuracy"] == 0.5


def test_a_probability_says_yes_from_one_half():
    truth = rows({"hat": True}, {"hat": False}, {"hat": True})
    label = score_attributes(rows({"hat": 0.5}, {"hat": 0.49}, {"hat": 0.2}), truth).labels["hat"]
    assert (label.true_positive_rate, label.true_negative_rate) == (0.5, 1)


def test_an_unknown_truth_counts_nowhere_and_a_missing_guess_is_a_no():
    truth = rows({"hat": True}, {"bag": True}, {"hat": False, "bag": False})
    scores = score_attributes(rows({"hat": True, "bag": True}, {"hat": True}, {}), truth)
    assert scores.labels["hat"].true_positive_rate == 1
    assert scores.labels["bag"].true_positive_rate == 0
    assert scores.precision == pytest.approx(1 / 3)  # the first says a bag of which nobody knows


def test_a_label_that_all_have_is_left_out_of_the_mean():
    scores = score_attributes(rows({"hat": True}), rows({"hat": True}))
    assert scores.mean_accuracy is None
    assert scores.labels["hat"].true_negative_rate is None
    assert scores.f1 == 1


@given(st.integers(0, 2**32 - 1), st.integers(2, 20), st.integers(1, 5))
def test_the_measures_are_those_of_the_formulas_on_matrices(seed, num_images, num_labels):
    random = np.random.default_rng(seed)
    truth, guess = random.random((2, num_images, num_labels)) < 0.5
    truth[0], truth[1] = True, False
    truth[0, 0], guess[0, 0] = True, True

    def table(matrix):
        return rows(*({f"l{i}": bool(value) for i, value in enumerate(row)} for row in matrix))

    scores = score_attributes(table(guess), table(truth))
    tpr = (truth & guess).sum(0) / truth.sum(0)
    tnr = (~truth & ~guess).sum(0) / (~truth).sum(0)
    assert scores.mean_accuracy == pytest.approx(((tpr + tnr) / 2).mean())
    both = (truth & guess).sum(1)
    assert scores.accuracy == pytest.approx(np.mean(both / ((truth | guess).sum(1) + 1e-20)))
    precision = np.mean(both / (guess.sum(1) + 1e-20))
    recall = np.mean(both / (truth.sum(1) + 1e-20))
    assert scores.f1 == pytest.approx(2 * precision * recall / (precision + recall))


@pytest.mark.parametrize(
    ("predicted", "reference", "message"),
    [
        (rows({"hat": True}), {}, "the reference has no row for '0'"),
        (rows({}), rows({"hat": True}), "the predictions hold no `attributes`"),
        (rows({"hat": True}), rows({}), "no reference row of a predicted image has attributes"),
    ],
)
def test_what_cannot_be_scored_is_said(predicted, reference, message):
    with pytest.raises(InputError, match=message):
        score_attributes(predicted, reference)


def test_values_that_differ_by_case_and_attributes_that_nobody_predicts_are_said():
    truth = {"a": {"attributes": {"upper_colour": "red", "hat": True}}}
    scores = score_attributes({"a": {"attributes": {"upper_colour": "Red"}}}, truth)
    assert scores.to_json()["warnings"] == [
        "upper_colour: predicted 'Red' and known 'red' differ by case only: they count as different",
        "no row predicts hat: counted as no everywhere",
    ]
