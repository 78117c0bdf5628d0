import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vtbr_data.errors import InputError
from vtbr_data.training import StreamedBatches


def streamed(numbers, num_ranks, seed, first_step=1):
    """(R, steps) the row that each process reads at each step."""
    batches = StreamedBatches(
        numbers, num_ranks, seed=seed, first_step=first_step, last_step=50, num_ranks=num_ranks, window=2
    )
    return np.array([draws.rows for draws in batches]).T


@given(st.lists(st.integers(1, 5), min_size=4, max_size=9), st.sampled_from([1, 2]), st.integers(0, 9))
@settings(deadline=None, max_examples=25)
def test_streamed_shards_are_read_a_few_at_a_time_and_resume_anywhere(sizes, num_ranks, seed):
    numbers = np.repeat(np.arange(len(sizes)), sizes)
    rows = streamed(numbers, num_ranks, seed)
    assert np.array_equal(streamed(numbers, num_ranks, seed, first_step=7), rows[:, 6:])
    for one in numbers[rows].tolist():  # two shards are being read, or two are ending and two beginning
        assert all(len(set(one[place : place + 3])) <= 4 for place in range(len(one) - 3))
    if num_ranks == 1:
        assert sorted(rows[0, : len(numbers)]) == list(range(len(numbers)))


@given(st.integers(0, 99))
def test_processes_stream_different_shards_and_together_all(seed):
    numbers = np.repeat(np.arange(4), 3)
    rows = streamed(numbers, 2, seed)[:, :6]
    assert sorted(rows.flatten()) == list(range(12))
    assert not set(numbers[rows[0]]) & set(numbers[rows[1]])


def test_too_few_shards_for_the_processes_are_said():
    with pytest.raises(InputError, match="1 shards cannot be dealt out to 2 processes: pack smaller ones"):
        streamed(np.zeros(5, np.int64), 2, 0)
