"""Two processes under gloo learn what one learns, and an elastic restart finishes the run."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch

from .leftovers import HAS_PROC, marked, wait_for_end
from .runs import finetune_words, pretrain_words, read_log

# Dropout is drawn by each process for itself, hence none here.
EQUAL = ["--set", "engine.sync_batch_norm=true", "--set", "device=cpu"]


def torchrun(words, *options):
    line = [sys.executable, "-m", "torch.distributed.run", "--nproc-per-node", "2", "--standalone", *options]
    return [*line, "-m", "vtbr_train", *map(str, words)]


def run(line):
    done = subprocess.run(line, capture_output=True, text=True, env={**os.environ, "OMP_NUM_THREADS": "1"})
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout.splitlines()[-1])


def read_losses(folder, name="loss"):
    lines = read_log(folder)
    return [line[name] for line in lines if name in line]


@pytest.mark.parametrize("objective", ["bicaptioning", "contrastive"])
def test_two_processes_have_the_losses_of_one(people, recipes, tmp_path, objective):
    extra = ["--set", "model.dropout=0", "--set", "steps=4", "--set", "log_every=1", *EQUAL]
    extra += ["--set", "objectives.bicaptioning=0", "--set", f"objectives.{objective}=1"]
    words = pretrain_words(people, recipes, tmp_path / "one") + extra
    run([sys.executable, "-m", "vtbr_train", *words])
    run(torchrun(pretrain_words(people, recipes, tmp_path / "two") + extra))
    one, two = read_losses(tmp_path / "one"), read_losses(tmp_path / "two")
    assert len(one) == 4
    assert two == pytest.approx(one, rel=1e-5)


def test_two_processes_fine_tune_as_one(people, recipes, tmp_path):
    def words(folder):
        line = finetune_words(people, recipes, folder)
        return [*line, "--set", "epochs=2", "--set", "optimizer.name=sgd", *EQUAL]

    one = run([sys.executable, "-m", "vtbr_train", *words(tmp_path / "one")])
    two = run(torchrun(words(tmp_path / "two")))
    losses_one, losses_two = read_losses(tmp_path / "one"), read_losses(tmp_path / "two")
    assert losses_two == pytest.approx(losses_one, rel=1e-5)
    assert two["mAP"] == pytest.approx(one["mAP"], abs=0.02)


@pytest.mark.gpu
@pytest.mark.skipif(torch.cuda.device_count() < 2, reason="needs two CUDA devices")
@pytest.mark.parametrize("job", ["pretrain", "finetune"])
def test_two_gpus_have_the_losses_of_one(people, recipes, tmp_path, job):
    changes = ["device=cuda", "engine.sync_batch_norm=true", "log_every=1", "engine.compile=none"]
    changes += ["model.dropout=0", "steps=4"] if job == "pretrain" else ["epochs=2", "optimizer.name=sgd"]
    extra = [word for change in changes for word in ("--set", change)]
    words = pretrain_words if job == "pretrain" else finetune_words
    run([sys.executable, "-m", "vtbr_train", *words(people, recipes, tmp_path / "one"), *extra])
    run(torchrun([*words(people, recipes, tmp_path / "two"), *extra]))
    assert read_losses(tmp_path / "two") == pytest.approx(read_losses(tmp_path / "one"), rel=1e-3)


def killed_once(words, mark, *options):
    """Start torchrun, kill the last of its processes once something is saved; returns code and what was said."""
    process = subprocess.Popen(
        torchrun([*words, "--set", "device=cpu"], *options),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=marked(mark),
    )
    saved = Path(words[words.index("-o") + 1]) / "state.safetensors"
    while not saved.exists() and process.poll() is None:
        time.sleep(0.02)
    workers = subprocess.run(["pgrep", "-P", str(process.pid)], capture_output=True, text=True).stdout.split()
    os.kill(int(workers[-1]), signal.SIGKILL)
    out, err = process.communicate(timeout=600)
    return process.returncode, out, err


@pytest.mark.skipif(not HAS_PROC, reason="looks for processes in /proc")
@pytest.mark.parametrize(("job", "workers"), [("pretrain", 0), ("pretrain", 4), ("finetune", 1)])
def test_a_killed_worker_is_started_again_and_the_run_ends_with_all_its_processes(
    people, recipes, tmp_path, job, workers
):
    folder = tmp_path / "run"
    words = [*pretrain_words(people, recipes, folder), "--set", "steps=30", "--set", "save_every=2"]
    if job == "finetune":
        words = [*finetune_words(people, recipes, folder), "--set", "epochs=10"]
        words += ["--set", "validate_every_epochs=1"]
    words += ["--set", f"data.workers={workers}"]
    code, out, err = killed_once(words, str(tmp_path), "--max-restarts", "2")
    left = wait_for_end(str(tmp_path), 10)
    assert code == 0, err[-3000:]
    assert "resuming after step" in err
    assert json.loads(out.splitlines()[-1])["step"] == 30
    assert left == {}


@pytest.mark.skipif(not HAS_PROC, reason="looks for processes in /proc")
@pytest.mark.parametrize("workers", [0, 1, 4])
def test_a_killed_worker_that_is_not_started_again_takes_all_processes_with_it(
    people, recipes, tmp_path, workers
):
    words = [
        *pretrain_words(people, recipes, tmp_path / "run"),
        "--set",
        "steps=3000",
        "--set",
        "save_every=2",
    ]
    code, _, err = killed_once(
        [*words, "--set", f"data.workers={workers}"], str(tmp_path), "--max-restarts", "0"
    )
    left = wait_for_end(str(tmp_path), 30)
    assert code != 0
    assert "SIGKILL" in err or "Signal 9" in err
    assert left == {}


def test_a_run_of_one_process_goes_on_in_two_with_the_same_images(people, recipes, tmp_path):
    folder = tmp_path / "run"
    words = [*pretrain_words(people, recipes, folder), "--set", "device=cpu", "--set", "log_every=1"]
    process = subprocess.Popen(
        [sys.executable, "-m", "vtbr_train", *words], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )
    while not (folder / "state.safetensors").exists() and process.poll() is None:
        time.sleep(0.005)
    process.send_signal(signal.SIGTERM)
    _, err = process.communicate(timeout=300)
    assert process.returncode in (75, 0), err
    result = run(torchrun([*words, "--resume", "--set", "engine.sync_batch_norm=true"]))
    assert result["step"] == 12
    steps = [line["step"] for line in read_log(folder)]
    assert steps == list(range(1, 13))


def test_a_batch_that_does_not_split_is_refused(people, recipes, tmp_path):
    words = [
        *pretrain_words(people, recipes, tmp_path / "run"),
        "--set",
        "batch_size=7",
        "--set",
        "device=cpu",
    ]
    done = subprocess.run(torchrun(words), capture_output=True, text=True)
    assert done.returncode == 1
    assert (
        "batch_size = 7 cannot be split over 2 process(es) x accumulate = 1: give batch_size = 8"
        in done.stderr
    )
