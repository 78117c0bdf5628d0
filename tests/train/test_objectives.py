"""Every objective learns, alone and together; golden losses hold their arithmetic still."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from vtbr_models.checkpoint import load_checkpoint
from vtbr_train.cli import main
from vtbr_train.objectives import ObjectivesConfig

from .conftest import pretrain_words

GOLDEN = json.loads((Path(__file__).parent / "golden_losses.json").read_text())
"""The loss of 20 float32 steps, made by `python -m tests.train.golden`."""


def train(people, recipes, folder, *changes):
    words = pretrain_words(people, recipes, folder)
    for change in changes:
        words += ["--set", change]
    result = CliRunner().invoke(main, words)
    assert result.exit_code == 0, result.output
    lines = [json.loads(line) for line in (folder / "log.jsonl").read_text().splitlines()]
    return [line["loss"] for line in lines if "loss" in line]


def only(objective):
    names = {"bicaptioning": 0, objective: 1}
    return [f"objectives.{name}={weight}" for name, weight in names.items()]


@pytest.mark.parametrize(
    "objective",
    list(ObjectivesConfig().weights())
    + [
        "captioning",
        "masked_lm",
        "token_classification",
        "attribute_classification",
        "identity_classification",
        "contrastive",
    ],
)
def test_twenty_steps_have_the_golden_losses(people, recipes, tmp_path, objective):
    losses = train(people, recipes, tmp_path / "run", *only(objective), "steps=20", "log_every=1")
    assert losses == pytest.approx(GOLDEN[objective], rel=1e-4)
    model = load_checkpoint(tmp_path / "run/model.safetensors").model
    assert list(model.objectives) == [objective]


def test_objectives_add_up_by_their_weights(people, recipes, tmp_path):
    changes = ["objectives.contrastive=0.5", "objectives.identity_classification=2", "steps=1", "log_every=1"]
    train(people, recipes, tmp_path / "run", "schedule.warmup=0", *changes)
    line = json.loads((tmp_path / "run/log.jsonl").read_text().splitlines()[0])
    parts = line["forward_loss"] + line["backward_loss"] + 0.5 * line["contrastive_loss"]
    assert line["loss"] == pytest.approx(parts + 2 * line["identity_classification_loss"], rel=1e-5)


def test_people_and_attributes_are_learnt_without_captions_or_tokenizer(people, recipes, tmp_path):
    lines = [json.loads(line) for line in (people / "manifest.jsonl").read_text().splitlines()]
    text = "".join(json.dumps({**line, "captions": []}) + "\n" for line in lines)
    (tmp_path / "manifest.jsonl").write_text(text)
    words = ["pretrain", tmp_path / "manifest.jsonl", "--root", people, "--recipe", recipes / "pretrain.yaml"]
    words += ["-o", tmp_path / "run", "--set", "objectives.bicaptioning=0"]
    words += [
        "--set",
        "objectives.identity_classification=1",
        "--set",
        "objectives.attribute_classification=1",
    ]
    result = CliRunner().invoke(main, [str(word) for word in words])
    assert result.exit_code == 0, result.output
    assert {"identity_classification_loss", "attribute_classification_loss"} <= json.loads(
        result.stdout
    ).keys()


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        (["objectives.bicaptioning=0"], "weights must be at least 0, and one of them above it"),
        (["objectives.captioning=1"], "bicaptioning includes captioning"),
        (["objectives.contrast=1"], "did you mean objectives.contrastive?"),
    ],
)
def test_objectives_that_make_no_sense_are_refused(people, recipes, tmp_path, changes, says):
    words = pretrain_words(people, recipes, tmp_path / "run")
    for change in changes:
        words += ["--set", change]
    result = CliRunner().invoke(main, words)
    assert result.exit_code == 1
    assert says in result.output
