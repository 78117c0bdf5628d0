"""What the two domains plan and say: names, splits, cameras, difficulty, and attributes that are seen."""

from __future__ import annotations

import dataclasses
import re
from collections import Counter

import numpy as np
import pytest
from PIL import Image

pytest.importorskip("numba")

from vtbr_data.attributes import problems
from vtbr_data.people.domains import source, target
from vtbr_data.people.domains.difficulty import EASY, HARD, knobs, read_difficulty
from vtbr_data.people.domains.visible import in_the_dark, seen_attributes, seen_surroundings
from vtbr_data.people.figure import HEAD, Part


def test_rows_hold_no_impossible_attribute():
    for shot in source.plan(8, 2, 1):
        _, row = shot.take((32, 64))
        assert list(problems(row["attributes"])) == []
    for shot in target.plan(4, 4, 1)[:12]:
        _, row = shot.take((32, 64))
        assert list(problems(row.get("attributes", {}))) == []


def test_target_has_market_names_and_folders():
    folders = {"train": "bounding_box_train", "query": "query", "gallery": "bounding_box_test"}
    shots = target.plan(20, 8, seed=0)
    for shot in shots:
        match = re.fullmatch(r"(\w+)/(-1|\d{4})_c([1-6])s(\d)_\d{6}_(\d\d)\.jpg", shot.path)
        assert match
        assert match[1] == folders[shot.split]
        named = tuple(int(group) for group in match.groups()[1:])
        assert named == (shot.identity, shot.camera, shot.sequence, shot.box)
    assert len({shot.path for shot in shots}) == len(shots)


def test_a_target_may_have_many_cameras_and_a_person_passes_at_most_six():
    shots = [shot for shot in target.plan(40, 12, seed=0, cameras=30) if shot.kind == "person"]
    assert len({shot.camera for shot in shots}) > 25
    for identity in range(1, 41):
        assert 2 <= len({shot.camera for shot in shots if shot.identity == identity}) <= 6


@pytest.mark.parametrize("views", [2, 3, 4, 8, 13])
def test_every_target_query_finds_its_person_in_another_camera(views):
    shots = target.plan(20, views, seed=1)
    gallery = {(shot.identity, shot.camera) for shot in shots if shot.split == "gallery"}
    queries = [shot for shot in shots if shot.split == "query"]
    assert {shot.identity for shot in queries} == set(range(11, 21))
    assert {shot.identity for shot in shots if shot.split == "train"} == set(range(1, 11))
    assert len({(shot.identity, shot.camera) for shot in queries}) == len(queries)
    for query in queries:
        assert any(who == query.identity and where != query.camera for who, where in gallery)
    assert all(count == views for who, count in Counter(s.identity for s in shots).items() if who > 0)


@pytest.mark.parametrize("difficulty", [0.0, 0.5, 1.0])
def test_the_difficulty_says_how_much_of_the_gallery_is_junk_and_distractors(difficulty):
    gallery = [shot.identity for shot in target.plan(60, 8, 2, difficulty) if shot.split == "gallery"]
    known = sum(identity > 0 for identity in gallery)
    assert gallery.count(-1) == round(knobs(difficulty).junk * known)
    assert gallery.count(0) == round(knobs(difficulty).distractors * known)


def test_every_knob_is_harder_at_hard_than_at_default_and_there_than_at_easy():
    numbers = (0, read_difficulty("default"), 1)
    for knob in dataclasses.fields(EASY):
        easy, default, hard = (getattr(knobs(number), knob.name) for number in numbers)
        assert easy < default < hard
    assert (knobs(0), knobs(1)) == (EASY, HARD)


def test_a_harder_target_shows_the_same_people_in_the_same_places():
    easy, hard = ({shot.path for shot in target.plan(6, 4, 0, n) if shot.identity > 0} for n in (0.0, 1.0))
    assert easy == hard


def test_plan_of_an_identity_does_not_depend_on_how_many_there_are():
    assert source.plan(2, 4, 1) == source.plan(5, 4, 1)[:8]


def test_front_and_back_look_different():
    shots = {shot.camera: shot for shot in source.plan(1, 36, 0)}
    front, back = (
        dataclasses.replace(shots[camera], weather=3, illumination=4, place=2).take((64, 128))[1][
            "attributes"
        ]
        for camera in (1, 19)
    )
    assert (front["viewpoint"], back["viewpoint"]) == (90, 270)


def test_what_is_out_of_sight_is_not_said():
    known = {
        "gender": "male",
        "shoes": "dark",
        "bag": True,
        "hat": False,
        "glasses": True,
        "upper_colour": "red",
    }
    parts = np.zeros(len(Part), np.int32)
    parts[Part.TOP] = 2000
    assert seen_attributes(known, parts, 64 * 128) == {"gender": "male", "upper_colour": "red"}
    parts[[Part.SHOE, Part.BACKPACK, Part.GLASSES]] = 100
    parts[list(HEAD)] = 100
    assert seen_attributes(known, parts, 64 * 128) == known


def test_that_nothing_is_carried_is_said_of_a_body_seen_well():
    parts = np.zeros(len(Part), np.int32)
    parts[Part.TOP] = 100
    assert seen_attributes({"bag": False}, parts, 64 * 128) == {}
    parts[Part.TOP] = 3000
    assert seen_attributes({"bag": False}, parts, 64 * 128) == {"bag": False}


def test_weather_and_hours_that_cannot_be_told_apart_are_not_said():
    assert seen_surroundings("clouds", "forenoon", "urban", 0.3) == {"scene": "urban"}
    assert seen_surroundings("overcast", "dawn", "urban", 0.9) == {}
    assert seen_surroundings("foggy", "noon", "wild", 0.3) == {"weather": "foggy", "scene": "wild"}
    assert seen_surroundings("sunny", "midnight", "wild", 0.9) == {"illumination": "night"}


def test_no_colour_is_said_of_people_in_the_dark():
    covered = np.ones((8, 4), np.float32)
    said = {"gender": "male", "upper_colour": "red"}
    assert in_the_dark(said, Image.new("RGB", (4, 8), (9, 9, 9)), covered) == {"gender": "male"}
    assert in_the_dark(said, Image.new("RGB", (4, 8), (90, 40, 40)), covered) == said


def test_each_person_may_be_seen_by_as_many_cameras_as_asked_for():
    shots = [shot for shot in target.plan(6, 8, 0, 0.5, 20, 8) if shot.kind == "person"]
    cameras = {}
    for shot in shots:
        cameras.setdefault(shot.identity, []).append(shot.camera)
    assert all(len(set(seen)) == len(seen) == 8 for seen in cameras.values())
    splits = [shot.split for shot in shots if shot.identity == 6]
    assert splits.count("query") == 1 and splits.count("gallery") == 7
