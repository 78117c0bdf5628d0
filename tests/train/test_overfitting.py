"""What training must be able to do before anything else: learn 32 people by heart."""

import json

import pytest
from click.testing import CliRunner

from vtbr_data.cli import main as data
from vtbr_train.cli import main as train

SETTINGS = [
    *("precision=float32", "data.height=64", "data.width=32", "data.workers=0"),
    *("saving.tensorboard=false", "schedule.warmup=1"),
]
PRETRAIN = [
    *("steps=130", "batch_size=16", "save_every=130", "log_every=40", "model.textual=L1_H128_A4_F256"),
    *("data.crop_area=[1,1]", "optimizer.learning_rate=3e-3"),
    *("schedule.name=multi-step", "schedule.milestones=[100]"),
]
FINETUNE = [
    *("epochs=32", "validate_every_epochs=8", "schedule.name=cosine", "optimizer.learning_rate=2e-3"),
    *("data.pad_px=0", "data.erase_probability=0", "data.images_per_identity=2"),
    *("loss.triplet_margin=1.5", "data.jitter=0", "data.jitter_balance=0"),
    *("data.identities_per_batch=8", "optimizer.name=adam"),
]


@pytest.fixture(scope="module")
def rendered(tmp_path_factory):
    """32 people in two pictures each, the first of them captioned once, and a tokenizer."""
    folder = tmp_path_factory.mktemp("people")
    words = ["--identities", "32", "--views", "2", "--captions", "1", "--workers", "1", "--pixels", "64x128"]
    invoke(data, "render", folder / "rendered", *words)
    rows = [json.loads(line) for line in (folder / "rendered/manifest.jsonl").read_text().splitlines()]
    write(folder / "rendered/captioned.jsonl", rows[::2])
    scored = [
        {**row, "camera": 1 + n % 2, "split": ("query", "gallery")[n % 2]} for n, row in enumerate(rows)
    ]
    write(folder / "rendered/scored.jsonl", scored)
    words = ["--vocabulary-size", "300", "-o", folder / "tokenizer.json"]
    invoke(data, "tokenizer", "train", folder / "rendered/captioned.jsonl", *words)
    return folder


def test_32_people_are_learnt_by_heart(rendered, tmp_path):
    words = ["pretrain", rendered / "rendered/captioned.jsonl", "--tokenizer", rendered / "tokenizer.json"]
    words += ["--recipe", "laptop", "-o", tmp_path / "captions", *changes(SETTINGS, PRETRAIN)]
    captions = json.loads(invoke(train, *words).stdout)
    assert captions["forward_loss"] < 0.1
    assert captions["backward_loss"] < 0.1
    words = [
        "finetune",
        rendered / "rendered/manifest.jsonl",
        "--test",
        f"seen={rendered / 'rendered/scored.jsonl'}",
    ]
    words += ["--recipe", "laptop", "--init", captions["model"], "-o", tmp_path / "identities"]
    identities = json.loads(invoke(train, *words, *changes(SETTINGS, FINETUNE)).stdout)
    assert identities["seen/rank-1"] == 1


def invoke(command, *words):
    result = CliRunner().invoke(command, [str(word) for word in words])
    assert result.exit_code == 0, result.output
    print(result.stderr)
    return result


def changes(*lists):
    return [word for settings in lists for setting in settings for word in ("--set", setting)]


def write(path, rows):
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
