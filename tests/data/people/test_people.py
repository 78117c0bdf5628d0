from __future__ import annotations

import dataclasses
import hashlib

import numpy as np
import pytest

pytest.importorskip("numba", reason="rendering people needs numba")

from vtbr_data.attributes import problems
from vtbr_data.people import SEEN_ON, Part, Stance, dress, pose, sample_person, sample_stance
from vtbr_data.people.body.charts import landmarks
from vtbr_data.people.clothes import shells
from vtbr_data.people.figure import Column
from vtbr_data.people.person import TWIN_CHANGES

NUMBERS = range(24)
ARRAYS = ("vertices", "normals", "faces", "part", "material", "materials", "rest", "pattern", "fold")


@pytest.fixture(scope="module")
def people():
    return [sample_person(7, number) for number in NUMBERS]


@pytest.fixture(scope="module")
def dressed(people):
    return [dress(person) for person in people]


@pytest.fixture(scope="module")
def figures(people, dressed):
    random = np.random.Generator(np.random.Philox(1))
    return [
        pose(one, sample_stance(person, random, rain=True))
        for person, one in zip(people, dressed, strict=True)
    ]


def digest(figure):
    out = hashlib.sha256()
    for name in ARRAYS:
        out.update(np.ascontiguousarray(getattr(figure, name)).tobytes())
    return out.hexdigest()


def test_all_arrays_are_what_the_interface_says(figures):
    for figure in figures:
        count = len(figure.vertices)
        for name in ("vertices", "normals", "rest", "pattern", "fold", "materials"):
            array = getattr(figure, name)
            assert array.dtype == np.float32 and array.flags.c_contiguous and np.isfinite(array).all(), name
        assert figure.normals.shape == figure.rest.shape == (count, 3)
        assert figure.pattern.shape == (count, 2) and figure.fold.shape == (count,)
        assert figure.faces.dtype == np.int32 and figure.part.dtype == figure.material.dtype == np.uint8
        assert figure.faces.min() >= 0 and figure.faces.max() < count
        assert figure.material.max() < len(figure.materials) == len(figure.two_sided)
        assert figure.materials.shape[1] == len(Column)


def test_normals_have_unit_length(figures):
    for figure in figures:
        used = np.unique(figure.faces)
        length = np.sqrt((figure.normals[used] ** 2).sum(1))
        assert np.quantile(np.abs(length - 1), 0.99) < 1e-3


def test_people_stand_on_the_ground_and_are_as_tall_as_people(figures):
    for figure in figures:
        body = np.isin(figure.part, [Part.FACE, Part.HAIR])
        assert figure.vertices[:, 1].min() == 0
        assert 1.0 < figure.vertices[figure.faces[body], 1].max() < 2.15


def test_a_person_is_made_of_about_nine_thousand_triangles(figures):
    counts = [len(figure.faces) for figure in figures]
    assert min(counts) > 6000 and max(counts) < 13000


def test_the_face_looks_forward(figures):
    for figure in figures:
        face = figure.faces[figure.part == Part.FACE].ravel()
        assert figure.normals[face, 2].mean() > 0.1


def test_posing_twice_gives_the_same_bytes_and_changes_nothing(people, dressed):
    stance = Stance(phase=0.3, speed=1.0, left="umbrella")
    before = dressed[3].mesh.points.copy()
    first = digest(pose(dressed[3], stance))
    pose(dressed[3], Stance(phase=0.8, speed=0.0))
    assert digest(pose(dressed[3], stance)) == first
    assert digest(pose(dress(sample_person(7, 3)), stance)) == first
    assert np.array_equal(dressed[3].mesh.points, before)


def test_people_have_the_same_bytes_on_every_machine():
    stance = Stance(phase=0.2, speed=1.0)
    together = hashlib.sha256(
        "".join(digest(pose(dress(sample_person(7, n)), stance)) for n in range(8)).encode()
    )
    assert together.hexdigest() == "8427e83b31f98bad598455dcf51a14e0b4d5c32160f2822d9fd166ca57935478"


def test_attributes_are_in_the_words_of_the_format(figures):
    for figure in figures:
        assert list(problems(figure.attributes)) == []
        assert set(figure.attributes) <= set(SEEN_ON)
        assert not any("skin" in str(word) for pair in figure.attributes.items() for word in pair)


@pytest.mark.parametrize(
    ("attribute", "parts"),
    [("glasses", {Part.GLASSES}), ("hat", {Part.HAT, Part.HEADSCARF}), ("umbrella", {Part.UMBRELLA}),
     ("phone", {Part.PHONE}), ("suitcase", {Part.SUITCASE}), ("bottle", {Part.BOTTLE})],
)  # fmt: skip
def test_what_is_said_to_be_there_has_faces(figures, attribute, parts):
    for figure in figures:
        assert bool(set(figure.part.tolist()) & parts) == figure.attributes[attribute]


def test_legs_are_covered_as_described(figures):
    for figure in figures:
        if figure.attributes.get("lower") == "trousers":
            assert (figure.part == Part.LOWER).sum() > 500


def test_a_near_twin_differs_in_one_thing_worn():
    seen = set()
    for number in range(100, 160):
        model, twin = sample_person(7, 5), sample_person(7, number, near_twin_of=5)
        assert (twin.sex, twin.age, twin.skin) == (model.sex, model.age, model.skin)
        outfits = [
            field.name
            for field in dataclasses.fields(model.outfit)
            if getattr(model.outfit, field.name) != getattr(twin.outfit, field.name)
        ]
        changed = outfits + ["hair"] * (model.head != twin.head)
        assert len(changed) == 1, changed
        seen.update(changed)
    assert len(seen & set(TWIN_CHANGES)) >= 4


def test_everybody_is_somebody_else():
    looks = {repr(sample_person(7, number)) for number in range(300)}
    assert len(looks) == 300
    assert sample_person(7, 4) == sample_person(7, 4) != sample_person(8, 4)


def test_cloth_lies_outside_the_skin(people):
    marks = landmarks()
    for person in people[:8]:
        one = dress(person)
        assert np.isfinite(one.mesh.points).all()
    layers = shells.bare(marks.rest, 1.0)
    shells.wear_upper(layers, people[1].outfit.top, Part.TOP, Part.TOP_SLEEVE, 0, 0.85)
    moved = ((layers.surface - layers.skin) * layers.normals).sum(1)
    assert moved.min() > -0.004
    assert np.quantile(moved, 0.02) >= 0
