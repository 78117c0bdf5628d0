"""What a checkpoint says about itself, read from its header alone: no torch, no tensors."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .tensorfile import check_format, read_header

FORMAT, VERSION = "vtbr.checkpoint", 1
BACKBONE_FORMAT = "vtbr.backbone"  # what `vtbr-models export` writes: torchvision's keys, no `visual.`

_BUFFERS = ("running_mean", "running_var", "num_batches_tracked")  # of batch norms: counted apart


def read_metadata(path: str | os.PathLike[str]) -> dict[str, Any]:
    """Return the metadata of a checkpoint; its tensors are neither read nor verified.

    Raises InputError for a file that is no checkpoint, or one of a newer version.
    """
    return dict(check_format(read_header(path), path, FORMAT, VERSION))


def describe(path: str | os.PathLike[str]) -> dict[str, Any]:
    """Return the metadata of a checkpoint, its parameters counted by part, and its tokenizer in brief."""
    header = read_header(path)
    metadata = dict(check_format(header, path, FORMAT, VERSION))
    parameters: Counter[str] = Counter()
    for name, spec in header.tensors.items():
        if not name.endswith(_BUFFERS):
            parameters[name.partition(".")[0]] += spec.num_elements
    tokenizer = metadata.pop("tokenizer", None)
    return {
        **metadata,
        "parameters": {**dict(sorted(parameters.items())), "total": parameters.total()},
        "tokenizer": None if tokenizer is None else _brief(tokenizer),
        "file": {"bytes": Path(path).stat().st_size, "tensors": len(header.tensors)},
    }


def _brief(tokenizer: Mapping[str, Any]) -> dict[str, Any]:
    model = tokenizer.get("model", {})
    return {"type": model.get("type"), "vocabulary": len(model.get("vocab", ()))}
