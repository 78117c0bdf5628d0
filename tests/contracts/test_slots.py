"""What vtbr-data says of an image, vtbr-eval reads back: every attribute, not the colours alone."""

from hypothesis import given, settings
from hypothesis import strategies as st

from vtbr_data.attributes import VALUES
from vtbr_data.captions.captions import ORDERS, STYLES, CaptionStyle, Dice, spoken_attributes
from vtbr_eval.captions.attribute_slots import read_slots, sector

NOT_ALWAYS_SAID = {"top"}
SAID_OF_TWO_PIECES_ONLY = {"lower", "sleeves"}
people = st.fixed_dictionaries(
    {"gender": st.sampled_from(["male", "female"])},
    optional={name: st.sampled_from(list(values)) for name, values in VALUES.items() if name != "gender"}
    | {"viewpoint": st.integers(0, 359)},
)


manners = st.builds(
    CaptionStyle,
    style=st.sampled_from(STYLES),
    order=st.sampled_from([*ORDERS, "any"]),
    detail=st.sampled_from([0, 0.5, 1]),
    max_words=st.sampled_from([None, 15]),
)
seeds = st.integers(0, 10**9).map(str)


@settings(max_examples=400)
@given(people, manners, seeds)
def test_every_attribute_that_a_caption_says_is_read_back(attributes, style, seed):
    caption, spoken = spoken_attributes(attributes, Dice(seed), style)
    said = read_slots(caption)
    for name, value in spoken.items():
        if name in NOT_ALWAYS_SAID or (attributes.get("dress") and name in SAID_OF_TWO_PIECES_ONLY):
            continue
        assert said[name] == (sector(value) if name == "viewpoint" else value), (name, caption)


@settings(max_examples=400)
@given(people, manners, seeds)
def test_nothing_is_read_that_was_not_said(attributes, style, seed):
    caption, spoken = spoken_attributes(attributes, Dice(seed), style)
    implied = {"age", "lower", "sleeves"}  # by a word such as "man" or "jacket"
    said = {name for name, value in read_slots(caption).items() if value not in (None, False)}
    assert said <= set(spoken) | implied, caption


@settings(max_examples=400)
@given(people, manners, seeds)
def test_what_a_caption_says_is_never_wrong(attributes, style, seed):
    caption, _ = spoken_attributes(attributes, Dice(seed), style)
    for name, value in read_slots(caption).items():
        if value not in (None, False) and name in attributes:
            truth = attributes[name]
            assert value == (sector(truth) if name == "viewpoint" else truth), (name, caption)
