"""VirTex's captioning models (Desai & Johnson, CVPR 2021): backbone, decoders, and a sentencepiece tokenizer.

Its token 0 is padding and the unknown word at once. Ours are two, so row 0 becomes [PAD] (0) and, again,
[UNK] (4); rows from 4 on move up by one. [PAD] is never predicted, so probabilities stay what they were.

The two decoders are two textual heads that share all but their layers; a shared tensor is in the file
twice, and both must be equal.
"""

from __future__ import annotations

import re

import torch
from torch import Tensor

from ..captioner import UNK
from ..errors import InputError
from ..inference import Preprocessing
from .bare import fitting_backbone, without_prefix
from .sentencepiece import read_tokenizer
from .source import Options, Piece, Plan, Source, Tensors, size

_WORDS, _POSITIONS = "textual.embedding.words.weight", "textual.embedding.positions.weight"
_FEEDFORWARD = "textual.transformer.layers.0.linear1.weight"
_HEAD_WIDTH = 64  # of every published model: 16 heads at a width of 1,024
_EMBEDDING_EPSILON = 1e-8  # of the norm behind its embedding

_OURS = {
    "visual_projection.": "projection.",
    "embedding.positions.": "embedding.position.",
    "embedding.layer_norm.": "embedding.norm.",
}
_LAYER = {
    "self_attn.out_proj": "self_attention.output",
    "multihead_attn.out_proj": "cross_attention.output",
    "norm1": "self_norm",
    "norm2": "cross_norm",
    "norm3": "feedforward_norm",
    "linear1": "expand",
    "linear2": "contract",
}
_PACKED = {"self_attn": "self_attention", "multihead_attn": "cross_attention"}
_LAYERS = re.compile(
    r"(backward_textual\.transformer|textual\.(?:backward_)?transformer)\.layers\.(\d+)\.(.+)"
)


def recognises(tensors: Tensors) -> bool:
    """Return whether the decoders' embedding is there, under VirTex's name."""
    return _WORDS in tensors


def plan(tensors: Tensors, options: Options) -> Plan:
    """Return the plan of a captioning model; raises InputError where a size or the tokenizer does not fit."""
    words, positions, expand = (_needed(tensors, name) for name in (_WORDS, _POSITIONS, _FEEDFORWARD))
    left_out = _shared(tensors)
    pieces: dict[str, Piece] = {}
    for name, tensor in tensors.items():
        if name not in left_out:
            pieces.update({ours: Piece(name, part) for ours, part in _ours(name, tensor).items()})
    backbone = fitting_backbone(without_prefix(tensors, "visual.cnn."))
    layers = [match for name in tensors if (match := _LAYERS.fullmatch(name))]
    width = words.shape[1]
    heads = options.num_heads or max(1, width // _HEAD_WIDTH)
    depth = 1 + max(int(match.group(2)) for match in layers)
    height, image_width = size(options, 224, 224)
    return Plan(
        architecture={
            "model": "captioner",
            "visual": {"name": backbone, "last_stride": options.last_stride or 2},
            "textual": {
                "name": f"L{depth}_H{width}_A{heads}_F{expand.shape[0]}",
                "vocabulary_size": words.shape[0] + 1,
                "max_tokens": positions.shape[0],
                "dropout": 0.1,
                "embedding_epsilon": _EMBEDDING_EPSILON,
            },
        },
        preprocessing=Preprocessing(height=height, width=image_width),
        pieces=pieces,
        left_out=left_out,
        tokenizer=read_tokenizer(options.tokenizer, words.shape[0]) if options.tokenizer else None,
    )


def _ours(name: str, tensor: Tensor) -> dict[str, Tensor]:
    """Return our names for one of theirs, and the values; a name that is not known stays."""
    if name.startswith("visual.cnn."):
        return {f"visual.{name.removeprefix('visual.cnn.')}": tensor}
    if name == _WORDS:
        return {"textual.embedding.token.weight": _with_unknown(tensor)}
    if name == "textual.output.bias":
        return {"textual.output_bias": _with_unknown(tensor)}
    for theirs, ours in _OURS.items():
        if name.startswith(f"textual.{theirs}"):
            return {name.replace(theirs, ours, 1): tensor}
    match = _LAYERS.fullmatch(name)
    return {name: tensor} if match is None else _layer(match, tensor)


def _layer(match: re.Match[str], tensor: Tensor) -> dict[str, Tensor]:
    side = "backward" if "backward" in match.group(1) else "forward"
    prefix = f"textual.{side}_decoder.layers.{match.group(2)}."
    module, _, kind = match.group(3).rpartition(".")
    if module in _LAYER:
        return {f"{prefix}{_LAYER[module]}.{kind}": tensor}
    if module in _PACKED and kind in ("in_proj_weight", "in_proj_bias") and tensor.shape[0] % 3 == 0:
        parts = zip(("query", "key", "value"), tensor.chunk(3), strict=True)
        return {f"{prefix}{_PACKED[module]}.{part}.{kind[8:]}": value for part, value in parts}
    return {match.group(0): tensor}


def _shared(tensors: Tensors) -> dict[str, str]:
    """Copies of shared tensors, all of which must equal what they are copies of."""
    left_out = {}
    for name, tensor in tensors.items():
        original = name.removeprefix("backward_") if name.startswith("backward_textual.") else name
        original = _WORDS if original == "textual.output.weight" else original
        if original == name or _LAYERS.fullmatch(name) or original not in tensors:
            continue
        if not torch.equal(tensor, tensors[original]):
            raise InputError(
                f"{name} differs from {original}, with which VirTex shares it: the file is not sound"
            )
        left_out[name] = f"shared with {original}"
    return left_out


def _with_unknown(rows: Tensor) -> Tensor:
    return torch.cat((rows[:UNK], rows[:1], rows[UNK:]))


def _needed(tensors: Tensors, name: str) -> Tensor:
    if name not in tensors or tensors[name].dim() != 2:
        raise InputError(
            f"{name} is not there as a matrix, so the model's size is not known: give the whole file"
        )
    return tensors[name]


SOURCE = Source(name="virtex", made_by="VirTex's captioning models", recognises=recognises, plan=plan)
