from __future__ import annotations

import json

from tests.support.data_commands import run
from vtbr_data.manifest.manifest import read_manifest


def test_check_reports_json_and_exits_1_with_one_line(tmp_path, picture, manifest_file):
    picture("a.png")
    manifest = manifest_file({"path": "a.png", "identity": 1, "split": "query"}, {"path": "gone.png"})
    result = run("check", manifest)
    assert result.exit_code == 1
    report = json.loads(result.stdout)
    assert (report["errors"], report["warnings"]) == (2, 1)
    assert report["fingerprint"] == read_manifest(manifest).fingerprint
    assert {finding["kind"]: finding["count"] for finding in report["findings"]} == {
        "missing": 1,
        "unmatched-query": 1,
        "one-camera": 1,
    }
    assert result.stderr.splitlines()[-1].startswith(
        f"Error: 2 problems in {manifest}: 1 x pictures are not there"
    )


def test_check_prints_a_table_for_people(tmp_path, picture, manifest_file):
    picture("a.png")
    result = run("check", manifest_file({"path": "a.png"}), "--table")
    assert result.exit_code == 0
    assert result.stdout == "1 images of 0 identities from 0 cameras\nnothing is wrong\n"


def test_check_is_strict_when_asked(tmp_path, picture, manifest_file):
    picture("a.png")
    manifest = manifest_file({"path": "a.png", "identity": 3})
    assert run("check", manifest).exit_code == 0
    result = run("check", manifest, "--strict")
    assert result.exit_code == 1
    assert result.stderr.endswith("1 problem in " + f"{manifest}: 1 x identities are in one camera only\n")


def test_missing_pictures_are_grouped_by_folder(manifest_file):
    lines = [{"path": f"train/{number}.jpg"} for number in range(30)] + [{"path": "x/1.jpg"}]
    result = run("check", manifest_file(*lines), "--table")
    assert "30 in train/, such as train/0.jpg" in result.stdout
    assert "  x/1.jpg" in result.stdout
    assert "and 28 more" not in result.stdout
