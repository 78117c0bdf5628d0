"""SOLIDER's Swin Transformers (Chen et al., CVPR 2023), pretrained or fine-tuned by its Re-ID code.

Between stages its network scales and shifts channels by what a semantic weight in [0, 1] says. The weight is fixed at
test (0.2 in its Re-ID code), so scale and shift go into the linear map that merges patches. That map's inputs are in
the order of `nn.Unfold`, torchvision's are not.
"""

from __future__ import annotations

import re

import torch
from einops import rearrange
from torch import Tensor
from torch.nn import functional

from ..errors import InputError
from .persons import Layout, embedder_plan
from .source import Options, Plan, Source, Tensors

_SEMANTIC_WEIGHT = 0.2
_HALF = (0.5, 0.5, 0.5)
_PREFIXES = ("base.", "backbone.", "")
_STAGE = re.compile(r"stages\.(\d)\.blocks\.(\d+)\.(.+)")
_IN_BLOCK = {
    "norm1.": "norm1.",
    "norm2.": "norm2.",
    "attn.w_msa.": "attn.",
    "ffn.layers.0.0.": "mlp.0.",
    "ffn.layers.1.": "mlp.3.",
}
_OTHERS = {
    "patch_embed.projection.": "features.0.0.",
    "patch_embed.norm.": "features.0.2.",
    "norm3.": "norm.",
}
_UNFOLD = [0, 2, 1, 3]  # of four neighbours: torchvision takes columns first, nn.Unfold rows


def _recognises(tensors: Tensors) -> bool:
    return any(f"{prefix}patch_embed.projection.weight" in tensors for prefix in _PREFIXES)


def _plan(tensors: Tensors, options: Options) -> Plan:
    prefix = next(name for name in _PREFIXES if f"{name}patch_embed.projection.weight" in tensors)
    changed, renamed = (
        dict(tensors),
        {"classifier.weight": "classifier.weight", "fcneck.weight": "reduction.weight"},
    )
    for name in tensors:
        renamed.setdefault(name, f"visual.{_our_name(name.removeprefix(prefix))}")
    left_out = {f"{prefix}norm{stage}.*": "of a stage that features do not come from" for stage in range(3)}
    left_out[f"{prefix}semantic_embed_*"] = "in the bias and the scale of the maps between stages"
    biases = {}
    for stage in range(3):
        merging = f"{prefix}stages.{stage}.downsample"
        scale, shift = _semantic(tensors, prefix, stage)
        changed[f"{merging}.reduction.weight"] = (
            _reordered(tensors[f"{merging}.reduction.weight"]) * scale[:, None]
        )
        biases[f"visual.features.{2 * stage + 2}.reduction.bias"] = shift
        for kind in ("weight", "bias"):
            changed[f"{merging}.norm.{kind}"] = _reordered(tensors[f"{merging}.norm.{kind}"][None])[0]
    for name in list(changed):
        if name.endswith("relative_position_index"):
            changed[name] = changed[name].flatten()
    layout = Layout(
        program="SOLIDER",
        neck="bottleneck.",
        renamed=renamed,
        left_out=left_out,
        feature="before",
        height=384,
        width=128,
        mean=_HALF,
        std=_HALF,
    )
    plan = embedder_plan(changed, options, layout, {"shift": "always", "merging_bias": True})
    plan.initialised.update(
        {name: (shift, "what the semantic weight adds") for name, shift in biases.items()}
    )
    if any("semantic_embed" in name for name in tensors):
        plan.assumed["semantic weight"] = f"{_SEMANTIC_WEIGHT:g} (the habit of SOLIDER's Re-ID code)"
    return plan


def _our_name(name: str) -> str:
    """Return torchvision's name for one of theirs; a name that is not known is returned as it is."""
    match = _STAGE.fullmatch(name)
    if match:
        stage, block, rest = int(match.group(1)), match.group(2), match.group(3)
        for theirs, ours in _IN_BLOCK.items():
            if rest.startswith(theirs):
                return f"features.{2 * stage + 1}.{block}.{ours}{rest.removeprefix(theirs)}"
        return name
    if (merging := re.fullmatch(r"stages\.(\d)\.downsample\.(.+)", name)) is not None:
        return f"features.{2 * int(merging.group(1)) + 2}.{merging.group(2)}"
    for theirs, ours in _OTHERS.items():
        if name.startswith(theirs):
            return ours + name.removeprefix(theirs)
    return name


def _semantic(tensors: Tensors, prefix: str, stage: int) -> tuple[Tensor, Tensor]:
    """Scale and shift (C,) behind a stage at the semantic weight; 1 and 0 for a plain Swin."""
    name = f"{prefix}stages.{stage}.downsample.reduction.weight"
    if name not in tensors:
        raise InputError(f"{name} is not there: give the whole file")
    weight = torch.tensor([_SEMANTIC_WEIGHT, 1 - _SEMANTIC_WEIGHT])
    if f"{prefix}semantic_embed_w.{stage}.weight" not in tensors:
        width = tensors[name].shape[0]
        return torch.ones(width), torch.zeros(width)
    scale, shift = (
        functional.linear(weight, tensors[f"{part}.weight"].float(), tensors[f"{part}.bias"].float())
        for part in (f"{prefix}semantic_embed_w.{stage}", f"{prefix}semantic_embed_b.{stage}")
    )
    return functional.softplus(scale), shift


def _reordered(rows: Tensor) -> Tensor:
    """Return (R, 4 C) with the four neighbours outermost, from channels outermost."""
    return rearrange(rearrange(rows, "r (c k) -> r c k", k=4)[:, :, _UNFOLD], "r c k -> r (k c)")


SOURCE = Source(name="solider", made_by="SOLIDER's Swin Transformers", recognises=_recognises, plan=_plan)
