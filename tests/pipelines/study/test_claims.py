"""What the study says of differences and of fewer images."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.study.writing import sentences as say
from pipelines.study.writing.analysis import Difference, paired_t, t_interval
from pipelines.study.writing.enough import Enough, crossing


def difference(by_run, interval):
    return Difference(
        a="bicaptioning",
        b="scratch",
        transfer="few",
        mean=float(np.mean(by_run)),
        interval=interval,
        p_people=0.01,
        by_run=by_run,
        p_seeds=paired_t(np.array(by_run)),
    )


@pytest.mark.parametrize(
    ("by_run", "interval", "verdict", "said"),
    [
        ([0.1, 0.2, 0.1], [0.05, 0.2], "wins", "is ahead of"),
        ([-0.1, -0.2], [-0.3, -0.01], "loses", "is behind"),
        ([0.1, 0.2], [-0.01, 0.3], "undecided", "cannot be told from"),
        ([0.3, -0.1], [0.05, 0.2], "undecided", "cannot be told from"),
        ([0.1], [0.05, 0.2], "undecided", "cannot be told from"),
    ],
)
def test_a_difference_counts_only_where_interval_and_runs_agree(by_run, interval, verdict, said):
    one = difference(by_run, interval)
    assert one.verdict == verdict
    assert said in say.compared(one)
    assert say.interval(interval) in say.compared(one)


@given(st.lists(st.floats(-1, 1), min_size=1, max_size=5), st.floats(-1, 1), st.floats(-1, 1))
def test_no_sentence_claims_a_sign_that_a_run_contradicts(by_run, low, high):
    one = difference(by_run, sorted([low, high]))
    if min(by_run) <= 0:
        assert one.verdict != "wins"
    if max(by_run) >= 0:
        assert one.verdict != "loses"


@given(st.lists(st.floats(0, 1), min_size=2, max_size=5), st.floats(0, 1))
def test_a_crossing_lies_where_the_line_is_at_the_level(values, level):
    fractions = np.linspace(0.25, 1, len(values)).tolist()
    share = crossing(fractions, [*values, level])
    if share is None:
        assert max(values) < level
    elif share > fractions[0]:
        assert np.interp(share, fractions, values) == pytest.approx(level, abs=1e-9)


@pytest.mark.parametrize(
    ("interval", "said"),
    [
        ([0.25, 0.7], "is within what these runs support"),
        ([0.8, None], "is not supported"),
        ([None, None], "is not supported"),
        ([0.3, 1.0], "do not decide"),
    ],
)
def test_the_published_claim_is_judged_by_the_interval(interval, said):
    one = Enough(baseline="identity", transfer="few", share=interval[0], interval=interval, least=0.25)
    assert said in say.enough(one)


def test_all_of_our_images_are_few_beside_imagenets():
    one = Enough(baseline="imagenet", transfer="viper", share=0.9, interval=[0.5, 1.0], least=0.25)
    assert "On VIPeR, captions equal ImageNet's weights with 90 % of the images" in say.enough(one)
    assert "1.28 million) is within what these runs support" in say.enough(one)


def test_a_paired_t_test_equals_scipys():
    from scipy.stats import ttest_1samp

    values = np.array([0.1, 0.3, 0.15])
    assert paired_t(values) == pytest.approx(ttest_1samp(values, 0).pvalue)
    assert paired_t(values[:1]) is None
    low, high = ttest_1samp(values, 0).confidence_interval()
    assert t_interval(values) == pytest.approx([low, high])
    assert t_interval(values[:1]) is None
