"""Converted convolutional models compute what the foreign networks compute: features within 1e-5 of plain ones."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from click.testing import CliRunner

from tests.support import functional as plain
from tests.support.converting import assert_same, convert, images, norm, shapes
from vtbr_models.backbones import build_backbone
from vtbr_models.cli import main
from vtbr_models.errors import InputError


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


@pytest.mark.parametrize("name", ["resnet18_ibn_a", "resnet50_ibn_a"])
def test_ibn_nets_own_resnets(tmp_path, name):
    state = plain.randomise(shapes(name) | {"fc.weight": (7, 8), "fc.bias": (7,)})
    checkpoint, account, _ = convert(tmp_path, {"state_dict": {f"module.{k}": v for k, v in state.items()}})
    assert account["source"] == "ibn"
    assert list(account["left_out"]) == ["module.fc.weight", "module.fc.bias"]
    assert checkpoint.model.architecture["visual"]["name"] == name
    assert_same(checkpoint.model, plain.resnet(state, images()).mean((2, 3)), images())


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


def test_torchvisions_mobilenet_keeps_its_names(tmp_path):
    extra = {"classifier.1.weight": (5, 1280), "classifier.1.bias": (5,)}
    state = plain.randomise(shapes("mobilenet_v2") | extra)
    checkpoint, account, _ = convert(tmp_path, state)
    assert account["source"] == "torchvision"
    backbone = build_backbone("mobilenet_v2").eval()
    backbone.load_state_dict({name: value for name, value in state.items() if name not in extra})
    assert_same(checkpoint.model, backbone(images()).mean((2, 3)), images())


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
