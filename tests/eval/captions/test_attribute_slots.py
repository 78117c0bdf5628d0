from __future__ import annotations

import pytest

from vtbr_eval.captions.attribute_slots import read_slots, sector


@pytest.mark.parametrize(
    ("caption", "said"),
    [
        ("An elderly man with long hair", {"gender": "male", "age": "older", "hair": "long"}),
        ("a young woman", {"gender": "female", "age": "teenager"}),
        ("a pedestrian", {"gender": None, "age": None, "hair": None}),
        ("a long-sleeved polo", {"sleeves": "long"}),
        ("a shirt", {"sleeves": None}),
        ("jeans and light boots", {"lower": "trousers", "shoes": "light", "boots": True}),
        ("a dress with a red top and a blue skirt", {"dress": True, "lower": None, "lower_colour": "blue"}),
        ("with a backpack and a cap", {"bag": True, "hat": True, "glasses": False}),
        ("before noon in fog in town", {"illumination": "forenoon", "weather": "foggy", "scene": "urban"}),
        ("after noon in light snow", {"illumination": "afternoon", "weather": "snowlight"}),
        ("after dark under a dull sky", {"illumination": "night", "weather": "overcast"}),
        ("a man, from behind turned left, with a bag", {"viewpoint": 7}),
        ("a man with a bag in the left hand", {"viewpoint": None}),
        ("a short-haired girl in a top with long sleeves", {"hair": "short", "sleeves": "long"}),
        ("here is a man. he is turned away from the camera. he has light footwear",
         {"viewpoint": 6, "shoes": "light"}),
        ("turned half right towards the viewer, a woman", {"viewpoint": 3}),
        ("on a misty evening among buildings",
         {"weather": "foggy", "illumination": "dusk", "scene": "urban"}),
        ("", {"gender": None, "viewpoint": None, "hat": False, "weather": None}),
    ],
)  # fmt: skip
def test_a_caption_says_what_stands_in_it(caption, said):
    found = read_slots(caption)
    assert {slot: found[slot] for slot in said} == said


@pytest.mark.parametrize(("degrees", "number"), [(0, 0), (22, 0), (23, 1), (90, 2), (337, 7), (338, 0)])
def test_a_sector_reaches_22_degrees_to_both_sides(degrees, number):
    assert sector(degrees) == number
