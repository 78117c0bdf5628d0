import pytest
from hypothesis import given
from hypothesis import strategies as st

from vtbr_train.schedule import warmup_cosine, warmup_multi_step


@given(st.integers(0, 50), st.integers(1, 200), st.data())
def test_a_cosine_factor_is_a_share_that_rises_then_falls(warmup, length, data):
    last = warmup + length
    step = data.draw(st.integers(1, last - 1)) if last > 1 else 1
    factor = warmup_cosine(step, warmup_steps=warmup, last_step=last)
    assert 0 < factor <= 1
    if last > 1:
        after = warmup_cosine(step + 1, warmup_steps=warmup, last_step=last)
        assert after >= factor if step < warmup else after <= factor


def test_the_strong_baseline_warms_up_from_one_percent_and_steps_down_twice():
    def factor(epoch):
        return warmup_multi_step(
            epoch * 10 + 1, steps_per_epoch=10, warmup_epochs=10, start=0.01, milestones=(40, 70), gamma=0.1
        )

    assert factor(0) == 0.01
    assert factor(5) == pytest.approx(0.505)
    assert factor(10) == factor(39) == 1.0
    assert factor(40) == factor(69) == pytest.approx(0.1)
    assert factor(70) == pytest.approx(0.01)
