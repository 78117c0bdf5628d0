"""Gaps in captions, for a model to fill (BERT's masked language modelling).

Legend: B captions, L tokens.
"""

from __future__ import annotations

import torch
from torch import Tensor

from .textual import MASK, UNK

_CHOSEN = 0.15  # of the words
_MASKED, _RANDOM = 0.85, 0.10  # of the chosen; the rest stay as they are (VirTex, section 4.2)
_EVALUATION_SEED = 0  # so that every evaluation asks for the same words


def mask_words(tokens: Tensor, vocabulary_size: int, *, is_training: bool) -> tuple[Tensor, Tensor]:
    """Return captions (B, L) with gaps, and where words were chosen, as booleans (B, L).

    15 % of the words are chosen, never [SOS], [EOS] or padding: 85 % of them become [MASK], 10 %
    some word of the vocabulary, the others stay. In training the draws come from torch's own
    generator of the CPU, whatever the device, and so depend on nothing but the seed it was given;
    otherwise they are the same every time.
    """
    generator = None if is_training else torch.Generator().manual_seed(_EVALUATION_SEED)
    choice, fate = torch.rand((2, *tokens.shape), generator=generator).to(tokens.device)
    words = torch.randint(UNK + 1, max(vocabulary_size, UNK + 2), tokens.shape, generator=generator)
    is_chosen = (choice < _CHOSEN) & (tokens >= UNK)
    gaps = torch.where(fate < _MASKED, MASK, tokens)
    gaps = torch.where(fate >= 1 - _RANDOM, words.to(tokens.device), gaps)
    return torch.where(is_chosen, gaps, tokens), is_chosen
