from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip("numba", reason="rendering people needs numba")

from vtbr_data.attributes import COLOURS
from vtbr_data.people.body.data import body_data
from vtbr_data.people.clothes import hull, palette
from vtbr_data.people.clothes.garments import Cloth
from vtbr_data.people.clothes.materials import Materials
from vtbr_data.people.clothes.noise_cube import noise
from vtbr_data.people.clothes.piece import clip, on_one_bone, piece
from vtbr_data.people.clothes.prints import PRINTS, prints
from vtbr_data.people.clothes.surface import Pattern, surface
from vtbr_data.people.clothes.tubes import Cut, hang, tube_faces
from vtbr_data.people.describing import main_colour
from vtbr_data.people.figure import Column, Part
from vtbr_data.people.wardrobe.outfits import sample_outfit

unit = st.floats(0, 1)


def square():
    points = np.array([[0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0]], np.float32)
    faces = np.array([[0, 1, 2], [0, 2, 3]])
    return piece(points, faces, Part.TOP, 0, on_one_bone(4, 3))


def area(one):
    a, b, c = (one.points[one.faces[:, corner]] for corner in range(3))
    return float(np.sqrt((np.cross(b - a, c - a) ** 2).sum(1)).sum() / 2)


@given(st.floats(0.05, 0.95))
def test_a_clipped_square_has_the_area_that_is_left(edge):
    whole = square()
    left = clip(whole, whole.points[:, 0] - np.float32(edge))
    assert area(left) == pytest.approx(1 - edge, abs=1e-5)
    assert left.points[:, 0].min() >= edge - 1e-6
    assert (left.bone_weight.sum(1) == 1).all()


def test_clipping_what_is_all_inside_changes_nothing():
    whole = square()
    same = clip(whole, np.ones(4, np.float32))
    assert np.array_equal(same.points, whole.points)
    assert np.array_equal(same.faces, whole.faces)


def test_cut_points_hang_on_the_bones_of_both_ends():
    whole = square()
    whole.bone_index[1:3] = 7
    left = clip(whole, np.array([1, -1, -1, 1], np.float32))
    new = left.points[:, 0] > 0.1
    assert {tuple(sorted(row[:2])) for row in left.bone_index[new]} == {(3, 7)}
    assert np.allclose(left.bone_weight[new][:, :2], 0.5)


@given(st.lists(st.floats(0.05, 0.5), min_size=24, max_size=24), st.floats(-0.3, 0.5), unit)
def test_hanging_cloth_is_never_inside_what_it_covers(values, widening, gathering):
    radius = np.array(values, np.float32).reshape(4, 6)
    body = radius.copy()
    hull.let_hang(radius, 0.1, widening, gathering)
    assert (radius >= body).all()
    hull.span_hollows(radius, 1)
    assert (radius >= body).all()


def test_an_outline_has_the_radius_of_a_cylinder():
    angle = np.linspace(0, 2 * np.pi, 400)
    ring = np.stack([np.sin(angle) * 0.3, np.zeros(400), np.cos(angle) * 0.3], axis=1)
    points = np.concatenate([ring + np.array([0, y, 0]) for y in np.linspace(0, 1, 30)]).astype(np.float32)
    outline = hull.outline(points, (0.0, 0.0), (1.0, 0.0), (8, 16))
    assert np.allclose(outline.radius, 0.3, atol=1e-5)
    found = hull.radii_at(outline.radius, 0.0, 0.0, outline.top, outline.step, points)
    assert np.allclose(found, 0.3, atol=1e-5)


def test_a_tube_surrounds_what_it_hangs_around_and_faces_outwards():
    random = np.random.default_rng(1)
    legs = random.uniform(-0.1, 0.1, (2000, 3)).astype(np.float32) + np.array([0, 0.5, 0], np.float32)
    legs[:, 1] = random.uniform(0.2, 1.0, 2000)
    cut = Cut(top=1.0, bottom=0.2, ease=0.02, flare=0.1)
    points, normals = hang(cut, legs, (0.0, 0.0), 1.0)
    middle = points[points[:, 1] < 0.8]
    assert np.sqrt(middle[:, 0] ** 2 + middle[:, 2] ** 2).min() > 0.1
    assert (points[:, 0] * normals[:, 0] + points[:, 2] * normals[:, 2] > 0).all()
    assert tube_faces(cut.rows).max() == len(points) - 1


@given(unit, unit, unit)
def test_every_colour_has_one_of_the_nine_words(red, green, blue):
    assert palette.colour_word((red, green, blue)) in COLOURS


@pytest.mark.parametrize(
    ("name", "word"),
    [("black", "black"), ("white", "white"), ("navy", "blue"), ("denim", "blue"), ("beige", "brown"),
     ("brown", "brown"), ("gray", "gray"), ("green", "green"), ("yellow", "yellow"), ("purple", "purple")],
)  # fmt: skip
def test_shades_are_called_what_they_are(name, word):
    random = np.random.default_rng(5)
    words = [palette.colour_word(palette.shade(random, name)) for _ in range(200)]
    assert words.count(word) > 150


def colour_at(pattern, v, **columns):
    row = np.zeros((1, len(Column)), np.float32)
    row[0, Column.FOLD_STRETCH] = row[0, Column.PERIOD] = row[0, Column.FOLD_SCALE] = 1
    row[0, :3], row[0, 3:6], row[0, Column.PATTERN] = 0.5, 0.1, pattern
    for name, value in columns.items():
        row[0, Column[name]] = value
    one = np.float32
    place = (one(0), one(v), one(0.1))
    colour, tilt = surface(row, 0, (one(0), one(v)), place, one(0), noise(), prints())
    return np.array([*colour, *tilt])


def test_stripes_alternate_with_their_period():
    seen = [float(colour_at(Pattern.STRIPES_ACROSS, v / 100, PERIOD=0.1, DUTY=0.5)[0]) for v in range(40)]
    assert seen[2] == pytest.approx(0.1) and seen[7] == pytest.approx(0.5)
    assert all(a == pytest.approx(b) for a, b in zip(seen, seen[10:], strict=False))


def test_smooth_cloth_keeps_its_normal_and_creased_cloth_does_not():
    flat = colour_at(Pattern.PLAIN, 1.0)
    assert not flat[3:].any()


def test_prints_are_as_many_as_announced_and_none_is_empty():
    assert prints().shape == (PRINTS, 16, 16)
    assert all(one.any() for one in prints())


def test_dark_trousers_and_jeans_are_common():
    random = np.random.Generator(np.random.Philox(3))
    worn = [sample_outfit(random, sex, "adult") for sex in ("female", "male") for _ in range(400)]
    words = [palette.colour_word(one.lower.cloth.colour) for one in worn if one.lower]
    assert (words.count("black") + words.count("blue")) / len(words) > 0.5
    assert sum(isinstance(one.top.cloth, Cloth) for one in worn) == 800


def test_tights_cover_the_body_but_for_head_and_hands():
    used = np.unique(body_data().tights)
    assert not set(used) & set(np.unique(body_data().head))
    assert len(body_data().tights) == 5300


def srgb(linear):
    """The colour whose `palette.linear` this is, by bisection."""
    low, high = np.zeros(3), np.ones(3)
    for _ in range(30):
        middle = (low + high) / 2
        above = np.array(palette.linear(tuple(middle))) > linear
        low, high = np.where(above, low, middle), np.where(above, middle, high)
    return tuple(low)


def is_clear(cloth):
    """Whether no colour lies so near the border of two words that rounding or the darkest paint decides."""
    colours = (cloth.colour, cloth.second, cloth.third)
    painted = [srgb(np.clip(palette.linear(colour), 0.003, 0.95)) for colour in colours]
    return [palette.colour_word(c) for c in colours] == [palette.colour_word(c) for c in painted]


def painted_words(cloth, hem):
    """How often each colour word is seen over the cloth of a smooth, clean garment."""
    materials = Materials(np.random.Generator(np.random.Philox(1)))
    materials.cloth(cloth)
    table, _ = materials.table()
    table[:, [Column.GRAIN, Column.FOLD_DEPTH, Column.PRINT, Column.SEAM]] = 0
    random = np.random.default_rng(2)
    words, one = [], np.float32
    for x, y, z in random.uniform([-0.15, hem, -1], [0.15, 1.40, 1], (400, 3)):
        place = one(x), one(y), one(z)
        colour, _ = surface(table, 0, place[:2], place, one(0), noise(), prints())
        words.append(palette.colour_word(srgb(np.array(colour))))
    return {word: words.count(word) / len(words) for word in words}


def test_the_colour_that_is_said_is_seen_on_most_of_the_cloth():
    random = np.random.Generator(np.random.Philox(11))
    worn = [sample_outfit(random, "female", "adult").top for _ in range(400)]
    plain = (Pattern.PLAIN, Pattern.KNIT)
    patterned = [one for one in worn if one.cloth.pattern not in plain and not one.cloth.panel]
    checked = [one for one in patterned if is_clear(one.cloth)]
    assert len(checked) > 60
    for garment in checked[:60]:
        seen = painted_words(garment.cloth, garment.hem)
        assert seen.get(main_colour(garment), 0) > max(seen.values()) - 0.17, (garment.cloth, seen)
