"""Ingredients that are left out: what each takes away, and that the rest of a picture stays."""

from __future__ import annotations

import dataclasses
import io
import json
from typing import Any

import numpy as np
import pytest
from PIL import Image

pytest.importorskip("numba")

from vtbr_data.attributes import problems
from vtbr_data.errors import InputError
from vtbr_data.people.clothes.surface import Pattern
from vtbr_data.people.domains import source, target
from vtbr_data.people.domains.cast import actor, known
from vtbr_data.people.figure import Column
from vtbr_data.people.files import SETTINGS, render
from vtbr_data.people.ingredients import INGREDIENTS, left_out
from vtbr_data.people.unfinished import NOTE

SIZE = (24, 48)
HARD = target.plan(5, 4, 1, 2.0)[:6]
"""Crops in which everything happens."""
CLEAN = source.plan(2, 4, 1)


@pytest.fixture
def looked(monkeypatch):
    """Take shots, and return what each was made of: the arguments of `shoot` and `take`, and what was seen."""

    def look(shots: Any, *without: str) -> list[dict[str, Any]]:
        found = []
        for shot in shots:
            domain = target if isinstance(shot, target.Shot) else source
            noted: dict[str, Any] = {}
            shoot, take = domain.shoot, domain.take

            def noted_shoot(*arguments, shoot=shoot, noted=noted):
                noted |= dict(
                    zip(
                        ("place", "sky", "subject", "view", "size", "others", "obstacles"),
                        arguments,
                        strict=False,
                    )
                )
                noted["seen"] = shoot(*arguments)
                noted["linear"] = noted["seen"].light.copy()
                return noted["seen"]

            def noted_take(light, optics, rng, take=take, noted=noted):
                noted["optics"] = optics
                return take(light, optics, rng)

            with monkeypatch.context() as patch:
                patch.setattr(domain, "shoot", noted_shoot)
                patch.setattr(domain, "take", noted_take)
                noted["jpeg"], noted["row"] = shot.take(SIZE, frozenset(without))
            found.append(noted)
        return found

    return look


@pytest.mark.parametrize("shots", [HARD, CLEAN], ids=["target", "source"])
def test_without_light_one_even_light_is_everywhere(looked, shots):
    for made in looked(shots, "light"):
        light = made["sky"].light
        assert not light.key.any() and not light.fog.any() and not light.cover.any()
        assert made["sky"].falling == ""
        assert not {"weather", "illumination"} & made["row"].get("attributes", {}).keys()
    assert len({id(made["sky"]) for made in looked(shots, "light")}) == 1
    assert len({id(made["sky"]) for made in looked(shots)}) > 1


@pytest.mark.parametrize("shots", [HARD, CLEAN], ids=["target", "source"])
def test_without_cameras_all_pictures_are_taken_by_one_clean_camera(looked, shots):
    optics = [dataclasses.replace(made["optics"], exposure=0.0) for made in looked(shots, "cameras")]
    assert len(set(optics)) == 1
    assert (optics[0].noise, optics[0].blur, optics[0].sharpening, optics[0].resolved) == (0, 0, 0, 1)
    assert optics[0].motion == (0, 0) and optics[0].cast == (1, 1, 1)
    assert len({made["optics"] for made in looked(shots)}) == len(shots)


def test_without_occluders_nothing_stands_around_and_the_rest_stays(looked):
    whole, alone = looked(HARD), looked(HARD, "occluders")
    assert any(made["others"] for made in whole) and any(made["obstacles"] for made in whole)
    for with_all, made in zip(whole, alone, strict=True):
        assert not made["others"] and not made["obstacles"]
        assert (made["subject"].vertices == with_all["subject"].vertices).all()
        assert (made["view"].left, made["optics"]) == (with_all["view"].left, with_all["optics"])
        if not with_all["others"] and not with_all["obstacles"]:
            assert made["jpeg"] == with_all["jpeg"]


def test_without_near_twins_the_fifth_person_is_somebody_else():
    lone = frozenset(["near-twins"])
    for stream in ("source", "target"):
        fourth, twin, other = known(1, stream, 4), known(1, stream, 5), known(1, stream, 5, lone)
        differing = [name for name in fourth if fourth[name] != twin.get(name)]
        assert len(differing) < len([name for name in fourth if fourth[name] != other.get(name)])
        assert known(1, stream, 4, lone) == fourth
    assert source.attribute_table(5, 1, lone) != source.attribute_table(5, 1)


def test_without_textures_clothes_are_plain_and_smooth_and_their_main_colours_stay():
    for number in range(1, 13):
        whole, plain = (actor(3, "target", number, out) for out in (frozenset(), frozenset(["textures"])))
        table = plain.dressed.materials
        # Soles are a block of another colour.
        kinds = {Pattern.PLAIN, Pattern.FACE, Pattern.HAIR, Pattern.BLOCKS}
        assert set(table[:, Column.PATTERN].tolist()) <= kinds
        unwanted = [Column.FOLD_DEPTH, Column.GRAIN, Column.SPECULAR, Column.PRINT, Column.SEAM, Column.PANEL]
        assert not table[:, unwanted].any()
        assert len(plain.dressed.mesh.points) == len(whole.dressed.mesh.points)
        said, known_of = plain.dressed.attributes, whole.dressed.attributes
        assert said["upper_pattern"] == "plain"
        assert [said[name] for name in ("upper_colour", "lower_colour", "upper")] == [
            known_of[name] for name in ("upper_colour", "lower_colour", "upper")
        ]


@pytest.mark.parametrize("shots", [HARD, CLEAN], ids=["target", "source"])
def test_without_background_everything_behind_people_is_one_gray(looked, shots):
    for made in looked(shots, "background"):
        behind = made["linear"][made["seen"].covered == 0]
        assert len(behind) and (behind == behind[0, 0]).all() and behind[0, 0] > 0
        assert not made["place"].things
        assert not {"weather", "illumination", "scene"} & made["row"].get("attributes", {}).keys()


def test_without_light_cameras_and_background_gray_is_gray_in_the_file(looked):
    (made,) = looked(HARD[:1], "light", "cameras", "background", "occluders", "textures", "near-twins")
    pixels = np.asarray(Image.open(io.BytesIO(made["jpeg"]))).astype(int)
    assert np.ptp(pixels[made["seen"].covered == 0], axis=0).max() < 40  # JPEG's ringing
    assert list(problems(made["row"]["attributes"])) == []


def test_what_was_left_out_is_recorded_and_never_mixed(tmp_path):
    arguments = {"style": "target", "identities": 2, "views": 2, "seed": 1, "size": (16, 32), "workers": 1}
    render(tmp_path / "out", without=["textures", "light"], **arguments)
    recorded = json.loads((tmp_path / "out" / SETTINGS).read_text())
    assert recorded["without"] == ["light", "textures"]
    assert (recorded["seed"], recorded["difficulty"], recorded["cameras"]) == (1, 0.5, 6)

    def interrupt(done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        render(tmp_path / "half", without=["light"], progress=interrupt, **arguments)
    with pytest.raises(InputError, match=r"unfinished rendering .*without light"):
        render(tmp_path / "half", **arguments)
    render(tmp_path / "half", without=["light"], **arguments)
    assert not (tmp_path / "half" / NOTE).exists()


@pytest.mark.parametrize(
    ("names", "style", "message"),
    [
        (["sun"], "target", "'sun' is not an ingredient: use light, "),
        (["occluders"], "source", "a source has no occ"),
    ],
)
def test_what_cannot_be_left_out_is_refused(names, style, message):
    with pytest.raises(InputError, match=message):
        left_out(names, style)
    assert left_out(INGREDIENTS, "target") == set(INGREDIENTS)
