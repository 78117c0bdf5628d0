"""Bad input to every command: one line that says what is wrong, exit code 1, nothing left behind."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from click.testing import CliRunner
from PIL import Image

import vtbr_data.cli
import vtbr_eval.cli
import vtbr_models.cli
import vtbr_train.cli
from vtbr_data.tokenizer.tokenizer import train_tokenizer
from vtbr_eval.features import FeatureTable
from vtbr_eval.files import write_features
from vtbr_models.checkpoint.architecture import build_model
from vtbr_models.checkpoint.checkpoint import save_checkpoint

COMMANDS = {
    "vtbr-data": vtbr_data.cli.main,
    "vtbr-models": vtbr_models.cli.main,
    "vtbr-train": vtbr_train.cli.main,
    "vtbr-eval": vtbr_eval.cli.main,
}
PRETRAIN = "vtbr-train pretrain manifest.jsonl --tokenizer tokenizer.json --recipe laptop -o out"
TINY = "--set steps=2 --set schedule.warmup=1 --set batch_size=4 --set data.height=32 --set data.width=32"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder with everything that the commands below need, all of it good."""
    monkeypatch.chdir(tmp_path)
    rows = []
    for number in range(8):
        noise = np.random.default_rng(number).integers(0, 256, (64, 32, 3), dtype=np.uint8)
        Image.fromarray(noise).save(f"{number}.jpg")
        split = ("train", "train", "query", "gallery")[number % 4]
        row = {"path": f"{number}.jpg", "identity": 1 + number // 4, "camera": number % 2, "split": split}
        rows.append({**row, "captions": ["a red top"], "attributes": {"upper_colour": "red"}})
    write_rows(rows)
    train_tokenizer(["a red top"] * 3, 50).save("tokenizer.json")
    features = np.random.default_rng(0).normal(size=(4, 8)).astype(np.float32)
    table = FeatureTable.of(features, identity=[1, 2, 1, 2], camera=[1, 1, 2, 2], split=[0, 0, 1, 1])
    write_features(table, Path("features.safetensors"))
    visual = {"name": "resnet10", "last_stride": 1}
    model = build_model({"model": "embedder", "visual": visual, "num_classes": 2})
    size = {"height": 32, "width": 32, "mean": [0.5] * 3, "std": [0.5] * 3, "interpolation": "bilinear"}
    save_checkpoint("model.safetensors", model, {"preprocessing": size})
    return tmp_path


def write_rows(rows):
    Path("manifest.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))


def change_rows(**changes):
    write_rows([{**json.loads(line), **changes} for line in Path("manifest.jsonl").read_text().splitlines()])


def cut(path, share=0.5):
    data = Path(path).read_bytes()
    Path(path).write_bytes(data[: int(len(data) * share)])


def pickle(path):
    torch.save({"visual.conv1.weight": torch.zeros(1)}, path)


def spoil_a_feature():
    data = bytearray(Path("features.safetensors").read_bytes())
    start = 8 + int.from_bytes(data[:8], "little") + 4 * 8 + 4 * 8 + 5 * 8  # camera, identity, path_offset
    data[start : start + 4] = np.float32(np.nan).tobytes()
    Path("features.safetensors").write_bytes(data)


EXTRACT = "vtbr-models extract model.safetensors manifest.jsonl -o out"
FINETUNE = "vtbr-train finetune manifest.jsonl --recipe laptop -o out"
STRICT = f"{TINY} --set data.damaged=stop"
CASES = [
    ("vtbr-data check gone.jsonl", None, "there is no manifest gone.jsonl"),
    ("vtbr-models extract model.safetensors gone.jsonl -o out", None, "gone.jsonl: No such file"),
    ("vtbr-train finetune gone.jsonl -o out", None, "there is no manifest gone.jsonl"),
    ("vtbr-data caption manifest.jsonl -o out", lambda: write_line(2, "{oops"), "line 2 is not valid JSON"),
    (EXTRACT, lambda: write_line(2, "{oops"), "manifest.jsonl line 2 is not valid JSON"),
    (PRETRAIN, lambda: write_line(2, "{oops"), "line 2 is not valid JSON"),
    (f"{PRETRAIN} {STRICT}", lambda: cut("1.jpg"), "1.jpg: is not a readable picture"),
    (f"{PRETRAIN} {STRICT} --set data.workers=0", lambda: cut("1.jpg"), "1.jpg: is not a readable picture"),
    (EXTRACT, lambda: cut("2.jpg"), "2.jpg"),
    ("vtbr-data check manifest.jsonl", lambda: cut("1.jpg"), "Error: "),
    (PRETRAIN, lambda: change_rows(captions=[" "]), "has an empty caption"),
    ("vtbr-data tokenizer train manifest.jsonl -o out", lambda: change_rows(captions=[""]), "is empty"),
    ("vtbr-eval reid features.safetensors -o out", lambda: change_identities([1, 2, 3, 4]), "gallery"),
    (
        "vtbr-eval reid features.safetensors -o out",
        lambda: cut("features.safetensors"),
        "features.safetensors",
    ),
    ("vtbr-eval reid features.safetensors -o out", spoil_a_feature, "row 0"),
    ("vtbr-eval reid weights.pth -o out", lambda: pickle("weights.pth"), "weights.pth"),
    ("vtbr-models describe weights.pth", lambda: pickle("weights.pth"), "is a PyTorch pickle"),
    ("vtbr-models extract weights.pth manifest.jsonl", lambda: pickle("weights.pth"), "is a PyTorch pickle"),
    (f"{FINETUNE} --init weights.pth", lambda: pickle("weights.pth"), "is a PyTorch pickle"),
    (f"{FINETUNE} --set learning_rate=1", None, "did you mean optimizer.learning_rate?"),
    (f"{FINETUNE} --init model.safetensors", lambda: cut("model.safetensors"), "is cut off"),
    ("vtbr-models describe model.safetensors", lambda: cut("model.safetensors", 0.001), "is cut off"),
]


def write_line(number, text):
    lines = Path("manifest.jsonl").read_text().splitlines()
    lines[number - 1] = text
    Path("manifest.jsonl").write_text("\n".join(lines) + "\n")


def change_identities(identities):
    table = FeatureTable.of(
        np.eye(4, 8, dtype=np.float32), identity=identities, camera=[1] * 4, split=[0, 0, 1, 1]
    )
    write_features(table, Path("features.safetensors"))


@pytest.mark.parametrize(("line", "spoil", "says"), CASES)
def test_bad_input_ends_in_one_line(folder, line, spoil, says):
    if spoil is not None:
        spoil()
    command, *words = line.split()
    result = CliRunner().invoke(COMMANDS[command], words)
    assert result.exit_code == 1, result.output
    errors = [text for text in result.stderr.splitlines() if text.startswith("Error: ")]
    assert len(errors) == 1
    assert result.stderr.rstrip().endswith(errors[0])
    assert says in errors[0]
    assert "Traceback" not in result.output
    assert not list(folder.rglob("*.partial"))
    assert not Path("out").is_file()
    assert not Path("out/model.safetensors").exists()


@pytest.fixture
def full_disk(tmp_path):
    """A folder on a disk of half a megabyte."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=512k", "tmpfs", disk], capture_output=True)
    if mounted.returncode:
        pytest.skip("cannot mount a small disk here (needs root)")
    yield disk
    subprocess.run(["umount", disk], check=True)


@pytest.mark.skipif(sys.platform != "linux", reason="mounts a tmpfs")
@pytest.mark.parametrize(
    "line",
    [
        f"{PRETRAIN.removesuffix('out')}disk/out {TINY} --set data.workers=0",
        f"{FINETUNE.removesuffix('out')}disk/out --set epochs=1 --set data.workers=0",
        "vtbr-models export model.safetensors -o disk/backbone.safetensors",
        "vtbr-data render disk/people --style source --identities 40 --views 4 --seed 0",
    ],
)
def test_a_full_disk_is_said_in_one_line_and_leaves_nothing_half_written(folder, full_disk, line):
    command, *words = line.split()
    result = CliRunner().invoke(COMMANDS[command], words)
    assert result.exit_code == 1, result.output
    assert "No space left on device" in result.stderr.splitlines()[-1]
    assert "disk/" in result.stderr.splitlines()[-1]
    assert not list(full_disk.rglob("*.partial"))
    assert not list(full_disk.rglob("*.safetensors"))


def test_a_full_device_stops_a_stream_in_one_line(folder):
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("there is no /dev/full here")
    words = [sys.executable, "-m", "vtbr_eval", "reid", "features.safetensors"]
    with full.open("wb") as device:
        result = subprocess.run(words, stdout=device, stderr=subprocess.PIPE, text=True)
    assert result.returncode == 1
    assert "No space left on device" in result.stderr
    assert "Traceback" not in result.stderr
