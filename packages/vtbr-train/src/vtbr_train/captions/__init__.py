"""What learning from captions is made of: objectives, images, and the captioner; pretraining and fine-tuning use it."""

from .captioner import TextConfig, build_captioner, decays
from .images import (
    CaptionDataConfig,
    CaptionPicturesConfig,
    augmentation,
    captioned_images,
    held_out_batches,
    learnt_samples,
    near_twins_of,
    plain,
    usable_samples,
)
from .objectives import Labels, ObjectivesConfig

__all__ = [
    "CaptionDataConfig",
    "CaptionPicturesConfig",
    "Labels",
    "ObjectivesConfig",
    "TextConfig",
    "augmentation",
    "build_captioner",
    "captioned_images",
    "decays",
    "held_out_batches",
    "learnt_samples",
    "near_twins_of",
    "plain",
    "usable_samples",
]
