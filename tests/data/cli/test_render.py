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
    assert re.fullmatch(r"rendered \d+ pictures into .*target in [\d.]+ s, \d+ a second\n", result.stderr)
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


def test_pixels_that_are_no_size_are_named(tmp_path):
    result = run("render", tmp_path / "out", "--pixels", "big")
    assert result.exit_code == 1
    assert "give width and height, as in 64x128" in result.output
