from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from vtbr_eval.errors import InputError
from vtbr_eval.statistics import holm, p_values


def test_the_p_value_is_the_share_of_all_signs_that_go_as_far():
    change, people = np.array([[0.5], [0.2], [0.3], [-0.1], [0.4]]), np.array([1, 1, 2, 3, 4])
    total = np.array([0.7, 0.3, -0.1, 0.4])
    every = [abs(np.dot(signs, total)) >= abs(total.sum()) - 1e-9 for signs in product((-1, 1), repeat=4)]
    assert p_values(change, people, draws=20_000, seed=0)[0] == pytest.approx(np.mean(every), abs=0.01)


def test_repeating_each_persons_query_does_not_make_the_evidence_stronger():
    change = np.random.default_rng(0).normal(0.2, size=(30, 2))
    once = p_values(change, np.arange(30), draws=2000, seed=1)
    often = p_values(np.repeat(change, 8, axis=0), np.repeat(np.arange(30), 8), draws=2000, seed=1)
    assert often == pytest.approx(once)


def test_p_values_of_no_difference_are_uniform():
    random = np.random.default_rng(0)
    found = [
        p_values(random.normal(size=(20, 1)), np.arange(20), draws=200, seed=seed)[0] for seed in range(200)
    ]
    assert np.mean(np.array(found) <= 0.05) == pytest.approx(0.05, abs=0.04)
    assert np.mean(found) == pytest.approx(0.5, abs=0.07)


def test_no_change_at_all_has_the_p_value_one():
    assert p_values(np.zeros((9, 1)), np.arange(9), draws=50, seed=0)[0] == 1


def test_without_draws_there_is_no_p_value_and_fewer_are_refused():
    assert p_values(np.ones((3, 1)), np.arange(3), draws=0, seed=0) is None
    with pytest.raises(InputError, match="randomisations are a number of draws from 0"):
        p_values(np.ones((3, 1)), np.arange(3), draws=-1, seed=0)


def test_holm_never_lowers_and_never_exceeds_one():
    assert holm([0.5, 0.9]) == [1.0, 1.0]
    assert holm([0.2]) == [0.2]
    assert holm([]) == []


@pytest.mark.parametrize("people", [10, 20, 60])
def test_skewed_differences_of_mean_0_are_called_real_as_seldom_as_symmetric_ones(people):
    random = np.random.default_rng(people)
    change = random.exponential(size=(people, 1000)) - 1  # by flipped signs alone 0.10, 0.08, 0.06 of them
    assert (p_values(change, np.arange(people), draws=199, seed=0) < 0.05).mean() < 0.065


def test_differences_that_are_all_the_same_are_judged_by_their_signs():
    change = np.stack([np.ones(10), np.zeros(10)], axis=1)
    ones, zeros = p_values(change, np.arange(10), draws=999, seed=0)
    assert 0 < ones < 0.02
    assert zeros == 1
