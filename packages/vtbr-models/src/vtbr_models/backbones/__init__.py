"""Backbones: images in, feature map out, under the key names that everybody's weights have."""

from vtbr_models.backbones.backbone import Backbone
from vtbr_models.backbones.table import BACKBONES, build_backbone

__all__ = ["BACKBONES", "Backbone", "build_backbone"]
