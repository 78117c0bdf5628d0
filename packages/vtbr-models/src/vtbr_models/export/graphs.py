"""Trained models as networks that run without this package: ONNX, and `torch.export`'s `.pt2`.

An embedder's takes images to features, a captioner's images and captions to their log likelihoods; batches are
of any size. How images are given to a network of features is in `inputs`.

Legend: B images, h w pixels, L tokens, D width of features.
"""

from __future__ import annotations

import importlib.util
import io
import json
import os
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from einops import rearrange, reduce
from torch import Tensor, nn
from torch.export import Dim
from torch.nn import functional

from ..captioner import EOS, PAD, SOS, UNK, Captioner, reverse
from ..checkpoint import load_checkpoint
from ..embedder import Embedder
from ..errors import InputError
from ..inference import Preprocessing
from .inputs import InputConvention, PreparedFeatures

DEFAULT_OPSET, SMALLEST_OPSET, LARGEST_OPSET = 20, 17, 23
_FIRST_OF_DYNAMO = 18
_EXAMPLE = np.zeros((48, 40, 3), np.uint8)  # a picture to trace with: neither square nor the network's size


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
    """Return in which directions a captioner reads captions: `forward`, `backward`, both or neither."""
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
    """The checkpoint's and, under `export`, the convention; written into the file under `vtbr`."""
    convention: InputConvention | None = None
    """Of features; None for a captioner's scores."""

    def shape(self) -> str:
        """Describe the images that a network of features takes."""
        assert self.convention is not None
        return self.convention.shape(Preprocessing.from_metadata(self.metadata["preprocessing"]))

    def json(self) -> str:
        """Return the metadata as JSON with sorted keys."""
        return json.dumps(self.metadata, sort_keys=True, ensure_ascii=False)


def build_graph(
    checkpoint: str | os.PathLike[str],
    *,
    features: bool = False,
    convention: InputConvention | None = None,
) -> Graph:
    """Return an embedder's network; of a captioner its features where `features` says so, else its scores.

    `convention` says how images are given to features. Raises InputError for a file that is not a sound
    checkpoint.
    """
    loaded = load_checkpoint(checkpoint)
    preprocessing = Preprocessing.from_metadata(loaded.metadata["preprocessing"])
    model = loaded.model
    if features or not isinstance(model, Captioner) or not directions(model):
        return feature_graph(model, preprocessing, loaded.metadata, convention or InputConvention())
    if convention not in (None, InputConvention()):
        raise InputError(f"{checkpoint} is a captioner: how images are given is said of --features alone")
    images = torch.zeros(2, 3, preprocessing.height, preprocessing.width)
    batch = Dim("batch", min=1)
    longest = model.textual.max_tokens
    tokens = torch.tensor([[SOS, UNK, UNK, EOS], [SOS, UNK, EOS, PAD]])[:, :longest]
    return Graph(
        network=CaptionScores(model).eval(),
        inputs={"images": images, "tokens": tokens},
        outputs=directions(model),
        dynamic=({0: batch}, {0: batch, 1: Dim("tokens", min=3, max=longest)}),
        metadata=loaded.metadata,
    )


def feature_graph(
    model: Captioner | Embedder,
    preprocessing: Preprocessing,
    metadata: Mapping[str, Any],
    convention: InputConvention,
) -> Graph:
    """Return the network from images, given as `convention` says, to features."""
    example = torch.from_numpy(convention.encode(_EXAMPLE, preprocessing))
    dynamic: dict[int, Any] = {0: Dim("batch", min=1)}
    if convention.resize:
        first = 2 if convention.layout == "nchw" else 1
        dynamic |= {first: Dim("height", min=2), first + 1: Dim("width", min=2)}
    return Graph(
        network=PreparedFeatures(model, preprocessing, convention).eval(),
        inputs={"images": torch.cat([example, example])},
        outputs=("features",),
        dynamic=(dynamic,),
        metadata={**metadata, "export": convention.to_metadata()},
        convention=convention,
    )


def encode_pt2(graph: Graph) -> bytes:
    """Return `graph` as a file for `torch.export.load`; the metadata are its extra file `vtbr.json`."""
    with torch.no_grad():
        program = torch.export.export(
            graph.network, tuple(graph.inputs.values()), dynamic_shapes=graph.dynamic
        )
    file = io.BytesIO()
    torch.export.save(program, file, extra_files={"vtbr.json": graph.json()})
    return file.getvalue()


def encode_onnx(graph: Graph, opset: int = DEFAULT_OPSET) -> bytes:
    """Return `graph` as ONNX; the metadata are its property `vtbr`. Raises InputError without the extra."""
    if importlib.util.find_spec("onnxscript") is None or importlib.util.find_spec("onnx") is None:
        raise InputError("writing ONNX needs more packages: pip install 'vtbr-models[onnx]'")
    with torch.no_grad(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the exporter's own deprecations
        if opset < _FIRST_OF_DYNAMO:
            return with_metadata(_traced(graph, opset), graph.json())
        program = torch.onnx.export(
            graph.network,
            tuple(graph.inputs.values()),
            input_names=list(graph.inputs),
            output_names=list(graph.outputs),
            dynamic_shapes=graph.dynamic,
            opset_version=opset,
            dynamo=True,
            verbose=False,
        )
    assert program is not None
    program.model.metadata_props["vtbr"] = graph.json()
    model: bytes = program.model_proto.SerializeToString()
    return model


def with_metadata(model: bytes, text: str) -> bytes:
    """Return an ONNX file with `text` as its property `vtbr`."""
    import onnx

    loaded = onnx.load_from_string(model)
    onnx.helper.set_model_props(loaded, {"vtbr": text})
    encoded: bytes = loaded.SerializeToString()
    return encoded


def _traced(graph: Graph, opset: int) -> bytes:
    """Return ONNX of an operator set that torch writes by tracing alone."""
    file = io.BytesIO()
    axes = [{axis: dim.__name__ for axis, dim in dynamic.items()} for dynamic in graph.dynamic]
    torch.onnx.export(
        graph.network,
        tuple(graph.inputs.values()),
        file,  # type: ignore[arg-type]
        input_names=list(graph.inputs),
        output_names=list(graph.outputs),
        dynamic_axes={
            **dict(zip(graph.inputs, axes, strict=True)),
            **{name: {0: "batch"} for name in graph.outputs},
        },
        opset_version=opset,
        dynamo=False,
    )
    return file.getvalue()
