"""Trained weights for other programs, and smaller checkpoints.

Everything here reads safetensors and writes tensors; networks that run elsewhere are in `graphs`.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

import torch
from safetensors import safe_open
from torch import Tensor

from ..checkpoint import BACKBONE_FORMAT, FORMAT, VERSION, check_format, read_header, verify, write_tensors
from ..embedder import POOLINGS
from ..errors import InputError
from ..files import replacing

_VISUAL = "visual."


def export_backbone(
    checkpoint: str | os.PathLike[str], output: str | os.PathLike[str], *, dtype: torch.dtype = torch.float32
) -> int:
    """Write the backbone of `checkpoint` under torchvision's names; return the number of tensors.

    An `output` that ends in `.pth` is a state dict by torch.save, anything else safetensors; there the
    metadata stay, with the format `vtbr.backbone`, but for the tokenizer, which is of no use there.
    Raises InputError for a file that is no sound checkpoint, or weights too large for `dtype`.
    """
    tensors, metadata = _read(checkpoint, dtype, _VISUAL)
    backbone = {name.removeprefix(_VISUAL): tensor for name, tensor in tensors.items()}
    if str(output).endswith(".pth"):
        with replacing(output) as file:
            torch.save(backbone, file)
        return len(backbone)
    metadata.pop("tokenizer", None)
    architecture = {"visual": metadata["architecture"]["visual"]}
    write_tensors(output, backbone, {**metadata, "format": BACKBONE_FORMAT, "architecture": architecture})
    return len(backbone)


def export_checkpoint(
    checkpoint: str | os.PathLike[str],
    output: str | os.PathLike[str],
    *,
    dtype: torch.dtype = torch.float32,
    drop_classifier: bool = False,
    towards: tuple[str | os.PathLike[str], float] | None = None,
    pooling: str | None = None,
    changes: Mapping[str, Any] | None = None,
) -> int:
    """Write all of `checkpoint` again in `dtype`; return the number of tensors.

    In float16 it is half as large, and loads like any other, in float32. An embedder's classifier of the people
    that it was trained on can be dropped: features do not need it. `towards` is a checkpoint, the one that
    training began from, and a share: so much of its backbone's weights is mixed in (Wortsman et al., "Robust
    fine-tuning of zero-shot models", CVPR 2022), which costs a little on pictures like those of the training and
    gives more on others. `pooling` pools otherwise than in training; the neck's entries are repeated for it.
    `changes` replaces metadata. Raises InputError as `export_backbone` does, where there is no classifier to
    drop, for backbones that differ, and for a pooling that the neck cannot be repeated for.
    """
    tensors, metadata = _read(checkpoint, dtype if towards is None else torch.float32)
    if drop_classifier:
        if tensors.pop("classifier.weight", None) is None:
            raise InputError(f"{checkpoint} has no classifier: leave --drop-classifier out")
        metadata["architecture"] = {**metadata["architecture"], "num_classes": None}
    if pooling is not None:
        _pool_otherwise(checkpoint, tensors, metadata, pooling)
    if towards is not None:
        _blend(checkpoint, tensors, *towards)
        tensors = {name: _converted(checkpoint, name, tensor, dtype) for name, tensor in tensors.items()}
    write_tensors(output, tensors, {**metadata, **(changes or {})})
    return len(tensors)


def _read(
    path: str | os.PathLike[str], dtype: torch.dtype, prefix: str = ""
) -> tuple[dict[str, Tensor], dict[str, Any]]:
    header = read_header(path)
    metadata = dict(check_format(header, path, FORMAT, VERSION))
    verify(path, header)
    tensors = {}
    with safe_open(path, framework="pt") as file:
        for name in filter(lambda name: name.startswith(prefix), header.tensors):
            tensors[name] = _converted(path, name, file.get_tensor(name), dtype)
    return tensors, metadata


def _converted(path: str | os.PathLike[str], name: str, tensor: Tensor, dtype: torch.dtype) -> Tensor:
    if not tensor.is_floating_point():
        return tensor
    tensor = tensor.to(dtype)
    if not torch.isfinite(tensor).all():
        raise InputError(f"{path}: {name} is not finite in {dtype}: export it in float32")
    return tensor


def _blend(
    path: str | os.PathLike[str], tensors: dict[str, Tensor], start: str | os.PathLike[str], share: float
) -> None:
    """Mix `share` of the backbone of `start` into that of `tensors`."""
    begun, _ = _read(start, torch.float32, _VISUAL)
    shapes = {name: tensor.shape for name, tensor in begun.items()}
    if shapes != {name: tensor.shape for name, tensor in tensors.items() if name.startswith(_VISUAL)}:
        raise InputError(
            f"{start} has another backbone than {path}: give the checkpoint that its training began from"
        )
    for name, tensor in begun.items():
        if tensor.is_floating_point():
            tensors[name] = torch.lerp(tensors[name], tensor, share)


def _pool_otherwise(
    path: str | os.PathLike[str], tensors: dict[str, Tensor], metadata: dict[str, Any], pooling: str
) -> None:
    """Change the pooling in `metadata`, and repeat the neck's entries in `tensors` to its width."""
    architecture = metadata["architecture"]
    if architecture.get("model") != "embedder":
        raise InputError(f"{path} is not an embedder: leave --pooling out")
    before = architecture.get("pooling", "average")
    times, rest = divmod(POOLINGS[pooling].num_parts, POOLINGS[before].num_parts)
    if rest:
        count = POOLINGS[before].num_parts
        finer = ", ".join(name for name, one in POOLINGS.items() if one.num_parts % count == 0)
        raise InputError(
            f"{path} was trained with pooling {before}, whose neck does not fit {pooling}: it fits {finer}"
        )
    if architecture.get("reduction") is not None:
        raise InputError(f"{path} has a reduction, which fits no other pooling: leave --pooling out")
    if "classifier.weight" in tensors:
        raise InputError(
            f"{path} has a classifier, which does not fit {pooling}: leave it out by --drop-classifier"
        )
    for name in [name for name in tensors if name.startswith("neck.") and tensors[name].ndim == 1]:
        parts = tensors[name].reshape(POOLINGS[before].num_parts, -1)
        tensors[name] = parts.repeat_interleave(times, dim=0).flatten()
    metadata["architecture"] = {**architecture, "pooling": pooling}
