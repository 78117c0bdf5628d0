"""How a run is stopped, what it keeps, and what it does about numbers that are none."""

import os
import signal
import subprocess
import sys
import time

import pytest
import torch

from vtbr_data.tokenizer.tokenizer import train_tokenizer
from vtbr_models.checkpoint.checkpoint import load_checkpoint

from ..runs import invoke, pretrain_words, read_log


def start(words):
    line = [sys.executable, "-m", "vtbr_train", *words]
    return subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def wait_for(path, process):
    while not path.exists() and process.poll() is None:
        time.sleep(0.005)


@pytest.mark.parametrize(("name", "code"), [("SIGTERM", 75), ("SIGUSR1", 75), ("SIGINT", 130)])
def test_a_signal_saves_the_step_under_way_and_the_run_goes_on_later(people, recipes, tmp_path, name, code):
    folder = tmp_path / "run"
    words = [*pretrain_words(people, recipes, folder), "--set", "steps=500", "--set", "log_every=1"]
    words += ["--set", "save_every=500", "--set", "data.workers=1"]
    process = start(words)
    wait_for(folder / "log.jsonl", process)
    while "loss" not in (folder / "log.jsonl").read_text() and process.poll() is None:
        time.sleep(0.005)
    process.send_signal(getattr(signal, name))
    out, err = process.communicate(timeout=300)
    assert process.returncode == code, err
    assert f"stopped; {name}: step" in err
    assert f"is saved: `vtbr-train resume {folder}` continues" in err
    assert out == ""
    last = read_log(folder)[-1]["step"]
    assert load_checkpoint(folder / "model.safetensors").metadata["step"] == last
    words = [*pretrain_words(people, recipes, folder), "--resume", "--set", "steps=500"]
    assert "began with data.workers" not in invoke(*words, "--dry-run").output


def test_accumulating_two_halves_sees_the_same_images(people, recipes, pretrained, tmp_path):
    words = [*pretrain_words(people, recipes, tmp_path / "run"), "--set", "engine.accumulate=2"]
    result = invoke(*words, "--set", "steps=3")
    assert result.exit_code == 0, result.output
    whole = read_log(pretrained)[0]
    halves = read_log(tmp_path / "run")[0]
    assert halves["loss"] == pytest.approx(whole["loss"], rel=0.05)


def test_recomputing_activations_changes_nothing(people, recipes, pretrained, tmp_path):
    words = [*pretrain_words(people, recipes, tmp_path / "run"), "--set", "engine.recompute=true"]
    assert invoke(*words, "--set", "model.dropout=0.1").exit_code == 0
    ours, theirs = (
        load_checkpoint(folder / "model.safetensors").model.state_dict()
        for folder in (tmp_path / "run", pretrained)
    )
    for name, tensor in ours.items():
        torch.testing.assert_close(tensor, theirs[name], rtol=1e-3, atol=1e-4, msg=name)


def test_the_last_few_checkpoints_stay_beside_the_newest(people, recipes, tmp_path):
    words = [*pretrain_words(people, recipes, tmp_path / "run"), "--set", "saving.keep_last=2"]
    assert invoke(*words).exit_code == 0
    kept = sorted(path.name for path in (tmp_path / "run/checkpoints").iterdir())
    assert kept == ["step-000000009.safetensors", "step-000000012.safetensors"]
    assert load_checkpoint(tmp_path / "run/checkpoints" / kept[0]).metadata["step"] == 9


def test_the_best_checkpoint_by_a_measure_is_kept(people, recipes, tmp_path):
    words = [*pretrain_words(people, recipes, tmp_path / "run"), "--validation", people / "manifest.jsonl"]
    words += ["--set", "validate_every=3", "--set", "saving.best_by=validation_loss"]
    result = invoke(*words)
    assert result.exit_code == 0, result.output
    lines = read_log(tmp_path / "run")
    losses = {line["step"]: line["validation_loss"] for line in lines if "validation_loss" in line}
    best = load_checkpoint(tmp_path / "run/best.safetensors").metadata["step"]
    assert losses[best] == min(losses.values())


def test_a_measure_that_no_validation_gives_is_refused_before_training(people, recipes, tmp_path):
    words = [*pretrain_words(people, recipes, tmp_path / "run"), "--set", "saving.best_by=mAP"]
    result = invoke(*words)
    assert "saving.best_by = mAP: the validation has no images: name some" in result.output
    result = invoke(*words, "--validation", people / "manifest.jsonl")
    assert result.exit_code == 1
    known = "validation_loss, validation_forward_loss, validation_backward_loss"
    assert f"saving.best_by = mAP: the validation gives {known}; name one" in result.output
    assert not (tmp_path / "run").exists()


def test_the_averaged_weights_are_what_is_saved(people, recipes, pretrained, tmp_path):
    words = [*pretrain_words(people, recipes, tmp_path / "run"), "--set", "optimizer.ema_decay=0.5"]
    assert invoke(*words).exit_code == 0
    ours, theirs = (
        load_checkpoint(folder / "model.safetensors").model.visual.conv1.weight
        for folder in (tmp_path / "run", pretrained)
    )
    assert not torch.equal(ours, theirs)
    torch.testing.assert_close(ours, theirs, rtol=0.5, atol=0.1)


BROKEN = ["--set", "optimizer.backbone_learning_rate=1e30", "--set", "optimizer.gradient_clip=1e30"]


def test_a_gradient_that_is_no_number_names_step_images_and_last_good_checkpoint(people, recipes, tmp_path):
    result = invoke(*pretrain_words(people, recipes, tmp_path / "run"), *BROKEN)
    assert result.exit_code == 1
    assert "is NaN or infinite at step 2" in result.output or "is NaN or infinite at step 3" in result.output
    assert ".jpg and 5 more" in result.output
    assert "the last good checkpoint is that of step 0" in result.output


def broken_at(steps):
    """A gradient norm that spoils the gradient, as a broken picture would, at these calls."""
    from torch.nn.utils import get_total_norm as real

    calls = iter(range(1, 1000))

    def norm(gradients, **options):
        if next(calls) in steps:
            gradients[0].fill_(torch.nan)
        return real(gradients, **options)

    return norm


def test_steps_whose_gradient_is_no_number_are_left_out_on_request(people, recipes, tmp_path, monkeypatch):
    monkeypatch.setattr("vtbr_train.optimizer.optimizer.get_total_norm", broken_at({5}))
    words = ["--set", "engine.on_nonfinite=skip", "--set", "log_every=1", "--set", "data.workers=0"]
    result = invoke(*pretrain_words(people, recipes, tmp_path / "run"), *words)
    assert result.exit_code == 0, result.output
    assert result.output.count("left out, its gradient is NaN or infinite; its images are") == 1
    lines = read_log(tmp_path / "run")
    assert [line["step"] for line in lines if "gradient_norm" not in line] == [5]
    state = load_checkpoint(tmp_path / "run/model.safetensors").model.state_dict()
    assert all(torch.isfinite(tensor).all() for tensor in state.values())
    assert state["visual.bn1.num_batches_tracked"] == 11  # that of step 5 is not counted


def test_too_many_steps_left_out_on_end_stop_the_run(people, recipes, tmp_path, monkeypatch):
    monkeypatch.setattr("vtbr_train.optimizer.optimizer.get_total_norm", broken_at(range(3, 1000)))
    monkeypatch.setattr("vtbr_train.finite._MOST_SKIPPED", 4)
    words = ["--set", "engine.on_nonfinite=skip", "--set", "save_every=2"]
    result = invoke(*pretrain_words(people, recipes, tmp_path / "run"), *words)
    assert result.exit_code == 1
    assert "NaN or infinite for 4 steps in a row, up to step 6: lower the learning rate" in result.output
    assert "is that of step 4" in result.output


def test_a_run_that_must_go_on_must_be_there(people, recipes, tmp_path):
    result = invoke(*pretrain_words(people, recipes, tmp_path / "run"), "--resume=must")
    assert result.exit_code == 1
    assert "holds no saved run" in result.output


def test_a_full_disk_is_one_line_and_leaves_nothing_half_written(people, recipes, tmp_path):
    resource = pytest.importorskip("resource")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    words = [*pretrain_words(people, recipes, tmp_path / "run"), "--set", "steps=4"]
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, before[1]))
        result = invoke(*words)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert result.exit_code == 1
    last = result.output.splitlines()[-1]
    assert last == f"Error: {tmp_path / 'run/model.safetensors'}: File too large"
    assert not list((tmp_path / "run").glob("*.safetensors*"))
    assert invoke(*words).exit_code == 0


def test_another_tokenizer_is_said_without_showing_it(people, recipes, pretrained, tmp_path):
    train_tokenizer(["one two three"], 50).save(str(tmp_path / "tokenizer.json"))
    words = [*pretrain_words(people, recipes, pretrained), "--resume"]
    words[words.index("--tokenizer") + 1] = tmp_path / "tokenizer.json"
    result = invoke(*words)
    assert result.exit_code == 1
    assert f"{pretrained}: began with another tokenizer; give the same to continue" in result.output


def test_a_read_only_folder_is_said(people, recipes, tmp_path):
    tmp_path.chmod(0o500)
    if os.access(tmp_path, os.W_OK):
        pytest.skip("root may write anywhere; `setpriv --bounding-set -dac_override` takes that away")
    result = invoke(*pretrain_words(people, recipes, tmp_path / "run"))
    tmp_path.chmod(0o700)
    assert result.exit_code == 1
    assert "Permission denied" in result.output
