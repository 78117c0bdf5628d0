"""Backbones: images in, feature map out, under the key names that everybody's weights have."""

from .backbone import Backbone
from .table import BACKBONES, VARIANTS, build_backbone

__all__ = ["BACKBONES", "VARIANTS", "Backbone", "build_backbone"]
