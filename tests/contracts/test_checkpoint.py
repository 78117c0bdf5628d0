"""Names and shapes of checkpoints are a promise: golden/checkpoint_keys.txt lists them."""

import json
from pathlib import Path

import pytest
import torch
import torchvision

from vtbr_models.checkpoint.architecture import build_model
from vtbr_models.checkpoint.checkpoint import load_checkpoint, write_tensors

GOLDEN = Path(__file__).parent / "golden/checkpoint_keys.txt"
TEXTUAL = {"name": "L1_H1024_A16_F4096", "vocabulary_size": 10000, "max_tokens": 30, "dropout": 0.1}
MODELS = {
    "captioner": {"model": "captioner", "visual": {"name": "resnet50", "last_stride": 2}, "textual": TEXTUAL},
    "embedder": {"model": "embedder", "visual": {"name": "resnet50", "last_stride": 1}, "num_classes": 751},
}


def test_keys_and_shapes_are_the_golden_ones():
    with torch.device("meta"):
        listed = [
            f"{kind} {name} {tuple(tensor.shape)}"
            for kind, architecture in MODELS.items()
            for name, tensor in build_model(architecture).state_dict().items()
        ]
    assert listed == GOLDEN.read_text().splitlines()


def test_the_backbone_bears_torchvisions_names():
    with torch.device("meta"):
        ours = build_model(MODELS["embedder"]).visual.state_dict()
        theirs = torchvision.models.resnet50().state_dict()
    expected = {name: tensor.shape for name, tensor in theirs.items() if not name.startswith("fc.")}
    assert {name: tensor.shape for name, tensor in ours.items()} == expected


SMALL = {"name": "L1_H32_A2_F64", "vocabulary_size": 20, "max_tokens": 8, "norm": "pre"}
OTHERS = {
    "objectives": {
        "model": "captioner",
        "visual": {"name": "resnet10"},
        "textual": SMALL,
        "objectives": {
            "captioning": {},
            "masked_lm": {},
            "token_classification": {"vocabulary_size": 20},
            "attribute_classification": {"vocabulary": {"hat": [False, True], "age": ["adult", "older"]}},
            "identity_classification": {"num_classes": 3},
            "contrastive": {},
        },
    },
    "embedder": {
        "model": "embedder", "visual": {"name": "resnet10"}, "num_classes": 3,
        "pooling": "gem", "reduction": 64,
    },
}  # fmt: skip


def test_keys_and_shapes_of_all_objectives_and_of_gem_are_the_golden_ones():
    with torch.device("meta"):
        listed = [
            f"{kind} {name} {tuple(tensor.shape)}"
            for kind, architecture in OTHERS.items()
            for name, tensor in build_model(architecture).state_dict().items()
            if not name.startswith("visual.")
        ]
    assert listed == (GOLDEN.parent / "objective_keys.txt").read_text().splitlines()


@pytest.mark.parametrize("line", (GOLDEN.parent / "chain_checkpoints.jsonl").read_text().splitlines())
def test_a_checkpoint_as_the_first_version_wrote_it_still_opens(tmp_path, line):
    written = json.loads(line)
    dtypes = {"F32": torch.float32, "I64": torch.int64}
    tensors = {
        name: torch.full(shape, 0.5 if dtype == "F32" else 2, dtype=dtypes[dtype])
        for name, (dtype, shape) in written["tensors"].items()
    }
    write_tensors(tmp_path / "old.safetensors", tensors, written["metadata"])
    opened = load_checkpoint(tmp_path / "old.safetensors")
    assert opened.model.architecture == written["metadata"]["architecture"]
    found = opened.model.state_dict()
    assert all(torch.equal(found[name], tensor) for name, tensor in tensors.items())
