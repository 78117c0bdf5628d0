from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vtbr_models.captioner.attributes import AttributeVocabulary
from vtbr_models.errors import InputError

VALUES = st.one_of(st.booleans(), st.text(max_size=3))
PEOPLE = st.lists(st.dictionaries(st.sampled_from(["bag", "hat", "top"]), VALUES), max_size=8)


def test_the_vocabulary_is_what_differs_without_numbers():
    people = [
        {"gender": "male", "hat": True, "viewpoint": 90, "scene": "urban"},
        {"gender": "female", "hat": False, "viewpoint": 10, "scene": "urban", "boots": None},
    ]
    found = AttributeVocabulary.of(people)
    assert found.to_metadata() == {"gender": ["female", "male"], "hat": [False, True]}


@given(PEOPLE)
def test_a_value_is_numbered_by_its_place_and_what_is_unknown_is_minus_one(people):
    try:
        vocabulary = AttributeVocabulary.of(people)
    except InputError:
        return
    again = AttributeVocabulary(json.loads(json.dumps(vocabulary.to_metadata(), sort_keys=True)))
    for person in people:
        numbers = vocabulary.encode(person)
        assert numbers == again.encode(person)
        for (name, values), number in zip(vocabulary.values.items(), numbers, strict=True):
            assert values[number] == person[name] if number >= 0 else name not in person


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({}, "must be an object of names and values"),
        ({"hat": "yes"}, "attribute hat: its values must be texts or booleans, not 'yes'"),
        ({"hat": [1, 2]}, "attribute hat: its values must be texts or booleans"),
        ({"hat": ["a"]}, "attribute hat: its values must be two or more, all different"),
        ({"hat": ["a", "a"]}, "attribute hat: its values must be two or more, all different"),
    ],
)
def test_what_is_no_vocabulary_is_refused(values, message):
    with pytest.raises(InputError, match=message):
        AttributeVocabulary(values)


def test_nothing_to_learn_is_said():
    with pytest.raises(InputError, match="no attribute takes different values here"):
        AttributeVocabulary.of([{"hat": True}, {"hat": True, "viewpoint": 3}])
