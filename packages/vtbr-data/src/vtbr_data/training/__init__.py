"""What training reads: images with captions, images with identities, and the batches of both.

Everything random here is a pure function of a seed and a position, so that a resumed run continues with the
very batches that an uninterrupted one would have seen, whatever the number of worker processes.
"""

from .augmentation import CaptionAugmentation, IdentityAugmentation, Plain
from .batches import Draws, IdentityBatches, Share, ShuffledBatches, draws_in_order
from .caption_images import CaptionBatch, CaptionImages, encode_caption, identity_classes
from .fetching import Samples
from .flip import swap_left_right
from .identity_images import IdentityBatch, IdentityImages
from .images import FolderPictures, Pictures
from .labels import NUM_CLASSES, attribute_classes
from .loading import Damage, load_batches
from .sources import pictures_of, read_images
from .streaming import StreamedBatches, shuffled_batches

__all__ = [
    "NUM_CLASSES",
    "CaptionAugmentation",
    "CaptionBatch",
    "CaptionImages",
    "Damage",
    "Draws",
    "FolderPictures",
    "IdentityAugmentation",
    "IdentityBatch",
    "IdentityBatches",
    "IdentityImages",
    "Pictures",
    "Plain",
    "Samples",
    "Share",
    "ShuffledBatches",
    "StreamedBatches",
    "attribute_classes",
    "draws_in_order",
    "encode_caption",
    "identity_classes",
    "load_batches",
    "pictures_of",
    "read_images",
    "shuffled_batches",
    "swap_left_right",
]
