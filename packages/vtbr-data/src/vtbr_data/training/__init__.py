"""What training reads: images with captions, images with identities, and the batches of both.

Everything random here is a pure function of a seed and a position, so that a resumed run continues with the
batches of an uninterrupted one, whatever the number of worker processes.
"""

from .augmentation import (
    IMAGENET_MEAN,
    IMAGENET_STD,
    Augmentation,
    CaptionAugmentation,
    Choose,
    IdentityAugmentation,
    Plain,
)
from .batches import BatchIndices, IdentityBatches, ShuffledBatches, batches_in_order
from .caption_images import CaptionBatch, CaptionImages
from .caption_text import encode_caption, swap_left_right
from .fetching import OnDamage, Samples
from .identity_images import IdentityBatch, IdentityImages
from .labels import NUM_CLASSES, attribute_classes, identity_classes
from .loading import Damage, Loaded, load_batches
from .near_twins import NearTwins, TwinBatches, with_near_twins
from .randomness import Seeds
from .sources import FolderPictures, Pictures, pictures_of, read_images
from .streaming import StreamedBatches, shuffled_batches

__all__ = [
    "IMAGENET_MEAN",
    "IMAGENET_STD",
    "NUM_CLASSES",
    "Augmentation",
    "BatchIndices",
    "CaptionAugmentation",
    "CaptionBatch",
    "CaptionImages",
    "Choose",
    "Damage",
    "FolderPictures",
    "IdentityAugmentation",
    "IdentityBatch",
    "IdentityBatches",
    "IdentityImages",
    "Loaded",
    "NearTwins",
    "OnDamage",
    "Pictures",
    "Plain",
    "Samples",
    "Seeds",
    "ShuffledBatches",
    "StreamedBatches",
    "TwinBatches",
    "attribute_classes",
    "batches_in_order",
    "encode_caption",
    "identity_classes",
    "load_batches",
    "pictures_of",
    "read_images",
    "shuffled_batches",
    "swap_left_right",
    "with_near_twins",
]
