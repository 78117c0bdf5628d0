from __future__ import annotations

import pytest
import torch

from vtbr_models.captioner.attention import Layer, LayerSizes
from vtbr_models.captioner.textual import TextualHead, sizes
from vtbr_models.errors import InputError


def head(name: str = "L1_H32_A2_F64", **settings: object) -> TextualHead:
    return TextualHead(name, **({"visual_width": 8, "vocabulary_size": 12, "max_tokens": 6} | settings))


@pytest.mark.parametrize(("max_tokens", "published"), [(30, 69_482_320), (40, 69_492_560)])
def test_the_base_model_has_the_published_number_of_parameters(max_tokens, published):
    with torch.device("meta"):
        textual = head("L1_H1024_A16_F4096", visual_width=2048, vocabulary_size=10_000, max_tokens=max_tokens)
    trunk = 23_508_032
    assert trunk + sum(parameter.numel() for parameter in textual.parameters()) == published


def test_a_layer_has_as_many_parameters_as_torchs():
    ours = Layer(LayerSizes(32, 2, 64, 0.1))
    theirs = torch.nn.TransformerDecoderLayer(32, 2, 64)
    assert sum(p.numel() for p in ours.parameters()) == sum(p.numel() for p in theirs.parameters())


@pytest.mark.parametrize("is_pre_norm", [False, True])
def test_a_layer_computes_what_torchs_does_with_the_same_weights(is_pre_norm):
    torch.manual_seed(0)
    ours = Layer(LayerSizes(32, 2, 64, 0.1, is_pre_norm)).eval()
    theirs = torch.nn.TransformerDecoderLayer(
        32, 2, 64, activation="gelu", batch_first=True, norm_first=is_pre_norm
    ).eval()
    for norm in (ours.self_norm, ours.cross_norm, ours.feedforward_norm):
        torch.nn.init.normal_(norm.weight)
    weights = ours.state_dict()

    def attention(name: str) -> dict[str, torch.Tensor]:
        parts = [
            [weights[f"{name}.{part}.{kind}"] for part in ("query", "key", "value")]
            for kind in ("weight", "bias")
        ]
        return {
            "in_proj_weight": torch.cat(parts[0]),
            "in_proj_bias": torch.cat(parts[1]),
            "out_proj.weight": weights[f"{name}.output.weight"],
            "out_proj.bias": weights[f"{name}.output.bias"],
        }

    theirs.self_attn.load_state_dict(attention("self_attention"))
    theirs.multihead_attn.load_state_dict(attention("cross_attention"))
    theirs.linear1, theirs.linear2 = ours.expand, ours.contract
    theirs.norm1, theirs.norm2, theirs.norm3 = ours.self_norm, ours.cross_norm, ours.feedforward_norm
    x, memory = torch.randn(2, 5, 32), torch.randn(2, 3, 32)
    mask = torch.nn.Transformer.generate_square_subsequent_mask(5)
    expected = theirs(x, memory, tgt_mask=mask, tgt_is_causal=True)
    torch.testing.assert_close(ours(x, memory, is_causal=True), expected)


def test_the_output_layer_is_tied_to_the_token_embedding_and_stored_once():
    names = head().state_dict().keys()
    assert [name for name in names if "output" in name and "attention" not in name] == ["output_bias"]


@pytest.mark.parametrize(("name", "deviation"), [("L1_H1024_A16_F512", 0.02), ("L1_H256_A4_F512", 0.04)])
def test_weights_start_as_loud_at_every_width_and_biases_at_zero(name, deviation):
    textual = head(name, visual_width=64, vocabulary_size=500)
    for name, parameter in textual.named_parameters():
        if parameter.dim() == 2:
            assert parameter.std().item() == pytest.approx(deviation, rel=0.1), name
        elif name.endswith("bias"):
            assert not parameter.any(), name
    assert not textual.embedding.token.weight[0].any()


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"name": "H32"}, "no textual head is called 'H32': write it as L1_H1024_A16_F4096 or L1_H1024"),
        ({"name": "L1_H32"}, "L1_H32: the width 32 is not a multiple of 64: say how many heads, as in _A16"),
        ({"norm": "none"}, "norm must be post or pre, not 'none'"),
        ({"name": "L1_H32_A3_F64"}, "the width 32 must be a multiple of the 3 heads"),
        ({"name": "L0_H32_A2_F64"}, "must be above 0"),
        ({"vocabulary_size": 4}, "vocabulary_size must be above 4"),
        ({"vocabulary_size": "12"}, "vocabulary_size must be above 4"),
        ({"max_tokens": 2}, "max_tokens must be at least 3, not 2"),
        ({"dropout": 1.0}, r"dropout must be at least 0 and below 1, not 1\.0"),
    ],
)
def test_sizes_that_make_no_head_are_refused(settings, message):
    with pytest.raises(InputError, match=message):
        head(**settings)


def test_a_caption_longer_than_the_positions_is_refused():
    textual = head()
    with pytest.raises(ValueError, match="captions of 7 tokens: the model has 6 positions"):
        textual(torch.zeros(1, 2, 32), torch.ones(1, 7, dtype=torch.int64))


@pytest.mark.parametrize(
    ("short", "whole"),
    [
        ("L1_H1024", "L1_H1024_A16_F4096"),
        ("L3_H512_A4", "L3_H512_A4_F2048"),
        ("L1_H192_F100", "L1_H192_A3_F100"),
        ("L1_H32_A2_F64", "L1_H32_A2_F64"),
    ],
)
def test_a_short_name_means_heads_of_64_and_four_times_the_width_and_is_kept_whole(short, whole):
    assert sizes(short) == sizes(whole)
    with torch.device("meta"):
        assert head(short).architecture["name"] == whole
