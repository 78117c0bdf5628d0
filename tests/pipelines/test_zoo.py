"""The zoo's pipeline at its smallest, in real processes."""

import json
import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from pipelines import zoo_cards
from vtbr_data import read_manifest
from vtbr_models.zoo import read_zoo

ROOT = Path(__file__).parents[2]
TINY = shlex.split("""
--people 5 --views 2
--pretrain-set steps=3 --pretrain-set schedule.warmup=1 --pretrain-set batch_size=4
--pretrain-set data.workers=0 --pretrain-set data.height=64 --pretrain-set data.width=32
--pretrain-set model.textual=L1_H16_A2_F32
--reid-people 4 --reid-set epochs=1 --reid-set validate_every_epochs=1 --reid-set schedule.warmup=0
--reid-set data.identities_per_batch=2 --reid-set data.workers=0
""")


def run(*words, **environment):
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    words = [str(word) for word in words]
    environment = {**os.environ, "PATH": path, **environment}
    return subprocess.run(words, capture_output=True, text=True, env=environment, cwd=ROOT)


def test_the_zoo_is_made_listed_and_used_by_name(tmp_path):
    if shutil.which("vtbr-data", path=Path(sys.executable).parent) is None:
        pytest.skip("the commands are not installed beside this Python")
    words = (
        sys.executable,
        "-m",
        "pipelines.zoo",
        tmp_path / "work",
        "--output",
        tmp_path / "zoo",
        *TINY,
        *("--target-people", 4, "--target-views", 4),
    )
    made = run(*words)
    assert made.returncode == 0, made.stderr
    again = run(*words)
    assert again.returncode == 0, again.stderr
    assert "$ vtbr" not in again.stderr, "all was there"
    zoo = {"VTBR_ZOO": str(tmp_path / "zoo/zoo.yaml")}
    listed = read_zoo(tmp_path / "zoo/zoo.yaml")
    assert list(listed) == ["drawn-captioner-r10", "people-reid-light"]
    assert 0 <= listed["people-reid-light"].scores["mAP"] <= 1
    card = (tmp_path / "zoo/people-reid-light.md").read_text()
    assert card.startswith("# people-reid-light\n")
    assert "never seen a photograph" in card
    everyone = read_manifest(tmp_path / "work/reid-people/everyone.jsonl").rows
    assert {row.split for row in everyone} == {"train"}
    assert all(len({row.camera for row in everyone if row.identity == person}) == 12 for person in (1, 4))
    manifest = tmp_path / "work/heldout/manifest.jsonl"
    captioned = run("vtbr-models", "caption", "drawn-captioner-r10", manifest, "--greedy", **zoo)
    assert captioned.returncode == 0, captioned.stderr
    assert json.loads(captioned.stdout.splitlines()[0])["captions"]


def test_scores_on_photographs_go_to_entry_and_card(tmp_path):
    score = {"mAP": 0.25, "rank-1": 0.125, "mINP": 0.1, "interval": {"mAP": [0.2, 0.3], "rank-1": [0.1, 0.2]}}
    board = {
        "sets": {"VIPeR": "632 people"},
        "lines": [
            {"features": "colours of six stripes", "scores": {}},
            {"features": "work/people-reid-light.safetensors", "scores": {"VIPeR": score}},
        ],
    }
    (tmp_path / "photographs.json").write_text(json.dumps(board))
    rendered = json.dumps({**score, "counts": {"queries": 7}})
    (tmp_path / "people-reid-light.scores.json").write_text(rendered)
    options = SimpleNamespace(folder=tmp_path, reid_people=4, seed=0, reid_set=["epochs=2"])
    entry = zoo_cards.embedder_entry(options)
    assert entry["scores"]["VIPeR mAP"] == 0.25
    assert entry["scores"]["VIPeR rank-1"] == 0.125
    assert entry["measured_on"].endswith("VIPeR: photographs, 632 people")
    assert entry["recipe"].endswith("--set epochs=2")
    card = zoo_cards.card("people-reid-light", {**entry, "bytes": 1, "sha256": "0"}, "64 x 32", tmp_path)
    assert "VIPeR: mAP 25.0 [20.0, 30.0], rank-1 12.5 [10.0, 20.0]" in card
