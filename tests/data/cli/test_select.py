from __future__ import annotations

import json
import re

from tests.support.data_commands import TOOL, run, shell
from vtbr_data.manifest.manifest import read_manifest


def test_people_are_held_out_and_chosen(manifest_file, tmp_path):
    lines = [
        {"path": f"{person}_{camera}_{number}.jpg", "identity": person, "camera": camera, "split": "train"}
        for person in range(1, 11)
        for camera in (1, 2)
        for number in range(3)
    ]
    manifest = manifest_file(*lines, {"path": "junk.jpg", "split": "train"})
    parts = [tmp_path / "train.jsonl", tmp_path / "test.jsonl"]
    result = run("select", manifest, "--hold-out", 0.2, "-o", parts[0], "--held-out", parts[1])
    assert result.exit_code == 0, result.output
    assert f"held out 2 people: 4 query and 8 gallery images in {parts[1]}" in result.stderr
    train, test = (read_manifest(part).rows for part in parts)
    assert len(train) == 49
    assert {row.split for row in train} == {"train"}
    assert not {row.identity for row in train} & {row.identity for row in test}
    assert run("check", parts[1], "--root", tmp_path).stdout.count("not in the gallery") == 0
    some = run("select", manifest, "--identities", 3)
    more = run("select", manifest, "--identities", 5)
    people = [
        {json.loads(line)["identity"] for line in made.stdout.splitlines()} - {-1} for made in (some, more)
    ]
    assert [len(chosen) for chosen in people] == [3, 5]
    assert people[0] < people[1]
    assert "kept 19 of 61 images, 3 of 10 identities" in some.stderr
    assert (
        "there are 10 people to choose from, fewer than 11"
        in run("select", manifest, "--identities", 11).stderr
    )


def test_select_pipes_and_reports(tmp_path):
    lines = [{"path": f"{n}.jpg", "identity": n // 4, "attributes": {"hat": n % 4 == 0}} for n in range(80)]
    (tmp_path / "m.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    done = shell(
        f"{TOOL} caption m.jsonl | {TOOL} select --fraction 0.5 --by hat --report r.json"
        f" | {TOOL} select --count 9 --method k-centre | {TOOL} stats",
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["images"] == 9
    assert json.loads((tmp_path / "r.json").read_text())["counts"]["hat"] == {
        "false": [60, 20],
        "true": [20, 20],
    }
    assert "kept 40 of 80 images, 19 of 19 identities" in done.stderr
    assert "cosine distance to the nearest kept one" in done.stderr


def test_select_must_be_told_how_many(manifest_file):
    manifest = manifest_file({"path": "a.jpg"})
    assert run("select", manifest).exit_code == 2
    assert run("select", manifest, "--count", 1, "--fraction", 0.5).exit_code == 2
    result = run("select", manifest, "--count", 1, "--method", "k-centre")
    assert re.fullmatch(r"Error: there are no captions to compare.*\n", result.output)
