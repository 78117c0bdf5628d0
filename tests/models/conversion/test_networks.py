"""Converted models compute what the foreign networks compute: features within 1e-5 of plain ones."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch
import torchvision
from click.testing import CliRunner

from tests.support import functional as plain
from vtbr_models.backbones import build_backbone
from vtbr_models.checkpoint.checkpoint import load_checkpoint
from vtbr_models.cli import main
from vtbr_models.errors import InputError


def shapes(backbone, prefix="", **variant):
    with torch.device("meta"):
        state = build_backbone(backbone, **variant).state_dict()
    return {prefix + name: tuple(tensor.shape) for name, tensor in state.items()}


def norm(name, width):
    kinds = ("weight", "bias", "running_mean", "running_var")
    return {f"{name}.{kind}": (width,) for kind in kinds} | {f"{name}.num_batches_tracked": ()}


def images(height=64, width=32):
    return torch.randn(2, 3, height, width, generator=torch.Generator().manual_seed(1))


def convert(tmp_path, state, *words):
    """The model, the account and what was said of a state dict saved with torch.save."""
    torch.save(state, tmp_path / "theirs.pth")
    result = CliRunner().invoke(
        main,
        [
            "convert",
            str(tmp_path / "theirs.pth"),
            "-o",
            str(tmp_path / "ours"),
            "--account",
            "-",
            *map(str, words),
        ],
    )
    if result.exit_code:
        raise InputError(result.stderr.splitlines()[-1])
    return load_checkpoint(tmp_path / "ours"), json.loads(result.stdout), result.stderr


def assert_same(model, expected, pictures):
    with torch.inference_mode():
        found = model.embed(pictures)
    scale = expected.abs().max()
    assert scale > 0.1  # the comparison says something
    assert (found - expected).abs().max() <= 1e-5 * max(scale, 1)


@pytest.mark.parametrize("name", ["osnet_x0_25", "osnet_x1_0", "osnet_ibn_x1_0", "osnet_ain_x0_25"])
def test_an_osnet_of_torchreid(tmp_path, name):
    width = build_backbone(name).width
    state = plain.randomise(
        shapes(name)
        | {
            "fc.0.weight": (512, width),
            "fc.0.bias": (512,),
            "classifier.weight": (7, 512),
            "classifier.bias": (7,),
        }
        | norm("fc.1", 512)
    )
    # As its trainer saves it: best scores are NumPy's numbers.
    saved = {"state_dict": {f"module.{key}": value for key, value in state.items()}, "rank1": np.float64(0.9)}
    checkpoint, account, said = convert(tmp_path, saved)
    assert account["source"] == "torchreid"
    assert checkpoint.model.architecture["visual"] == {"name": name}
    assert checkpoint.model.architecture["activation"] == "relu"
    assert_same(checkpoint.model, plain.osnet(state, images()), images())
    assert "assumed      input height: 256 pixels (the habit of torchreid; --height says otherwise)" in said


def test_a_resnet_with_a_linear_layer_of_torchreid(tmp_path):
    extra = {
        "fc.0.weight": (24, 512),
        "fc.0.bias": (24,),
        "classifier.weight": (7, 24),
        "classifier.bias": (7,),
    }
    state = plain.randomise(shapes("resnet10") | extra | norm("fc.1", 24))
    checkpoint, account, _ = convert(tmp_path, state)
    assert account["left_out"].keys() == {"classifier.weight", "classifier.bias", "fc.0.bias"}
    grid = plain.resnet(state, images(), last_stride=1)
    linear = torch.nn.functional.linear(grid.mean((2, 3)), state["fc.0.weight"], state["fc.0.bias"])
    assert_same(checkpoint.model, plain.batch_norm(state, "fc.1", linear).relu(), images())


def mid_level(**changes):
    extra = {"fc_fusion.0.weight": (24, 4096), "fc_fusion.0.bias": (24,), "classifier.weight": (7, 2072)}
    shaped = shapes("resnet50") | extra | norm("fc_fusion.1", 24) | {"classifier.bias": (7,)} | changes
    return plain.randomise(shaped)


def test_torchreids_mid_level_features_stand_beside_the_last_ones(tmp_path):
    state = mid_level()
    checkpoint, account, said = convert(tmp_path, state)
    assert account["source"] == "torchreid"
    assert account["missing"] == account["unexpected"] == []
    assert account["left_out"].keys() == {"classifier.weight", "classifier.bias", "fc_fusion.0.bias"}
    assert "last stride: 2 (every resnet50mid; --last-stride says otherwise)" in said
    first, second, last = (grid.mean((2, 3)) for grid in plain.resnet_maps(state, images()))
    joined = torch.cat([first, second], dim=1)
    fused = torch.nn.functional.linear(joined, state["fc_fusion.0.weight"], state["fc_fusion.0.bias"])
    fused = plain.batch_norm(state, "fc_fusion.1", fused).relu()
    assert_same(checkpoint.model, torch.cat([fused, last], dim=1), images())


def test_a_tampered_resnet50mid_is_refused(tmp_path):
    state = mid_level()
    state["layer4.1.conv9.weight"] = state.pop("layer4.1.conv2.weight")
    with pytest.raises(InputError, match=r"missing: visual\.layer4\.1\.conv2\.weight; unexpected: .*conv9"):
        convert(tmp_path, state)


@pytest.mark.parametrize("layer", ["fc", "fc_fusion"])
def test_more_linear_layers_than_one_before_the_classifier_are_refused(tmp_path, layer):
    extra = {f"{layer}.0.weight": (8, 1024), f"{layer}.3.weight": (8, 8), "classifier.weight": (7, 8)}
    state = plain.randomise(shapes("resnet10") | extra | norm(f"{layer}.1", 8))
    with pytest.raises(
        InputError, match=rf"only one linear layer with a batch norm \({layer}.0, {layer}.1\)"
    ):
        convert(tmp_path, state)


@pytest.mark.parametrize("linear", [True, False])
def test_layumis_network(tmp_path, linear):
    block = "classifier.add_block"
    extra = {
        "classifier.classifier.0.weight": (7, 24),
        "classifier.classifier.0.bias": (7,),
        "model.fc.weight": (5, 512),
    }
    if linear:
        extra |= {f"{block}.0.weight": (24, 512), f"{block}.0.bias": (24,)} | norm(f"{block}.1", 24)
    else:
        extra |= norm(f"{block}.0", 512)
    state = plain.randomise(shapes("resnet10", "model.") | extra)
    checkpoint, account, _ = convert(tmp_path, state)
    assert account["source"] == "layumi"
    feature = plain.resnet(state, images(), prefix="model.").mean((2, 3))
    if linear:
        feature = torch.nn.functional.linear(feature, state[f"{block}.0.weight"], state[f"{block}.0.bias"])
    assert_same(checkpoint.model, plain.batch_norm(state, f"{block}.{int(linear)}", feature), images())
    assert checkpoint.metadata["preprocessing"]["interpolation"] == "bicubic"


@pytest.mark.parametrize(
    ("encoder", "other"), [("encoder_q.", "encoder_k."), ("base_encoder.", "momentum_encoder.")]
)
def test_mocos_and_lupersons_encoder(tmp_path, encoder, other):
    extra = {f"{encoder}fc.0.weight": (8, 512), f"{other}conv1.weight": (64, 3, 7, 7), "queue": (8, 4)}
    state = plain.randomise(shapes("resnet10", encoder) | extra)
    checkpoint, account, _ = convert(
        tmp_path, {"state_dict": {f"module.{k}": v for k, v in state.items()}, "epoch": 9}
    )
    assert account["source"] == "moco"
    assert_same(checkpoint.model, plain.resnet(state, images(), prefix=encoder).mean((2, 3)), images())


HEAD = {"heads.weight": (7, 512), "pixel_mean": (1, 3, 1, 1), "pixel_std": (1, 3, 1, 1)}


def fastreid(extra=None, neck="heads.bottleneck.0", **variant):
    state = plain.randomise(
        shapes("resnet10", "backbone.", **variant) | norm(neck, 512) | HEAD | (extra or {})
    )
    state["pixel_mean"], state["pixel_std"] = torch.full((1, 3, 1, 1), 110.0), torch.full((1, 3, 1, 1), 51.0)
    return state


def fastreid_feature(state, pooled, neck="heads.bottleneck.0"):
    return plain.batch_norm(state, neck, pooled)


def fastreid_grid(state, last_stride=1):
    return plain.resnet(state, images(), prefix="backbone.", last_stride=last_stride, ceil=True)


@pytest.mark.parametrize("variant", [{}, {"squeeze": True}, {"non_local": [0, 1, 1, 0]}])
def test_fastreids_networks_with_attention(tmp_path, variant):
    state = fastreid(**variant)
    checkpoint, account, _ = convert(tmp_path, {"model": state})
    assert account["missing"] == account["unexpected"] == []
    assert_same(checkpoint.model, fastreid_feature(state, fastreid_grid(state).mean((2, 3))), images())


def test_fastreids_old_names_keep_their_neck(tmp_path):
    state = fastreid(neck="heads.bnneck")
    state["heads.classifier.weight"] = state.pop("heads.weight")
    checkpoint, account, _ = convert(tmp_path, {"model": state})
    assert account["missing"] == account["unexpected"] == []
    expected = fastreid_feature(state, fastreid_grid(state).mean((2, 3)), "heads.bnneck")
    assert_same(checkpoint.model, expected, images())


def test_fastreids_configuration_settles_pooling_stride_and_size(tmp_path):
    (tmp_path / "Base.yml").write_text(
        "MODEL:\n  HEADS: {POOL_LAYER: AdaptiveAvgMaxPool}\n  BACKBONE: {LAST_STRIDE: 1}\n"
    )
    config = tmp_path / "x.yml"
    config.write_text(
        "_BASE_: Base.yml\nMODEL:\n  BACKBONE: {LAST_STRIDE: 2}\nINPUT:\n  SIZE_TEST: [384, 128]\n"
    )
    state = fastreid()
    checkpoint, account, said = convert(tmp_path, {"model": state}, "--config", config)
    grid = fastreid_grid(state, last_stride=2)
    assert_same(checkpoint.model, fastreid_feature(state, grid.mean((2, 3)) + grid.amax((2, 3))), images())
    assert checkpoint.metadata["preprocessing"]["height"] == 384
    assert account["assumed"]["pooling"] == "avgmax (in x.yml; --pooling says otherwise)"
    assert "assumed      mean: 0.431373, 0.431373, 0.431373 (in the file; --mean says otherwise)" in said


@pytest.mark.parametrize(("option", "pool"), [("max", lambda grid: grid.amax((2, 3))),
                                              ("avg", lambda grid: grid.mean((2, 3)))])  # fmt: skip
def test_a_pooling_that_the_file_does_not_hold_can_be_said(tmp_path, option, pool):
    state = fastreid()
    checkpoint, account, _ = convert(tmp_path, {"model": state}, "--pooling", option)
    assert_same(checkpoint.model, fastreid_feature(state, pool(fastreid_grid(state))), images())
    assert "pooling" not in account["assumed"]


def test_a_generalised_mean_without_a_learnt_exponent_has_three(tmp_path):
    state = fastreid()
    model = convert(tmp_path, {"model": state}, "--pooling", "gem")[0].model
    pooled = fastreid_grid(state).clamp(min=1e-6).pow(3).mean((2, 3)).pow(1 / 3)
    assert_same(model, fastreid_feature(state, pooled), images())


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("_BASE_: missing.yml", "builds on missing.yml, which is not beside it"),
        ("MODEL: {HEADS: {POOL_LAYER: Attention}}", "POOL_LAYER 'Attention' is not known"),
        ("MODEL: {BACKBONE: {LAST_STRIDE: 3}}", "LAST_STRIDE must be 1 or 2, not 3"),
        ("INPUT: {SIZE_TEST: 256}", r"INPUT.SIZE_TEST must be \[height, width\], not 256"),
        ("- a list", "is not a configuration of fastreid"),
        ("a: b: c", "is not valid YAML"),
    ],
)
def test_a_configuration_that_settles_nothing_is_refused(tmp_path, text, message):
    (tmp_path / "x.yml").write_text(text)
    with pytest.raises(InputError, match=message):
        convert(tmp_path, {"model": fastreid()}, "--config", tmp_path / "x.yml")


def vit_shapes(prefix, positions, width=192, depth=12):
    found = {f"{prefix}cls_token": (1, 1, width), f"{prefix}pos_embed": (1, positions, width)}
    found |= {
        f"{prefix}patch_embed.proj.weight": (width, 3, 16, 16),
        f"{prefix}patch_embed.proj.bias": (width,),
    }
    found |= {f"{prefix}norm.{kind}": (width,) for kind in ("weight", "bias")}
    for number in range(depth):
        found |= block_shapes(f"{prefix}blocks.{number}", width)
    return found


def block_shapes(block, width):
    linear = {"attn.qkv": (3 * width, width), "attn.proj": (width, width), "mlp.fc1": (4 * width, width)}
    linear |= {"mlp.fc2": (width, 4 * width)}
    found = {f"{block}.{name}.weight": shape for name, shape in linear.items()}
    found |= {f"{block}.{name}.bias": shape[:1] for name, shape in linear.items()}
    return found | {
        f"{block}.{name}.{kind}": (width,) for name in ("norm1", "norm2") for kind in ("weight", "bias")
    }


@pytest.mark.parametrize(("positions", "size"), [(197, (224, 224)), (129, (256, 128))])
def test_a_plain_vit_of_timm(tmp_path, positions, size):
    state = plain.randomise(vit_shapes("", positions) | {"head.weight": (5, 192), "head.bias": (5,)})
    checkpoint, account, _ = convert(tmp_path, {"model": state})
    assert account["source"] == "timm"
    assert_same(checkpoint.model, plain.vit(state, images(*size), heads=3), images(*size))
    assert (
        checkpoint.metadata["preprocessing"]["height"],
        checkpoint.metadata["preprocessing"]["width"],
    ) == size


@pytest.mark.parametrize(("positions", "step"), [(129, 16), (211, 12)])
def test_transreids_baseline(tmp_path, positions, step):
    extra = {"base.fc.weight": (5, 192), "base.sie_embed": (6, 1, 192), "classifier.weight": (7, 192)}
    state = plain.randomise(vit_shapes("base.", positions) | norm("bottleneck", 192) | extra)
    checkpoint, account, said = convert(tmp_path, state)
    assert account["source"] == "transreid"
    expected = plain.vit(state, images(256, 128), heads=3, prefix="base.", step=step)
    assert_same(checkpoint.model, expected, images(256, 128))
    assert checkpoint.metadata["preprocessing"]["mean"] == [0.5, 0.5, 0.5]
    assert "base.sie_embed: of cameras (SIE)" in said
    after = convert(tmp_path, state, "--feature", "neck")[0].model
    assert_same(after, plain.batch_norm(state, "bottleneck", expected), images(256, 128))


def test_transreids_local_branches_are_left_out_and_its_last_block_is_theirs(tmp_path):
    local = (
        block_shapes("b1.0", 192) | {"b1.1.weight": (192,), "b1.1.bias": (192,)} | block_shapes("b2.0", 192)
    )
    state = plain.randomise(
        vit_shapes("base.", 129) | local | norm("bottleneck", 192) | norm("bottleneck_1", 192)
        | {"classifier_1.weight": (7, 192)}
    )  # fmt: skip
    checkpoint, account, said = convert(tmp_path, state)
    there = dict(state)
    for name in state:
        if name.startswith("b1.0."):
            there[name.replace("b1.0.", "base.blocks.11.")] = state[name]
        if name.startswith("b1.1."):
            there[name.replace("b1.1.", "base.norm.")] = state[name]
    assert_same(
        checkpoint.model, plain.vit(there, images(256, 128), heads=3, prefix="base."), images(256, 128)
    )
    assert "base.blocks.11.mlp.fc1.weight: replaced by b1" in said
    assert account["unexpected"] == []


def pass_shapes(prefix, patches, width=192, depth=12):
    found = vit_shapes(prefix, patches, width, depth)
    for number in (1, 2, 3):
        found |= {f"{prefix}part_token{number}": (1, 1, width), f"{prefix}part{number}_pos": (1, 1, width)}
    return found | {f"{prefix}cls_pos": (1, 1, width)}


def pass_features(state, pictures, prefix, step=16):
    """The class token and the mean of the part tokens."""
    tokens = plain.vit_tokens(state, pictures, heads=3, prefix=prefix, step=step)
    return tokens[:, 0], tokens[:, 1:4].mean(1)


SEVERAL_NECKS = {
    name: f"bottleneck_{number}" if number else "bottleneck" for number, name in enumerate("abcd")
}


@pytest.mark.parametrize(("patches", "size", "step"), [(128, (256, 128), 16), (192, (384, 128), 16),
                                                       (210, (256, 128), 12)])  # fmt: skip
def test_pass_puts_the_mean_of_its_parts_beside_the_class_token(tmp_path, patches, size, step):
    necks = {key: shape for name in SEVERAL_NECKS.values() for key, shape in norm(name, 192).items()}
    state = plain.randomise(pass_shapes("base.", patches) | necks | {"classifier.weight": (7, 384)})
    checkpoint, account, said = convert(tmp_path, state)
    assert account["source"] == "pass"
    assert account["missing"] == account["unexpected"] == []
    assert "base.part2_pos: joined with base.part_token1" in said
    assert "bottleneck_1.weight: one for each token: the feature before them is used" in said
    expected = torch.cat(pass_features(state, images(*size), "base.", step), dim=1)
    assert_same(checkpoint.model, expected, images(*size))


def test_pass_of_one_neck_has_the_feature_before_and_after_it(tmp_path):
    state = plain.randomise(
        pass_shapes("base.", 128) | norm("bottleneck", 384) | {"classifier.weight": (7, 384)}
    )
    before = torch.cat(pass_features(state, images(256, 128), "base."), dim=1)
    assert_same(convert(tmp_path, state)[0].model, before, images(256, 128))
    after = convert(tmp_path, state, "--feature", "neck")[0].model
    assert_same(after, plain.batch_norm(state, "bottleneck", before), images(256, 128))


def test_pass_of_a_narrow_classifier_takes_the_mean_of_class_and_parts(tmp_path):
    state = plain.randomise(
        pass_shapes("base.", 128) | norm("bottleneck", 192) | {"classifier.weight": (7, 192)}
    )
    checkpoint, _, _ = convert(tmp_path, state)
    expected = sum(pass_features(state, images(256, 128), "base.")) / 2
    assert_same(checkpoint.model, expected, images(256, 128))


def test_the_teacher_of_a_pretraining_of_pass_is_read(tmp_path):
    head = {"head.mlp.0.weight": (8, 192), "head.last_layer.weight_g": (8, 1)}
    state = plain.randomise(pass_shapes("backbone.", 128) | head)
    checkpoint, account, said = convert(tmp_path, {"student": {}, "teacher": state, "epoch": 100})
    assert account["missing"] == account["unexpected"] == []
    assert "weights: of the teacher" in said
    expected = torch.cat(pass_features(state, images(256, 128), "backbone."), dim=1)
    assert_same(checkpoint.model, expected, images(256, 128))


def test_a_tampered_pass_is_refused(tmp_path):
    necks = {key: shape for name in SEVERAL_NECKS.values() for key, shape in norm(name, 192).items()}
    state = plain.randomise(pass_shapes("base.", 128, depth=2) | necks)
    with pytest.raises(InputError, match="leave out --feature neck"):
        convert(tmp_path, state, "--feature", "neck")
    lacking = {name: value for name, value in state.items() if name != "base.part3_pos"}
    with pytest.raises(
        InputError, match=r"three part tokens, each with a position: base\.part3_pos is missing"
    ):
        convert(tmp_path, lacking)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"dist_token": (1, 1, 192)}, "a distilled DeiT has a second class token"),
        (
            {"pos_embed": (1, 150, 192)},
            "150 position embeddings fit none of 256 x 128, .* say --height and --width",
        ),
        ({"patch_embed.proj.weight": (192, 3, 32, 32)}, "patches of 32 x 32 pixels: only 16 x 16"),
    ],
)
def test_a_vit_that_has_no_place_here_says_why(tmp_path, change, message):
    with pytest.raises(InputError, match=message):
        convert(tmp_path, plain.randomise(vit_shapes("", 129, depth=2) | change))


def test_torchvisions_mobilenet_keeps_its_names(tmp_path):
    extra = {"classifier.1.weight": (5, 1280), "classifier.1.bias": (5,)}
    state = plain.randomise(shapes("mobilenet_v2") | extra)
    checkpoint, account, _ = convert(tmp_path, state)
    assert account["source"] == "torchvision"
    backbone = build_backbone("mobilenet_v2").eval()
    backbone.load_state_dict({name: value for name, value in state.items() if name not in extra})
    assert_same(checkpoint.model, backbone(images()).mean((2, 3)), images())


def test_a_tampered_osnet_is_refused(tmp_path):
    extra = {"fc.0.weight": (512, 128), "fc.0.bias": (512,)} | norm("fc.1", 512)
    state = plain.randomise(shapes("osnet_x0_25") | extra)
    state["conv2.0.gate.fc9.weight"] = state.pop("conv2.0.gate.fc1.weight")
    with pytest.raises(
        InputError, match=r"missing: visual\.conv2\.0\.gate\.fc1\.weight; unexpected: conv2.*fc9"
    ):
        convert(tmp_path, state)


def swin_shapes(prefix, semantic):
    widths, found = (96, 192, 384, 768), {}
    found |= {
        f"{prefix}patch_embed.projection.weight": (96, 3, 4, 4),
        f"{prefix}patch_embed.projection.bias": (96,),
    }
    found |= {f"{prefix}patch_embed.norm.{kind}": (96,) for kind in ("weight", "bias")}
    for stage, (width, depth, heads) in enumerate(zip(widths, (2, 2, 6, 2), (3, 6, 12, 24), strict=True)):
        for number in range(depth):
            block = f"{prefix}stages.{stage}.blocks.{number}"
            found[f"{block}.attn.w_msa.relative_position_bias_table"] = (169, heads)
            linear = {"attn.w_msa.qkv": (3 * width, width), "attn.w_msa.proj": (width, width)}
            linear |= {"ffn.layers.0.0": (4 * width, width), "ffn.layers.1": (width, 4 * width)}
            for name, shape in linear.items():
                found |= {f"{block}.{name}.weight": shape, f"{block}.{name}.bias": shape[:1]}
            found |= {
                f"{block}.{name}.{kind}": (width,)
                for name in ("norm1", "norm2")
                for kind in ("weight", "bias")
            }
        found |= {f"{prefix}norm{stage}.{kind}": (width,) for kind in ("weight", "bias")}
        after = widths[min(stage + 1, 3)]
        if stage < 3:
            found[f"{prefix}stages.{stage}.downsample.reduction.weight"] = (after, 4 * width)
            found |= {
                f"{prefix}stages.{stage}.downsample.norm.{kind}": (4 * width,) for kind in ("weight", "bias")
            }
        if semantic:
            for part in ("w", "b"):
                name = f"{prefix}semantic_embed_{part}.{stage}"
                found |= {f"{name}.weight": (after, 2), f"{name}.bias": (after,)}
    return found


@pytest.mark.parametrize("semantic", [True, False])
def test_soliders_swin(tmp_path, semantic):
    state = plain.randomise(swin_shapes("base.", semantic) | norm("bottleneck", 768))
    index = torchvision.models.swin_t().features[1][0].attn.relative_position_index
    for name in list(state):
        if name.endswith("bias_table"):
            state[name.replace("bias_table", "index")] = index.reshape(49, 49)
    checkpoint, account, said = convert(tmp_path, state)
    assert account["source"] == "solider"
    assert account["missing"] == account["unexpected"] == []
    pictures = images(128, 64)
    expected = plain.swin(state, pictures, heads=(3, 6, 12, 24), prefix="base.")
    assert_same(checkpoint.model, expected, pictures)
    assert ("semantic weight: 0.2" in said) == semantic


FLAT = {"0.0": "0", "0.1": "1", "1.0": "3", "1.1": "4", "2": "6", "3": "7"}
FLAT_FIRST = {"0.0": "0", "0.1": "1", "1": "3", "2": "4"}


def test_mobilenets_first_port_is_torchvisions_network(tmp_path):
    state, flat = plain.randomise(shapes("mobilenet_v2")), {}
    for name, value in state.items():
        parts = name.split(".")
        if parts[2] == "conv":
            places = FLAT_FIRST if parts[1] == "1" else FLAT
            place = next(key for key in places if ".".join(parts[3:-1]) == key)
            name = f"features.{parts[1]}.conv.{places[place]}.{parts[-1]}"
        flat[name] = value
    checkpoint, account, _ = convert(tmp_path, flat)
    assert account["source"] == "mobilenet"
    backbone = build_backbone("mobilenet_v2").eval()
    backbone.load_state_dict(state)
    assert_same(checkpoint.model, backbone(images()).mean((2, 3)), images())


def test_a_pickle_that_calls_itself_safetensors_is_read_by_what_it_is(tmp_path):
    state = plain.randomise(shapes("resnet10"))
    torch.save(state, tmp_path / "weights.safetensors")
    result = CliRunner().invoke(
        main, ["convert", str(tmp_path / "weights.safetensors"), "-o", str(tmp_path / "o.safetensors")]
    )
    assert result.exit_code == 0, result.stderr


@pytest.mark.parametrize(
    "value", [np.float32(0.5), np.int64(3), np.bool_(True), np.arange(3), np.dtype("float64")]
)
def test_numpys_numbers_beside_the_weights_are_data(tmp_path, value):
    checkpoint = {"state_dict": plain.randomise(shapes("resnet10")), "best": value, "history": [value]}
    assert convert(tmp_path, checkpoint)[1]["missing"] == []
