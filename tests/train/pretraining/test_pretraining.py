import json

import pytest
import torch

from vtbr_models.checkpoint.checkpoint import load_checkpoint
from vtbr_train.optimizer.optimizer import parameter_groups
from vtbr_train.pretraining.pretraining import PretrainConfig, decays

from ..runs import invoke, pretrain_words, read_log


def test_the_loss_falls_and_everything_is_left_in_the_folder(pretrained):
    losses = [line["loss"] for line in read_log(pretrained) if "loss" in line]
    assert losses[-1] < losses[0]
    names = {path.name for path in pretrained.iterdir()}
    assert names >= {"settings.yaml", "log.jsonl", "state.safetensors", "model.safetensors"}
    assert not [name for name in names if name.endswith(".partial")]


def test_the_checkpoint_carries_all_that_is_needed_to_use_it(pretrained):
    metadata = load_checkpoint(pretrained / "model.safetensors").metadata
    assert metadata["architecture"]["visual"] == {"name": "resnet10", "last_stride": 2}
    assert metadata["preprocessing"]["height"] == 64
    assert metadata["tokenizer"]["added_tokens"][4]["content"] == "[UNK]"
    assert metadata["step"] == 12
    assert metadata["recipe"]["optimizer"]["momentum"] == 0.9


def test_the_same_seed_gives_the_same_bytes_with_any_number_of_workers(pretrained, people, recipes, tmp_path):
    words = [*pretrain_words(people, recipes, tmp_path / "run"), "--set", "data.workers=2"]
    assert invoke(*words).exit_code == 0
    ours, theirs = (
        load_checkpoint(folder / "model.safetensors").model for folder in (tmp_path / "run", pretrained)
    )
    for name, tensor in ours.state_dict().items():
        assert torch.equal(tensor, theirs.state_dict()[name]), name


def test_a_run_is_not_overwritten_unasked(pretrained, people, recipes):
    result = invoke(*pretrain_words(people, recipes, pretrained))
    assert result.exit_code == 1
    assert "holds a run at step 12; add --resume to continue it, or name a new folder" in result.output


def test_a_run_resumes_only_with_its_own_settings(pretrained, people, recipes):
    result = invoke(
        *pretrain_words(people, recipes, pretrained), "--resume", "--set", "optimizer.momentum=0.5"
    )
    assert result.exit_code == 1
    assert "began with optimizer.momentum = 0.9, not 0.5" in result.output


def test_a_complete_run_asked_to_resume_prints_its_result_again(pretrained, people, recipes):
    result = invoke(*pretrain_words(people, recipes, pretrained), "--resume")
    assert json.loads(result.stdout)["step"] == 12
    assert json.loads(result.stdout)["model"] == str(pretrained / "model.safetensors")


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--set", "stepz=3"], "unknown setting stepz: did you mean steps?"),
        (["--set", "schedule.warmup=99"], "schedule.warmup must be below steps (12)"),
        (["--set", "model.backbone=resnet11"], "no backbone is called 'resnet11'"),
        (["--recipe", "lapptop"], "no recipe 'lapptop'"),
        (
            ["--root", "elsewhere"],
            "no such image; is --root the folder that the manifest's paths start from?",
        ),
        (["--validation", "nowhere.jsonl"], "there is no manifest nowhere.jsonl"),
        (["--tokenizer", "nowhere.json"], "there is no tokenizer nowhere.json"),
    ],
)
def test_what_cannot_be_used_is_said_in_one_line(people, recipes, tmp_path, words, says):
    result = invoke(*pretrain_words(people, recipes, tmp_path / "run"), *words)
    assert result.exit_code == 1
    assert says in result.output
    assert result.output.count("\n") == 1
    assert not (tmp_path / "run/model.safetensors").exists()


def test_an_empty_caption_is_found_before_training(people, recipes, tmp_path):
    text = (people / "manifest.jsonl").read_text().replace('"red shirt"', '" "', 1)
    (tmp_path / "manifest.jsonl").write_text(text)
    words = pretrain_words(people, recipes, tmp_path / "run")
    words[1] = str(tmp_path / "manifest.jsonl")
    result = invoke(*words, "--root", people)
    assert result.exit_code == 1
    assert "has an empty caption" in result.output


def test_a_loss_that_is_no_number_stops_the_run(people, recipes, tmp_path):
    words = ["--set", "optimizer.backbone_learning_rate=1e30", "--set", "optimizer.gradient_clip=1e30"]
    result = invoke(*pretrain_words(people, recipes, tmp_path / "run"), *words)
    assert result.exit_code == 1
    assert "lower the learning rate" in result.output


def test_a_second_process_is_kept_out(people, recipes, tmp_path):
    import filelock

    folder = tmp_path / "run"
    folder.mkdir()
    with filelock.FileLock(folder / ".lock"):
        result = invoke(*pretrain_words(people, recipes, folder))
    assert result.exit_code == 1
    assert "another process trains here" in result.output


def test_every_parameter_is_in_one_of_three_groups_and_norms_do_not_decay(pretrained):
    model = load_checkpoint(pretrained / "model.safetensors").model
    visual, textual, undecayed = parameter_groups(PretrainConfig().optimizer, model, decays)
    assert len(visual["params"]) + len(textual["params"]) + len(undecayed["params"]) == len(
        list(model.parameters())
    )
    assert all(parameter.ndim == 1 for parameter in undecayed["params"])
    assert (visual["lr"], textual["lr"], undecayed["weight_decay"]) == (0.2, 1e-3, 0.0)


def test_shards_teach_what_the_folder_teaches(pretrained, people, recipes, tmp_path):
    from vtbr_data.manifest.manifest import read_manifest
    from vtbr_data.shards import PackConfig, pack

    pack(read_manifest(people / "manifest.jsonl"), tmp_path / "shards", PackConfig(shard_bytes=20_000))
    words = pretrain_words(people, recipes, tmp_path / "run")
    words[1] = str(tmp_path / "shards")
    result = invoke(*words)
    assert result.exit_code == 0, result.output
    ours = load_checkpoint(tmp_path / "run/model.safetensors").model.state_dict()
    theirs = load_checkpoint(pretrained / "model.safetensors").model.state_dict()
    assert all(torch.equal(tensor, theirs[name]) for name, tensor in ours.items())


def test_a_damaged_picture_is_named_and_training_goes_on(people, recipes, tmp_path):
    import shutil

    shutil.copytree(people, tmp_path / "people")
    damaged = tmp_path / "people/0001_0.jpg"
    damaged.write_bytes(damaged.read_bytes()[:300])
    words = pretrain_words(tmp_path / "people", recipes, tmp_path / "run")
    result = invoke(*words, "--set", "steps=5")
    assert result.exit_code == 0, result.output
    assert result.output.count("0001_0.jpg: is not a readable picture") == 1
    result = invoke(*words[:-1], tmp_path / "other", "--set", "steps=5", "--set", "data.damaged=stop")
    assert result.exit_code == 1
    assert "0001_0.jpg: is not a readable picture" in result.output


def test_images_without_captions_are_left_out_where_that_is_asked_for_and_counted(people, recipes, tmp_path):
    lines = [json.loads(line) for line in (people / "manifest.jsonl").read_text().splitlines()]
    lines[2]["captions"] = []
    (tmp_path / "manifest.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    words = pretrain_words(people, recipes, tmp_path / "run")
    words[1:2] = [str(tmp_path / "manifest.jsonl"), "--root", str(people), "--set", "steps=3"]
    assert "has no caption" in invoke(*words).output
    result = invoke(*words, "--set", "data.uncaptioned=skip")
    assert result.exit_code == 0, result.output
    assert "1 training images without a caption are left out" in result.output
    assert "29 images to learn from" in result.output
