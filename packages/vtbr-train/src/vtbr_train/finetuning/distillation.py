"""Distillation: a network learns to compare pictures as a trained teacher does.

B images (of all processes, where features have been gathered), D the width of a student's feature, T of a
teacher's, h w pixels of the teacher's input.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional

from vtbr_data.training import IMAGENET_MEAN, IMAGENET_STD
from vtbr_models.checkpoint import load_checkpoint
from vtbr_models.inference import Preprocessing, torch_network
from vtbr_models.processes import gather

from ..engine import Hardware
from ..errors import InputError
from .losses import in_float32


class Teacher:
    """Trained models that give features of training pictures, without gradients.

    Of several the features are side by side, each of unit length: their cosines are the mean of those of each. Raises
    `InputError` for a file that is not a checkpoint, and for models that read pictures of different sizes.
    """

    def __init__(self, checkpoints: Sequence[Path], hardware: Hardware) -> None:
        self._models = [_TeachingModel(checkpoint, hardware) for checkpoint in checkpoints]
        self.width = sum(model.width for model in self._models)
        self.size = self._models[0].size
        """(h, w)"""
        self.about = " and ".join(model.about for model in self._models)
        if any(model.size != self.size for model in self._models):
            raise InputError(f"teachers must read pictures of one size: {self.about}")

    @classmethod
    def of(cls, checkpoints: Sequence[Path], weight: float, hardware: Hardware) -> Teacher | None:
        """Return the teacher, or None where there is none. Raises `InputError` for one without a weight."""
        if not checkpoints and weight:
            raise InputError("loss.distillation needs a teacher: add --teacher MODEL")
        if not checkpoints:
            return None
        if not weight:
            raise InputError(
                "--teacher teaches nothing while loss.distillation is 0: add --set loss.distillation=10"
            )
        return cls(checkpoints, hardware)

    def check_width(self, by: str, width: int) -> None:
        """Raise `InputError` where features are compared that are not equally wide."""
        if by == "features" and width != self.width:
            raise InputError(
                f"loss.distillation_by=features: the teacher's have {self.width} numbers, the student's {width}: "
                f"add --set reduction={self.width}, or use similarities"
            )

    def __call__(self, images: Tensor) -> Tensor:
        """Return features (B, T), float32, of training images (B, 3, h, w)."""
        features = [model(images) for model in self._models]
        if len(features) == 1:
            return features[0]
        return torch.cat([functional.normalize(feature) for feature in features], dim=1)


class _TeachingModel:
    """One trained model, and how training images are normalised for it."""

    def __init__(self, checkpoint: Path, hardware: Hardware) -> None:
        loaded = load_checkpoint(checkpoint, device=hardware.device)
        preprocessing = Preprocessing.from_metadata(loaded.metadata["preprocessing"])
        self.width = loaded.model.feature_width
        self.size = (preprocessing.height, preprocessing.width)
        architecture = loaded.model.architecture
        self.about = (
            f"{checkpoint} ({architecture['model']} {architecture['visual']['name']}, "
            f"{preprocessing.height} x {preprocessing.width})"
        )
        self._network = torch_network(loaded.model, hardware.device, hardware.precision)
        self._scale, self._shift = _renormalisation(preprocessing, hardware.device)

    def __call__(self, images: Tensor) -> Tensor:
        # A copy: what inference mode made cannot be kept for a gradient.
        return self._network(images * self._scale + self._shift).clone()


@in_float32
def distillation_loss(features: Tensor, taught: Tensor, by: str) -> Tensor:
    """Compare features (B, D) of a student with a teacher's (B, T) of the same images.

    By `features` the mean of 1 - cosine, D being T. By `similarities` the mean squared difference of the
    cosines of all pairs of images: the matrices of "Similarity-Preserving Knowledge Distillation" (ICCV 2019,
    arXiv 1907.09682), but with features of unit length rather than rows, so that a distance stays one.
    """
    student = functional.normalize(gather(features.float()))
    teacher = functional.normalize(gather(taught.float()))
    if by == "features":
        return 1 - (student * teacher).sum(dim=1).mean()
    difference = student @ student.T - teacher @ teacher.T
    return difference.square().sum() / (len(difference) * max(1, len(difference) - 1))


def _renormalisation(preprocessing: Preprocessing, device: torch.device) -> tuple[Tensor, Tensor]:
    """Return factors and summands (3, 1, 1) from the normalisation of training to the teacher's own."""
    ours = torch.tensor(IMAGENET_MEAN), torch.tensor(IMAGENET_STD)
    mean, std = torch.tensor(preprocessing.mean), torch.tensor(preprocessing.std)
    scale, shift = ours[1] / std, (ours[0] - mean) / std
    return scale[:, None, None].to(device), shift[:, None, None].to(device)
