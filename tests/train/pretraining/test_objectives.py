"""Every objective learns, alone and together; golden losses hold their arithmetic still."""

import json
import os
from pathlib import Path

import pytest

from vtbr_models.captioner.objectives import OBJECTIVES
from vtbr_models.checkpoint.checkpoint import load_checkpoint

from ..runs import invoke, pretrain_words, read_log

GOLDEN_PATH = Path(__file__).parent / "golden_losses.json"
GOLDEN = json.loads(GOLDEN_PATH.read_text())
"""The losses of 20 float32 steps.

A change that should not alter numbers leaves them equal; after one that should,
`VTBR_WRITE_GOLDEN=1 pytest tests/train/test_objectives.py` writes them anew."""


def changed(words, changes):
    return [*words, *(word for change in changes for word in ("--set", change))]


def train(people, recipes, folder, *changes):
    result = invoke(*changed(pretrain_words(people, recipes, folder), changes))
    assert result.exit_code == 0, result.output
    lines = read_log(folder)
    return [line["loss"] for line in lines if "loss" in line]


@pytest.mark.parametrize("objective", list(OBJECTIVES))
def test_twenty_steps_have_the_golden_losses(people, recipes, tmp_path, objective):
    weights = [f"objectives.{name}={weight}" for name, weight in {"bicaptioning": 0, objective: 1}.items()]
    rates = ["optimizer.backbone_learning_rate=0.0002", "optimizer.learning_rate=0.001"]
    losses = train(people, recipes, tmp_path / "run", *weights, *rates, "steps=20", "log_every=1")
    if os.environ.get("VTBR_WRITE_GOLDEN"):
        GOLDEN[objective] = losses
        GOLDEN_PATH.write_text(json.dumps(GOLDEN, indent=1, sort_keys=True) + "\n")
    # Noise of 3e-7 in every weight at every step, as other processors round, moves these by 3e-5 at most; at
    # ten times the rates by 2 %.
    assert losses == pytest.approx(GOLDEN[objective], rel=1e-4)
    model = load_checkpoint(tmp_path / "run/model.safetensors").model
    assert list(model.objectives) == [objective]


def test_objectives_add_up_by_their_weights(people, recipes, tmp_path):
    changes = ["objectives.contrastive=0.5", "objectives.identity_classification=2", "steps=1", "log_every=1"]
    train(people, recipes, tmp_path / "run", "schedule.warmup=0", *changes)
    line = read_log(tmp_path / "run")[0]
    parts = line["forward_loss"] + line["backward_loss"] + 0.5 * line["contrastive_loss"]
    assert line["loss"] == pytest.approx(parts + 2 * line["identity_classification_loss"], rel=1e-5)


def test_people_and_attributes_are_learnt_without_captions_or_tokenizer(people, recipes, tmp_path):
    lines = [json.loads(line) for line in (people / "manifest.jsonl").read_text().splitlines()]
    text = "".join(json.dumps({**line, "captions": []}) + "\n" for line in lines)
    (tmp_path / "manifest.jsonl").write_text(text)
    words = ["pretrain", tmp_path / "manifest.jsonl", "--root", people, "--recipe", recipes / "pretrain.yaml"]
    wanted = ("identity_classification", "attribute_classification")
    changes = ["objectives.bicaptioning=0", *(f"objectives.{name}=1" for name in wanted)]
    result = invoke(*changed([*words, "-o", tmp_path / "run"], changes))
    assert result.exit_code == 0, result.output
    assert {f"{name}_loss" for name in wanted} <= json.loads(result.stdout).keys()


def test_captions_need_a_tokenizer(people, recipes, tmp_path):
    words = [
        "pretrain",
        people / "manifest.jsonl",
        "--recipe",
        recipes / "pretrain.yaml",
        "-o",
        tmp_path / "r",
    ]
    result = invoke(*words)
    assert result.exit_code == 1
    assert "these objectives read captions: give --tokenizer" in result.output


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        (["objectives.bicaptioning=0"], "weights must be at least 0, and one of them above it"),
        (["objectives.captioning=1"], "bicaptioning includes captioning"),
        (["objectives.contrast=1"], "did you mean objectives.contrastive?"),
    ],
)
def test_objectives_that_make_no_sense_are_refused(people, recipes, tmp_path, changes, says):
    result = invoke(*changed(pretrain_words(people, recipes, tmp_path / "run"), changes))
    assert result.exit_code == 1
    assert says in result.output


@pytest.mark.parametrize(
    "changes",
    [
        ["objectives.parallel_share=0.75"],
        ["objectives.visual_share=0.3"],
        ["objectives.token_classification=1", "objectives.rare_words=true"],
        ["objectives.attribute_classification=1", "objectives.attributes_from=captions"],
        ["objectives.contrastive=1", "objectives.wrong_captions=true"],
        ["data.near_twins_share=1"],
    ],
)
def test_options_beyond_the_published_recipe_change_what_is_learnt(people, recipes, tmp_path, changes):
    common = ["steps=4", "log_every=1", "schedule.warmup=0", *changes[:-1]]
    plain = train(people, recipes, tmp_path / "plain", *common)
    changed = train(people, recipes, tmp_path / "changed", *common, changes[-1])
    assert changed != plain
    assert changed == train(people, recipes, tmp_path / "again", *common, changes[-1])


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (["objectives.parallel_share=1.5"], "parallel_share must be in [0, 1], not 1.5"),
        (["objectives.visual_share=0"], "visual_share must be above 0 and at most 1, not 0"),
        (["objectives.rare_words=true"], "rare_words is of token_classification: set its weight"),
        (["objectives.attributes_from=captions"], "attributes_from is of attribute_classification"),
        (["objectives.wrong_captions=true"], "wrong_captions is of contrastive: set its weight"),
        (["data.near_twins_share=-1"], "near_twins_share must be a number in [0, 1], not -1"),
        (["objectives.bicaptioning=0", "objectives.masked_lm=1", "objectives.visual_share=0.5"],
         "parallel_share and visual_share are of captioning and bicaptioning: set one of them"),
    ],
)  # fmt: skip
def test_options_that_fit_no_objective_are_refused(people, recipes, tmp_path, changes, message):
    result = invoke(*changed(pretrain_words(people, recipes, tmp_path / "run"), changes))
    assert result.exit_code == 1
    assert message in result.stderr


def test_near_twins_are_counted_and_where_there_are_none_refused(people, recipes, tmp_path):
    changes = ["data.near_twins_share=0.5", "steps=2", "schedule.warmup=0"]
    words = changed(pretrain_words(people, recipes, tmp_path / "run"), changes)
    result = invoke(*words)
    assert result.exit_code == 0, result.output
    assert "of 5 people have a near-twin, who differs in one attribute" in result.output
    lines = [json.loads(line) for line in (people / "manifest.jsonl").read_text().splitlines()]
    text = "".join(json.dumps({**line, "attributes": {}}) + "\n" for line in lines)
    (tmp_path / "bare.jsonl").write_text(text)
    words[1] = str(tmp_path / "bare.jsonl")
    result = invoke(*words, "--root", people, "-o", tmp_path / "other")
    assert result.exit_code == 1
    assert "near_twins_share: no two people of the training images differ in one attribute" in result.output


def test_attributes_are_learnt_from_captions_alone_without_a_tokenizer(people, recipes, tmp_path):
    lines = [json.loads(line) for line in (people / "manifest.jsonl").read_text().splitlines()]
    text = "".join(json.dumps({**line, "attributes": {}}) + "\n" for line in lines)
    (tmp_path / "bare.jsonl").write_text(text)
    words = ["pretrain", tmp_path / "bare.jsonl", "--root", people, "--recipe", recipes / "pretrain.yaml"]
    changes = ["objectives.bicaptioning=0", "objectives.attribute_classification=1"]
    result = invoke(*changed([*words, "-o", tmp_path / "labels"], changes))
    assert result.exit_code == 1
    assert "needs attributes of different values in the manifest" in result.stderr
    said = [*changes, "objectives.attributes_from=captions"]
    result = invoke(*changed([*words, "-o", tmp_path / "run"], said))
    assert result.exit_code == 0, result.output
    trained = sum(line["split"] == "train" for line in lines)
    assert f"attributes read from the captions of {trained} images: " in result.stderr
    assert "upper_colour of " in result.stderr
    silent = "".join(json.dumps({**line, "captions": ["somebody"]}) + "\n" for line in lines)
    (tmp_path / "bare.jsonl").write_text(silent)
    result = invoke(*changed([*words, "-o", tmp_path / "silent"], said))
    assert result.exit_code == 1
    assert "needs attributes of different values in the captions" in result.stderr
