"""The zoo's pipeline at its smallest, in real processes."""

import json
import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from vtbr_models.zoo import read_zoo

ROOT = Path(__file__).parents[2]
TINY = shlex.split("""
--people 5 --views 2 --target-people 6 --target-views 6
--pretrain-set steps=3 --pretrain-set schedule.warmup=1 --pretrain-set batch_size=4
--pretrain-set data.workers=0 --pretrain-set data.height=64 --pretrain-set data.width=32
--pretrain-set model.textual=L1_H16_A2_F32
--finetune-set epochs=1 --finetune-set validate_every_epochs=1 --finetune-set data.identities_per_batch=2
--finetune-set data.workers=0 --finetune-set data.height=64 --finetune-set data.width=32
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
    )
    made = run(*words)
    assert made.returncode == 0, made.stderr
    again = run(*words)
    assert again.returncode == 0, again.stderr
    assert "$ vtbr" not in again.stderr, "all was there"
    zoo = {"VTBR_ZOO": str(tmp_path / "zoo/zoo.yaml")}
    listed = read_zoo(tmp_path / "zoo/zoo.yaml")
    assert list(listed) == ["drawn-captioner-r10", "drawn-reid-r10"]
    assert 0 <= listed["drawn-reid-r10"].scores["mAP"] <= 1
    card = (tmp_path / "zoo/drawn-reid-r10.md").read_text()
    assert card.startswith("# drawn-reid-r10\n")
    manifest = tmp_path / "work/heldout/manifest.jsonl"
    captioned = run("vtbr-models", "caption", "drawn-captioner-r10", manifest, "--greedy", **zoo)
    assert captioned.returncode == 0, captioned.stderr
    assert json.loads(captioned.stdout.splitlines()[0])["captions"]
