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
    changes: Mapping[str, Any] | None = None,
) -> int:
    """Write all of `checkpoint` again in `dtype`; return the number of tensors.

    In float16 it is half as large, and loads like any other, in float32. An embedder's classifier of the people
    that it was trained on can be dropped: features do not need it. `changes` replaces metadata. Raises
    InputError as `export_backbone` does, and where there is no classifier to drop.
    """
    tensors, metadata = _read(checkpoint, dtype)
    if drop_classifier:
        if tensors.pop("classifier.weight", None) is None:
            raise InputError(f"{checkpoint} has no classifier: leave --drop-classifier out")
        metadata["architecture"] = {**metadata["architecture"], "num_classes": None}
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
            tensor = file.get_tensor(name)
            if tensor.is_floating_point():
                tensor = tensor.to(dtype)
                if not torch.isfinite(tensor).all():
                    raise InputError(f"{path}: {name} is not finite in {dtype}: export it in float32")
            tensors[name] = tensor
    return tensors, metadata
