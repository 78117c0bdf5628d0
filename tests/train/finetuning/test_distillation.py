import pytest
import torch
from torch.nn import functional

from vtbr_models.checkpoint import build_model, load_checkpoint, save_checkpoint
from vtbr_train.engine.hardware import Hardware
from vtbr_train.errors import InputError
from vtbr_train.finetuning.config import FinetuneConfig
from vtbr_train.finetuning.distillation import Teacher, distillation_loss
from vtbr_train.finetuning.losses import IdentityLossConfig, IdentityLosses
from vtbr_train.finetuning.network import EmbedderWithLosses, build_embedder

from ..runs import finetune, invoke, read_log

CPU = Hardware(torch.device("cpu"), torch.float32)
MEAN, STD = torch.tensor([0.485, 0.456, 0.406]), torch.tensor([0.229, 0.224, 0.225])


def write_teacher(path, *, mean=0.5, std=0.5, height=96, width=48, reduction=None):
    torch.manual_seed(1)
    visual = {"name": "resnet10"}
    model = build_model({"model": "embedder", "visual": visual, "num_classes": None, "reduction": reduction})
    preprocessing = {
        "height": height,
        "width": width,
        "interpolation": "bilinear",
        "mean": [mean] * 3,
        "std": [std] * 3,
    }
    save_checkpoint(path, model.eval(), {"preprocessing": preprocessing, "tokenizer": None})
    return model


@pytest.fixture(scope="module")
def teacher(people, recipes, tmp_path_factory):
    """A model trained on these people at 96 x 48."""
    folder = tmp_path_factory.mktemp("teacher") / "run"
    words = ["--set", "data.height=96", "--set", "data.width=48"]
    assert finetune(people, recipes, folder, *words).exit_code == 0
    return folder / "model.safetensors"


def test_a_student_with_the_teachers_similarities_has_nothing_to_learn_whatever_its_width():
    torch.manual_seed(0)
    features = torch.randn(6, 4)
    rotated = torch.cat([features, torch.zeros(6, 3)], dim=1) @ torch.linalg.qr(torch.randn(7, 7)).Q
    assert distillation_loss(3 * features, rotated, "similarities") < 1e-10


def test_similarities_are_compared_over_all_pairs_of_different_images():
    torch.manual_seed(0)
    student, taught = torch.randn(5, 4), torch.randn(5, 7)
    pairs = [
        (functional.cosine_similarity(student[i], student[j], dim=0)
         - functional.cosine_similarity(taught[i], taught[j], dim=0)) ** 2
        for i in range(5) for j in range(5) if i != j
    ]  # fmt: skip
    torch.testing.assert_close(distillation_loss(student, taught, "similarities"), torch.stack(pairs).mean())


def test_features_are_compared_by_their_cosine():
    torch.manual_seed(0)
    student, taught = torch.randn(5, 4), torch.randn(5, 4)
    expected = 1 - functional.cosine_similarity(student, taught).mean()
    torch.testing.assert_close(distillation_loss(student, taught, "features"), expected)


def test_a_teachers_features_are_those_of_pictures_normalised_as_it_wants_them(tmp_path):
    model = write_teacher(tmp_path / "teacher.safetensors")
    pixels = torch.rand(3, 3, 96, 48)
    found = Teacher([tmp_path / "teacher.safetensors"], CPU)(
        (pixels - MEAN[:, None, None]) / STD[:, None, None]
    )
    with torch.no_grad():
        torch.testing.assert_close(found, model.embed((pixels - 0.5) / 0.5), atol=1e-4, rtol=1e-4)
    assert not found.requires_grad
    assert not found.is_inference()


def test_several_teachers_teach_the_mean_of_their_similarities(tmp_path):
    paths = [tmp_path / "a.safetensors", tmp_path / "b.safetensors"]
    for path, reduction in zip(paths, (None, 16), strict=True):
        write_teacher(path, reduction=reduction)
    pixels = torch.randn(4, 3, 96, 48)
    both = functional.normalize(Teacher(paths, CPU)(pixels))
    each = [functional.normalize(Teacher([path], CPU)(pixels)) for path in paths]
    assert both.shape == (4, 512 + 16)
    torch.testing.assert_close(both @ both.T, sum(one @ one.T for one in each) / 2)


def test_teachers_of_different_input_sizes_are_refused(tmp_path):
    paths = [tmp_path / "a.safetensors", tmp_path / "b.safetensors"]
    for path, height in zip(paths, (96, 64), strict=True):
        write_teacher(path, height=height)
    with pytest.raises(InputError, match=r"must read pictures of one size: .*96 x 48\) and .*64 x 48\)"):
        Teacher(paths, CPU)


def test_a_student_learns_the_similarities_of_its_teacher():
    torch.manual_seed(0)
    settings = FinetuneConfig(backbone="resnet10_light", reduction=8, feature="before")
    student = build_embedder(settings, None, 2)
    config = IdentityLossConfig(identity="none", triplet="none", centre_weight=0, distillation=1)
    module = EmbedderWithLosses(student, IdentityLosses(config, 2, 8))
    images, taught, classes = torch.randn(6, 3, 64, 32), torch.randn(6, 5), torch.zeros(6, dtype=torch.int64)
    optimizer = torch.optim.Adam(student.parameters(), lr=3e-3)
    found = []
    for _ in range(40):
        losses = module(images, classes, taught=taught)
        found.append(losses["distillation_loss"].item())
        torch.testing.assert_close(losses["loss"], losses["distillation_loss"])
        optimizer.zero_grad()
        losses["loss"].backward()
        optimizer.step()
    assert found[-1] < 0.1 * found[0]


def test_a_run_says_what_it_is_distilled_from_and_logs_the_loss(people, recipes, teacher, tmp_path):
    words = ["--teacher", teacher, "--set", "loss.distillation=5", "--set", "engine.accumulate=2"]
    result = finetune(people, recipes, tmp_path / "run", *words, "--set", "epochs=2")
    assert result.exit_code == 0, result.output
    assert "model.safetensors (embedder resnet10, 96 x 48), by the similarities" in result.output
    assert "pairs are compared with the teacher's within each part of 4 images" in result.output
    lines = read_log(tmp_path / "run")
    for line in (line for line in lines if "distillation_loss" in line):
        parts = line["identity_loss"] + line["triplet_loss"] + 5e-4 * line["centre_loss"]
        assert line["loss"] == pytest.approx(parts + 5 * line["distillation_loss"], rel=1e-4)


def test_a_teacher_and_captions_of_other_images_are_learnt_from_together(people, recipes, teacher, tmp_path):
    words = ["--teacher", teacher, "--set", "loss.distillation=5", "--set", "epochs=1"]
    words += ["--captions", people / "manifest.jsonl", "--tokenizer", people / "tokenizer.json"]
    words += ["--set", "joint.text.textual=L1_H16_A2_F32", "--set", "joint.text.max_tokens=12"]
    words += ["--set", "schedule.milestones=[]"]
    result = finetune(people, recipes, tmp_path / "run", *words)
    assert result.exit_code == 0, result.output
    line = read_log(tmp_path / "run")[0]
    parts = line["identity_loss"] + line["triplet_loss"] + 5e-4 * line["centre_loss"]
    learnt = 5 * line["distillation_loss"] + line["caption_loss"]
    assert line["loss"] == pytest.approx(parts + learnt, rel=1e-4)


def test_a_stopped_distillation_resumes_from_its_folder_to_the_same_weights(
    people, recipes, teacher, tmp_path
):
    words = ["--teacher", teacher, "--set", "loss.distillation=5"]
    assert finetune(people, recipes, tmp_path / "whole", *words).exit_code == 0
    assert finetune(people, recipes, tmp_path / "part", *words, "--set", "epochs=2").exit_code == 0
    resumed = invoke("resume", str(tmp_path / "part"), "--set", "epochs=4")
    assert resumed.exit_code == 0, resumed.output
    whole, part = (
        load_checkpoint(tmp_path / name / "model.safetensors").model.state_dict()
        for name in ("whole", "part")
    )
    assert all(torch.equal(tensor, whole[name]) for name, tensor in part.items())


def test_a_run_resumes_with_its_own_teacher_only(people, recipes, teacher, tmp_path):
    words = ["--set", "loss.distillation=5", "--set", "epochs=2"]
    assert finetune(people, recipes, tmp_path / "run", "--teacher", teacher, *words).exit_code == 0
    write_teacher(tmp_path / "other.safetensors", mean=0.4)
    again = [*words[:3], "epochs=3", "--resume"]
    other = finetune(people, recipes, tmp_path / "run", "--teacher", tmp_path / "other.safetensors", *again)
    assert other.exit_code == 1
    assert "began with another teacher" in other.output


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--set", "loss.distillation=1"], "loss.distillation needs a teacher: add --teacher MODEL"),
        (["--teacher", "TEACHER"], "--teacher teaches nothing while loss.distillation is 0"),
        (
            ["--teacher", "NARROW", "--set", "loss.distillation=1", "--set", "loss.distillation_by=features"],
            "the teacher's have 16 numbers, the student's 512: add --set reduction=16",
        ),
        (["--teacher", "people-reid-lihgt", "--set", "loss.distillation=1"], "the zoo has people-reid-light"),
    ],
)
def test_a_teacher_that_cannot_teach_is_refused_before_training(
    people, recipes, teacher, tmp_path, words, says
):
    write_teacher(tmp_path / "narrow.safetensors", reduction=16)
    places = {"TEACHER": teacher, "NARROW": tmp_path / "narrow.safetensors"}
    result = finetune(people, recipes, tmp_path / "run", *[places.get(word, word) for word in words])
    assert result.exit_code == 1
    assert says in result.output
    assert not (tmp_path / "run").exists()


def test_a_teacher_without_a_weight_is_refused_in_python(teacher):
    with pytest.raises(InputError, match=r"loss\.distillation is 0"):
        Teacher.of([teacher], 0.0, CPU)
