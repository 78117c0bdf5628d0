"""Foreign weights by their shapes, and their conversion by the command."""

from __future__ import annotations

import json

import torch
import torchvision
from click.testing import CliRunner

from vtbr_models.backbones import build_backbone
from vtbr_models.checkpoint import load_checkpoint
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
    result = run(tmp_path / "theirs.pth", "-o", tmp_path / "ours", "--account", "-", *words)
    if result.exit_code:
        raise InputError(result.stderr.splitlines()[-1])
    return load_checkpoint(tmp_path / "ours"), json.loads(result.stdout), result.stderr


def run(*words):
    """The result of `vtbr-models convert`."""
    return CliRunner().invoke(main, ["convert", *map(str, words)])


def converted(tmp_path, state, *words):
    """The checkpoint and the account of a state dict saved with torch.save."""
    torch.save(state, tmp_path / "theirs.pth")
    output, account = tmp_path / "ours.safetensors", tmp_path / "account.json"
    result = run(tmp_path / "theirs.pth", "-o", output, "--account", account, *words)
    assert result.exit_code == 0, result.stderr
    return load_checkpoint(output), json.loads(account.read_text())


def refused(tmp_path, state, *words):
    """What is said of a state dict that cannot be converted, and its account."""
    torch.save(state, tmp_path / "theirs.pth")
    output, account = tmp_path / "ours.safetensors", tmp_path / "account.json"
    result = run(tmp_path / "theirs.pth", "-o", output, "--account", account, *words)
    assert result.exit_code == 1
    assert not output.exists()
    return result.stderr, json.loads(account.read_text()) if account.exists() else {}


def assert_same(model, expected, pictures):
    with torch.inference_mode():
        found = model.embed(pictures)
    scale = expected.abs().max()
    assert scale > 0.1  # the comparison says something
    assert (found - expected).abs().max() <= 1e-5 * max(scale, 1)


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


def pass_shapes(prefix, patches, width=192, depth=12):
    found = vit_shapes(prefix, patches, width, depth)
    for number in (1, 2, 3):
        found |= {f"{prefix}part_token{number}": (1, 1, width), f"{prefix}part{number}_pos": (1, 1, width)}
    return found | {f"{prefix}cls_pos": (1, 1, width)}


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


def add_swin_indices(state):
    """Add the places in the tables of relative positions, which such files hold as well."""
    index = torchvision.models.swin_t().features[1][0].attn.relative_position_index
    for name in list(state):
        if name.endswith("bias_table"):
            state[name.replace("bias_table", "index")] = index.reshape(49, 49)
