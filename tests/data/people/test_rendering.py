"""Rendered people: files, names, determinism, resuming, and rows that say what is seen."""

from __future__ import annotations

import csv
import hashlib
import json
import re
from collections import Counter
from pathlib import Path

import pytest
from PIL import Image

pytest.importorskip("numba")

from vtbr_data.errors import InputError
from vtbr_data.people import files
from vtbr_data.people.domains import source, target
from vtbr_data.people.files import Order, render
from vtbr_data.people.unfinished import NOTE

SMALL = {"source": (32, 64), "target": (24, 48)}


def digest(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def rendered(out: Path, **arguments):
    """Render, and return the rows of the manifest."""
    rows: list = []
    count = render(out, finish=rows.extend, **arguments)
    assert count == len(rows)
    return rows


def order(style="target", identities=4, views=6, seed=1, size=(16, 32), difficulty=0.5, cameras=6):
    return Order(style, identities, views, seed, *size, difficulty, cameras, None)


@pytest.mark.parametrize("style", ["source", "target"])
def test_same_seed_gives_same_bytes_whatever_the_number_of_workers(tmp_path, style):
    arguments = {"style": style, "identities": 3, "views": 14, "size": SMALL[style]}
    rows = rendered(tmp_path / "one", seed=5, workers=1, **arguments)
    assert rows == rendered(tmp_path / "two", seed=5, workers=2, **arguments)
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
    # NPY_DISABLE_CPU_FEATURES. A wanted change of looks brings another digest, a higher number of the renderer, and a
    # line in CHANGELOG.md.
    together = hashlib.sha256()
    for domain, step in ((source, 3), (target, 9)):
        monkeypatch.setattr(domain, "jpeg", lambda image, quality: image.tobytes())
        style = domain.__name__.rpartition(".")[2]
        for shot in list(files.plan(order(style, 4, 6, 1, (24, 48))))[::step]:
            together.update(shot.take((24, 48))[0])
    found = {2: "1e5ce7219116aab3e34e64d82eee9546341d3f63a7d8629ce16ec02cd864b61e"}
    assert found[files.RENDERER] == together.hexdigest()


def test_source_has_fine_gprs_layout_rows_and_attributes(tmp_path):
    rows = rendered(tmp_path, style="source", identities=2, views=3, seed=0, workers=1, size=SMALL["source"])
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


def test_default_sizes_are_those_of_the_domains(tmp_path):
    for style, size in (("source", (128, 256)), ("target", (64, 128))):
        rows = rendered(tmp_path / style, style=style, identities=2, views=2, seed=0, workers=1)
        with Image.open(tmp_path / style / rows[0]["path"]) as image:
            assert (image.format, image.size) == ("JPEG", size)


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
    rows = rendered(tmp_path / "whole", workers=1, **arguments)

    def interrupt(done: int, total: int) -> None:
        if done >= 40:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        render(tmp_path / "stopped", workers=workers, progress=interrupt, **arguments)
    assert (tmp_path / "stopped" / NOTE).exists()
    told: list[int] = []
    again = rendered(
        tmp_path / "stopped", workers=workers, progress=lambda done, _: told.append(done), **arguments
    )
    assert told[0] >= 40
    assert again == rows
    assert digest(tmp_path / "stopped") == digest(tmp_path / "whole")


def test_pictures_that_a_crash_cut_off_are_rendered_again(tmp_path):
    arguments = {"style": "target", "identities": 4, "views": 6, "seed": 1, "size": (16, 32), "workers": 1}
    rows = rendered(tmp_path / "whole", **arguments)
    render(tmp_path / "killed", **arguments)
    lines = [json.dumps(order()._asdict())]
    numbers = {shot.path: number for number, shot in enumerate(files.plan(order()))}
    lines += [json.dumps([numbers[row["path"]], row]) for row in rows]
    (tmp_path / "killed" / NOTE).write_text("\n".join(lines)[:-9])  # the last line is cut off
    torn = tmp_path / "killed" / rows[0]["path"]
    torn.write_bytes(torn.read_bytes()[:-100])
    assert rendered(tmp_path / "killed", **arguments) == rows
    assert digest(tmp_path / "killed") == digest(tmp_path / "whole")


@pytest.mark.parametrize(
    "older", [{"renderer": files.RENDERER - 1}, {}], ids=["older", "before it was counted"]
)
def test_pictures_of_two_renderers_are_never_mixed(tmp_path, older):
    known = {name: value for name, value in order()._asdict().items() if name != "renderer"}
    (tmp_path / NOTE).write_text(json.dumps(known | older) + "\n")
    with pytest.raises(InputError, match=r"unfinished rendering by another version, .* remove the folder$"):
        render(tmp_path, style="target", identities=4, views=6, seed=1, size=(16, 32), workers=1)
    assert [path.name for path in tmp_path.iterdir()] == [NOTE]


def test_two_renderings_are_never_mixed(tmp_path):
    (tmp_path / NOTE).write_text(json.dumps(order()._asdict()) + "\n")
    with pytest.raises(InputError, match="unfinished rendering"):
        render(tmp_path, style="target", identities=5, views=6, seed=1, size=(16, 32))
    (tmp_path / NOTE).write_text("nonsense")
    with pytest.raises(InputError, match="its note cannot be read"):
        render(tmp_path, style="target", identities=5, views=6, seed=1, size=(16, 32))


def test_more_cameras_than_views_cannot_see_a_person(tmp_path):
    with pytest.raises(InputError, match="9 cameras cannot each see a person in 8 views: use 2 to 6"):
        render(tmp_path / "out", style="target", identities=4, views=8, seed=0, cameras_each=9)


def test_an_interrupted_rendering_ends_with_rows_whose_keys_are_in_the_same_order(tmp_path):
    arguments = {"style": "source", "identities": 2, "views": 2, "seed": 1, "size": (16, 32), "workers": 1}
    rows = rendered(tmp_path / "whole", **arguments)

    def interrupt(done: int, total: int) -> None:
        if done:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        render(tmp_path / "stopped", progress=interrupt, **arguments)
    again = rendered(tmp_path / "stopped", **arguments)
    assert json.dumps(again) == json.dumps(rows)
