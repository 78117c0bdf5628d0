"""Backbones: images in, feature map out, under the key names that everybody's weights have."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..lazy import lazily
from .sizes import SIZED_FOR as SIZED_FOR
from .sizes import SIZES as SIZES
from .table import BACKBONES as BACKBONES
from .table import VARIANTS as VARIANTS
from .table import build_backbone as build_backbone

if TYPE_CHECKING:
    from .backbone import Backbone as Backbone

__getattr__ = lazily(__name__, {"Backbone": "backbone"})
