from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vtbr_data.attributes import COLOURS, VALUES
from vtbr_data.captions import ORDERS, Dice, caption_rows, captions_of, describe, every_caption
from vtbr_data.errors import InputError
from vtbr_data.manifest import Manifest, Row

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
        before = place - 1
        while before >= 0 and words[before] in ADJECTIVES:
            before -= 1
        if before >= 0 and words[before] in COLOURS:
            found += [("upper_colour", words[before])] * (word in UPPER + ONE_PIECE)
            found += [("lower_colour", words[before])] * (word in LOWER + ONE_PIECE)
    assert len(found) == len(dict(found)), caption
    return dict(found)


@given(SPOKEN, st.integers(), st.sampled_from([*ORDERS, "any"]))
def test_the_garments_colours_are_read_back_from_every_caption(attributes, seed, order):
    expected = {key: attributes[key] for key in ("upper_colour", "lower_colour") if key in attributes}
    assert colours(describe(attributes, Dice(str(seed)), order)) == expected


@given(SPOKEN, st.integers())
def test_no_colour_stands_anywhere_but_at_a_garment(attributes, seed):
    without = {key: value for key, value in attributes.items() if not key.endswith("_colour")}
    if without:
        words = set(re.findall("[a-z]+", describe(without, Dice(str(seed)))))
        assert not words & {*COLOURS, "skin", "grey", "blonde"}


@given(SPOKEN, st.integers())
def test_a_caption_is_one_tidy_lower_case_line(attributes, seed):
    caption = describe(attributes, Dice(str(seed)))
    assert re.fullmatch(r"[a-z][a-z-]*(,? [a-z][a-z-]*)*", caption)
    assert len(caption.split()) <= 40


@given(st.integers(0, 359), st.integers())
def test_left_and_right_follow_the_viewpoint(viewpoint, seed):
    words = re.findall("[a-z]+", describe({"viewpoint": viewpoint}, Dice(str(seed))))
    sector = (viewpoint + 22.5) % 360 // 45
    assert ("left" in words) == (sector in (0, 1, 7))
    assert ("right" in words) == (sector in (3, 4, 5))
    assert ("front" in words or "camera" in words) == (sector in (1, 2, 3))


@given(SPOKEN, st.integers(0, 99))
def test_captions_depend_on_seed_and_path_alone(attributes, seed):
    first = captions_of("a.jpg", attributes, seed=seed, number=3, order="any")
    assert first == captions_of("a.jpg", dict(reversed(attributes.items())), seed=seed, number=3, order="any")
    assert len(set(first)) == len(first)


FULL = {name: values[0] for name, values in VALUES.items() if name != "dress"} | {"viewpoint": 0}


def test_other_seeds_and_paths_give_other_captions():
    made = {
        captions_of(path, FULL, seed=seed, number=1, order="any")
        for path in ("a.jpg", "b.jpg")
        for seed in range(5)
    }
    assert len(made) == 10


def test_the_orders_put_their_part_first():
    surroundings, person, facing = "midnight", r"\b(boy|young man)\b", r"\bleft\b"
    for seed in range(20):
        places = {
            order: [
                re.search(part, describe(FULL, Dice(str(seed)), order)).start()
                for part in (person, r"\bblack\b", surroundings, facing, "glasses")
            ]
            for order in ORDERS
        }
        who, clothes, weather, viewpoint, extras = places["person-first"]
        assert who < clothes < weather < viewpoint < extras
        who, clothes, weather, viewpoint, extras = places["weather-first"]
        assert weather < who < viewpoint < clothes < extras
        who, clothes, weather, viewpoint, extras = places["viewpoint-first"]
        assert weather < viewpoint < who < clothes < extras


def test_attributes_that_are_false_are_not_spoken_of():
    absent = {"glasses": False, "hat": False, "bag": False, "boots": False, "dress": False, "gender": "male"}
    caption = describe(absent, Dice("0"))
    assert not re.search("glasses|hat|bag|boots|dress|no", caption)


def test_a_dress_of_two_colours_names_both_halves():
    two = {"dress": True, "upper_colour": "red", "lower_colour": "blue"}
    assert re.search(r"a (dress|frock) with a red top and a blue skirt", describe(two, Dice("0")))
    assert re.search(r"a red (dress|frock)", describe(two | {"lower_colour": "red"}, Dice("0")))


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
        InputError, match=r"manifest.jsonl line 2 \(b.jpg\) has no attributes .* --skip-missing"
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
