import json

import numpy as np
import pytest
import torch
from click.testing import CliRunner

from vtbr_eval.cli import main as evaluation
from vtbr_models.checkpoint.checkpoint import load_checkpoint
from vtbr_models.cli import main as models

from ..runs import finetune, invoke, read_log


@pytest.fixture(scope="module")
def finetuned(people, recipes, pretrained, tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs") / "finetuned"
    result = finetune(people, recipes, folder, "--init", pretrained / "model.safetensors")
    assert result.exit_code == 0, result.output
    return folder, json.loads(result.stdout)


def test_fine_tuning_scores_the_manifests_own_query_and_gallery(finetuned):
    _, result = finetuned
    assert 0 < result["mAP"] <= 1
    assert 0 <= result["rank-1"] <= 1


def test_the_backbone_starts_from_the_checkpoint(people, recipes, pretrained, tmp_path):
    words = ["--init", pretrained / "model.safetensors", "--set", "optimizer.learning_rate=1e-12"]
    words += ["--set", "optimizer.weight_decay=0"]
    assert finetune(people, recipes, tmp_path / "run", *words).exit_code == 0
    before = load_checkpoint(pretrained / "model.safetensors").model.visual
    after = load_checkpoint(tmp_path / "run/model.safetensors").model.visual
    torch.testing.assert_close(after.layer4[0].conv1.weight, before.layer4[0].conv1.weight)


def test_a_fine_tuned_checkpoint_knows_its_classes(finetuned):
    folder, _ = finetuned
    checkpoint = load_checkpoint(folder / "model.safetensors")
    assert checkpoint.metadata["architecture"]["num_classes"] == 5
    assert checkpoint.metadata["architecture"]["visual"]["last_stride"] == 1
    assert checkpoint.model.classifier.weight.shape == (5, 512)


def test_a_stopped_fine_tuning_resumes_to_the_same_weights(people, recipes, pretrained, finetuned, tmp_path):
    folder, _ = finetuned
    whole = load_checkpoint(folder / "model.safetensors").model.state_dict()
    part = tmp_path / "run"
    init = ["--init", pretrained / "model.safetensors"]

    def stop_after_saving(*arguments, **options):
        saved(*arguments, **options)
        raise KeyboardInterrupt

    from vtbr_train.run.run import Run

    saved = Run.save
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Run, "save", stop_after_saving)
        stopped = finetune(people, recipes, part, *init)
    assert stopped.exit_code == 130
    assert f"the last saved step is 6: `vtbr-train resume {part}` continues" in stopped.output
    assert finetune(people, recipes, part, *init, "--resume").exit_code == 0
    for name, tensor in load_checkpoint(part / "model.safetensors").model.state_dict().items():
        assert torch.equal(tensor, whole[name]), name


def test_a_checkpoint_that_does_not_fit_names_the_first_keys(people, recipes, pretrained, tmp_path):
    words = ["--init", pretrained / "model.safetensors", "--set", "backbone=resnet18"]
    result = finetune(people, recipes, tmp_path / "run", *words)
    assert result.exit_code == 1
    assert (
        "has the backbone resnet10, the settings ask for resnet18: add --set backbone=null" in result.output
    )


def test_a_pickle_is_refused(people, recipes, tmp_path):
    torch.save({"visual": torch.zeros(1)}, tmp_path / "weights.pth")
    result = finetune(people, recipes, tmp_path / "run", "--init", tmp_path / "weights.pth")
    assert result.exit_code == 1
    assert "is a PyTorch pickle" in result.output


def test_people_without_names_cannot_be_learnt(people, recipes, tmp_path):
    lines = [json.loads(line) for line in (people / "manifest.jsonl").read_text().splitlines()]
    text = "".join(json.dumps({**line, "identity": min(line["identity"], 1)}) + "\n" for line in lines)
    (tmp_path / "manifest.jsonl").write_text(text)
    recipe = str(recipes / "finetune.yaml")
    words = ["finetune", str(tmp_path / "manifest.jsonl"), "--root", str(people), "--recipe", recipe]
    result = invoke(*words, "-o", str(tmp_path / "run"))
    assert result.exit_code == 1
    assert "fine-tuning needs at least 2 identities above 0 with split train, not 1" in result.output


def test_a_backbone_is_frozen_for_as_many_epochs_as_said(people, recipes, pretrained, tmp_path):
    words = ["--init", pretrained / "model.safetensors", "--set", "epochs=2", "--set", "frozen_epochs=1"]
    words += ["--set", "validate_every_epochs=1", "--set", "saving.keep_last=2", "--set", "data.workers=0"]
    result = finetune(people, recipes, tmp_path / "run", *words)
    assert result.exit_code == 0, result.output
    before = load_checkpoint(pretrained / "model.safetensors").model.visual.state_dict()
    epochs = sorted((tmp_path / "run/checkpoints").iterdir())
    after = [load_checkpoint(path).model for path in epochs]
    frozen, learning = (model.visual.state_dict() for model in after)
    assert all(torch.equal(tensor, before[name]) for name, tensor in frozen.items())
    assert not any(torch.equal(tensor, before[name]) for name, tensor in learning.items() if tensor.ndim == 4)
    for name in ("bn1.running_mean", "layer4.0.bn1.running_var", "layer4.0.bn1.num_batches_tracked"):
        assert not torch.equal(learning[name], before[name])
    assert not torch.equal(after[0].neck.running_mean, torch.zeros(512))


def test_triplets_within_parts_of_a_batch_are_said(people, recipes, tmp_path):
    words = ["--set", "engine.accumulate=2", "--set", "epochs=1", "--set", "schedule.milestones=[]"]
    result = finetune(people, recipes, tmp_path / "run", *words)
    assert result.exit_code == 0, result.output
    assert "triplets are mined within each part of 4 images (engine.accumulate=2)" in result.output


def test_sets_are_joined_and_the_best_checkpoint_by_one_of_several_test_sets_is_kept(
    people, recipes, tmp_path
):
    manifest = people / "manifest.jsonl"
    words = [manifest, "--test", f"own={manifest}", "--test", f"other={manifest}", "--set", "epochs=3"]
    words += ["--set", "validate_every_epochs=1", "--set", "saving.best_by=other/mAP"]
    result = finetune(people, recipes, tmp_path / "run", *words)
    assert result.exit_code == 0, result.output
    lines = read_log(tmp_path / "run")
    scores = {line["step"]: line["other/mAP"] for line in lines if "other/mAP" in line}
    best = load_checkpoint(tmp_path / "run/best.safetensors").metadata
    assert scores[best["step"]] == max(scores.values())
    assert best["architecture"]["num_classes"] == 10  # five people of the set, and five more of it again
    assert json.loads(result.stdout)["own/rank-1"] == json.loads(result.stdout)["other/rank-1"]


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        (lambda line: {**line, "split": "gallery"}, "has no image with split query: nothing to score"),
        (lambda line: {**line, "path": "nowhere.jpg"}, "nowhere.jpg: no such image"),
    ],
)
def test_a_test_set_that_cannot_be_scored_is_refused_before_training(
    people, recipes, tmp_path, changed, says
):
    lines = [changed(json.loads(line)) for line in (people / "manifest.jsonl").read_text().splitlines()]
    (tmp_path / "test.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    result = finetune(people, recipes, tmp_path / "run", "--test", f"other={tmp_path / 'test.jsonl'}")
    assert result.exit_code == 1
    assert says in result.output
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    "change",
    [
        "feature=neck",
        "feature=before",
        *(f"pooling={pooling}" for pooling in ("max", "gem", "avgmax", "avgmax-concat")),
        "reduction=16",
        "last_stride=2",
        "optimizer.ema_decay=0.5",
        "precision=bfloat16",
    ],
)
def test_a_validation_scores_what_extract_and_reid_score(people, recipes, tmp_path, change):
    precision = "bfloat16" if "bfloat16" in change else "float32"
    words = ["--set", change, "--set", "optimizer.learning_rate=0.01", "--set", "log_every=20"]
    result = finetune(people, recipes, tmp_path / "run", *words)
    assert result.exit_code == 0, result.output
    features = tmp_path / "features.safetensors"
    line = ["extract", tmp_path / "run/model.safetensors", people / "manifest.jsonl", "-o", features]
    found = CliRunner().invoke(models, [str(word) for word in [*line, "--precision", precision]])
    assert found.exit_code == 0, found.output
    scores = CliRunner().invoke(evaluation, ["reid", str(features)])
    assert scores.exit_code == 0, scores.output
    for name in ("mAP", "rank-1"):
        assert json.loads(result.stdout)[name] == pytest.approx(json.loads(scores.stdout)[name], abs=1e-6)


def test_validated_features_are_averaged_with_the_mirrored_pictures_as_extract_does(
    people, recipes, finetuned, tmp_path
):
    from vtbr_data.training import read_images
    from vtbr_eval.files import read_features
    from vtbr_train.engine import Hardware
    from vtbr_train.finetuning.identity_data import IdentityDataConfig
    from vtbr_train.finetuning.scored_sets import scored_sets
    from vtbr_train.finetuning.validation import _features

    folder, _ = finetuned
    (test,) = scored_sets(read_images(people / "manifest.jsonl"), None, None, "market1501")
    data = IdentityDataConfig(height=64, width=32, workers=0)
    model = load_checkpoint(folder / "model.safetensors").model.eval()
    validated = _features(model, test, data, Hardware(torch.device("cpu"), torch.float32))
    line = ["extract", folder / "model.safetensors", people / "manifest.jsonl"]
    for options, is_equal in (([], True), (["--no-flip"], False)):
        path = tmp_path / f"features{len(options)}.safetensors"
        found = CliRunner().invoke(models, [str(word) for word in [*line, *options, "-o", path]])
        assert found.exit_code == 0, found.output
        extracted = read_features(str(path))
        assert list(extracted.path) == list(validated.path)
        assert np.allclose(extracted.features, validated.features, rtol=1e-5, atol=1e-5) == is_equal


def with_rows(people, folder, change):
    """Write the manifest with each row changed; returns its path."""
    lines = [change(json.loads(line)) for line in (people / "manifest.jsonl").read_text().splitlines()]
    (folder / "changed.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    return folder / "changed.jsonl"


def test_a_set_of_one_camera_is_refused_before_training_and_scored_without_cameras(people, recipes, tmp_path):
    manifest = with_rows(people, tmp_path, lambda row: {**row, "camera": 1})
    words = [manifest, "--root", people, "--recipe", recipes / "finetune.yaml", "-o", tmp_path / "run"]
    words = ["finetune", *words, "--set", "epochs=1", "--set", "schedule.milestones=[]"]
    result = invoke(*words)
    assert result.exit_code == 1
    assert "if the pictures come from one camera, use --set protocol=no-camera" in result.output
    assert not (tmp_path / "run").exists()
    scored = invoke(*words, "--set", "protocol=no-camera")
    assert scored.exit_code == 0, scored.output
    assert 0 < json.loads(scored.stdout)["mAP"] <= 1


def test_what_a_run_does_differently_than_asked_is_said(people, recipes, tmp_path):
    manifest = with_rows(people, tmp_path, lambda row: {**row, "identity": row["identity"] % 5})
    words = [
        "finetune",
        manifest,
        "--root",
        people,
        "--recipe",
        recipes / "finetune.yaml",
        "-o",
        tmp_path / "run",
    ]
    words += ["--set", "epochs=1", "--set", "data.identities_per_batch=9", "--set", "protocol=no-camera"]
    result = invoke(*words)
    assert result.exit_code == 0, result.output
    assert "6 training images of identity 0 or -1 are left out" in result.output
    assert "a batch has 4 people, not 9: there are no more" in result.output
    assert "schedule.milestones 3 come after the last of 1 epochs: never reached" in result.output


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        (
            ["data.identities_per_batch=9"],
            "an epoch is one step, as a batch takes 5 people x 4 pictures of the 30 there are: epochs = 1 is the "
            "number of steps; take more by --set epochs=10, or smaller batches by --set "
            "data.identities_per_batch=2",
        ),
        (
            ["data.images_per_identity=8"],
            "nobody has the 8 pictures that a batch takes of each: some come twice; --set data.images_per_identity=6 "
            "takes what there are",
        ),
    ],
)
def test_a_batch_that_is_large_for_its_set_is_said_with_what_to_type(
    people, recipes, tmp_path, changes, says
):
    words = ["epochs=1", "schedule.milestones=[]", "data.images_per_identity=4", *changes]
    result = finetune(
        people, recipes, tmp_path / "run", *(word for each in words for word in ("--set", each))
    )
    assert result.exit_code == 0, result.output
    assert says in result.stderr.splitlines()


def test_two_test_sets_of_one_name_are_refused(people, recipes, tmp_path):
    manifest = people / "manifest.jsonl"
    result = finetune(people, recipes, tmp_path / "run", "--test", f"a={manifest}", "--test", f"a={manifest}")
    assert result.exit_code == 2
    assert "two sets are called 'a': give each its name" in result.output
