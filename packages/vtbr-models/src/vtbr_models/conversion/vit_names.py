"""timm's names of a ViT to torchvision's, which are ours; DeiT, TransReID and their followers use timm's."""

from __future__ import annotations

import re
from typing import Any

from ..errors import InputError
from .source import Options, Tensors

_PARTS = {
    "cls_token": "class_token",
    "pos_embed": "encoder.pos_embedding",
    "patch_embed.proj.": "conv_proj.",
    "norm.": "encoder.ln.",
}
_BLOCK = re.compile(r"blocks\.(\d+)\.(.+)")
_IN_BLOCK = {
    "norm1.": "ln_1.",
    "norm2.": "ln_2.",
    "attn.qkv.": "self_attention.in_proj_",
    "attn.proj.": "self_attention.out_proj.",
    "mlp.fc1.": "mlp.0.",
    "mlp.fc2.": "mlp.3.",
}
_SIZES = ((256, 128), (224, 224), (384, 128), (384, 384))
_STEPS, _PATCH = (16, 12), 16


def is_vit(tensors: Tensors, prefix: str = "") -> bool:
    """Return whether a ViT of timm's names is under the prefix."""
    return f"{prefix}patch_embed.proj.weight" in tensors and f"{prefix}cls_token" in tensors


def our_name(name: str) -> str:
    """Return torchvision's name for one of timm's; a name that is not known is returned as it is.

    >>> our_name("blocks.3.attn.qkv.weight")
    'encoder.layers.encoder_layer_3.self_attention.in_proj_weight'
    """
    match = _BLOCK.fullmatch(name)
    table, rest = (_IN_BLOCK, match.group(2)) if match else (_PARTS, name)
    for theirs, ours in table.items():
        if rest == theirs or (theirs.endswith(".") and rest.startswith(theirs)):
            new = ours + rest.removeprefix(theirs)
            return f"encoder.layers.encoder_layer_{match.group(1)}.{new}" if match else new
    return name


def grid_of(
    tensors: Tensors, options: Options, prefix: str = "", *, class_position: int = 1
) -> tuple[dict[str, Any], int, int]:
    """Return what `architecture.visual` must say of the position embeddings, and the input's height and
    width.

    129 positions are 16 x 8 patches of 256 x 128 pixels, 211 are 21 x 10 that overlap, 197 are 14 x 14;
    `class_position` says how many of them are the class token's. Raises InputError for distillation tokens, other
    patches, and numbers of positions that fit no size.
    """
    if f"{prefix}dist_token" in tensors:
        raise InputError(
            "dist_token: a distilled DeiT has a second class token with a classifier of its own, and features from "
            "both; a ViT here has one: give DeiT's weights without distillation"
        )
    patch = tensors[f"{prefix}patch_embed.proj.weight"].shape[-2:]
    if tuple(patch) != (_PATCH, _PATCH):
        raise InputError(
            f"patches of {patch[0]} x {patch[1]} pixels: only {_PATCH} x {_PATCH} have a place here"
        )
    positions = tensors[f"{prefix}pos_embed"].shape[1] - class_position
    asked = ((options.height, options.width),) if options.height and options.width else _SIZES
    for height, width in asked:
        for step in _STEPS:
            rows, columns = (height - _PATCH) // step + 1, (width - _PATCH) // step + 1
            if rows * columns == positions:
                variant: dict[str, Any] = {} if (rows, columns) == (14, 14) else {"grid": [rows, columns]}
                return variant | ({} if step == _PATCH else {"step": step}), height, width
    tried = ", ".join(f"{height} x {width}" for height, width in asked)
    raise InputError(
        f"{positions + class_position} position embeddings fit none of {tried} pixels with a patch every 16 or 12: "
        "say --height and --width as it was trained"
    )
