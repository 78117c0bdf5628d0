from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vtbr_data.attributes import COLOURS, VALUES
from vtbr_data.captions.captions import (
    OPTIONAL,
    ORDERS,
    STYLES,
    CaptionStyle,
    Dice,
    caption_rows,
    captions_of,
    describe,
    every_caption,
    spoken_attributes,
)
from vtbr_data.errors import InputError
from vtbr_data.manifest.manifest import Manifest, Row

# The lists of docs/formats.md, "Caption wording", again on purpose: readers are written from that page.
UPPER = [
    "top",
    "shirt",
    "t-shirt",
    "tee",
    "polo",
    "blouse",
    "sweater",
    "pullover",
    "jumper",
    "jacket",
    "coat",
    "hoodie",
]
LOWER = ["trousers", "pants", "slacks", "jeans", "bottoms", "leggings", "shorts", "skirt"]
ONE_PIECE = ["dress", "frock"]
ADJECTIVES = ["short-sleeved", "long-sleeved", "short", "long", "plain"]

ATTRIBUTES = st.fixed_dictionaries(
    {},
    optional={name: st.sampled_from(values) for name, values in VALUES.items()}
    | {"viewpoint": st.integers(0, 359)},
)
SPOKEN = ATTRIBUTES.filter(bool)


def colours(caption):
    """Read the colours back as docs/formats.md says."""
    words = re.findall(r"[a-z]+(?:-[a-z]+)*", caption.lower())
    found = []
    for place, word in enumerate(words):
        behind = words[place + 1 : place + 4]
        if word in UPPER + LOWER + ONE_PIECE and behind[:1] == ["in"] and behind[1] in COLOURS:
            assert not set(behind[2:]) & {*UPPER, *LOWER, *ONE_PIECE, *ADJECTIVES}, caption
            found += [("upper_colour", behind[1])] * (word in UPPER + ONE_PIECE)
            found += [("lower_colour", behind[1])] * (word in LOWER + ONE_PIECE)
        before = place - 1
        while before >= 0 and words[before] in ADJECTIVES:
            before -= 1
        if before >= 0 and words[before] in COLOURS:
            found += [("upper_colour", words[before])] * (word in UPPER + ONE_PIECE)
            found += [("lower_colour", words[before])] * (word in LOWER + ONE_PIECE)
    assert len(found) == len(dict(found)), caption
    return dict(found)


MANNERS = st.builds(CaptionStyle, style=st.sampled_from(STYLES), order=st.sampled_from([*ORDERS, "any"]))


@given(SPOKEN, st.integers(), MANNERS)
def test_the_garments_colours_are_read_back_from_every_caption(attributes, seed, style):
    expected = {key: attributes[key] for key in ("upper_colour", "lower_colour") if key in attributes}
    assert colours(describe(attributes, Dice(str(seed)), style)) == expected


@given(SPOKEN, st.integers())
def test_no_colour_stands_anywhere_but_at_a_garment(attributes, seed):
    without = {key: value for key, value in attributes.items() if not key.endswith("_colour")}
    if without:
        words = set(re.findall("[a-z]+", describe(without, Dice(str(seed)))))
        assert not words & {*COLOURS, "skin", "grey", "blonde"}


@given(SPOKEN, st.integers())
def test_a_caption_is_one_tidy_lower_case_line(attributes, seed):
    caption = describe(attributes, Dice(str(seed)))
    assert re.fullmatch(r"[a-z][a-z-]*([,.]? [a-z][a-z-]*)*", caption)
    assert not re.search(r"\b(\w+) \1\b|\b(and|with|in|is|of|,) *$", caption)
    assert len(caption.split()) <= 55


@given(st.integers(0, 359), st.integers())
def test_left_and_right_follow_the_viewpoint(viewpoint, seed):
    words = re.findall("[a-z]+", describe({"viewpoint": viewpoint}, Dice(str(seed))))
    sector = (viewpoint + 22.5) % 360 // 45
    assert ("left" in words) == (sector in (0, 1, 7))
    assert ("right" in words) == (sector in (3, 4, 5))
    towards_us = {"front", "camera", "viewer"} & set(words) and "away" not in words
    assert bool(towards_us) == (sector in (1, 2, 3))


@given(SPOKEN, st.integers(0, 99))
def test_captions_depend_on_seed_and_path_alone(attributes, seed):
    first = captions_of("a.jpg", attributes, seed=seed, number=3)
    assert first == captions_of("a.jpg", dict(reversed(attributes.items())), seed=seed, number=3)
    assert len(set(first)) == len(first)


FULL = {name: values[0] for name, values in VALUES.items() if name != "dress"} | {"viewpoint": 0}


def test_other_seeds_and_paths_give_other_captions():
    made = {captions_of(path, FULL, seed=seed, number=1) for path in ("a.jpg", "b.jpg") for seed in range(5)}
    assert len(made) == 10


@pytest.mark.parametrize("style", ["orders", "grammar"])
def test_the_orders_put_their_part_first(style):
    surroundings, person, facing = r"\bmidnight\b", r"\b(boy|young man|male teenager)\b", r"\bleft\b"
    extras = r"\b(glasses|eyeglasses|spectacles)\b"
    wording = {order: CaptionStyle(style=style, order=order) for order in ORDERS}
    for seed in range(40):
        places = {
            order: [
                re.search(part, describe(FULL, Dice(str(seed)), wording[order])).start()
                for part in (person, r"\bblack\b", surroundings, facing, extras)
            ]
            for order in ORDERS
        }
        who, clothes, weather, viewpoint, extra = places["person-first"]
        assert who < clothes < weather < viewpoint < extra
        who, clothes, weather, viewpoint, extra = places["weather-first"]
        assert weather < who < viewpoint < clothes < extra
        who, clothes, weather, viewpoint, extra = places["viewpoint-first"]
        assert weather < viewpoint < who < clothes < extra


def test_the_template_has_one_caption_and_the_grammar_hundreds():
    def made(style):
        return {describe(FULL, Dice(str(seed)), CaptionStyle(style=style)) for seed in range(300)}

    assert len(made("template")) == 1
    assert len(made("orders")) == 3
    assert len(made("grammar")) > 290
    assert captions_of("a.jpg", FULL, seed=0, number=5, style=CaptionStyle(style="template")) == (
        "a teenage boy with short hair wearing a black short-sleeved shirt and black trousers, at midnight "
        "in sunny weather in the city, facing left, with glasses, a hat, a bag and dark boots",
    )


@given(SPOKEN, st.integers(), st.floats(0, 1), st.sampled_from([None, 1, 12]))
def test_gender_age_garments_and_colours_are_never_left_out(attributes, seed, detail, max_words):
    caption, said = spoken_attributes(
        attributes, Dice(str(seed)), CaptionStyle(detail=detail, max_words=max_words)
    )
    left_out = set(attributes) - set(said)
    assert left_out <= {name for group in OPTIONAL for name in group}
    assert {name: attributes[name] for name in said} == said
    if max_words:
        assert len(caption.split()) <= max_words or not any(set(group) & set(said) for group in OPTIONAL)


def test_detail_and_length_are_controlled():
    def lengths(**settings):
        return [len(describe(FULL, Dice(str(seed)), CaptionStyle(**settings)).split()) for seed in range(200)]

    whole, half, bare = (sum(lengths(detail=detail)) / 200 for detail in (1, 0.5, 0))
    assert whole > half + 5 > bare + 10
    assert max(lengths(max_words=25)) <= 25
    for wrong in ({"style": "poem"}, {"order": "last"}, {"detail": 2}, {"max_words": 0}):
        with pytest.raises(ValueError, match=next(iter(wrong))):
            CaptionStyle(**wrong)


def test_attributes_left_out_by_name_are_never_spoken_of():
    style = CaptionStyle(without=("weather", "illumination", "scene"))
    said = [spoken_attributes(FULL, Dice(str(seed)), style)[1] for seed in range(20)]
    assert all(set(FULL) - set(one) == {"weather", "illumination", "scene"} for one in said)
    with pytest.raises(ValueError, match="gender cannot be left out: only hair, "):
        CaptionStyle(without=("gender",))


def test_attributes_that_are_false_are_not_spoken_of():
    absent = {"glasses": False, "hat": False, "bag": False, "boots": False, "dress": False, "gender": "male"}
    for seed in range(50):
        caption = describe(absent, Dice(str(seed)))
        assert not re.search(r"\b(glasses|spectacles|hat|bag|boots|dress|frock|no|not|without)\b", caption)


def test_a_dress_of_two_colours_names_both_halves():
    two = {"dress": True, "upper_colour": "red", "lower_colour": "blue"}
    plain = CaptionStyle(style="template")
    assert re.search("a dress with a red top and a blue skirt", describe(two, Dice("0"), plain))
    assert re.search("a red dress", describe(two | {"lower_colour": "red"}, Dice("0"), plain))


def test_an_impossible_value_is_named():
    with pytest.raises(InputError, match="upper_colour is 'pink', not one of black, white"):
        describe({"upper_colour": "pink"}, Dice("0"))
    with pytest.raises(InputError, match="viewpoint is 360"):
        describe({"viewpoint": 360}, Dice("0"))
    with pytest.raises(InputError, match="hat is 1, not one of true, false"):
        describe({"hat": 1}, Dice("0"))


def manifest(*rows):
    return Manifest(list(rows), Path(), "", "manifest.jsonl")


def test_a_row_without_attributes_is_named_or_left_alone():
    rows = manifest(Row("a.jpg", attributes={"hat": True}), Row("b.jpg", attributes={"mood": "fine"}))
    with pytest.raises(
        InputError, match=r"manifest.jsonl line 2 \(b.jpg\) has none of the known attributes.* --skip-missing"
    ):
        list(caption_rows(rows))
    made = list(caption_rows(rows, skip_missing=True))
    assert made[0].captions
    assert made[1] == rows.rows[1]


def test_captions_are_replaced_unless_kept():
    rows = manifest(Row("a.jpg", captions=("by hand",), attributes=FULL))
    assert "by hand" not in next(caption_rows(rows)).captions
    kept = next(caption_rows(rows, keep=True, per_image=3)).captions
    assert kept[0] == "by hand"
    assert len(kept) == 4


def test_an_empty_caption_is_named_with_its_line():
    rows = manifest(Row("a.jpg", captions=("fine",)), Row("b.jpg", captions=("fine", " \t")))
    with pytest.raises(InputError, match=r"manifest.jsonl line 2 \(b.jpg\): caption 2 is empty"):
        list(every_caption(rows))
    with pytest.raises(InputError, match="there are no captions in the train images"):
        list(every_caption(rows, split="train"))
