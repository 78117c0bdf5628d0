"""The recorded attributes are what the picture shows: side for side, piece for piece."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest
from PIL import Image

from vtbr_data.attributes import problems
from vtbr_data.captions.captions import Dice, describe
from vtbr_data.drawing import source
from vtbr_data.drawing.canvas import Canvas
from vtbr_data.drawing.figure import draw_figure
from vtbr_data.drawing.moment import Moment
from vtbr_data.drawing.people import Garment, Person, sample_person
from vtbr_data.drawing.solids import View

WIDTH, HEIGHT = 96, 192
GROUND = (128, 128, 128)
SKIN, HAIR, BAG, SHOES, LOWER = (250, 60, 200), (20, 250, 250), (250, 250, 20), (30, 30, 250), (30, 200, 40)
"""Colours that nobody has, so that the parts can be found again."""


def somebody(**look: object) -> Person:
    """A plainly dressed person with parts in loud colours."""
    person = sample_person(0, "source", 1)
    plain = dataclasses.replace(
        person.look, gender="male", age="adult", dress=False, lower="trousers", top="short", sleeves="long",
        boots=False, bag=False, hat=False, glasses=False, hair="short",
    )  # fmt: skip
    garment = Garment((90, 90, 90), (90, 90, 90), "plain", 0.1, 0.0, "zip")
    look_now = dataclasses.replace(plain, **look)
    return dataclasses.replace(
        person,
        look=look_now,
        skin=SKIN,
        hair=HAIR,
        hair_style="loose" if look_now.hair == "long" else "crop",
        upper=dataclasses.replace(garment, cut="zip" if look_now.sleeves == "long" else "shirt"),
        lower=dataclasses.replace(
            garment,
            colour=LOWER,
            second=LOWER,
            cut={"skirt": "skirt", "shorts": "shorts"}.get(look_now.lower, "slim"),
        ),
        front_print="none",
        back_print="none",
        shoes=SHOES,
        soles=SHOES,
        hat="cap",
        hat_colour=(250, 120, 0),
        bag="backpack",
        bag_colour=BAG,
        scarf=None,
    )


def seen(person: Person, viewpoint: float, moment: Moment | None = None) -> np.ndarray:
    """The picture as (HEIGHT, WIDTH, 3) integers."""
    canvas = Canvas(Image.new("RGB", (WIDTH, HEIGHT), GROUND))
    scale = HEIGHT * 0.9 / person.build.height
    view = View(math.radians(viewpoint - 90), 0.05, scale, WIDTH / 2, HEIGHT * 0.96)
    draw_figure(canvas, person, moment or Moment(0.0, 0.0), view)
    canvas.finish()
    return np.asarray(canvas.image, dtype=int)


def part(picture: np.ndarray, colour: tuple[int, int, int]) -> np.ndarray:
    """Where the picture has that hue, in light or shade: (HEIGHT, WIDTH) of bool."""
    unit = np.array(colour) / np.linalg.norm(colour)
    size = np.linalg.norm(picture, axis=2)
    return (size > 60) & (picture @ unit > 0.97 * size)


def middle(mask: np.ndarray) -> float:
    """Mean column, from -1 at the left edge to 1 at the right."""
    return float(np.nonzero(mask)[1].mean() / WIDTH * 2 - 1)


@pytest.mark.parametrize(
    ("viewpoint", "side"),
    [(0, -1), (30, -1), (330, -1), (45, -1), (315, -1), (180, 1), (150, 1), (135, 1), (225, 1), (210, 1)],
)
def test_the_person_faces_the_side_that_the_viewpoint_says(viewpoint, side):
    picture = seen(somebody(bag=True), viewpoint)
    sack = part(picture, BAG)[: int(0.4 * HEIGHT)]
    assert middle(sack) * side < -0.02  # on the back
    shoes = part(seen(somebody(), viewpoint), SHOES)
    assert middle(shoes) * side > 0.02  # toes forward


@pytest.mark.parametrize("viewpoint", (30, 60, 90, 120, 150))
def test_the_face_shows_from_the_front_and_the_hair_from_behind(viewpoint):
    heads = [seen(somebody(), angle)[: int(0.14 * HEIGHT)] for angle in (viewpoint, viewpoint + 180)]
    face, neck = (part(head, SKIN).sum() for head in heads)
    hair, back = (part(head, HAIR).sum() for head in heads)
    assert face > 1.3 * neck
    assert back > 1.3 * hair


@pytest.mark.parametrize("viewpoint", [0, 45, 90, 180, 225, 270])
def test_each_attribute_changes_its_own_part_of_the_picture(viewpoint):
    def share(look: dict[str, object], colour: tuple[int, int, int], top: float, bottom: float) -> float:
        picture = seen(somebody(**look), viewpoint)[int(top * HEIGHT) : int(bottom * HEIGHT)]
        return float(part(picture, colour).mean())

    assert share({"sleeves": "short"}, SKIN, 0.3, 0.55) > share({}, SKIN, 0.3, 0.55) + 0.005
    assert share({"lower": "shorts"}, SKIN, 0.6, 0.95) > share({}, SKIN, 0.6, 0.95) + 0.02
    assert share({"lower": "skirt"}, LOWER, 0.55, 0.65) > share({}, LOWER, 0.55, 0.65) + 0.01
    assert share({"boots": True}, SHOES, 0.7, 0.97) > share({}, SHOES, 0.7, 0.97) + 0.02
    assert share({"hat": True}, (250, 120, 0), 0.0, 0.15) > 0.02
    assert share({"bag": True}, BAG, 0.15, 0.45) > share({}, BAG, 0.15, 0.45) + 0.004
    if viewpoint not in (45, 90):  # in front the chest hides it
        assert share({"hair": "long"}, HAIR, 0.16, 0.3) > share({}, HAIR, 0.16, 0.3) + 0.002


def test_glasses_show_from_the_front_only():
    changed = {
        viewpoint: np.abs(seen(somebody(glasses=True), viewpoint) - seen(somebody(), viewpoint)).sum()
        for viewpoint in (90, 270)
    }
    assert changed[90] > 6 * changed[270]


@pytest.mark.parametrize("bag", ["backpack", "shoulder", "handbag", "carrier", "trolley"])
def test_every_kind_of_bag_is_seen_from_both_sides_or_from_behind(bag):
    person = dataclasses.replace(somebody(bag=True), bag=bag)
    moment = Moment(0.0, 0.0, doings=("pull", "pull") if bag == "trolley" else ("carry", "carry"))
    found = [part(seen(person, viewpoint, moment), BAG).mean() for viewpoint in (0, 180, 270)]
    assert sum(share > 0.004 for share in found) >= 2


def test_rows_have_possible_attributes_and_captions_never_speak_of_skin():
    for shot in source.plan(40, 2, seed=3):
        attributes = shot.row()["attributes"]
        assert list(problems(attributes)) == []
        assert ("lower" in attributes) != attributes["dress"]
        words = describe(attributes, Dice("1")).split()
        assert not {"skin", "skinned", "tan", "pale", "complexion"} & set(words)


def test_skin_is_independent_of_everything_recorded():
    people = [sample_person(0, "source", identity) for identity in range(1, 601)]
    tone = np.array([sum(person.skin) for person in people], dtype=float)
    for name in ("gender", "age", "hair", "bag", "upper_colour", "lower"):
        values = np.array([getattr(person.look, name) for person in people])
        for value in np.unique(values):
            same = tone[values == value]
            if len(same) > 50:
                # Four standard errors: some of thirty comparisons would miss two.
                assert abs(same.mean() - tone.mean()) < 4 * tone.std() / math.sqrt(len(same))


def test_people_walk_and_are_built_differently():
    builds = [sample_person(0, "source", identity).build for identity in range(1, 61)]
    for name in ("height", "girth", "shoulders", "legs", "stride", "arms", "stance", "toes", "splay"):
        values = [getattr(build, name) for build in builds]
        assert np.std(values) > 0.02
        assert len(set(values)) == len(values)
