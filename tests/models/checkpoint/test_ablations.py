"""VirTex's ablations by their sizes: figures worked out by hand, not by this code.

With C = 2048 channels, V = 10,000 words, T = 30 positions and width H (heads of 64, feed-forward 4 H):
projection C H + H; embedding V H + T H + 2 H; a decoder layer 16 H^2 + 19 H (two attentions of
4 H^2 + 4 H, a feed-forward of 8 H^2 + 5 H, three norms of 2 H), an encoder layer 12 H^2 + 13 H;
output bias V. Trunks: torchvision's published counts less the classifiers' 2,049,000.
"""

from __future__ import annotations

import pytest
import torch

from vtbr_models.checkpoint.architecture import build_model

VALUES = {"kind": [f"value {number}" for number in range(81)]}  # as many as COCO's labels there


def built(backbone="resnet50", textual="L1_H1024", objectives=None):
    architecture = {
        "model": "captioner",
        "visual": {"name": backbone},
        "textual": textual and {"name": textual, "vocabulary_size": 10_000, "max_tokens": 30},
        "objectives": objectives,
    }
    with torch.device("meta"):
        return build_model(architecture).eval()


@pytest.mark.parametrize(
    ("width", "parameters"), [(512, 38_111_568), (768, 51_699_792), (1024, 69_482_320), (2048, 182_555_472)]
)
def test_widths_have_these_parameters_and_shapes(width, parameters):
    model = built(textual=f"L1_H{width}")
    assert sum(parameter.numel() for parameter in model.parameters()) == parameters
    memory = model.memory(torch.zeros(2, 3, 224, 224, device="meta"))
    assert memory.shape == (2, 7 * 7, width)
    tokens = torch.ones(2, 30, dtype=torch.int64, device="meta")
    for backward in (False, True):
        assert model.logits(memory, tokens, backward=backward).shape == (2, 30, 10_000)


@pytest.mark.parametrize(
    ("depth", "parameters"), [(1, 69_482_320), (2, 103_075_664), (3, 136_669_008), (4, 170_262_352)]
)
@pytest.mark.parametrize("norm", ["post", "pre"])
def test_depths_have_these_parameters(depth, parameters, norm):
    architecture = {"name": f"L{depth}_H1024", "vocabulary_size": 10_000, "max_tokens": 30, "norm": norm}
    with torch.device("meta"):
        model = build_model({"model": "captioner", "visual": {"name": "resnet50"}, "textual": architecture})
    last_norms = 2 * 2 * 1024 if norm == "pre" else 0  # one at the end of each direction
    assert sum(parameter.numel() for parameter in model.parameters()) == parameters + last_norms


@pytest.mark.parametrize(
    ("backbone", "parameters"),
    [("resnet50", 69_482_320), ("wide_resnet50_2", 112_808_528), ("resnet101", 88_474_448)],
)
def test_backbones_have_these_parameters_and_eight_by_four_cells_of_a_pedestrian(backbone, parameters):
    model = built(backbone)
    assert sum(parameter.numel() for parameter in model.parameters()) == parameters
    assert model.visual(torch.zeros(2, 3, 256, 128, device="meta")).shape == (2, 2048, 8, 4)


@pytest.mark.parametrize(
    ("name", "settings", "textual", "parameters"),
    [
        ("bicaptioning", {}, "L1_H1024", 69_482_320),
        ("captioning", {}, "L1_H1024", 52_685_648),
        ("masked_lm", {}, "L1_H1024", 52_685_648),  # one decoder, which sees both sides
        ("token_classification", {"vocabulary_size": 10_000}, None, 43_998_032),
        ("attribute_classification", {"vocabulary": VALUES}, None, 23_674_001),
        ("identity_classification", {"num_classes": 751}, None, 25_050_176 - 2048),  # the shift is frozen
        ("contrastive", {"width": 256}, "L1_H1024", 47_163_457),
    ],
)
def test_objectives_have_these_parameters(name, settings, textual, parameters):
    model = built(textual=textual, objectives={name: settings})
    trained = [parameter for parameter in model.parameters() if parameter.requires_grad]
    assert sum(parameter.numel() for parameter in trained) == parameters
