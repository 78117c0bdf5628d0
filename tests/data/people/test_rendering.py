"""Rendered people: files, names, determinism, resuming, and rows that say what is seen."""

from __future__ import annotations

import csv
import dataclasses
import hashlib
import json
import re
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

pytest.importorskip("numba")

from vtbr_data.attributes import problems
from vtbr_data.errors import InputError
from vtbr_data.people import files
from vtbr_data.people.domains import source, target
from vtbr_data.people.domains.difficulty import EASY, HARD, knobs, read_difficulty
from vtbr_data.people.domains.visible import in_the_dark, seen_attributes, seen_surroundings
from vtbr_data.people.figure import HEAD, Part
from vtbr_data.people.files import Order, render
from vtbr_data.people.unfinished import NOTE

SMALL = {"source": (32, 64), "target": (24, 48)}


def digest(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def order(style="target", identities=4, views=6, seed=1, size=(16, 32), difficulty=0.5, cameras=6):
    return Order(style, identities, views, seed, *size, difficulty, cameras, None)


@pytest.mark.parametrize("style", ["source", "target"])
def test_same_seed_gives_same_bytes_whatever_the_number_of_workers(tmp_path, style):
    arguments = {"style": style, "identities": 3, "views": 14, "size": SMALL[style]}
    rows = render(tmp_path / "one", seed=5, workers=1, **arguments)
    assert rows == render(tmp_path / "two", seed=5, workers=2, **arguments)
    render(tmp_path / "other", seed=6, workers=1, **arguments)
    assert digest(tmp_path / "one") == digest(tmp_path / "two")
    assert not set(digest(tmp_path / "one").values()) & set(digest(tmp_path / "other").values())


def test_a_picture_is_the_same_whatever_was_rendered_before_it():
    shots = files.plan(order())
    alone = shots[5].take((24, 48))
    for shot in shots[:5]:
        shot.take((24, 48))
    assert shots[5].take((24, 48)) == alone


def test_pictures_are_the_same_bytes_on_every_processor(monkeypatch):
    # Before JPEG, which is Pillow's. Also found so with NUMBA_CPU_NAME=generic (no AVX, no fused multiply-add) and
    # NPY_DISABLE_CPU_FEATURES. A wanted change of looks brings another digest, and a line in CHANGELOG.md.
    together = hashlib.sha256()
    for domain, step in ((source, 3), (target, 9)):
        monkeypatch.setattr(domain, "jpeg", lambda image, quality: image.tobytes())
        style = domain.__name__.rpartition(".")[2]
        for shot in list(files.plan(order(style, 4, 6, 1, (24, 48))))[::step]:
            together.update(shot.take((24, 48))[0])
    assert together.hexdigest() == "1e5ce7219116aab3e34e64d82eee9546341d3f63a7d8629ce16ec02cd864b61e"


def test_source_has_fine_gprs_layout_rows_and_attributes(tmp_path):
    rows = render(tmp_path, style="source", identities=2, views=3, seed=0, workers=1, size=SMALL["source"])
    pattern = re.compile(r"(\d{4})/\1_c(\d\d)_w0([1-7])_l0([1-7])_p0([1-9])\.jpg")
    for row in rows:
        match = pattern.fullmatch(row["path"])
        assert match
        assert (row["identity"], row["camera"], row["split"]) == (int(match[1]), int(match[2]), "train")
        assert row["attributes"]["viewpoint"] == (90 + 10 * (int(match[2]) - 1)) % 360
        assert (tmp_path / row["path"]).is_file()
    assert [row["path"] for row in rows] == sorted(row["path"] for row in rows)
    assert Counter(row["identity"] for row in rows) == {1: 3, 2: 3}
    with (tmp_path / "attributes.csv").open() as file:
        table = {int(line["identity"]): line for line in csv.DictReader(file)}
    for row in rows:
        seen = row["attributes"].get("sleeves")
        assert seen is None or ("short", "long")[int(table[row["identity"]]["sleeves"]) - 1] == seen


def test_rows_hold_no_impossible_attribute():
    for shot in files.plan(order("source", 8, 2)):
        _, row = shot.take((32, 64))
        assert list(problems(row["attributes"])) == []
    for shot in files.plan(order("target", 4, 4))[:12]:
        _, row = shot.take((32, 64))
        assert list(problems(row.get("attributes", {}))) == []


def test_default_sizes_are_those_of_the_domains(tmp_path):
    for style, size in (("source", (128, 256)), ("target", (64, 128))):
        rows = render(tmp_path / style, style=style, identities=2, views=2, seed=0, workers=1)
        with Image.open(tmp_path / style / rows[0]["path"]) as image:
            assert (image.format, image.size) == ("JPEG", size)


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
    assert files.plan(order("source", 2, 4)) == files.plan(order("source", 5, 4))[:8]


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


def test_a_folder_that_is_not_empty_is_left_alone(tmp_path):
    (tmp_path / "mine.txt").write_text("precious")
    with pytest.raises(InputError, match="is not empty"):
        render(tmp_path, style="source", identities=1, views=1, seed=0)
    assert digest(tmp_path).keys() == {"mine.txt"}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"identities": 0}, "0 identities are too few"),
        ({"views": 0}, "0 views are too few"),
        ({"style": "target", "identities": 1}, "at least 2"),
        ({"style": "target", "views": 1}, "at least 2"),
        ({"style": "oil"}, "use source or target"),
        ({"seed": -1}, "use 0 or more"),
        ({"workers": 0}, "use 1 or more"),
        ({"views": 15877}, "at most 15876"),
        ({"size": (4, 4)}, "4 x 4 pixels"),
        ({"style": "target", "difficulty": 2.5}, "a number from 0 to 2"),
        ({"style": "target", "cameras": 1}, "use 2 to 999"),
        ({"difficulty": 0.5}, "of the target domain"),
        ({"cameras": 6}, "of the target domain"),
        ({"identities": 10000}, "at most 9999"),
        ({"identities": 9999, "views": 9999}, "too many for one folder: at most 2,000,000"),
        ({"style": "target", "views": 15001}, "of a target's identity 15,000"),
    ],
)
def test_numbers_that_make_no_sense_are_named(tmp_path, change, message):
    arguments = {"style": "source", "identities": 2, "views": 2, "seed": 0} | change
    with pytest.raises(InputError, match=message):
        render(tmp_path / "out", **arguments)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("workers", [1, 2])
def test_a_rendering_that_was_interrupted_continues_to_the_same_bytes(tmp_path, workers):
    arguments = {"style": "target", "identities": 6, "views": 8, "seed": 1, "size": (16, 32)}
    rows = render(tmp_path / "whole", workers=1, **arguments)

    def interrupt(done: int, total: int) -> None:
        if done >= 40:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        render(tmp_path / "stopped", workers=workers, progress=interrupt, **arguments)
    assert (tmp_path / "stopped" / NOTE).exists()
    told: list[int] = []
    again = render(
        tmp_path / "stopped", workers=workers, progress=lambda done, _: told.append(done), **arguments
    )
    assert told[0] >= 40
    assert again == rows
    assert digest(tmp_path / "stopped") == digest(tmp_path / "whole")


def test_pictures_that_a_crash_cut_off_are_rendered_again(tmp_path):
    arguments = {"style": "target", "identities": 4, "views": 6, "seed": 1, "size": (16, 32), "workers": 1}
    rows = render(tmp_path / "whole", **arguments)
    render(tmp_path / "killed", **arguments)
    lines = [json.dumps(order()._asdict())]
    numbers = {shot.path: number for number, shot in enumerate(files.plan(order()))}
    lines += [json.dumps([numbers[row["path"]], row]) for row in rows]
    (tmp_path / "killed" / NOTE).write_text("\n".join(lines)[:-9])  # the last line is cut off
    torn = tmp_path / "killed" / rows[0]["path"]
    torn.write_bytes(torn.read_bytes()[:-100])
    assert render(tmp_path / "killed", **arguments) == rows
    assert digest(tmp_path / "killed") == digest(tmp_path / "whole")


def test_two_renderings_are_never_mixed(tmp_path):
    (tmp_path / NOTE).write_text(json.dumps(order()._asdict()) + "\n")
    with pytest.raises(InputError, match="unfinished rendering"):
        render(tmp_path, style="target", identities=5, views=6, seed=1, size=(16, 32))
    (tmp_path / NOTE).write_text("nonsense")
    with pytest.raises(InputError, match="its note cannot be read"):
        render(tmp_path, style="target", identities=5, views=6, seed=1, size=(16, 32))


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


def test_more_cameras_than_views_cannot_see_a_person(tmp_path):
    with pytest.raises(InputError, match="9 cameras cannot each see a person in 8 views: use 2 to 6"):
        render(tmp_path / "out", style="target", identities=4, views=8, seed=0, cameras_each=9)
