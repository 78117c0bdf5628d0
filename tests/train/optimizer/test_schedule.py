import pytest
from hypothesis import given
from hypothesis import strategies as st

from vtbr_train.optimizer.schedule import ScheduleConfig, learning_rate_factor
from vtbr_train.settings import from_values

FALLING = ("cosine", "linear", "one-cycle")


@given(st.sampled_from(FALLING), st.integers(0, 50), st.integers(1, 200), st.floats(0, 1), st.data())
def test_a_factor_is_a_share_that_rises_then_falls_to_the_final_one(name, warmup, length, final, data):
    last = warmup + length
    config = ScheduleConfig(name=name, warmup=warmup, final=final)
    step = data.draw(st.integers(1, last))
    factor = learning_rate_factor(config, step, last_step=last)
    assert 0 <= factor <= 1
    if step < last:
        after = learning_rate_factor(config, step + 1, last_step=last)
        top = warmup if name != "one-cycle" or warmup else round(0.3 * last)
        assert after >= factor - 1e-12 if step < top else after <= factor + 1e-12
        assert after >= min(factor, final) - 1e-12


def test_a_constant_rate_stays_after_its_warm_up():
    config = ScheduleConfig(name="constant", warmup=4)
    factors = [learning_rate_factor(config, step, last_step=9) for step in range(1, 10)]
    assert factors == [0.25, 0.5, 0.75, *[1.0] * 6]


def test_the_strong_baseline_warms_up_from_one_percent_and_steps_down_twice():
    config = ScheduleConfig(name="multi-step", warmup=10, warmup_start=0.01, milestones=(40, 70))

    def factor(epoch):
        return learning_rate_factor(config, epoch * 10 + 1, last_step=1200, steps_per_unit=10)

    assert factor(0) == pytest.approx(0.01 + 0.99 / 100)
    assert learning_rate_factor(config, 50, last_step=1200, steps_per_unit=10) == pytest.approx(0.505)
    assert factor(10) == factor(39) == 1.0
    assert factor(40) == factor(69) == pytest.approx(0.1)
    assert factor(70) == pytest.approx(0.01)


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"warmup": -1}, "setting warmup must be a number of at least 0, not -1"),
        ({"final": 2}, "setting final must be a number in"),
        ({"milestones": [7, 4]}, "milestones must grow"),
        ({"gamma": 0}, "setting gamma must be a number above 0, not 0"),
    ],
)
def test_limits_are_said(values, says):
    with pytest.raises(ValueError, match=says):
        from_values(ScheduleConfig, values)
