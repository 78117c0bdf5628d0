"""Trained models at work: settings, device, preprocessing, batches of pictures, the network."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..lazy import lazily

if TYPE_CHECKING:
    from .config import InferenceConfig as InferenceConfig
    from .device import choose_device as choose_device
    from .device import choose_precision as choose_precision
    from .device import has_bfloat16 as has_bfloat16
    from .device import inference_mode as inference_mode
    from .network import ImageFeatures as ImageFeatures
    from .network import Network as Network
    from .network import embed as embed
    from .network import torch_network as torch_network
    from .picture_files import decode_picture as decode_picture
    from .picture_files import image_pixels as image_pixels
    from .pictures import Batch as Batch
    from .pictures import in_batches as in_batches
    from .pictures import read_batches as read_batches
    from .preprocessing import IMAGENET_MEAN as IMAGENET_MEAN
    from .preprocessing import IMAGENET_STD as IMAGENET_STD
    from .preprocessing import Preprocessing as Preprocessing
    from .preprocessing import normalise as normalise
    from .preprocessing import prepare as prepare
    from .preprocessing import resize as resize
    from .session import Session as Session
    from .views import Views as Views

_HOMES = {
    "IMAGENET_MEAN": "preprocessing",
    "IMAGENET_STD": "preprocessing",
    "Batch": "pictures",
    "ImageFeatures": "network",
    "InferenceConfig": "config",
    "Network": "network",
    "Preprocessing": "preprocessing",
    "Session": "session",
    "Views": "views",
    "choose_device": "device",
    "choose_precision": "device",
    "decode_picture": "picture_files",
    "embed": "network",
    "has_bfloat16": "device",
    "image_pixels": "picture_files",
    "in_batches": "pictures",
    "inference_mode": "device",
    "normalise": "preprocessing",
    "prepare": "preprocessing",
    "resize": "preprocessing",
    "read_batches": "pictures",
    "torch_network": "network",
}
__getattr__ = lazily(__name__, _HOMES)
