"""Drawn people: files, names, determinism, and pictures that show what the rows say."""

from __future__ import annotations

import csv
import dataclasses
import hashlib
import json
import math
import re
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from vtbr_data.drawing import draw, files, source, target
from vtbr_data.drawing.canvas import Canvas
from vtbr_data.drawing.difficulty import EASY, HARD, knobs, read_difficulty
from vtbr_data.drawing.figure import draw_figure
from vtbr_data.drawing.moment import Moment
from vtbr_data.drawing.palette import NAMES, shade
from vtbr_data.drawing.people import UPPER_PATTERNS, Garment, Person, sample_person
from vtbr_data.drawing.solids import View
from vtbr_data.drawing.unfinished import NOTE
from vtbr_data.errors import InputError

SMALL = {"source": (32, 64), "target": (24, 48)}


def digest(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def portrait(person: Person, viewpoint: float, size: tuple[int, int] = (64, 128)) -> np.ndarray:
    """The person standing in neutral light on a pink that nobody wears."""
    image = Image.new("RGB", size, (255, 0, 255))
    canvas = Canvas(image)
    scale = size[1] * 0.9 / person.build.height
    view = View(math.radians(viewpoint - 90), 0.05, scale, size[0] / 2, size[1] * 0.96)
    draw_figure(canvas, person, Moment(phase=0.0, energy=0.0), view)
    canvas.finish()
    return np.asarray(image)


@pytest.mark.parametrize("style", ["source", "target"])
def test_same_seed_gives_same_bytes_whatever_the_number_of_workers(tmp_path, style):
    arguments = {"style": style, "identities": 3, "views": 4, "size": SMALL[style]}
    rows = draw(tmp_path / "one", seed=5, workers=1, **arguments)
    assert rows == draw(tmp_path / "two", seed=5, workers=2, **arguments)
    draw(tmp_path / "other", seed=6, workers=1, **arguments)
    assert digest(tmp_path / "one") == digest(tmp_path / "two")
    assert not set(digest(tmp_path / "one").values()) & set(digest(tmp_path / "other").values())


def test_source_has_fine_gprs_layout_rows_and_attributes(tmp_path):
    rows = draw(tmp_path, style="source", identities=2, views=3, seed=0, workers=1, size=SMALL["source"])
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
        table = list(csv.DictReader(file))
    for line in table:
        attributes = next(row["attributes"] for row in rows if row["identity"] == int(line["identity"]))
        assert NAMES[int(line["upper_colour"]) - 1] == attributes["upper_colour"]
        assert ("short", "long")[int(line["sleeves"]) - 1] == attributes["sleeves"]
        assert (True, False)[int(line["bag"]) - 1] is attributes["bag"]


def test_default_sizes_are_those_of_the_domains(tmp_path):
    for style, size in (("source", (128, 256)), ("target", (64, 128))):
        rows = draw(tmp_path / style, style=style, identities=2, views=2, seed=0, workers=1)
        with Image.open(tmp_path / style / rows[0]["path"]) as image:
            assert (image.format, image.size) == ("JPEG", size)


def test_target_has_market_names_and_folders():
    folders = {"train": "bounding_box_train", "query": "query", "gallery": "bounding_box_test"}
    rows = [shot.row() for shot in target.plan(20, 8, seed=0)]
    for row in rows:
        match = re.fullmatch(r"(\w+)/(-1|\d{4})_c([1-6])s(\d)_\d{6}_(\d\d)\.jpg", row["path"])
        assert match
        assert match[1] == folders[row["split"]]
        named = tuple(int(group) for group in match.groups()[1:])
        assert named == (row["identity"], row["camera"], row["sequence"], row["box"])
        assert "attributes" not in row
    assert len({row["path"] for row in rows}) == len(rows)


@pytest.mark.parametrize("views", [2, 3, 4, 8, 13])
def test_every_target_query_finds_its_person_in_another_camera(views):
    rows = [shot.row() for shot in target.plan(20, views, seed=1)]
    gallery = {(row["identity"], row["camera"]) for row in rows if row["split"] == "gallery"}
    queries = [row for row in rows if row["split"] == "query"]
    assert {row["identity"] for row in queries} == set(range(11, 21))
    assert {row["identity"] for row in rows if row["split"] == "train"} == set(range(1, 11))
    assert len({(row["identity"], row["camera"]) for row in queries}) == len(queries)
    for query in queries:
        assert any(who == query["identity"] and where != query["camera"] for who, where in gallery)
    assert all(count == views for who, count in Counter(r["identity"] for r in rows).items() if who > 0)


@pytest.mark.parametrize("difficulty", [0.0, 0.5, 1.0])
def test_the_difficulty_says_how_much_of_the_gallery_is_junk_and_distractors(difficulty):
    shots = target.plan(60, 8, 2, difficulty)
    gallery = [shot.row()["identity"] for shot in shots if shot.split == "gallery"]
    known = sum(identity > 0 for identity in gallery)
    assert gallery.count(-1) == round(knobs(difficulty).junk * known)
    assert gallery.count(0) == round(knobs(difficulty).distractors * known)


def test_every_knob_is_harder_at_hard_than_at_default_and_there_than_at_easy():
    numbers = (0, read_difficulty("default"), 1)
    for knob in dataclasses.fields(EASY):
        easy, default, hard = (getattr(knobs(number), knob.name) for number in numbers)
        assert easy < default < hard
    assert (knobs(0), knobs(1)) == (EASY, HARD)
    assert all(0 <= value <= 0.9 for name, value in dataclasses.asdict(knobs(2)).items() if name == "box")


def test_a_harder_target_shows_the_same_people_in_the_same_places():
    easy, hard = ({shot.path for shot in target.plan(6, 4, 0, n) if shot.identity > 0} for n in (0.0, 1.0))
    assert easy == hard


def test_easy_crops_of_a_walk_are_more_alike_than_hard_ones():
    def spread(difficulty: float) -> float:
        shots = [s for s in target.plan(8, 6, 0, difficulty) if s.kind == "person"]
        means = [np.asarray(shot.take((24, 48)), dtype=float).mean() for shot in shots]
        return float(np.std(means))

    assert spread(0.0) < spread(1.0)


def test_most_people_share_all_recorded_attributes_with_somebody_else():
    people = [sample_person(0, "source", identity) for identity in range(1, 201)]
    looks = Counter(person.look for person in people)
    assert sum(looks[person.look] > 1 for person in people) > 100
    assert len(looks) > 60


def test_people_with_the_same_attributes_differ_in_what_is_drawn():
    people = [sample_person(0, "source", identity) for identity in range(1, 33)]
    pairs = [(a, b) for a in people for b in people if a is not b and a.look == b.look]
    assert pairs
    for a, b in pairs:
        difference = np.abs(portrait(a, 90).astype(int) - portrait(b, 90).astype(int))
        assert (difference.max(axis=2) > 40).mean() > 0.01


def test_domains_show_different_people():
    assert all(sample_person(3, "source", i) != sample_person(3, "target", i) for i in range(1, 20))


def test_front_back_and_sides_look_different():
    person = sample_person(0, "source", 2)
    views = [portrait(person, viewpoint).astype(int) for viewpoint in (90, 270, 0, 180)]
    for first in range(4):
        for second in range(first):
            assert (np.abs(views[first] - views[second]).max(axis=2) > 60).mean() > 0.02


@pytest.mark.parametrize("viewpoint", [90, 0, 270])
@pytest.mark.parametrize("name", NAMES)
def test_plain_garments_show_their_recorded_colour(name, viewpoint):
    rng = np.random.default_rng(0)
    colour = shade(name, rng)
    other = shade("white" if name != "white" else "black", rng)
    person = _plain(upper=colour, lower=other)
    above = portrait(person, viewpoint)[34:48, 28:36].reshape(-1, 3)
    assert _share_called(name, above) > 0.8
    person = _plain(upper=other, lower=colour)
    below = portrait(person, viewpoint)[64:100].reshape(-1, 3)
    assert _share_called(name, below[(below != (255, 0, 255)).any(axis=1)]) > 0.6


@pytest.mark.parametrize("pattern", UPPER_PATTERNS)
def test_patterns_leave_most_of_a_garment_in_its_recorded_colour(pattern):
    rng = np.random.default_rng(0)
    person = _plain(upper=shade("blue", rng), lower=shade("black", rng))
    garment = dataclasses.replace(person.upper, pattern=pattern, second=(226, 140, 40), period=0.09)
    person = dataclasses.replace(person, upper=garment)
    chest = portrait(person, 90, size=(128, 256))[60:110, 44:84].reshape(-1, 3)
    to_first, to_second = (
        np.linalg.norm(chest - np.array(colour, dtype=float), axis=1)
        for colour in (garment.colour, garment.second)
    )
    assert (to_first < to_second).mean() > 0.55


def test_a_folder_that_is_not_empty_is_left_alone(tmp_path):
    (tmp_path / "mine.txt").write_text("precious")
    with pytest.raises(InputError, match="is not empty"):
        draw(tmp_path, style="source", identities=1, views=1, seed=0)
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
        ({"difficulty": 0.5}, "of the target domain"),
    ],
)
def test_numbers_that_make_no_sense_are_named(tmp_path, change, message):
    arguments = {"style": "source", "identities": 2, "views": 2, "seed": 0} | change
    with pytest.raises(InputError, match=message):
        draw(tmp_path / "out", **arguments)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("workers", [1, 2])
def test_an_interruption_leaves_nothing_behind(tmp_path, workers):
    def interrupt(done: int, total: int) -> None:
        assert total == 60
        if done >= 5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        draw(
            tmp_path / "out",
            style="source",
            identities=5,
            views=12,
            seed=0,
            workers=workers,
            size=(32, 64),
            progress=interrupt,
        )
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("workers", [1, 2])
def test_a_drawing_that_was_killed_goes_on_to_the_same_bytes(tmp_path, workers):
    arguments = {"style": "target", "identities": 4, "views": 6, "seed": 1, "size": (16, 32)}
    rows = draw(tmp_path / "whole", workers=1, **arguments)
    draw(tmp_path / "killed", workers=1, **arguments)
    note = {
        "style": "target",
        "identities": 4,
        "views": 6,
        "seed": 1,
        "size": [16, 32],
        "difficulty": read_difficulty("default"),
    }
    (tmp_path / "killed" / NOTE).write_text(json.dumps(note))
    (tmp_path / "killed" / rows[3]["path"]).unlink()
    (tmp_path / "killed" / rows[5]["path"]).write_bytes(b"")
    seen: list[tuple[int, int]] = []
    again = draw(tmp_path / "killed", workers=workers, progress=lambda *done: seen.append(done), **arguments)
    assert (again, seen[0]) == (rows, (len(rows) - 2, len(rows)))
    assert digest(tmp_path / "killed") == digest(tmp_path / "whole")


def test_an_unfinished_drawing_is_not_mixed_with_another(tmp_path):
    (tmp_path / NOTE).write_text('{"style": "source", "identities": 9}')
    with pytest.raises(InputError, match=r"unfinished drawing .style source, identities 9.: draw it to"):
        draw(tmp_path, style="source", identities=1, views=1, seed=0)
    assert list(tmp_path.iterdir()) == [tmp_path / NOTE]


def test_what_finish_cannot_write_takes_the_pictures_with_it(tmp_path):
    def full(_rows: object) -> None:
        raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space left"):
        draw(tmp_path / "out", style="source", identities=1, views=2, seed=0, size=(16, 32), finish=full)
    assert list(tmp_path.iterdir()) == []


def test_a_picture_that_cannot_be_written_leaves_no_partial_file(tmp_path, monkeypatch):
    def full(self: Path, _content: bytes) -> None:
        self.touch()
        raise OSError(28, "No space left on device", str(self))

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(OSError, match="No space left"):
        draw(tmp_path / "out", style="target", identities=2, views=2, seed=0, workers=1)
    assert list(tmp_path.iterdir()) == []


def test_an_error_in_a_worker_is_raised_here(tmp_path, monkeypatch):
    # A file stands where the workers want a folder.
    monkeypatch.setattr(Path, "mkdir", lambda self, **_: None)
    with pytest.raises(FileNotFoundError) as caught:
        draw(tmp_path / "out", style="source", identities=1, views=4, seed=0, workers=2, size=(32, 64))
    assert str(tmp_path / "out") in str(caught.value)


def test_progress_counts_every_picture(tmp_path):
    seen: list[tuple[int, int]] = []
    draw(
        tmp_path,
        style="source",
        identities=2,
        views=5,
        seed=0,
        workers=2,
        size=(32, 64),
        progress=lambda done, total: seen.append((done, total)),
    )
    assert seen[-1] == (10, 10)


def test_every_source_file_name_of_an_identity_is_used_once():
    shots = source.plan(1, 500, seed=0)
    assert len({shot.path for shot in shots}) == 500
    assert {shot.camera for shot in source.plan(1, 36, seed=0)} == set(range(1, 37))


def test_plan_of_an_identity_does_not_depend_on_how_many_there_are():
    assert files.plan("source", 2, 4, 0) == files.plan("source", 5, 4, 0)[:8]


def _plain(upper: tuple[int, int, int], lower: tuple[int, int, int]) -> Person:
    person = sample_person(0, "source", 1)
    look = dataclasses.replace(
        person.look, dress=False, lower="trousers", top="short", sleeves="long", boots=False, bag=False,
        hat=False, hair="short", glasses=False,
    )  # fmt: skip
    return dataclasses.replace(
        person,
        look=look,
        hair_style="crop",
        upper=Garment(upper, upper, "plain", 0.1, 0.0, "shirt"),
        lower=Garment(lower, lower, "plain", 0.1, 0.0, "straight"),
        front_print="none",
        back_print="none",
        scarf=None,
    )


def _share_called(name: str, pixels: np.ndarray) -> float:
    """Share of pixels to which a person would give that name (folds darken it, so hue decides)."""
    return float(np.mean([_name(pixel) == name for pixel in pixels.tolist()]))


def _name(pixel: list[int]) -> str:
    red, green, blue = pixel
    high, low = max(pixel), min(pixel)
    saturation = (high - low) / max(high, 1)
    if high < 60:
        return "black"
    if saturation < 0.2:
        return "white" if high > 165 else "gray"
    hue = {red: (green - blue) / (high - low), green: 2 + (blue - red) / (high - low)}.get(
        high, 4 + (red - green) / (high - low)
    )
    degrees = hue * 60 % 360
    if degrees < 14 or degrees > 340:
        return "red"
    if degrees < 40:
        return "brown"
    for limit, found in ((75, "yellow"), (170, "green"), (255, "blue")):
        if degrees < limit:
            return found
    return "purple"
