"""Trained backbones for other programs."""

from __future__ import annotations

import os

from safetensors import safe_open

from vtbr_models.checkpoint import write_tensors
from vtbr_models.metadata import BACKBONE_FORMAT, FORMAT, VERSION
from vtbr_models.tensorfile import check_format, read_header, verify

_VISUAL = "visual."


def export_backbone(checkpoint: str | os.PathLike[str], output: str | os.PathLike[str]) -> int:
    """Write the backbone of `checkpoint` under torchvision's names; the number of tensors comes back.

    The metadata stay, with the format `vtbr.backbone`; the tokenizer, which is of no use there, goes.
    Raises InputError for a file that is no sound checkpoint.
    """
    header = read_header(checkpoint)
    metadata = dict(check_format(header, checkpoint, FORMAT, VERSION))
    verify(checkpoint, header)
    metadata.pop("tokenizer", None)
    with safe_open(checkpoint, framework="pt") as file:
        tensors = {
            name.removeprefix(_VISUAL): file.get_tensor(name)
            for name in header.tensors
            if name.startswith(_VISUAL)
        }
        architecture = {"visual": metadata["architecture"]["visual"]}
        write_tensors(output, tensors, {**metadata, "format": BACKBONE_FORMAT, "architecture": architecture})
    return len(tensors)
