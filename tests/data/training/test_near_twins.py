"""Near-twins: who they are, and batches in which they meet."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vtbr_data.errors import InputError
from vtbr_data.manifest import Row
from vtbr_data.training import NearTwins, ShuffledBatches, StreamedBatches, with_near_twins
from vtbr_data.training.caption_text import exchange_word

PEOPLE = {
    1: {"gender": "male", "upper_colour": "red", "hat": True},
    2: {"gender": "male", "upper_colour": "blue", "hat": True},
    3: {"gender": "male", "upper_colour": "red", "hat": False},
    4: {"gender": "female", "upper_colour": "blue", "hat": False},
    5: {"gender": "male", "upper_colour": "red"},
    6: {"gender": "male", "upper_colour": "red", "hat": True},
}
"""2 and 3 differ from 1 and 6 in one attribute each; 1 and 6 in none; of 5 the hat is not known."""


def rows(people=PEOPLE, views=3):
    return [
        Row(f"{person}_{view}.jpg", person, attributes={**known, "viewpoint": 90 * view, "weather": "sunny"})
        for view in range(views)
        for person, known in people.items()
    ]


def batches(some, share, size=8, seed=3, last_step=5):
    order = ShuffledBatches(len(some), size, seed=seed, first_step=1, last_step=last_step)
    return order, with_near_twins(order, NearTwins.among(some), share)


def drawn_twins(twins, row):
    random = np.random.default_rng(0)
    return {twins.draw(row, random) for _ in range(100)}


def test_near_twins_differ_in_exactly_one_known_attribute():
    some = rows()
    twins = NearTwins.among(some)
    people = {row.identity: {some[twin].identity for twin in drawn_twins(twins, number)}
              for number, row in enumerate(some) if twins.has_one(number)}  # fmt: skip
    assert people == {1: {2, 3}, 2: {1, 6}, 3: {1, 6}, 6: {2, 3}}
    assert str(twins) == "4 of 6 people have a near-twin, who differs in one attribute"


def test_of_a_twins_pictures_the_one_that_shows_most_of_the_same_is_drawn():
    some = rows()
    twins = NearTwins.among(some)
    assert {some[twin].attributes["viewpoint"] for twin in drawn_twins(twins, 6)} == {90}


def test_a_persons_attribute_is_what_most_of_the_pictures_say():
    some = [*rows(), Row("x.jpg", 4, attributes={"gender": "male"})]
    assert NearTwins.among(some).num_people == 4


@given(st.sampled_from([0.25, 0.5, 1.0]), st.integers(0, 9), st.integers(1, 5))
def test_a_share_of_each_batch_is_pairs_of_near_twins_side_by_side(share, seed, step):
    some = rows({key: PEOPLE[key] for key in (1, 2, 3, 6)}, views=6)
    order, paired = batches(some, share, seed=seed)
    plain, batch = order.at(step), paired.at(step)
    assert len(batch.rows) == len(plain.rows)
    people = [some[row].identity for row in batch.rows]
    attributes = [some[row].attributes for row in batch.rows]
    twins = [
        place
        for place in range(0, 8, 2)
        if people[place] != people[place + 1]
        and sum(PEOPLE[people[place]][name] != PEOPLE[people[place + 1]][name] for name in PEOPLE[1]) == 1
        and attributes[place]["viewpoint"] == attributes[place + 1]["viewpoint"]
    ]
    assert len(twins) >= 8 * share / 2
    kept = Counter(plain.rows.tolist()) & Counter(batch.rows.tolist())
    assert kept.total() >= 8 - 8 * share / 2


def test_without_twins_a_batch_stays_as_it_is():
    some = rows({4: PEOPLE[4], 5: PEOPLE[5]})
    order, paired = batches(some, 1.0)
    for step in (1, 4):
        assert np.array_equal(order.at(step).rows, paired.at(step).rows)
        assert np.array_equal(order.at(step).seeds, paired.at(step).seeds)
    assert with_near_twins(order, None, 0.5) is order


def test_a_step_has_the_same_twins_whatever_came_before():
    _, first = batches(rows(), 0.5)
    _, second = batches(rows(), 0.5)
    list(first)
    assert np.array_equal(first.at(4).rows, second.at(4).rows)
    assert np.array_equal(first.at(4).seeds, second.at(4).seeds)
    assert [draws.rows.tolist() for draws in first] == [first.at(step).rows.tolist() for step in range(1, 6)]


def test_shards_that_are_copied_first_have_no_near_twins():
    order = StreamedBatches(np.repeat([0, 1], 9), 4, seed=0, first_step=1, last_step=2)
    with pytest.raises(InputError, match="these shards are copied a few at a time"):
        with_near_twins(order, NearTwins.among(rows()), 0.5)


@pytest.mark.parametrize(
    ("caption", "others"),
    [
        ("Man in blue trousers", {"Woman in blue trousers", "Man in green trousers", "Man in blue skirt"}),
        ("a bag without a strap", {"a bag with a strap"}),
        ("somebody", {"somebody"}),
    ],
)
def test_one_word_of_a_caption_becomes_another_of_its_kind(caption, others):
    found = {exchange_word(caption, number) for number in np.linspace(0, 0.999, 200)}
    assert others <= found
    for text in found:
        changed = sum(a != b for a, b in zip(caption.split(), text.split(), strict=True))
        assert changed == (caption != "somebody")
