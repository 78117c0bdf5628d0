from __future__ import annotations

import numpy as np
import pytest

from vtbr_eval.errors import InputError
from vtbr_eval.statistics import difference_intervals, identity_intervals, score_intervals


def test_the_interval_of_independent_people_has_the_width_of_theory():
    random = np.random.default_rng(0)
    values = random.normal(size=(400, 1))
    low, high = identity_intervals(values, np.arange(400), draws=2000, seed=0)[:, 0]
    assert low < values.mean() < high
    assert high - low == pytest.approx(2 * 1.96 / 20, rel=0.1)


def test_repeating_each_persons_query_does_not_narrow_the_interval():
    values = np.random.default_rng(0).normal(size=(50, 1))
    once = identity_intervals(values, np.arange(50), draws=500, seed=1)
    often = identity_intervals(np.repeat(values, 9, axis=0), np.repeat(np.arange(50), 9), draws=500, seed=1)
    assert often == pytest.approx(once)


def test_the_seed_decides_the_draws():
    values, people = np.random.default_rng(0).normal(size=(20, 2)), np.arange(20)
    first, again, other = (identity_intervals(values, people, draws=50, seed=seed) for seed in (1, 1, 2))
    assert (first == again).all()
    assert (first != other).any()


def test_without_draws_or_with_one_person_there_is_no_interval():
    assert identity_intervals(np.ones((3, 1)), np.arange(3), draws=0, seed=0) is None
    assert identity_intervals(np.ones((3, 1)), np.ones(3, int), draws=9, seed=0) is None


def test_a_negative_number_of_draws_is_refused():
    with pytest.raises(InputError, match="bootstrap takes a number of draws from 0"):
        identity_intervals(np.ones((3, 1)), np.arange(3), draws=-1, seed=0)


def test_intervals_of_scores_stay_in_0_to_1_and_hold_the_mean():
    random = np.random.default_rng(0)
    for share in (0.0, 0.02, 0.5, 0.98, 1.0):
        values = (random.random((40, 1)) < share).astype(float)
        low, high = score_intervals(values, np.arange(40), draws=300, seed=0)[:, 0]
        assert 0 <= low <= values.mean() <= high <= 1
        assert high - low > 0.05  # forty people never say more


def test_few_people_make_wider_intervals_than_their_percentiles():
    values = np.random.default_rng(0).random((12, 1))
    narrow = identity_intervals(values, np.arange(12), draws=1000, seed=0)
    wide = score_intervals(values, np.arange(12), draws=1000, seed=0)
    assert np.diff(wide, axis=0) > 1.1 * np.diff(narrow, axis=0)


def test_a_difference_of_nothing_has_an_interval_of_nothing():
    ends = difference_intervals(np.zeros((9, 1)), np.arange(9), draws=50, seed=0)
    assert ends.tolist() == [[0], [0]]


def test_scores_of_twenty_people_are_inside_their_intervals_often_enough():
    random, held = np.random.default_rng(0), 0
    for _ in range(400):
        own = random.beta(2, 1, 20)
        values = (random.random((20, 3)) < own[:, None]).astype(float).reshape(-1, 1)
        low, high = score_intervals(values, np.repeat(np.arange(20), 3), draws=200, seed=0)[:, 0]
        held += low <= 2 / 3 <= high
    assert held / 400 >= 0.94
