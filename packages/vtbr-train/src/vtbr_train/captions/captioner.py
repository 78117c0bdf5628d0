"""The captioner that a run trains: its text settings, its architecture, and how it is trained on captions."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any, Literal

from msgspec import Meta

from vtbr_models.captioner import OBJECTIVES, Captioner, inverse_frequency
from vtbr_models.checkpoint import build_model

from ..settings import Settings, ShareBelow1
from .objectives import Labels, ObjectivesConfig, describe_objectives

if TYPE_CHECKING:
    from tokenizers import Tokenizer

    from vtbr_data.training import CaptionImages

_NO_DECAY = re.compile(
    r"textual\.(embedding|encoder|\w+_decoder)\..*(norm|bias)|identity_head\.neck|dual_head\.log_scale"
)


class TextConfig(Settings, frozen=True, kw_only=True):
    """The decoders of captions."""

    textual: str = "L1_H1024_A16_F4096"
    """Layers, width, attention heads, feed-forward width of each decoder."""
    max_tokens: Annotated[int, Meta(ge=3)] = 30
    """Captions are cut to this many tokens, [SOS] and [EOS] included."""
    dropout: ShareBelow1 = 0.1
    norm: Literal["post", "pre"] = "post"
    """Where the decoders normalise: after each sum, or before each part."""


def build_captioner(
    visual: Mapping[str, Any],
    text: TextConfig,
    objectives: ObjectivesConfig,
    labels: Labels,
    tokenizer: Tokenizer | None,
    images: CaptionImages,
) -> Captioner:
    """Build a captioner with random weights on the backbone that `visual` describes, trained as `objectives` say.

    `images` are those that it will learn from: rare words are weighed by their captions.
    """
    model = build_model(_architecture(visual, text, objectives, labels, tokenizer))
    assert isinstance(model, Captioner)
    model.training_options = objectives.training()
    if objectives.rare_words:
        assert tokenizer is not None
        captions = (caption for row in images.samples.rows for caption in row.captions or ())
        ids = (tokenizer.encode(caption).ids for caption in captions)
        model.token_head.word_weights = inverse_frequency(ids, tokenizer.get_vocab_size())
    return model


def decays(name: str) -> bool:
    """Return whether a parameter decays: norms and biases of embedding and decoders do not."""
    return not _NO_DECAY.match(name)


def _architecture(
    visual: Mapping[str, Any],
    text: TextConfig,
    objectives: ObjectivesConfig,
    labels: Labels,
    tokenizer: Tokenizer | None,
) -> dict[str, Any]:
    vocabulary_size = tokenizer.get_vocab_size() if tokenizer else 0
    described = describe_objectives(objectives, labels, vocabulary_size)
    textual = {
        "name": text.textual,
        "vocabulary_size": vocabulary_size,
        "max_tokens": text.max_tokens,
        "dropout": text.dropout,
        "norm": text.norm,
    }
    has_text = any(OBJECTIVES[name].readers for name in described)
    return {
        "model": "captioner",
        "visual": dict(visual),
        "objectives": described,
        **({"textual": textual} if has_text else {}),
    }
