"""Converted transformers compute what the foreign networks compute: features within 1e-5 of plain ones."""

from __future__ import annotations

import pytest
import torch

from tests.support import functional as plain
from tests.support.converting import (
    add_swin_indices,
    assert_same,
    block_shapes,
    convert,
    images,
    norm,
    pass_shapes,
    swin_shapes,
    vit_shapes,
)
from vtbr_models.errors import InputError


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


@pytest.mark.parametrize("semantic", [True, False])
def test_soliders_swin(tmp_path, semantic):
    state = plain.randomise(swin_shapes("base.", semantic) | norm("bottleneck", 768))
    add_swin_indices(state)
    checkpoint, account, said = convert(tmp_path, state)
    assert account["source"] == "solider"
    assert account["missing"] == account["unexpected"] == []
    pictures = images(128, 64)
    expected = plain.swin(state, pictures, heads=(3, 6, 12, 24), prefix="base.")
    assert_same(checkpoint.model, expected, pictures)
    assert ("semantic weight: 0.2" in said) == semantic
