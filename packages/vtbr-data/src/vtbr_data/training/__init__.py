"""What training reads: images with captions, images with identities, and the batches of both.

Everything random here is a pure function of a seed and a position, so that a resumed run continues with the
very batches that an uninterrupted one would have seen, whatever the number of worker processes.
"""

from .batches import IdentityBatches, ShuffledBatches
from .caption_images import CaptionBatch, CaptionImages, collate_captions, encode_caption
from .flip import swap_left_right
from .identity_images import IdentityBatch, IdentityImages, collate_identities
from .images import read_image
from .loading import load_batches
from .transforms import CaptionTransform, IdentityTransform, PlainTransform

__all__ = [
    "CaptionBatch",
    "CaptionImages",
    "CaptionTransform",
    "IdentityBatch",
    "IdentityBatches",
    "IdentityImages",
    "IdentityTransform",
    "PlainTransform",
    "ShuffledBatches",
    "collate_captions",
    "collate_identities",
    "encode_caption",
    "load_batches",
    "read_image",
    "swap_left_right",
]
