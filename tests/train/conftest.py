import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from vtbr_data.tokenizer.tokenizer import train_tokenizer

COLOURS = {"red": (200, 30, 30), "blue": (30, 30, 200), "green": (30, 160, 40)}


@pytest.fixture(scope="session")
def people(tmp_path_factory) -> Path:
    """A folder with 8 people in 6 noisy pictures each, their manifest and tokenizer."""
    folder = tmp_path_factory.mktemp("people")
    random = np.random.default_rng(0)
    lines = []
    for identity in range(1, 9):
        colour = list(COLOURS)[identity % 3]
        for view in range(6):
            pixels = np.array(COLOURS[colour]) + random.normal(0, 30, (64, 32, 3)) + 10 * identity
            name = f"{identity:04d}_{view}.jpg"
            Image.fromarray(pixels.clip(0, 255).astype(np.uint8)).save(folder / name)
            line = {
                "path": name,
                "identity": identity,
                "camera": view % 2 + 1,
                "split": "train" if identity < 6 else ("query", "gallery")[view > 1],
                "attributes": {
                    "upper_colour": colour,
                    "viewpoint": 90 * (view % 4),
                    "hat": identity % 2 == 0,
                },
                "captions": [f"a person in a {colour} shirt facing left", f"{colour} shirt"],
            }
            lines.append(json.dumps(line))
    (folder / "manifest.jsonl").write_text("\n".join(lines) + "\n")
    captions = [caption for line in lines for caption in json.loads(line)["captions"]]
    train_tokenizer(captions, 100).save(str(folder / "tokenizer.json"))
    return folder


TINY_PRETRAIN = """
steps: 12
batch_size: 8
precision: float32
log_every: 2
save_every: 3
validate_every: 6
model: {backbone: resnet10, textual: L1_H16_A2_F32, max_tokens: 12}
data: {height: 64, width: 32, workers: 0}
optimizer: {backbone_learning_rate: 0.02, learning_rate: 0.1}
schedule: {warmup: 2}
saving: {tensorboard: false}
"""

TINY_FINETUNE = """
epochs: 4
backbone: resnet10
precision: float32
log_every: 1
validate_every_epochs: 2
data: {height: 64, width: 32, pad_px: 2, identities_per_batch: 4, images_per_identity: 2, workers: 0}
schedule: {warmup: 1, milestones: [3]}
saving: {tensorboard: false}
"""


@pytest.fixture(scope="session")
def recipes(tmp_path_factory) -> Path:
    """A folder with tiny recipes for both jobs."""
    folder = tmp_path_factory.mktemp("recipes")
    (folder / "pretrain.yaml").write_text(TINY_PRETRAIN)
    (folder / "finetune.yaml").write_text(TINY_FINETUNE)
    return folder


@pytest.fixture(scope="session")
def pretrained(people, recipes, tmp_path_factory) -> Path:
    """The run folder of an uninterrupted tiny pretraining."""
    from .runs import invoke, pretrain_words

    folder = tmp_path_factory.mktemp("runs") / "pretrained"
    result = invoke(*pretrain_words(people, recipes, folder))
    assert result.exit_code == 0, result.output
    return folder
