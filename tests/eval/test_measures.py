from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vtbr_eval.measures import average_precision, precision_at


def market_script(is_right):
    """Market-1501's compute_AP, line by line: the area between old and new precision and recall."""
    old_recall, old_precision, area, found = 0.0, 1.0, 0.0, 0
    for n, right in enumerate(is_right, 1):
        found += right
        recall, precision = found / sum(is_right), found / n
        area += (recall - old_recall) * (old_precision + precision) / 2
        old_recall, old_precision = recall, precision
    return area


@given(st.lists(st.booleans(), min_size=1, max_size=30).filter(any))
def test_trapezoids_are_those_of_markets_first_script(is_right):
    ranks = np.flatnonzero(is_right) + 1
    assert average_precision([ranks], "trapezoids")[0] == pytest.approx(market_script(is_right))


@given(st.lists(st.booleans(), min_size=1, max_size=30).filter(any), st.integers(1, 40))
def test_precision_is_the_share_of_right_images_in_the_first_ones(is_right, depth):
    ranks = np.flatnonzero(is_right) + 1
    assert precision_at([ranks], depth)[0] == sum(is_right[:depth]) / depth
