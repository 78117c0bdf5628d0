"""Checkpoints: one safetensors file that holds a model and all that is needed to use it.

The format is `vtbr.checkpoint` of docs/formats.md. Nothing is unpickled, and weights that do not
fit are named, never skipped.
"""

from __future__ import annotations

import hashlib
import os
import platform
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import torch
import torchvision
from safetensors import safe_open
from torch import Tensor

from .. import __version__
from ..captioner import Captioner
from ..embedder import Embedder
from ..errors import InputError
from ..files import replacing
from .architecture import build_model
from .matching import mismatch
from .metadata import BACKBONE_FORMAT, FORMAT, VERSION
from .tensorfile import (
    TensorSpec,
    check_format,
    encode_header,
    file_order,
    metadata_digest,
    read_header,
    verify,
)

_VISUAL = "visual."
_DTYPES = {
    torch.float32: "F32", torch.float64: "F64", torch.float16: "F16", torch.bfloat16: "BF16",
    torch.int64: "I64", torch.int32: "I32", torch.uint8: "U8", torch.bool: "BOOL",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A model, in evaluation mode, and what its file says about it."""

    model: Captioner | Embedder
    metadata: Mapping[str, Any]


def save_checkpoint(
    path: str | os.PathLike[str],
    model: Captioner | Embedder,
    metadata: Mapping[str, Any],
    *,
    tensors: Mapping[str, Tensor] | None = None,
) -> None:
    """Write `model` to `path`, complete or not at all; the same weights and metadata give the same bytes.

    `tensors` are written instead of the model's own, under the same names: a copy, an average.

    `metadata` holds `preprocessing`, `tokenizer`, `step`, `recipe` and `data`, null where left out;
    its `versions` are added to those of python, torch, torchvision and vtbr-models.
    """
    versions = {
        "python": platform.python_version(),
        "torch": torch.__version__,
        "torchvision": torchvision.__version__,
        "vtbr-models": __version__,
    }
    unset = dict.fromkeys(("preprocessing", "tokenizer", "step", "recipe", "data"))
    complete = {
        **unset,
        **metadata,
        "format": FORMAT,
        "version": VERSION,
        "architecture": model.architecture,
        "versions": versions | dict(metadata.get("versions") or {}),
    }
    write_tensors(path, model.state_dict() if tensors is None else tensors, complete)


def write_tensors(
    path: str | os.PathLike[str], tensors: Mapping[str, Tensor], metadata: Mapping[str, Any]
) -> None:
    """Write a safetensors file with `metadata`, the tensors' `sha256` and the `metadata_sha256` of both."""
    specs = {name: TensorSpec(_DTYPES[t.dtype], tuple(t.shape)) for name, t in tensors.items()}
    ordered = [tensors[name] for name in file_order(specs)]
    digest = hashlib.sha256()
    for block in _blocks(ordered):
        digest.update(block)
    with replacing(path) as file:
        complete = {**metadata, "sha256": digest.hexdigest()}
        file.write(encode_header(specs, {**complete, "metadata_sha256": metadata_digest(complete)}))
        for block in _blocks(ordered):
            file.write(block)


def load_checkpoint(path: str | os.PathLike[str], *, device: str | torch.device = "cpu") -> Checkpoint:
    """Rebuild the model of a checkpoint, in evaluation mode, on `device`.

    Raises InputError for a file that is damaged, a pickle, of another format or newer, or whose
    tensors are not exactly those of its architecture.
    """
    model, metadata = check_checkpoint(path)
    model = model.to_empty(device=device).eval()
    _copy(path, model.state_dict())
    return Checkpoint(model, dict(metadata))


def check_checkpoint(path: str | os.PathLike[str]) -> tuple[Captioner | Embedder, Mapping[str, Any]]:
    """Return a checkpoint's model without its weights (on torch's `meta` device), and its metadata.

    Raises InputError as `load_checkpoint` does.
    """
    header = read_header(path)
    metadata = check_format(header, path, FORMAT, VERSION)
    verify(path, header)
    try:
        with torch.device("meta"):  # no time and no random numbers go into weights that are replaced
            model = build_model(metadata.get("architecture"))
    except InputError as error:
        raise InputError(f"{path}: {error}") from error
    difference = mismatch(model.state_dict(), header.tensors)
    if difference:
        raise InputError(
            f"{path} does not hold the tensors of its own architecture: {difference}: write it again"
        )
    return model, metadata


def load_backbone(model: Captioner | Embedder, path: str | os.PathLike[str]) -> dict[str, Any]:
    """Copy a trained backbone into `model.visual`; return the file's metadata ({} if it has none).

    `path` is a checkpoint (its `visual.*` are taken), or a safetensors file with torchvision's own
    keys, whose classifier (`fc.*` of a ResNet) is left out knowingly. Raises InputError, naming the first
    keys that differ, unless every tensor of the backbone is there in its shape and nothing else is.
    """
    header = read_header(path)
    metadata = dict(header.metadata or {})
    is_checkpoint = metadata.get("format") not in (None, BACKBONE_FORMAT)
    if is_checkpoint:
        check_format(header, path, FORMAT, VERSION)
    elif metadata:
        check_format(header, path, BACKBONE_FORMAT, VERSION)
    verify(path, header)
    prefix = _VISUAL if is_checkpoint else ""
    found = {
        name.removeprefix(prefix): spec
        for name, spec in header.tensors.items()
        if name.startswith(prefix) and (is_checkpoint or not name.startswith(model.visual.classifier_prefix))
    }
    target = model.visual.state_dict()
    difference = mismatch(target, found)
    if difference:
        architecture = metadata.get("architecture") or {}
        theirs = architecture.get("visual", {}).get("name", "an unnamed backbone")
        ours = model.visual.architecture["name"]
        raise InputError(
            f"the backbone in {path} ({theirs}) does not fit this model ({ours}): {difference}: "
            "give the same backbone to both"
        )
    _copy(path, target, prefix)
    return metadata


def _blocks(tensors: list[Tensor]) -> Iterator[memoryview]:
    for tensor in tensors:
        flat = tensor.detach().cpu().contiguous().reshape(-1).view(torch.uint8)
        yield flat.numpy().data


def _copy(path: str | os.PathLike[str], target: Mapping[str, Tensor], prefix: str = "") -> None:
    with safe_open(path, framework="pt") as file, torch.no_grad():
        for name, tensor in target.items():
            tensor.copy_(file.get_tensor(prefix + name))
