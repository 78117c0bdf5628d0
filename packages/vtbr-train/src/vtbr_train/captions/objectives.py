"""What pretraining learns from: weights of the objectives, and what each needs from the data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

import torch
from torch import Tensor

from vtbr_data.attributes import VALUES
from vtbr_data.training import NUM_CLASSES, attribute_classes, identity_classes
from vtbr_models.captioner import OBJECTIVES, PLAIN, CaptionTraining

from ..errors import InputError
from ..settings import AtLeast1, NotNegative, Settings, to_values

if TYPE_CHECKING:
    from vtbr_data.manifest import Row


class ObjectivesConfig(Settings, frozen=True, kw_only=True):
    """The weight of each objective in the loss; 0 leaves it out."""

    bicaptioning: NotNegative = 1.0
    captioning: NotNegative = 0.0
    masked_lm: NotNegative = 0.0
    token_classification: NotNegative = 0.0
    attribute_classification: NotNegative = 0.0
    attributes_from: Literal["labels", "captions"] = "labels"
    """Whether attribute classification learns the manifest's attributes, or what captions say of them."""
    identity_classification: NotNegative = 0.0
    contrastive: NotNegative = 0.0
    contrastive_width: AtLeast1 = 256
    """Of the space that images and captions share."""
    wrong_captions: bool = False
    """Whether contrastive also sets each image against its own caption with one word exchanged (NegCLIP)."""
    parallel_share: float = 0.0
    """Share of the batches in which captions are predicted from the image alone, all words at once (CapPa: 0.75)."""
    visual_share: float = 1.0
    """Share of the feature map's cells that the decoders see in training (OpenVision 2: 0.25 to 0.35)."""
    rare_words: bool = False
    """Whether token classification weights words by inverse frequency (SuperClass)."""

    def __post_init__(self) -> None:
        if not self.weights():
            raise ValueError("weights must be at least 0, and one of them above it")
        if self.bicaptioning and self.captioning:
            raise ValueError("bicaptioning includes captioning: set one of them to 0")
        training = self.training()  # raises for shares out of their limits
        if training != PLAIN and not (self.bicaptioning or self.captioning):
            raise ValueError(
                "parallel_share and visual_share are of captioning and bicaptioning: set one of them"
            )
        if self.rare_words and not self.token_classification:
            raise ValueError("rare_words is of token_classification: set its weight")
        if self.reads_said_attributes and not self.attribute_classification:
            raise ValueError("attributes_from is of attribute_classification: set its weight")
        if self.wrong_captions and not self.contrastive:
            raise ValueError("wrong_captions is of contrastive: set its weight")

    def training(self) -> CaptionTraining:
        """Return how the model is trained on captions."""
        return CaptionTraining(parallel_share=self.parallel_share, visual_share=self.visual_share)

    def weights(self) -> dict[str, float]:
        """Return the weights of the objectives in use."""
        return {name: value for name, value in to_values(self).items() if name in OBJECTIVES and value != 0}

    def needs(self, part: str) -> bool:
        """Return whether an objective learns from this part of a batch: tokens, attributes, identities."""
        return any(OBJECTIVES[name].needs == part for name in self.weights())

    @property
    def reads_said_attributes(self) -> bool:
        """Whether attributes are read from captions."""
        return self.attributes_from == "captions"

    @property
    def reads_identities(self) -> bool:
        """Whether identities are used where they are known."""
        return bool(self.identity_classification or self.contrastive)


class Labels:
    """The classes of identities and attributes, as the training images have them.

    Raises `InputError` where an objective finds nothing to learn from.
    """

    def __init__(self, config: ObjectivesConfig, rows: Sequence[Row]) -> None:
        self.identities: dict[int, int] | None = None
        if config.reads_identities:
            self.identities = identity_classes([row.identity for row in rows])
        if config.identity_classification and len(self.identities or {}) < 2:
            raise InputError("objective identity_classification needs at least 2 identities above 0")
        self.attributes: dict[str, list[str | bool]] = {}
        self.said = ""
        """Of attributes read from captions, how many images each is known of."""
        if config.attribute_classification:
            self.attributes, known = _telling_attributes(rows)
            where = "the captions" if config.reads_said_attributes else "the manifest"
            if not self.attributes:
                raise InputError(
                    f"objective attribute_classification needs attributes of different values in {where}"
                )
            if config.reads_said_attributes:
                self.said = ", ".join(f"{name} of {count:,}" for name, count in known.items())

    def stacked(self, attributes: Mapping[str, Tensor]) -> Tensor:
        """Return the classes (B, A) that the model learns, of all attributes of a batch."""
        return torch.stack([attributes[name] for name in sorted(self.attributes)], dim=1)


def describe_objectives(config: ObjectivesConfig, labels: Labels, vocabulary_size: int) -> dict[str, Any]:
    """Return the objectives as a model's architecture names them (docs/formats.md)."""
    settings: dict[str, dict[str, Any]] = {
        name: {"weight": weight} for name, weight in config.weights().items()
    }
    own = {
        "token_classification": ("vocabulary_size", vocabulary_size),
        "attribute_classification": ("vocabulary", labels.attributes),
        "identity_classification": ("num_classes", len(labels.identities or {})),
        "contrastive": ("width", config.contrastive_width),
    }
    for name, (key, value) in own.items():
        if name in settings:
            settings[name][key] = value
    return settings


def _telling_attributes(rows: Sequence[Row]) -> tuple[dict[str, list[str | bool]], dict[str, int]]:
    """Return the attributes that take different values here, each with all its values in the order of
    classes, and of how many rows each is known.
    """
    classes = attribute_classes([row.attributes for row in rows], [False] * len(rows))
    found = [name for name, values in classes.items() if len(set(values.tolist()) - {-1}) > 1]
    known = {name: int((classes[name] >= 0).sum()) for name in found}
    return {name: _values(name) for name in found}, known


def _values(name: str) -> list[str | bool]:
    if name in VALUES:
        return [value for value in VALUES[name] if isinstance(value, str | bool)]
    return [str(360 * number // NUM_CLASSES[name]) for number in range(NUM_CLASSES[name])]  # viewpoints
