from __future__ import annotations

import json

from tests.support.data_commands import run
from vtbr_data.manifest.manifest import read_manifest


def test_index_writes_paths_from_the_manifests_folder(tmp_path, picture):
    for name in ("cam_a/000_0.bmp", "cam_b/000_90.bmp"):
        picture(f"viper/{name}")
    (tmp_path / "runs").mkdir()
    result = run("index", "viper", tmp_path / "viper", "-o", tmp_path / "runs" / "m.jsonl")
    assert result.exit_code == 0, result.output
    manifest = read_manifest(tmp_path / "runs" / "m.jsonl")
    assert [row.path for row in manifest.rows] == ["../viper/cam_a/000_0.bmp", "../viper/cam_b/000_90.bmp"]
    assert all((manifest.root / row.path).exists() for row in manifest.rows)


def test_index_lists_what_it_knows_and_answers_typos_with_the_nearest_name(tmp_path):
    listed = run("index", "--list")
    assert listed.exit_code == 0
    assert {"market1501", "coco", "files"} <= {line.partition("\t")[0] for line in listed.stdout.splitlines()}
    assert "did you mean market1501?" in run("index", "market", tmp_path).stderr
    assert "`vtbr-data index --list` prints them all" in run("index", "zzz", tmp_path).stderr


def test_index_recognises_a_folder_and_says_what_it_did(tmp_path, picture):
    picture("set/7_c2_x.png")
    picture("set/holiday.png")
    result = run(
        "index", "files", tmp_path / "set", "--pattern", "{identity}_c{camera}_*", "--split", "query"
    )
    assert json.loads(result.stdout) == {"path": "7_c2_x.png", "identity": 7, "camera": 2, "split": "query"}
    assert result.stderr.splitlines() == [
        "left out 1 pictures whose names do not match, holiday.png the first",
        "listed 1 images of named files",
    ]
    result = run("index", "auto", tmp_path / "set")
    assert result.exit_code == 1
    assert "looks like no known dataset; found: 7_c2_x.png, holiday.png" in result.stderr


def test_index_writes_a_table_when_its_name_says_so(tmp_path, manifest_file):
    manifest = manifest_file({"path": "a.jpg", "identity": 3, "attributes": {"hat": True}})
    assert run("index", "table", manifest, "-o", tmp_path / "people.csv").exit_code == 0
    expected = "path,identity,camera,split,attribute.hat\na.jpg,3,-1,gallery,true\n"
    assert (tmp_path / "people.csv").read_text() == expected
