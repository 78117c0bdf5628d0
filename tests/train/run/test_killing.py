"""Nothing is lost by SIGKILL, wherever it strikes: every run ends in the bytes of the undisturbed one."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from ..runs import pretrain_words, read_log

KILLING = Path(__file__).parent / "killing.py"


def killed(folder, kills, words):
    line = [sys.executable, KILLING, folder, kills, 1, *words]
    done = subprocess.run(list(map(str, line)), capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout)


@pytest.mark.parametrize(("job", "kills"), [("pretrain", 10), ("finetune", 4)])
def test_runs_killed_at_any_moment_end_in_the_same_bytes(people, recipes, tmp_path, job, kills):
    words = pretrain_words(people, recipes, tmp_path)[:-2]
    if job == "finetune":
        words = [job, people / "manifest.jsonl", "--recipe", recipes / "finetune.yaml"]
    found = killed(
        tmp_path, kills, [*words, "--set", "saving.keep_last=2", "--set", "saving.tensorboard=false"]
    )
    assert len(found["kills"]) == kills
    died_while_saving = [left for left in found["kills"] if left]
    assert len(died_while_saving) >= kills // 4, found["kills"]
    peace = Path(found["peace"])
    for run in map(Path, found["runs"]):
        assert {path.name for path in run.iterdir()} == {path.name for path in peace.iterdir()}
        for name in ("model.safetensors", "state.safetensors"):
            assert (run / name).read_bytes() == (peace / name).read_bytes(), (run, name)
        assert steps(run) == steps(peace)


def steps(folder):
    lines = read_log(folder)
    return [(line["step"], line.get("loss"), line.get("mAP")) for line in lines]
