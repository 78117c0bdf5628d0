from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vtbr_data.training import IdentityBatches, ShuffledBatches, batches_in_order

IDENTITIES = [1, 1, 2, 3, 3, 3, 4, 5, 5]


def shuffled(num_rows, batch_size, seed=1, first_step=1, last_step=8, **options):
    return ShuffledBatches(
        num_rows, batch_size, seed=seed, first_step=first_step, last_step=last_step, **options
    )


def by_identity(identities, people, images, seed=1, first_step=1, last_step=8, **options):
    return IdentityBatches(
        identities, people, images, seed=seed, first_step=first_step, last_step=last_step, **options
    )


def pairs(batches):
    """Every draw as (row, seed), in order."""
    return [pair for draws in batches for pair in zip(draws.rows.tolist(), draws.seeds.tolist(), strict=True)]


@given(st.integers(1, 12), st.integers(1, 9), st.integers(0, 99))
def test_every_row_comes_once_a_pass(num_rows, batch_size, seed):
    rows = [row for row, _ in pairs(shuffled(num_rows, batch_size, seed, last_step=num_rows))]
    for first in range(0, len(rows), num_rows):
        assert sorted(rows[first : first + num_rows]) == list(range(num_rows))


@given(st.integers(1, 8))
def test_a_resumed_order_is_the_rest_of_the_whole_one(first_step):
    whole, part = pairs(shuffled(7, 3)), pairs(shuffled(7, 3, first_step=first_step))
    assert part == whole[3 * (first_step - 1) :]
    whole, part = (
        pairs(by_identity(IDENTITIES, 2, 3)),
        pairs(by_identity(IDENTITIES, 2, 3, first_step=first_step)),
    )
    assert part == whole[6 * (first_step - 1) :]


@given(st.integers(0, 20))
def test_after_item_k_comes_item_k_plus_1(k):
    whole = pairs(shuffled(7, 1, last_step=30))
    assert pairs(shuffled(7, 1, first_step=k + 1, last_step=30)) == whole[k:]


def test_an_image_is_drawn_alike_in_batches_of_any_size():
    assert pairs(shuffled(5, 2, last_step=6)) == pairs(shuffled(5, 3, last_step=4))


@given(st.sampled_from([1, 2, 4]), st.integers(0, 9))
def test_the_parts_that_processes_take_make_up_each_batch_in_order(num_ranks, seed):
    for whole in (shuffled(9, 8, seed), by_identity(IDENTITIES, 4, 2, seed)):
        for batch in whole:
            size = len(batch.rows) // num_ranks
            parts = [batch.take(slice(rank * size, (rank + 1) * size)) for rank in range(num_ranks)]
            assert pairs(parts) == pairs([batch])


@given(
    st.lists(st.integers(1, 5), min_size=2, max_size=30).filter(lambda ids: len(set(ids)) > 1),
    st.integers(0, 9),
)
def test_an_identity_batch_has_p_different_people_with_k_images_each(identities, seed):
    for draws in by_identity(identities, 3, 4, seed, last_step=5):
        people = Counter(identities[row] for row in draws.rows)
        assert len(people) == min(3, len(set(identities)))
        assert set(people.values()) == {4}


def test_an_identity_with_enough_images_repeats_none():
    for draws in by_identity([1] * 4 + [2] * 5, 2, 4):
        assert len(set(draws.rows.tolist())) == len(draws.rows)


def test_one_identity_makes_no_triplets():
    with pytest.raises(ValueError, match="at least two identities"):
        by_identity([1, 1], 2, 2)


def test_every_draw_has_a_seed_of_its_own():
    for batches in (shuffled(5, 4, last_step=50), by_identity(IDENTITIES, 2, 3, last_step=50)):
        seeds = [seed for _, seed in pairs(batches)]
        assert len(set(seeds)) == len(seeds)
    assert shuffled(5, 4, seed=1).at(1).seeds[0] != shuffled(5, 4, seed=2).at(1).seeds[0]


def test_validation_sees_every_row_once_in_order():
    rows = np.concatenate([draws.rows for draws in batches_in_order(7, 3)])
    assert rows.tolist() == list(range(7))
