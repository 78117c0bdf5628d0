"""A file of any layout whose tensors are not all as they should be is refused by name, and nothing is written."""

from __future__ import annotations

import pytest

from tests.support import functional as plain
from tests.support.converting import (
    add_swin_indices,
    convert,
    norm,
    pass_shapes,
    shapes,
    swin_shapes,
    vit_shapes,
)
from vtbr_models.errors import InputError

LINEAR = {"fc.0.weight": (512, 128), "fc.0.bias": (512,)} | norm("fc.1", 512)
CLASSIFIER = {"classifier.weight": (7, 512), "classifier.bias": (7,)}
FUSION = {"fc_fusion.0.weight": (24, 4096), "fc_fusion.0.bias": (24,), "classifier.weight": (7, 2072)}
FC512 = {"fc.0.weight": (24, 512), "fc.0.bias": (24,), "classifier.weight": (7, 24)}
HEADS = norm("heads.bottleneck.0", 512) | {"heads.weight": (7, 512)}
BLOCK = {"classifier.add_block.0.weight": (24, 512)} | norm("classifier.add_block.1", 24)
LAYOUTS = {
    "torchreid OSNet": (shapes("osnet_x0_25") | LINEAR, "conv2.0.gate.fc1.weight", "conv2.0.gate.fc1.weight"),
    "torchreid OSNet AIN": (shapes("osnet_ain_x0_25") | LINEAR, "conv2.0.IN.weight", "conv2.0.IN.weight"),
    "torchreid resnet": (shapes("resnet10") | CLASSIFIER, "layer2.0.conv1.weight", "layer2.0.conv1.weight"),
    "torchreid fc512": (
        shapes("resnet10") | FC512 | norm("fc.1", 24), "layer2.0.conv1.weight", "layer2.0.conv1.weight",
    ),
    "torchreid resnet50mid": (
        shapes("resnet50") | FUSION | norm("fc_fusion.1", 24), "layer4.1.conv2.weight", "layer4.1.conv2.weight",
    ),
    "fastreid": (
        shapes("resnet10", "backbone.") | HEADS, "backbone.layer3.0.conv2.weight", "layer3.0.conv2.weight",
    ),
    "fastreid, old names": (
        shapes("resnet10", "backbone.") | norm("heads.bnneck", 512), "backbone.bn1.weight", "bn1.weight",
    ),
    "fastreid, squeeze and non-local": (
        shapes("resnet10", "backbone.", squeeze=True, non_local=[0, 1, 1, 0]) | HEADS,
        "backbone.NL_2.0.theta.weight", "NL_2.0.theta.weight",
    ),
    "strong baseline, IBN": (
        shapes("resnet18_ibn_a", "base.") | norm("bottleneck", 512) | {"base.fc.weight": (5, 512)},
        "base.layer1.0.bn1.IN.weight", "layer1.0.bn1.IN.weight",
    ),
    "layumi": (shapes("resnet10", "model.") | BLOCK, "model.layer1.0.bn2.bias", "layer1.0.bn2.bias"),
    "MoCo, LUPerson": (
        shapes("resnet10", "encoder_q.") | {"queue": (8, 4)}, "encoder_q.layer4.0.conv1.weight",
        "layer4.0.conv1.weight",
    ),
    "timm's ViT": (
        vit_shapes("", 129), "blocks.3.attn.qkv.weight",
        "encoder.layers.encoder_layer_3.self_attention.in_proj_weight",
    ),
    "TransReID": (
        vit_shapes("base.", 211) | norm("bottleneck", 192), "base.blocks.0.norm1.bias",
        "encoder.layers.encoder_layer_0.ln_1.bias",
    ),
    "PASS": (
        pass_shapes("base.", 128) | norm("bottleneck", 384), "base.blocks.0.mlp.fc2.bias",
        "encoder.layers.encoder_layer_0.mlp.3.bias",
    ),
    "SOLIDER": (
        swin_shapes("base.", True) | norm("bottleneck", 768),
        "base.stages.2.blocks.1.attn.w_msa.relative_position_bias_table",
        "features.5.1.attn.relative_position_bias_table",
    ),
}  # fmt: skip
"""Names and shapes, a name that is spelt wrongly, and ours (under `visual.`) that is then missing."""


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_tensor_under_another_name_is_missing_and_unexpected(tmp_path, layout):
    shaped, theirs, ours = LAYOUTS[layout]
    state = plain.randomise(shaped)
    add_swin_indices(state)
    state[f"{theirs}_"] = state.pop(theirs)
    with pytest.raises(InputError) as refused:
        convert(tmp_path, state)
    assert f"missing: visual.{ours}; unexpected: {theirs}_" in str(refused.value)
    assert not (tmp_path / "ours").exists()
