"""From a folder of pictures to shards in one shell pipeline."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from vtbr_data.manifest.manifest import read_manifest
from vtbr_data.people import render

TOOL = f"{shlex.quote(sys.executable)} -m vtbr_data"


def shell(command, folder):
    return subprocess.run(
        ["bash", "-o", "pipefail", "-c", command], cwd=folder, capture_output=True, text=True, check=False
    )


@pytest.fixture(scope="module")
def people(tmp_path_factory):
    folder = tmp_path_factory.mktemp("rendered")
    render(folder / "people", style="source", identities=4, views=3, seed=5, workers=1)
    return folder


def test_rendered_people_go_through_every_command_in_one_pipe(people, tmp_path):
    done = shell(
        f"{TOOL} index finegpr {people}/people | {TOOL} check - --root {people}/people --report check.json"
        f" | {TOOL} caption - --style grammar --detail 0.8"
        f" | {TOOL} select - --fraction 0.5 --by viewpoint --method k-centre --report kept.json"
        f" | {TOOL} pack - --root {people}/people -o shards",
        tmp_path,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads((tmp_path / "check.json").read_text())["errors"] == 0
    assert json.loads((tmp_path / "kept.json").read_text())["images"] == [12, 6]
    rows = read_manifest(tmp_path / "shards" / "manifest.jsonl").rows
    assert len(rows) == 6
    assert all(len(row.captions) == 2 and row.attributes for row in rows)


def test_a_manifest_that_is_wrong_does_not_go_through_check(people, tmp_path):
    done = shell(
        f"{TOOL} index finegpr {people}/people | sed s/c0/c9/ | {TOOL} check - --root {people}/people"
        f" --report check.json | {TOOL} select - --count 1 -o kept.jsonl",
        tmp_path,
    )
    assert done.returncode == 1
    assert json.loads((tmp_path / "check.json").read_text())["errors"] > 0
    assert "Error: standard input is empty" in done.stderr
    assert not (tmp_path / "kept.jsonl").exists()


def test_viper_goes_through_every_command_in_one_pipe(tmp_path):
    viper = Path(os.environ.get("VTBR_REAL_DATA", "nowhere")) / "viper"
    if not viper.is_dir():
        pytest.skip("VTBR_REAL_DATA names no folder with viper/")
    done = shell(
        f"{TOOL} index viper {viper} | {TOOL} check - --root {viper} --report check.json"
        f" | {TOOL} caption - --skip-missing | {TOOL} select - --split train --fraction 0.71 --by camera"
        f" | {TOOL} pack - --root {viper} -o shards",
        tmp_path,
    )
    assert done.returncode == 0, done.stderr
    rows = read_manifest(tmp_path / "shards" / "manifest.jsonl").rows
    train = [row for row in rows if row.split == "train"]
    assert len(train) == round(0.71 * 632)
    assert len(rows) - len(train) == 632
