"""Runs of versions that had fewer settings resume, where that is what they would have done."""

import json
from functools import reduce

import pytest
import torch
import yaml
from safetensors.torch import load_file

from vtbr_models.checkpoint import load_checkpoint, read_header, write_tensors

from .runs import finetune, finetune_words, invoke

SHORT = ["--set", "epochs=2", "--set", "schedule.milestones=[]"]


@pytest.fixture
def run(people, recipes, tmp_path):
    """A finished run of two epochs."""
    result = finetune(people, recipes, tmp_path / "run", *SHORT)
    assert result.exit_code == 0, result.output
    return tmp_path / "run"


def change_settings(run, change):
    """Change what settings and saved state of a run say that it began with."""
    path = run / "settings.yaml"
    settings = yaml.safe_load(path.read_text())
    change(settings)
    path.write_text(yaml.safe_dump(settings, sort_keys=False))
    state = run / "state.safetensors"
    header = dict(read_header(state).metadata)
    change(header["about"]["settings"])
    write_tensors(state, load_file(state), header)


def without(*names):
    """A change that takes settings away, as in a version from before there were such."""

    def change(settings):
        for name in names:
            *groups, last = name.split(".")
            del reduce(dict.__getitem__, groups, settings)[last]

    return change


def test_a_setting_added_since_has_its_default_and_is_said(people, recipes, run, tmp_path):
    change_settings(run, without("loss.distillation"))
    result = invoke("resume", run, "--set", "epochs=3")
    assert result.exit_code == 0, result.output
    said = f"{run}/settings.yaml lacks loss.distillation, added since: taken as 0"
    assert result.stderr.splitlines().count(said) == 1
    whole = finetune(people, recipes, tmp_path / "whole", *SHORT[2:], "--set", "epochs=3")
    assert json.loads(result.stdout)["mAP"] == json.loads(whole.stdout)["mAP"]
    ours, theirs = (load_checkpoint(path / "model.safetensors").model for path in (run, tmp_path / "whole"))
    for name, tensor in ours.state_dict().items():
        assert torch.equal(tensor, theirs.state_dict()[name]), name
    assert yaml.safe_load((run / "settings.yaml").read_text())["loss"]["distillation"] == 0
    assert "lacks" not in invoke("resume", run, "--set", "epochs=4").output


def test_many_settings_added_since_are_said_in_one_line(people, recipes, run):
    change_settings(run, without("joint", "data.hold_out", "data.resize_jitter", "engine.keep_memory"))
    again = finetune_words(people, recipes, run, *SHORT[2:], "--set", "epochs=3", "--resume")
    result = invoke(*again)
    assert result.exit_code == 0, result.output
    said = "lacks settings added since, taken as: data.resize_jitter = 0, data.hold_out = 0, joint = its defaults"
    assert f"{run}/settings.yaml {said}" in result.stderr.splitlines()


def test_settings_missing_from_the_file_alone_are_those_of_the_saved_state(people, recipes, tmp_path):
    run = tmp_path / "run"
    assert finetune(people, recipes, run, *SHORT, "--set", "loss.margin=0.5").exit_code == 0
    settings = yaml.safe_load((run / "settings.yaml").read_text())
    del settings["loss"]["margin"]
    (run / "settings.yaml").write_text(yaml.safe_dump(settings))
    result = invoke("resume", run, "--set", "epochs=3")
    assert result.exit_code == 1
    assert "began with loss.margin = 0.5, not 0.35; give the same to continue" in result.output
    assert invoke("resume", run, "--set", "epochs=3", "--set", "loss.margin=0.5").exit_code == 0


def test_a_setting_added_since_may_not_be_given_another_value(run):
    change_settings(run, without("loss.margin"))
    result = invoke("resume", run, "--set", "loss.margin=0.5", "--set", "epochs=3")
    assert result.exit_code == 1
    assert "began with loss.margin = 0.35, not 0.5; give the same to continue" in result.output


def test_a_setting_whose_default_would_change_the_past_is_refused_by_name(run, monkeypatch):
    monkeypatch.setattr("vtbr_train.run.folder._OLD_RUNS_DIFFER", frozenset({"loss.margin"}))
    change_settings(run, without("loss.margin"))
    result = invoke("resume", run, "--set", "epochs=3")
    assert result.exit_code == 1
    assert (
        "began before there was loss.margin, whose default, 0.35, would change what it learns"
        in result.output
    )


def test_a_setting_that_is_gone_is_refused_by_name(people, recipes, run):
    change_settings(run, lambda settings: settings["loss"].update(sharpness=3))
    result = invoke("resume", run, "--set", "epochs=3")
    assert result.exit_code == 1
    assert f"{run}: unknown setting loss.sharpness" in result.output
    assert "its settings.yaml is of another version, or was edited" in result.output
    result = finetune(people, recipes, run, *SHORT, "--resume")
    assert result.exit_code == 1
    assert "began with loss.sharpness = 3, a setting that this version does not have" in result.output


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("- 1\n", "settings.yaml: is not the settings of a run"),
        ("epochs: 3\n", "settings.yaml: is not the settings of a run"),
        ("job: distil\nepochs: 3\n", "is a run of 'distil': this version knows pretrain and finetune"),
        (
            "job: finetune\nepochs: 3\n",
            "does not say which command began it: give that command again, with --resume",
        ),
    ],
)
def test_settings_that_do_not_say_how_a_run_began_are_refused(tmp_path, text, says):
    (tmp_path / "settings.yaml").write_text(text)
    result = invoke("resume", tmp_path)
    assert result.exit_code == 1
    assert says in result.output
