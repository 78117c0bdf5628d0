from __future__ import annotations

import json
import re
import struct

import pytest
from click.testing import CliRunner

from vtbr_data.cli import main
from vtbr_data.datasets.index import index_dataset
from vtbr_data.manifest.manifest import read_manifest

NUMBERS = ["--identities", "4", "--views", "3", "--workers", "1"]


def run(*arguments: object):
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    out = tmp_path_factory.mktemp("drawn") / "source"
    result = run("draw", out, *NUMBERS, "--sheet", out.parent / "sheet.png")
    assert result.exit_code == 0, result.output
    return out


def test_source_pictures_have_two_captions_each(source):
    rows = read_manifest(source / "manifest.jsonl").rows
    assert len(rows) == 12
    assert all(len(set(row.captions)) == 2 for row in rows)


def test_index_finds_what_was_drawn(source):
    drawn = [
        (row.path, row.identity, row.camera, row.attributes)
        for row in read_manifest(source / "manifest.jsonl").rows
    ]
    listed = [
        (row.path, row.identity, row.camera, row.attributes) for row in index_dataset("finegpr", source)
    ]
    assert sorted(drawn, key=str) == sorted(listed, key=str)


def test_the_sheet_is_a_picture(source):
    header = (source.parent / "sheet.png").read_bytes()[:24]
    assert header.startswith(b"\x89PNG")
    assert min(struct.unpack(">II", header[16:])) > 100


def test_drawn_people_pass_the_check(source):
    result = run("check", source / "manifest.jsonl")
    assert json.loads(result.stdout)["errors"] == 0


def test_target_pictures_have_no_captions_and_stand_in_market_folders(tmp_path):
    result = run("draw", tmp_path / "target", *NUMBERS, "--style", "target")
    assert re.fullmatch(r"drew \d+ pictures into .*target in [\d.]+ s, \d+ a second\n", result.stderr)
    rows = read_manifest(tmp_path / "target" / "manifest.jsonl").rows
    assert {row.split for row in rows} == {"train", "query", "gallery"}
    assert not any(row.captions for row in rows)
    listed = list(index_dataset("market1501", tmp_path / "target"))
    assert {(row.path, row.identity, row.camera, row.split) for row in listed} == {
        (row.path, row.identity, row.camera, row.split) for row in rows
    }


def test_a_folder_in_use_is_refused(source):
    result = run("draw", source, *NUMBERS)
    assert result.exit_code == 1
    assert re.fullmatch(r"Error: .*source is not empty: .*\n", result.output)
