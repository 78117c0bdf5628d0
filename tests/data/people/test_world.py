"""Places, weather and things: every kind can be made, the same again, and shows what it should."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("numba")

from vtbr_data.people.camera.backdrop import Wall
from vtbr_data.people.camera.ground import Strip
from vtbr_data.people.world.place import URBAN, WILD, place
from vtbr_data.people.world.things import KINDS, make
from vtbr_data.people.world.walls import KINDS as WALLS
from vtbr_data.people.world.walls import layer, pool, wall_picture
from vtbr_data.people.world.weather import ILLUMINATIONS, WEATHERS, conditions, fall

GREY = (0.2, 0.2, 0.2)


def sky(weather, illumination="noon", seed=0):
    return conditions(weather, illumination, 0.3, GREY, np.random.default_rng(seed))


@pytest.mark.parametrize("kind", URBAN + WILD)
def test_a_place_is_the_same_for_the_same_seed_and_another_for_another(kind):
    first, again, other = place(1, 2, kind), place.__wrapped__(1, 2, kind), place(1, 3, kind)
    np.testing.assert_array_equal(first.backdrop.strips, again.backdrop.strips)
    np.testing.assert_array_equal(first.backdrop.pictures, again.backdrop.pictures)
    assert not np.array_equal(first.eye, other.eye)
    assert first.is_wild == (kind in WILD)


@pytest.mark.parametrize("kind", URBAN + WILD)
def test_people_walk_before_the_camera_and_inside_the_walls(kind):
    for number in range(5):
        where = place(0, number, kind)
        starts = where.backdrop.strips[:, Strip.START]
        assert (np.diff(starts) >= 0).all()
        for across in where.walkway:
            x, z = where.point(across, 0.0)
            assert z > where.eye[2]
            for wall in where.backdrop.walls:
                assert wall[Wall.NORMAL_X] * x + wall[Wall.NORMAL_Z] * z > wall[Wall.OFFSET]


def test_along_and_across_are_at_right_angles():
    where = place(0, 0, "street")
    (ax, az), (cx, cz) = where.point(0, 1), where.point(1, 0)
    assert ax * cx + az * cz == pytest.approx(0, abs=1e-6)
    assert np.hypot(ax, az) == pytest.approx(1, abs=1e-6)
    assert (np.sin(where.street), np.cos(where.street)) == pytest.approx((ax, az), abs=1e-6)


@pytest.mark.parametrize("kind", KINDS)
def test_every_thing_stands_on_the_ground_and_is_no_larger_than_a_van_with_a_tree_on_it(kind):
    mesh = make(kind, np.random.default_rng(3))
    assert -0.1 <= mesh.vertices[:, 1].min() < 0.6
    assert mesh.radius < 6
    assert mesh.faces.max() < len(mesh.vertices)
    assert mesh.material.max() < len(mesh.materials)
    np.testing.assert_allclose(np.linalg.norm(mesh.normals, axis=1), 1, atol=1e-3)


@pytest.mark.parametrize("kind", WALLS)
def test_walls_are_pictures_of_their_own(kind):
    first, second = wall_picture(0, kind, 0), wall_picture(0, kind, 1)
    assert first.shape == second.shape
    assert first.dtype == np.uint8
    assert (first != second).any()
    assert 5 < first[..., :3].mean() < 220
    np.testing.assert_array_equal(pool(0)[layer(0, kind, 1)], second)


def test_night_is_darker_than_day_and_lit_by_a_lamp():
    day, night = sky("overcast").light, sky("overcast", "night").light
    assert night.sky.max() < 0.2 * day.sky.max()
    assert night.pool[2] > 0
    assert day.pool[2] == 0


def test_only_the_sun_throws_shadows_by_day():
    strengths = {weather: float(sky(weather).light.key.max()) for weather in WEATHERS}
    assert strengths["sunny"] == max(strengths.values())
    assert strengths["overcast"] == strengths["foggy"] == strengths["blizzard"] == 0


def test_dusk_is_redder_than_noon_and_its_sun_is_low():
    noon, dusk = sky("sunny").light, sky("sunny", "dusk").light
    assert dusk.key[0] / dusk.key[2] > noon.key[0] / noon.key[2]
    assert dusk.direction[1] < noon.direction[1]


def test_fog_snow_and_rain_are_what_their_weathers_have():
    assert sky("foggy").light.fog[0] > sky("blizzard").light.fog[0] > sky("sunny").light.fog[0] == 0
    assert sky("blizzard").light.cover[0] > sky("snowlight").light.cover[0] > sky("rain").light.cover[0] == 0
    assert sky("rain").light.cover[1] > 0


@pytest.mark.parametrize(("weather", "falls"), [("rain", True), ("blizzard", True), ("overcast", False)])
def test_what_falls_is_drawn_before_everything(weather, falls):
    dark = np.full((64, 32, 3), 0.02, np.float32)
    fall(dark, sky(weather), np.random.default_rng(0))
    assert (dark > 0.03).any() == falls


@pytest.mark.parametrize("illumination", ILLUMINATIONS)
@pytest.mark.parametrize("weather", WEATHERS)
def test_every_weather_has_light_at_every_hour(weather, illumination):
    light = sky(weather, illumination).light
    assert (light.sky > 0).all()
    assert np.isfinite(np.concatenate([np.ravel(part) for part in light])).all()
    assert np.linalg.norm(light.direction) == pytest.approx(1, abs=1e-5)


def test_windows_shine_at_night():
    assert sky("clouds", "night").lamps > sky("clouds", "noon").lamps
