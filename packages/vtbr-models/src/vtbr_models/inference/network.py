"""A trained model as a function from prepared images to features.

Legend: B images, h w pixels, D width of a feature.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils.fusion import fuse_conv_bn_eval

from ..captioner import Captioner
from ..embedder import Embedder
from ..errors import InputError
from .device import inference_mode

Network = Callable[[Tensor], Tensor]
"""Features (B, D), float32, of images (B, 3, h, w)."""


def embed(model: Captioner | Embedder, images: Tensor, *, flip: bool = True) -> Tensor:
    """Return features (B, D), float32, of images (B, 3, h, w).

    An embedder's are those of `Embedder.embed`, a captioner's are the mean of its backbone's cells. `flip`
    averages with the features of the mirrored images. Put the model in evaluation mode first.
    """
    features = model.embed(images).to(torch.float32)
    if flip:
        features = (features + model.embed(images.flip(-1)).to(torch.float32)) / 2
    return features


class ImageFeatures(nn.Module):
    """Prepared images (B, 3, h, w) to features (B, D): what `extract --no-flip` writes."""

    def __init__(self, model: Captioner | Embedder) -> None:
        super().__init__()
        self.model = model

    def forward(self, images: Tensor) -> Tensor:
        """Return features (B, D)."""
        return embed(self.model, images, flip=False)


def torch_network(
    model: Captioner | Embedder,
    device: torch.device,
    precision: torch.dtype,
    *,
    compiled_for: int | None = None,
) -> Network:
    """Fold batch norms into convolutions and lay weights out channels-last, in place; return the network.

    With `compiled_for` it is compiled for batches of that size; smaller ones are filled up.
    """
    fold_batch_norms(model.visual)
    model.to(memory_format=torch.channels_last)
    features_of: Network = model.embed
    if compiled_for is not None:
        features_of = _compiled(model, compiled_for)

    def network(images: Tensor) -> Tensor:
        with inference_mode(device, precision):
            return features_of(images).to(torch.float32)

    return network


def fold_batch_norms(model: nn.Module) -> int:
    """Fold each batch norm that follows a convolution into it, in place; return how many were folded.

    Folded are `bnX` beside `convX`, as in torchvision's ResNets, those that a module's `norm_after` names, and
    neighbours in an `nn.Sequential`. The model must be in evaluation mode, and cannot be trained afterwards.

    >>> fold_batch_norms(nn.Sequential(nn.Conv2d(3, 4, 1), nn.BatchNorm2d(4)).eval())
    1
    """
    num_folded = 0
    for parent in list(model.modules()):
        children = dict(parent.named_children())
        names = list(children)
        if isinstance(parent, nn.Sequential):
            pairs = list(itertools.pairwise(names))
        else:
            pairs = [(name, f"bn{name.removeprefix('conv')}") for name in names if name.startswith("conv")]
            pairs += getattr(parent, "norm_after", {}).items()
        for convolution, norm in pairs:
            before, after = children[convolution], children.get(norm)
            if isinstance(before, nn.Conv2d) and isinstance(after, nn.BatchNorm2d):
                setattr(parent, convolution, fuse_conv_bn_eval(before, after))
                setattr(parent, norm, nn.Identity())
                num_folded += 1
    return num_folded


def _compiled(model: Captioner | Embedder, batch_size: int) -> Network:
    compiled = torch.compile(ImageFeatures(model).eval(), options={"freezing": True})

    def features_of(images: Tensor) -> Tensor:
        missing = batch_size - len(images)
        full = functional.pad(images, (0, 0, 0, 0, 0, 0, 0, missing)) if missing else images
        try:
            features: Tensor = compiled(full.contiguous(memory_format=torch.channels_last))
        except RuntimeError as error:
            if "compiler" not in str(error).lower():
                raise
            raise InputError("--compile needs a C++ compiler: install g++, or leave --compile out") from error
        return features[: len(images)]

    return features_of
