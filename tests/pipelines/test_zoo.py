"""The zoo's pipeline at its smallest, in real processes."""

import json
import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from pipelines import zoo, zoo_cards
from vtbr_data import Row, read_manifest, write_manifest
from vtbr_models.zoo import read_zoo

ROOT = Path(__file__).parents[2]
TINY = shlex.split("""
--people 4
--pretrain-set steps=3 --pretrain-set schedule.warmup=1 --pretrain-set batch_size=4
--pretrain-set data.workers=0 --pretrain-set model.textual=L1_H16_A2_F32
--finetune-set epochs=1 --finetune-set validate_every_epochs=1 --finetune-set schedule.warmup=0
--finetune-set data.identities_per_batch=2 --finetune-set data.workers=0
""")


def run(*words, **environment):
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    words = [str(word) for word in words]
    environment = {**os.environ, "PATH": path, **environment}
    return subprocess.run(words, capture_output=True, text=True, env=environment, cwd=ROOT)


def labelled(folder):
    """A manifest of four pictures, two of them labelled by eye."""
    random = np.random.default_rng(0)
    rows = []
    for person in range(1, 5):
        Image.fromarray(random.integers(0, 256, (128, 48, 3), np.uint8)).save(folder / f"{person}.png")
        told = (
            {"captions": ("a man in a red shirt",), "attributes": {"upper_colour": "red"}}
            if person < 3
            else {}
        )
        rows.append(Row(f"{person}.png", person, 1, "gallery", **told))
    write_manifest(rows, folder / "labelled.jsonl")
    return folder / "labelled.jsonl"


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
        *("--labelled", f"{labelled(tmp_path)}@{tmp_path}"),
    )
    made = run(*words)
    assert made.returncode == 0, made.stderr
    again = run(*words)
    assert again.returncode == 0, again.stderr
    assert "$ vtbr" not in again.stderr, "all was there"
    zoo = {"VTBR_ZOO": str(tmp_path / "zoo/zoo.yaml")}
    listed = read_zoo(tmp_path / "zoo/zoo.yaml")
    assert list(listed) == ["people-captioner-light", "people-reid-light"]
    told = listed["people-captioner-light"]
    assert {"upper_colour", "R@10", "photographs upper_colour", "photographs R@10"} <= told.scores.keys()
    assert told.measured_on.endswith("of 2 that were labelled by eye, each searched for among 4")
    assert 0 <= listed["people-reid-light"].scores["mAP"] <= 1
    card = (tmp_path / "zoo/people-reid-light.md").read_text()
    assert card.startswith("# people-reid-light\n")
    assert "never seen a photograph" in card
    people = read_manifest(tmp_path / "work/people/captioned.jsonl").rows
    assert {row.split for row in people} == {"train"}
    assert all(len({row.camera for row in people if row.identity == person}) == 12 for person in (1, 4))
    said = " ".join(caption for row in people for caption in row.captions)
    assert not any(word in said for word in ("sunny", "night", "snow", "city", "countryside"))
    manifest = tmp_path / "work/people/captioned.jsonl"
    captioned = run("vtbr-models", "caption", "people-captioner-light", manifest, "--greedy", **zoo)
    assert captioned.returncode == 0, captioned.stderr
    assert json.loads(captioned.stdout.splitlines()[0])["captions"]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (["--labelled", "none.jsonl"], "--labelled: .*none.jsonl"),
        (["--labelled", "bare.jsonl@"], "--labelled: no row has captions and attributes"),
        (["--photographs", "bare.jsonl"], "'bare.jsonl' is not NAME=MANIFEST"),
        (["--photographs", "A=bare.jsonl@nowhere"], "no such image; name the folder that paths start from"),
    ],
)
def test_photographs_that_cannot_be_used_are_refused_before_anything_is_made(
    tmp_path, monkeypatch, given, message
):
    monkeypatch.chdir(tmp_path)
    labelled(tmp_path)
    write_manifest([Row("1.png", 1, 1)], "bare.jsonl")
    monkeypatch.setattr(sys, "argv", ["zoo", "work", *given])
    with pytest.raises(SystemExit, match=message):
        zoo.main()
    assert not (tmp_path / "work").exists()


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
    options = SimpleNamespace(folder=tmp_path, people=4, seed=0, finetune_set=["epochs=2"])
    entry = zoo_cards.embedder_entry(options)
    assert entry["scores"]["VIPeR mAP"] == 0.25
    assert entry["scores"]["VIPeR rank-1"] == 0.125
    assert entry["measured_on"].endswith("VIPeR: photographs, 632 people")
    assert "--set epochs=2; vtbr-models export --whole --towards" in entry["recipe"]
    card = zoo_cards.card("people-reid-light", {**entry, "bytes": 1, "sha256": "0"}, "64 x 32", tmp_path)
    assert "VIPeR: mAP 25.0 [20.0, 30.0], rank-1 12.5 [10.0, 20.0]" in card
