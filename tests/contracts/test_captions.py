"""What vtbr-data says of an image, vtbr-eval reads back and vtbr-models can spell."""

import json

from hypothesis import given
from hypothesis import strategies as st

from vtbr_data.attributes import VALUES
from vtbr_data.captions.captions import ORDERS, CaptionStyle, Dice, describe
from vtbr_data.tokenizer.tokenizer import train_tokenizer
from vtbr_eval.captions.slots import colours
from vtbr_models.captioner.textual import EOS, MASK, PAD, SOS, UNK

COLOURS = ["black", "white", "red", "purple", "gray", "yellow", "blue", "green", "brown"]
people = st.fixed_dictionaries(
    {"upper_colour": st.sampled_from(COLOURS), "lower_colour": st.sampled_from(COLOURS)},
    optional={
        name: st.sampled_from(list(values))
        for name, values in VALUES.items()
        if name not in {"upper_colour", "lower_colour", "viewpoint"}
    }
    | {"viewpoint": st.integers(0, 359)},
)


@given(people, st.sampled_from(ORDERS), st.text(max_size=5))
def test_the_colours_of_a_caption_are_read_back_exactly(attributes, order, seed):
    said = colours(describe(attributes, Dice(seed), CaptionStyle(order=order)))
    assert (said.upper, said.lower) == (attributes["upper_colour"], attributes["lower_colour"])


@given(people, st.sampled_from(ORDERS))
def test_skin_and_race_are_never_spoken_of(attributes, order):
    words = describe(attributes, Dice("0"), CaptionStyle(order=order)).split()
    assert not {"skin", "skinned", "caucasian", "asian", "african", "pale", "tanned", "complexion"} & set(
        words
    )


def test_the_special_ids_are_the_same_in_both_packages():
    tokenizer = train_tokenizer(["a red top"] * 2, 50)
    names = ["[PAD]", "[SOS]", "[EOS]", "[MASK]", "[UNK]"]
    assert [tokenizer.token_to_id(name) for name in names] == [PAD, SOS, EOS, MASK, UNK] == [0, 1, 2, 3, 4]


def test_the_same_captions_give_the_same_tokenizer():
    captions = ["a red top", "blue trousers, facing left", "ein grüner Mantel"] * 5
    first, second = (json.loads(train_tokenizer(captions, 60).to_str()) for _ in range(2))
    assert first == second
