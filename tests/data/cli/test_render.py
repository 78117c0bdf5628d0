from __future__ import annotations

import json
import re
import struct

import pytest
from click.testing import CliRunner

pytest.importorskip("numba")

from vtbr_data.cli import main
from vtbr_data.datasets import index_dataset
from vtbr_data.manifest import read_manifest
from vtbr_data.people import files

NUMBERS = ["--identities", "4", "--views", "3", "--workers", "1", "--pixels", "32x64"]


def run(*arguments: object):
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    out = tmp_path_factory.mktemp("rendered") / "source"
    result = run("render", out, *NUMBERS, "--sheet", out.parent / "sheet.png")
    assert result.exit_code == 0, result.output
    return out


def test_source_pictures_have_captions_that_differ(source):
    rows = read_manifest(source / "manifest.jsonl").rows
    assert len(rows) == 12
    assert all(len(set(row.captions)) == 2 for row in rows)


def test_index_finds_what_was_rendered(source):
    rendered = [(row.path, row.identity, row.camera) for row in read_manifest(source / "manifest.jsonl").rows]
    listed = [(row.path, row.identity, row.camera) for row in index_dataset("finegpr", source)]
    assert sorted(rendered) == sorted(listed)


def test_the_sheet_is_a_picture(source):
    header = (source.parent / "sheet.png").read_bytes()[:24]
    assert header.startswith(b"\x89PNG")
    assert min(struct.unpack(">II", header[16:])) > 100


def test_rendered_people_pass_the_check(source):
    result = run("check", source / "manifest.jsonl")
    assert json.loads(result.stdout)["errors"] == 0


def test_target_pictures_lie_in_market_folders_and_have_captions_on_request_alone(tmp_path):
    result = run("render", tmp_path / "target", *NUMBERS, "--style", "target", "--cameras", "9")
    assert re.search(
        r"^rendered \d+ pictures into .*target in [\d.]+ s, \d+ a second\n$", result.stderr, re.M
    )
    rows = read_manifest(tmp_path / "target" / "manifest.jsonl").rows
    assert {row.split for row in rows} == {"train", "query", "gallery"}
    assert not any(row.captions for row in rows)
    listed = list(index_dataset("market1501", tmp_path / "target"))
    assert {(row.path, row.identity, row.camera, row.split) for row in listed} == {
        (row.path, row.identity, row.camera, row.split) for row in rows
    }
    result = run("render", tmp_path / "said", *NUMBERS, "--style", "target", "--captions", "1")
    rows = read_manifest(tmp_path / "said" / "manifest.jsonl").rows
    assert all(len(row.captions) == (1 if row.attributes else 0) for row in rows)


def test_a_folder_in_use_is_refused(source):
    result = run("render", source, *NUMBERS)
    assert result.exit_code == 1
    assert re.fullmatch(r"Error: .*source is not empty: .*\n", result.output)


@pytest.mark.parametrize("stop", [KeyboardInterrupt(), OSError(28, "No space left on device", "c.jpg")])
def test_whatever_stops_a_rendering_it_says_that_the_same_command_continues(tmp_path, monkeypatch, stop):
    whole = files._render_missing

    def cut_off(*arguments):
        yield next(whole(*arguments))
        raise stop

    with monkeypatch.context() as patch:
        patch.setattr(files, "_render_missing", cut_off)
        patch.setattr(files, "_CHUNK", 4)
        result = run("render", tmp_path / "out", *NUMBERS)
    assert result.exit_code == 1
    assert "out; the same command continues\n" in result.stderr
    assert "stopped: 4 of 12 pictures are in " in result.stderr
    assert ("No space left" in result.stderr) == isinstance(stop, OSError)
    result = run("render", tmp_path / "out", *NUMBERS)
    assert result.exit_code == 0
    assert "out was left unfinished: continuing, 4 of 12 pictures are there\n" in result.stderr
    assert "rendered 8 pictures into " in result.stderr


def test_what_is_refused_before_the_first_picture_is_not_called_stopped(tmp_path):
    result = run("render", tmp_path / "out", *NUMBERS, "--cameras", "9")
    assert result.exit_code == 1
    assert "Error: cameras is of the target domain: leave it out, or use style target\n" in result.stderr
    assert "stopped" not in result.stderr
    assert not (tmp_path / "out").exists()


def test_pixels_that_are_no_size_are_named(tmp_path):
    result = run("render", tmp_path / "out", "--pixels", "big")
    assert result.exit_code == 1
    assert "give width and height, as in 64x128" in result.output
