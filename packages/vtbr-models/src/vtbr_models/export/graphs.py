"""Trained models as networks that run without this package: ONNX, and `torch.export`'s `.pt2`.

An embedder's takes images to features. A captioner's takes images and captions to their log likelihoods.
Both batches are of any size; the height and width of images are the checkpoint's.

Legend: B images, h w pixels, L tokens, D width of features.
"""

from __future__ import annotations

import importlib.util
import json
import os
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from einops import rearrange, reduce
from torch import Tensor, nn
from torch.export import Dim
from torch.nn import functional

from ..captioner import EOS, PAD, SOS, UNK, Captioner, reverse
from ..checkpoint import load_checkpoint
from ..embedder import Embedder
from ..errors import InputError
from ..files import replacing
from ..inference import ImageFeatures, Network, Preprocessing

_OPSET = 20


class CaptionScores(nn.Module):
    """Images (B, 3, h, w) and captions (B, L) to log likelihoods (B,), one for each direction of the model.

    Row i of the captions is about image i, reads [SOS] w1 ... wn [EOS] and is filled up with [PAD]. A log
    likelihood is the sum over its tokens, [EOS] (backwards [SOS]) included, in nats.
    """

    def __init__(self, model: Captioner) -> None:
        super().__init__()
        self.model = model
        self.directions = directions(model)

    def forward(self, images: Tensor, tokens: Tensor) -> tuple[Tensor, ...]:
        """Log likelihoods (B,), in the order of `directions`."""
        memory = self.model.memory(images)
        return tuple(self._sum(memory, tokens, direction) for direction in self.directions)

    def _sum(self, memory: Tensor, tokens: Tensor, direction: str) -> Tensor:
        is_backward = direction == "backward"
        read = reverse(tokens) if is_backward else tokens
        scores = self.model.logits(memory, read[:, :-1], backward=is_backward)
        surprise = functional.cross_entropy(
            rearrange(scores, "b l v -> b v l"), read[:, 1:], ignore_index=PAD, reduction="none"
        )
        return -reduce(surprise, "b l -> b", "sum")


def directions(model: Captioner) -> tuple[str, ...]:
    """In which directions a captioner reads captions: `forward`, `backward`, both or neither."""
    return tuple(direction for direction in ("forward", "backward") if direction in model.readers)


@dataclass(frozen=True, kw_only=True, slots=True)
class Graph:
    """A network, inputs to trace it with, and what it is called outside."""

    network: nn.Module
    inputs: dict[str, Tensor]
    outputs: tuple[str, ...]
    dynamic: tuple[dict[int, Any], ...]
    """For each input, which of its axes may have any size."""
    metadata: Mapping[str, Any]
    """The checkpoint's, written into the file under `vtbr`."""


def build_graph(checkpoint: str | os.PathLike[str], *, features: bool = False) -> Graph:
    """The network of an embedder, or of a captioner: its features where `features` says so, else its scores.

    Raises InputError for a file that is no sound checkpoint.
    """
    loaded = load_checkpoint(checkpoint)
    size = Preprocessing.from_metadata(loaded.metadata["preprocessing"])
    images = torch.zeros(2, 3, size.height, size.width)
    batch = Dim("batch", min=1)
    model = loaded.model
    if features or not isinstance(model, Captioner) or not directions(model):
        return feature_graph(model, size.height, size.width, loaded.metadata)
    longest = model.textual.max_tokens
    tokens = torch.tensor([[SOS, UNK, UNK, EOS], [SOS, UNK, EOS, PAD]])[:, :longest]
    return Graph(
        network=CaptionScores(model).eval(),
        inputs={"images": images, "tokens": tokens},
        outputs=directions(model),
        dynamic=({0: batch}, {0: batch, 1: Dim("tokens", min=3, max=longest)}),
        metadata=loaded.metadata,
    )


def write_pt2(graph: Graph, output: str | os.PathLike[str]) -> None:
    """Write `graph` for `torch.export.load`; the metadata are its extra file `vtbr.json`."""
    with torch.no_grad():
        program = torch.export.export(
            graph.network, tuple(graph.inputs.values()), dynamic_shapes=graph.dynamic
        )
    with replacing(output) as file:
        torch.export.save(program, file, extra_files={"vtbr.json": _json(graph)})


def write_onnx(graph: Graph, output: str | os.PathLike[str]) -> None:
    """Write `graph` as ONNX; the metadata are its property `vtbr`. Raises InputError without the extra."""
    model = encode_onnx(graph)
    with replacing(output) as file:
        file.write(model)


def encode_onnx(graph: Graph) -> bytes:
    """The bytes that `write_onnx` writes."""
    if importlib.util.find_spec("onnxscript") is None:
        raise InputError("writing ONNX needs more packages: pip install 'vtbr-models[onnx]'")
    with torch.no_grad(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the exporter's own deprecations
        program = torch.onnx.export(
            graph.network,
            tuple(graph.inputs.values()),
            input_names=list(graph.inputs),
            output_names=list(graph.outputs),
            dynamic_shapes=graph.dynamic,
            opset_version=_OPSET,
            dynamo=True,
            verbose=False,
        )
    assert program is not None
    program.model.metadata_props["vtbr"] = _json(graph)
    model: bytes = program.model_proto.SerializeToString()
    return model


def feature_graph(model: Captioner | Embedder, height: int, width: int, metadata: Mapping[str, Any]) -> Graph:
    """The network from images of this size to features."""
    return Graph(
        network=ImageFeatures(model).eval(),
        inputs={"images": torch.zeros(2, 3, height, width)},
        outputs=("features",),
        dynamic=({0: Dim("batch", min=1)},),
        metadata=metadata,
    )


def onnx_network(model: Captioner | Embedder, height: int, width: int) -> Network:
    """Return the model as a network in ONNX Runtime on the CPU; raises InputError without extra `onnx`."""
    if any(importlib.util.find_spec(name) is None for name in ("onnxruntime", "onnxscript")):
        raise InputError("--backend onnxruntime needs more packages: pip install 'vtbr-models[onnx]'")
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = torch.get_num_threads()
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(
        encode_onnx(feature_graph(model, height, width, {})), options, providers=["CPUExecutionProvider"]
    )

    def network(images: Tensor) -> Tensor:
        (features,) = session.run(None, {"images": images.contiguous().numpy()})
        return torch.from_numpy(features)

    return network


def _json(graph: Graph) -> str:
    return json.dumps(graph.metadata, sort_keys=True, ensure_ascii=False)
