from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binomtest

from vtbr_eval.statistics import clustered_rate


def test_independent_trials_have_clopper_and_pearsons_interval():
    hits = np.arange(1000) % 50 == 0
    rate, *ends = clustered_rate(hits.astype(float), np.ones(1000), hits.sum(), 1000)
    exact = binomtest(20, 1000).proportion_ci(method="exact")
    assert rate == 0.02
    assert ends == pytest.approx(list(exact), rel=0.01)


def test_people_whose_errors_come_together_have_wider_intervals():
    apart, together = np.zeros(1000), np.zeros(1000)
    apart[:100], together[:10] = 1, 10
    totals = np.full(1000, 20.0)
    narrow, wide = (clustered_rate(hits, totals, 100, 20_000) for hits in (apart, together))
    assert narrow[0] == wide[0]
    assert wide[2] - wide[1] > 2 * (narrow[2] - narrow[1])


def test_no_error_and_only_errors_still_have_an_interval():
    none = clustered_rate(np.zeros(50), np.full(50, 49.0), 0, 1225)
    every = clustered_rate(np.full(50, 49.0), np.full(50, 49.0), 1225, 1225)
    assert none[:2] == (0, 0)
    assert 0 < none[2] < 0.01
    assert every[0] == every[2] == 1
    assert clustered_rate(np.zeros(1), np.ones(1), 0, 1) == (0, 0, 1)


def test_the_interval_of_pairs_holds_the_true_rate():
    """U-statistics: a pair is an error where the sum of two people's own values is large."""
    random = np.random.default_rng(0)
    sample = random.normal(size=(2000, 2)).sum(axis=1) + 0.5 * random.normal(size=2000)
    threshold = np.quantile(sample, 0.99)
    big = random.normal(size=(10**6, 2)).sum(axis=1) + 0.5 * random.normal(size=10**6)
    truth = (big > threshold).mean()
    held = 0
    for _ in range(200):
        own = random.normal(size=80)
        error = own[:, None] + own + 0.5 * random.normal(size=(80, 80)) > threshold
        error &= np.triu(np.ones((80, 80), bool), 1)
        hits = (error + error.T).sum(axis=1).astype(float)
        _, low, high = clustered_rate(hits, np.full(80, 79.0), error.sum(), 80 * 79 / 2)
        held += low <= truth <= high
    assert held / 200 >= 0.93
