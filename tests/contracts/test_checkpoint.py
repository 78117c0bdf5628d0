"""Names and shapes of checkpoints are a promise: golden/checkpoint_keys.txt lists them."""

from pathlib import Path

import torch
import torchvision

from vtbr_models.architecture import build_model

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
