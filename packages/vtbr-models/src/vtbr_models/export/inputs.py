"""What an exported network takes: pixels as other programs have them, prepared inside the network.

Legend: B images, H W pixels as they come, h w pixels of the network's input.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np
import torch
from einops import rearrange
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from ..captioner import Captioner
from ..embedder import Embedder
from ..inference import Preprocessing, embed, normalise, resize


@dataclass(frozen=True, kw_only=True, slots=True)
class InputConvention:
    """How images are given to an exported network, and what it does before and after."""

    input: Literal["uint8", "unit", "normalised"] = "normalised"
    """Values 0 to 255 in uint8; float32 in [0, 1]; or float32 normalised by the checkpoint's mean and std."""
    channels: Literal["rgb", "bgr"] = "rgb"
    layout: Literal["nchw", "nhwc"] = "nchw"
    """(B, 3, H, W) or (B, H, W, 3)."""
    resize: bool = False
    """Take images of any size and resize them inside, with antialiasing; all of a batch have one size."""
    l2: bool = False
    """Give features of unit length."""
    flip: bool = False
    """Average with the features of the mirrored image, as `extract` does by default."""

    def to_metadata(self) -> dict[str, Any]:
        """Return the convention for an exported file's metadata."""
        return asdict(self)

    def shape(self, preprocessing: Preprocessing) -> str:
        """Describe the input in words."""
        size = "height, width" if self.resize else f"{preprocessing.height}, {preprocessing.width}"
        shape = f"(batch, 3, {size})" if self.layout == "nchw" else f"(batch, {size}, 3)"
        values = {
            "uint8": "uint8 from 0 to 255",
            "unit": "float32 from 0 to 1",
            "normalised": f"float32, (x / 255 - {list(preprocessing.mean)}) / {list(preprocessing.std)}",
        }
        return f"{shape} {self.channels.upper()}, {values[self.input]}"

    def encode(self, pixels: NDArray[np.uint8], preprocessing: Preprocessing) -> NDArray[Any]:
        """Return one picture (H, W, 3), RGB, as an input (1, ...) of this convention."""
        image = rearrange(torch.from_numpy(np.require(pixels, np.uint8, ["C", "W"])), "h w c -> c h w")
        if not self.resize:
            image = resize(image, preprocessing)
        if self.input == "normalised":
            image = normalise(image, preprocessing)
        elif self.input == "unit":
            image = image.to(torch.float32) / 255
        if self.channels == "bgr":
            image = image.flip(0)
        return (
            rearrange(image, "c h w -> 1 c h w" if self.layout == "nchw" else "c h w -> 1 h w c")
            .contiguous()
            .numpy()
        )


class PreparedFeatures(nn.Module):
    """Images as an `InputConvention` says, to features (B, D)."""

    def __init__(
        self, model: Captioner | Embedder, preprocessing: Preprocessing, convention: InputConvention
    ) -> None:
        super().__init__()
        self.model, self.convention, self.preprocessing = model, convention, preprocessing
        mean, std = torch.tensor(preprocessing.mean), torch.tensor(preprocessing.std)
        self.register_buffer("scale", rearrange(1 / (255 * std), "c -> c 1 1"), persistent=False)
        self.register_buffer("shift", rearrange(mean / std, "c -> c 1 1"), persistent=False)
        self.scale: Tensor
        self.shift: Tensor

    def forward(self, images: Tensor) -> Tensor:
        """Return features (B, D)."""
        features = embed(self.model, self._prepare(images), flip=self.convention.flip)
        return functional.normalize(features, dim=1) if self.convention.l2 else features

    def _prepare(self, images: Tensor) -> Tensor:
        """Return images (B, 3, h, w) as the network was trained on them."""
        convention = self.convention
        if convention.layout == "nhwc":
            images = rearrange(images, "b h w c -> b c h w")
        if convention.channels == "bgr":
            images = torch.cat((images[:, 2:3], images[:, 1:2], images[:, 0:1]), dim=1)
        images = images.to(torch.float32)
        if convention.input == "normalised" and not convention.resize:
            return images
        if convention.input == "normalised":
            images = (images + self.shift) / self.scale
        elif convention.input == "unit":
            images = images * 255
        return (self._resized(images) if convention.resize else images) * self.scale - self.shift

    def _resized(self, images: Tensor) -> Tensor:
        """Return images (B, 3, h, w) of pixels (B, 3, H, W) from 0 to 255.

        Pixels are whole numbers, and are rounded after each direction, as by the resizing of `extract`.
        """
        images = self._along_width(images.round())
        turned = self._along_width(rearrange(images, "b c h w -> b c w h"), is_height=True)
        return rearrange(turned, "b c w h -> b c h w")

    def _along_width(self, images: Tensor, *, is_height: bool = False) -> Tensor:
        size = self.preprocessing.height if is_height else self.preprocessing.width
        weights = resizing_weights(images.shape[-1], size, self.preprocessing.interpolation)
        return (images @ weights.T).round().clamp(0, 255)


def resizing_weights(old: int, new: int, interpolation: str) -> Tensor:
    """Return weights (new, old) of resizing with antialiasing along one axis, as Pillow and torch define it.

    The filter is a triangle, or for `bicubic` Keys's cubic with a = -0.5, as wide as the reduction.

    >>> resizing_weights(4, 2, "bilinear")[0]
    tensor([0.4286, 0.4286, 0.1429, 0.0000])
    """
    scale = old / new
    width = _at_least_one(scale)
    centre = (torch.arange(new, dtype=torch.float32) + 0.5) * scale
    place = torch.arange(old, dtype=torch.float32) + 0.5
    distance = (rearrange(place, "n -> 1 n") - rearrange(centre, "n -> n 1")).abs() / width
    weights = (1 - distance).clamp(min=0) if interpolation == "bilinear" else _cubic(distance)
    return weights / weights.sum(dim=1, keepdim=True)


def _at_least_one(scale: Any) -> Any:
    """Return max(scale, 1), which is symbolic or a tensor while a network is exported."""
    if isinstance(scale, Tensor):
        return scale.clamp(min=1)
    return torch.sym_max(scale, 1.0)


def _cubic(x: Tensor) -> Tensor:
    near = (1.5 * x - 2.5) * x * x + 1
    far = ((-0.5 * x + 2.5) * x - 4) * x + 2
    return torch.where(x < 1, near, torch.where(x < 2, far, torch.zeros_like(x)))
