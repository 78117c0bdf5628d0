"""What vtbr-data says of an image, vtbr-eval reads back: every attribute, not the colours alone."""

from hypothesis import given
from hypothesis import strategies as st

from vtbr_data.attributes import VALUES
from vtbr_data.captions import ORDERS, Dice, describe
from vtbr_eval.attribute_slots import read_slots, sector

NOT_ALWAYS_SAID = {"top"}
SAID_OF_TWO_PIECES_ONLY = {"lower", "sleeves"}
people = st.fixed_dictionaries(
    {"gender": st.sampled_from(["male", "female"])},
    optional={name: st.sampled_from(list(values)) for name, values in VALUES.items() if name != "gender"}
    | {"viewpoint": st.integers(0, 359)},
)


@given(people, st.sampled_from(ORDERS), st.text(max_size=5))
def test_every_attribute_that_a_caption_says_is_read_back(attributes, order, seed):
    said = read_slots(describe(attributes, Dice(seed), order))
    for name, value in attributes.items():
        if name in NOT_ALWAYS_SAID or (attributes.get("dress") and name in SAID_OF_TWO_PIECES_ONLY):
            continue
        assert said[name] == (sector(value) if name == "viewpoint" else value), name


@given(people, st.sampled_from(ORDERS), st.text(max_size=5))
def test_nothing_is_read_that_was_not_said(attributes, order, seed):
    said = read_slots(describe(attributes, Dice(seed), order))
    implied = {"age", "lower", "sleeves"}  # by a word such as "man" or "jacket"
    assert {name for name, value in said.items() if value not in (None, False)} <= set(attributes) | implied
