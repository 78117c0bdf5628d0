"""A trained model as a function from images to features, as fast as the machine lets it.

Legend: B images, h w pixels, D width of a feature.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from typing import TYPE_CHECKING

import torch
from torch import Tensor
from torch.nn import functional

from ..errors import InputError
from .device import inference
from .folding import fold_batch_norms

if TYPE_CHECKING:
    from ..captioner.captioner import Captioner
    from ..embedder.embedder import Embedder

Network = Callable[[Tensor], Tensor]
"""Features (B, D), float32, of images (B, 3, h, w)."""


def torch_network(
    model: Captioner | Embedder,
    device: torch.device,
    precision: torch.dtype,
    *,
    compiled_for: int | None = None,
) -> Network:
    """The model with batch norms folded and weights channels-last; it is changed and of no other use then.

    With `compiled_for` it is compiled for batches of that size; smaller ones are filled up.
    """
    fold_batch_norms(model.visual)
    model.to(memory_format=torch.channels_last)
    embed: Network = model.embed
    if compiled_for is not None:
        embed = _compiled(model, compiled_for)

    def network(images: Tensor) -> Tensor:
        with inference(device, precision):
            return embed(images).to(torch.float32)

    return network


def onnx_network(model: Captioner | Embedder, height: int, width: int) -> Network:
    """The model in ONNX Runtime, on the CPU; raises InputError where the extra `onnx` is not installed."""
    if any(importlib.util.find_spec(name) is None for name in ("onnxruntime", "onnxscript")):
        raise InputError("--backend onnxruntime needs more packages: pip install 'vtbr-models[onnx]'")
    import onnxruntime

    from ..export.graphs import encode_onnx, feature_graph

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


def _compiled(model: Captioner | Embedder, batch_size: int) -> Network:
    from ..export.graphs import ImageFeatures

    compiled = torch.compile(ImageFeatures(model).eval(), options={"freezing": True})

    def embed(images: Tensor) -> Tensor:
        missing = batch_size - len(images)
        full = functional.pad(images, (0, 0, 0, 0, 0, 0, 0, missing)) if missing else images
        try:
            features: Tensor = compiled(full.contiguous(memory_format=torch.channels_last))
        except RuntimeError as error:
            if "compiler" not in str(error).lower():
                raise
            raise InputError("--compile needs a C++ compiler: install g++, or leave --compile out") from error
        return features[: len(images)]

    return embed
