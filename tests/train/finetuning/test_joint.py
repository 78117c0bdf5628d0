"""Fine-tuning that learns captions of other images beside identities."""

import json
import sys

import pytest
import torch

from vtbr_data.training import BatchIndices
from vtbr_models.checkpoint import load_checkpoint
from vtbr_train.finetuning.joint import captioned_per_step
from vtbr_train.finetuning.joint_batches import JointOrder

from ..runs import invoke, read_log

TEXT = ["--set", "joint.text.textual=L1_H16_A2_F32", "--set", "joint.text.max_tokens=12"]


def joint_words(people, recipes, folder, *words, tokenizer=True):
    line = ["finetune", people / "manifest.jsonl", "--recipe", recipes / "finetune.yaml", "-o", folder]
    line += ["--captions", people / "manifest.jsonl", *TEXT]
    return [*line, *(["--tokenizer", people / "tokenizer.json"] if tokenizer else []), *words]


@pytest.fixture(scope="module")
def joint(people, recipes, pretrained, tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs") / "joint"
    words = ["--init", pretrained / "model.safetensors", "--set", "joint.share=0.5"]
    result = invoke(*joint_words(people, recipes, folder, *words, tokenizer=False))
    assert result.exit_code == 0, result.output
    return folder, result


def test_each_step_learns_identities_and_captions_by_their_weights(joint):
    folder, result = joint
    line = read_log(folder)[0]
    parts = line["identity_loss"] + line["triplet_loss"] + 5e-4 * line["centre_loss"]
    assert line["caption_loss"] == pytest.approx(line["forward_loss"] + line["backward_loss"], rel=1e-5)
    assert line["loss"] == pytest.approx(parts + line["caption_loss"], rel=1e-5)
    assert "captions: 8 images a step of the 30" in result.output
    assert "weight 1; textual continue from --init" in result.output


def test_the_checkpoint_is_an_embedder_as_without_captions(joint):
    folder, result = joint
    model = load_checkpoint(folder / "model.safetensors").model
    assert model.architecture["model"] == "embedder"
    assert not any("textual" in name for name in model.state_dict())
    assert 0 < json.loads(result.stdout)["mAP"] <= 1


def test_captions_move_the_backbone_and_leave_its_statistics_to_the_images_with_identities(
    people, recipes, pretrained, tmp_path
):
    still = ["--set", "optimizer.learning_rate=1e-12", "--set", "optimizer.weight_decay=0"]
    init = ["--init", pretrained / "model.safetensors", "--set", "epochs=2", *still]
    words = joint_words(people, recipes, tmp_path / "joint", *init)
    assert invoke(*words).exit_code == 0
    alone = ["finetune", people / "manifest.jsonl", "--recipe", recipes / "finetune.yaml", *init]
    assert invoke(*alone, "-o", tmp_path / "alone").exit_code == 0
    ours, theirs = (
        load_checkpoint(tmp_path / name / "model.safetensors").model.visual.state_dict()
        for name in ("joint", "alone")
    )
    statistics = [name for name in ours if "running" in name or "tracked" in name]
    assert statistics
    for name in statistics:
        torch.testing.assert_close(ours[name], theirs[name])
    learning = joint_words(people, recipes, tmp_path / "learning", *init[:4])
    assert invoke(*learning, "--set", "loss.identity=none", "--set", "joint.weight=1000").exit_code == 0
    moved = load_checkpoint(tmp_path / "learning/model.safetensors").model.visual.state_dict()
    assert not torch.equal(moved["layer1.0.conv1.weight"], ours["layer1.0.conv1.weight"])


def test_a_stopped_joint_run_resumes_from_its_folder_to_the_same_bytes(
    people, recipes, pretrained, joint, tmp_path
):
    from vtbr_train.run.run import Run

    folder, _ = joint
    saved = Run.save

    def stop_after_saving(*arguments, **options):
        saved(*arguments, **options)
        raise KeyboardInterrupt

    words = ["--init", pretrained / "model.safetensors", "--set", "joint.share=0.5"]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Run, "save", stop_after_saving)
        stopped = invoke(*joint_words(people, recipes, tmp_path / "run", *words, tokenizer=False))
    assert stopped.exit_code == 130, stopped.output
    resumed = invoke("resume", tmp_path / "run")
    assert resumed.exit_code == 0, resumed.output
    assert (tmp_path / "run/model.safetensors").read_bytes() == (folder / "model.safetensors").read_bytes()


def test_two_processes_learn_jointly_as_one(people, recipes, tmp_path):
    from ..test_distributed import read_losses, run, torchrun

    equal = ["--set", "engine.sync_batch_norm=true", "--set", "device=cpu", "--set", "joint.text.dropout=0"]
    equal += ["--set", "optimizer.name=sgd", "--set", "epochs=2", "--set", "joint.objectives.contrastive=1"]

    def words(folder):
        return [str(word) for word in joint_words(people, recipes, folder, *equal)]

    run([sys.executable, "-m", "vtbr_train", *words(tmp_path / "one")])
    run(torchrun(words(tmp_path / "two")))
    for name in ("loss", "caption_loss", "contrastive_loss"):
        one, two = (read_losses(tmp_path / folder, name) for folder in ("one", "two"))
        assert two == pytest.approx(one, rel=1e-4), name


def test_a_batch_in_parts_holds_the_images_of_the_whole(people, recipes, tmp_path):
    class Order:
        def __init__(self, size):
            self.size = size

        def at(self, step):
            rows = torch.arange(self.size).numpy()
            return BatchIndices(rows, rows.astype("uint64"))

    whole = JointOrder(Order(8), Order(4), num_identity_images=100, parts=1).at(1).rows.tolist()
    parts = JointOrder(Order(8), Order(4), num_identity_images=100, parts=2).at(1).rows.tolist()
    assert whole == [*range(8), 100, 101, 102, 103]
    assert parts == [0, 1, 2, 3, 100, 101, 4, 5, 6, 7, 102, 103]
    assert captioned_per_step(1 / 3, 8, 2) == 4


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--set", "joint.share=1"], "setting joint.share must be a number in (0, 1), not 1"),
        (["--set", "joint.weight=0"], "setting joint.weight must be a number above 0, not 0"),
        (["--set", "joint.objective=1"], "did you mean joint.objectives"),
        (["--set", "joint.objectives.captioning=1"], "bicaptioning includes captioning"),
        (["--set", "joint.data.near_twins_share=2"], "near_twins_share must be a number in [0, 1], not 2"),
    ],
)
def test_joint_settings_that_make_no_sense_are_refused(people, recipes, tmp_path, words, says):
    result = invoke(*joint_words(people, recipes, tmp_path / "run", *words))
    assert result.exit_code == 1
    assert says in result.output


def test_joint_settings_and_tokenizers_without_captions_are_refused(people, recipes, tmp_path):
    line = [
        "finetune",
        people / "manifest.jsonl",
        "--recipe",
        recipes / "finetune.yaml",
        "-o",
        tmp_path / "r",
    ]
    result = invoke(*line, "--set", "joint.weight=2")
    assert result.exit_code == 1
    assert "the settings of joint say how --captions is learnt from: give it, too" in result.output
    result = invoke(*line, "--tokenizer", people / "tokenizer.json")
    assert result.exit_code == 1
    assert "--tokenizer is of --captions: give both, or neither" in result.output
    result = invoke(*line, "--captions", "-")
    assert result.exit_code == 1
    assert "--captions reads a file: standard input is for MANIFEST" in result.output


def test_captions_need_a_tokenizer_unless_the_checkpoint_holds_one(people, recipes, tmp_path):
    result = invoke(*joint_words(people, recipes, tmp_path / "run", tokenizer=False))
    assert result.exit_code == 1
    assert (
        "give --tokenizer (`vtbr-data tokenizer train`), or --init a captioner that holds one"
        in result.output
    )


def test_captions_need_captions(people, recipes, tmp_path):
    lines = [json.loads(line) for line in (people / "manifest.jsonl").read_text().splitlines()]
    text = "".join(json.dumps({**line, "captions": []}) + "\n" for line in lines)
    (tmp_path / "bare.jsonl").write_text(text)
    words = joint_words(people, recipes, tmp_path / "run")
    words[words.index("--captions") + 1] = f"{tmp_path / 'bare.jsonl'}@{people}"
    result = invoke(*words)
    assert result.exit_code == 1
    assert "has no caption: make some by `vtbr-data caption`" in result.output
    result = invoke(*words, "--set", "joint.data.uncaptioned=skip")
    assert result.exit_code == 1
    assert "no training image has a caption" in result.output


def test_decoders_of_another_size_begin_untrained_and_say_so(people, recipes, pretrained, tmp_path):
    words = [
        "--init",
        pretrained / "model.safetensors",
        "--set",
        "epochs=1",
        "--set",
        "schedule.milestones=[]",
    ]
    words += ["--set", "joint.text.textual=L1_H32_A2_F32"]
    result = invoke(*joint_words(people, recipes, tmp_path / "run", *words))
    assert result.exit_code == 0, result.output
    assert "textual (--init has L1_H16_A2_F32) begin untrained" in result.output


@pytest.mark.parametrize("frozen", [0, 1])
def test_a_frozen_backbone_stays_while_the_heads_learn(people, recipes, pretrained, tmp_path, frozen):
    words = [
        "--init",
        pretrained / "model.safetensors",
        "--set",
        "epochs=1",
        "--set",
        "schedule.milestones=[]",
    ]
    result = invoke(
        *joint_words(people, recipes, tmp_path / "run", *words, "--set", f"frozen_epochs={frozen}")
    )
    assert result.exit_code == 0, result.output
    before = load_checkpoint(pretrained / "model.safetensors").model.visual.state_dict()
    after = load_checkpoint(tmp_path / "run/model.safetensors").model.visual.state_dict()
    assert all(torch.equal(after[name], before[name]) for name in before) is bool(frozen)


def test_workers_read_the_same_mixed_batches(people, recipes, joint, pretrained, tmp_path):
    folder, _ = joint
    words = [
        "--init",
        pretrained / "model.safetensors",
        "--set",
        "joint.share=0.5",
        "--set",
        "data.workers=2",
    ]
    result = invoke(*joint_words(people, recipes, tmp_path / "run", *words, tokenizer=False))
    assert result.exit_code == 0, result.output
    ours = load_checkpoint(tmp_path / "run/model.safetensors").model.state_dict()
    theirs = load_checkpoint(folder / "model.safetensors").model.state_dict()
    assert all(torch.equal(ours[name], theirs[name]) for name in ours)
