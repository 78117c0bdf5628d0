"""A run continues from its folder alone, longer if asked, and stops where more would not help."""

import json

import pytest
import torch
from click.testing import CliRunner

from vtbr_models.checkpoint import load_checkpoint
from vtbr_train.cli import main

from .runs import finetune_words, invoke, pretrain_words, read_log


def test_a_run_resumed_longer_equals_one_that_was_as_long_from_the_start(people, recipes, tmp_path):
    schedule = ["--set", "schedule.name=constant"]
    whole = invoke(*finetune_words(people, recipes, tmp_path / "whole", *schedule))
    assert whole.exit_code == 0, whole.output
    short = invoke(*finetune_words(people, recipes, tmp_path / "run", *schedule, "--set", "epochs=2"))
    assert short.exit_code == 0, short.output
    longer = invoke("resume", tmp_path / "run", "--set", "epochs=4")
    assert longer.exit_code == 0, longer.output
    assert "resuming after step" in longer.output
    assert "epochs = 4, 2 before: the constant schedule does not depend on it" in longer.output
    ours, theirs = (load_checkpoint(tmp_path / name / "model.safetensors") for name in ("run", "whole"))
    for name, tensor in ours.model.state_dict().items():
        assert torch.equal(tensor, theirs.model.state_dict()[name]), name
    assert ours.model.classifier is not None
    assert json.loads(longer.stdout)["mAP"] == json.loads(whole.stdout)["mAP"]


def test_a_pretraining_resumes_from_its_folder_with_its_tokenizer_and_validation(people, recipes, tmp_path):
    words = [*pretrain_words(people, recipes, tmp_path / "run"), "--validation", people / "manifest.jsonl"]
    assert invoke(*words, "--set", "steps=3").exit_code == 0
    result = invoke("resume", tmp_path / "run", "--set", "steps=6")
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["step"] == 6
    said = "steps = 6, 3 before: what is done stays as it is, and from step 4 on the rates are those of the new cosine"
    assert f"{said} schedule: 0.854 of their peaks, after 1 in step 3" in result.output
    assert "validation_loss" in json.loads(result.stdout)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ("optimizer.learning_rate=0.5", "began with optimizer.learning_rate = 0.00035, not 0.5"),
        ("epoch=9", "did you mean epochs?"),
        ("epochs=1", "is at step 6, past the 3 that are asked for"),
    ],
)
def test_what_would_change_the_past_is_refused_by_name(people, recipes, tmp_path, change, says):
    words = ["--set", "epochs=2", "--set", "schedule.milestones=[]", "--set", "validate_every_epochs=9"]
    assert invoke(*finetune_words(people, recipes, tmp_path / "run", *words)).exit_code == 0
    step = read_log(tmp_path / "run")[-1]["step"]
    result = invoke("resume", tmp_path / "run", "--set", change)
    assert result.exit_code == 1
    assert says.replace("step 6", f"step {step}").replace("the 3", f"the {step // 2}") in result.output


def test_a_folder_without_a_run_is_said(tmp_path):
    result = invoke("resume", tmp_path)
    assert result.exit_code == 1
    assert "settings.yaml: No such file or directory; give the folder of a run" in result.output


def test_a_run_that_read_a_pipe_says_how_to_continue(people, recipes, tmp_path):
    words = [str(word) for word in finetune_words(people, recipes, tmp_path / "run", "--root", people)]
    words[1] = "-"
    text = (people / "manifest.jsonl").read_text()
    begun = CliRunner().invoke(
        main, [*words, "--set", "epochs=1", "--set", "schedule.milestones=[]"], input=text
    )
    assert begun.exit_code == 0, begun.output
    result = invoke("resume", tmp_path / "run")
    assert result.exit_code == 1
    assert "give it again to `vtbr-train finetune - --resume" in result.output


def test_held_out_people_select_the_best_checkpoint(people, recipes, tmp_path):
    words = ["--hold-out", "2", "--set", "validate_every_epochs=1"]
    result = invoke(*finetune_words(people, recipes, tmp_path / "run", *words))
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    assert found["selected_on"] == "the held-out people"
    assert found["best"]["measure"] == "held-out/mAP"
    scores = {
        line["step"]: line["held-out/mAP"] for line in read_log(tmp_path / "run") if "held-out/mAP" in line
    }
    assert found["best"]["score"] == max(scores.values()) == scores[found["best"]["step"]]
    best = load_checkpoint(found["best"]["model"])
    assert best.metadata["step"] == found["best"]["step"]
    assert best.metadata["architecture"]["num_classes"] == 3  # of the five there are
    assert "2 people with 12 images are held out for validation" in result.output
    assert "mAP" not in found  # the set that scores are reported on is left alone


def test_selecting_on_the_reporting_set_is_said(people, recipes, tmp_path):
    words = ["--set", "saving.best_by=mAP", "--set", "epochs=1", "--set", "schedule.milestones=[]"]
    result = invoke(*finetune_words(people, recipes, tmp_path / "run", *words))
    assert result.exit_code == 0, result.output
    assert "a set that scores are reported on: --hold-out 0.1 selects on training people" in result.output
    assert json.loads(result.stdout)["selected_on"].endswith("manifest.jsonl")


def test_a_run_ends_when_its_measure_is_no_better_for_as_long_as_its_patience(people, recipes, tmp_path):
    words = ["--hold-out", "2", "--set", "validate_every_epochs=1", "--set", "saving.patience=2"]
    words += [
        "--set",
        "optimizer.learning_rate=1e-12",
        "--set",
        "optimizer.weight_decay=0",
        "--set",
        "epochs=30",
    ]
    result = invoke(*finetune_words(people, recipes, tmp_path / "run", *words))
    assert result.exit_code == 0, result.output
    assert "stopped early: held-out/mAP was best at step" in result.output
    steps = [line["step"] for line in read_log(tmp_path / "run") if "held-out/mAP" in line]
    assert len(steps) < 30
    best = json.loads(result.stdout)["best"]["step"]
    assert steps.index(best) == len(steps) - 3
    again = invoke("resume", tmp_path / "run")
    assert json.loads(again.stdout)["best"] == json.loads(result.stdout)["best"]


def test_patience_needs_a_measure(people, recipes, tmp_path):
    result = invoke(*finetune_words(people, recipes, tmp_path / "run", "--set", "saving.patience=2"))
    assert result.exit_code == 1
    assert "saving.patience needs a measure to wait for: set saving.best_by, too" in result.output


def test_a_run_killed_between_saving_and_validating_validates_when_it_resumes(
    people, recipes, tmp_path, monkeypatch
):
    words = finetune_words(
        people, recipes, tmp_path / "run", "--hold-out", "2", "--set", "saving.trackers=[csv]"
    )

    def killed(*arguments):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("vtbr_train.finetuning.finetuning.Finetuning.validate", killed)
        assert invoke(*words).exit_code == 130
    result = invoke("resume", tmp_path / "run")
    assert result.exit_code == 0, result.output
    whole = invoke(*finetune_words(people, recipes, tmp_path / "whole", "--hold-out", "2"))
    lines = [
        [line for line in read_log(tmp_path / name) if "held-out/mAP" in line] for name in ("run", "whole")
    ]
    assert [line["step"] for line in lines[0]] == [line["step"] for line in lines[1]]
    assert [line["held-out/mAP"] for line in lines[0]] == [line["held-out/mAP"] for line in lines[1]]
    assert json.loads(result.stdout)["best"]["score"] == json.loads(whole.stdout)["best"]["score"]
