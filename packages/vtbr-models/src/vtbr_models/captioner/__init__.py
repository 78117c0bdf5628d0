"""Captioners: a backbone with what it learns from captions, attributes and identities."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..lazy import lazily

if TYPE_CHECKING:
    from .attention import Attention as Attention
    from .attention import Layer as Layer
    from .attributes import AttributeVocabulary as AttributeVocabulary
    from .cache import LayerCache as LayerCache
    from .captioner import Captioner as Captioner
    from .captioner import reverse as reverse
    from .heads import inverse_frequency as inverse_frequency
    from .objectives import DEFAULT as DEFAULT
    from .objectives import OBJECTIVES as OBJECTIVES
    from .objectives import Settings as Settings
    from .objectives import read_objectives as read_objectives
    from .textual import EOS as EOS
    from .textual import MASK as MASK
    from .textual import PAD as PAD
    from .textual import SOS as SOS
    from .textual import UNK as UNK
    from .textual import Reader as Reader
    from .textual import TextualHead as TextualHead
    from .training import PLAIN as PLAIN
    from .training import CaptionTraining as CaptionTraining

_HOMES = {
    "Attention": "attention",
    "AttributeVocabulary": "attributes",
    "CaptionTraining": "training",
    "Captioner": "captioner",
    "DEFAULT": "objectives",
    "EOS": "textual",
    "Layer": "attention",
    "LayerCache": "cache",
    "MASK": "textual",
    "OBJECTIVES": "objectives",
    "PAD": "textual",
    "PLAIN": "training",
    "Reader": "textual",
    "SOS": "textual",
    "Settings": "objectives",
    "TextualHead": "textual",
    "UNK": "textual",
    "inverse_frequency": "heads",
    "read_objectives": "objectives",
    "reverse": "captioner",
}
__getattr__ = lazily(__name__, _HOMES)
