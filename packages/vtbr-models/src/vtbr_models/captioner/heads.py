"""What a model learns to say of an image without writing: its words, its attributes, its person.

Legend: B images, C channels, L tokens, V vocabulary, A attributes, N values of all attributes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from ..processes import mean
from .attributes import UNKNOWN, AttributeVocabulary
from .textual import UNK

_SMALLEST = 1e-6  # a caption of words that every caption has weighs nothing
_LABEL_SMOOTHING = 0.1  # of identities: "Bag of Tricks", section 3.3
_CLASSIFIER_STD = 0.001  # as the authors' code of it initialises it


class TokenHead(nn.Linear):
    """Which words the caption has, in no order (VirTex, "token classification")."""

    def __init__(self, width: int, vocabulary_size: int) -> None:
        super().__init__(width, vocabulary_size)

        self.word_weights: Tensor | None = None
        """(V,) how much each word counts, in training; None: all alike."""

    def loss(self, pooled: Tensor, tokens: Tensor) -> Tensor:
        """Return mean over images of the cross-entropy, in nats, to their words, each once.

        All are equally likely, or by `word_weights` in training (SuperClass, Huang et al., 2024, weights them by
        inverse document frequency). `pooled` (B, C), `tokens` (B, L); special tokens are no words.
        """
        log_probability: Tensor = self(pooled).float().log_softmax(dim=-1)
        is_word = torch.zeros_like(log_probability, dtype=torch.bool).scatter_(1, tokens, 1)
        is_word[:, : UNK + 1] = False
        share = is_word.to(log_probability.dtype)
        if self.training and self.word_weights is not None:
            share = share * self.word_weights.to(share.device)
        losses = -(log_probability * share).sum(dim=1) / share.sum(dim=1).clamp(min=_SMALLEST)
        return mean(losses.sum(), is_word.any(dim=1).sum())


def inverse_frequency(token_ids: Iterable[Sequence[int]], vocabulary_size: int) -> Tensor:
    """Return weights (V,) of words: log of captions over captions with the word, as in SuperClass; 0 where
    none has it.

    `token_ids` are the captions' tokens, one sequence a caption.

    >>> inverse_frequency([[1, 7, 8, 2], [1, 7, 2]], 9).tolist()[7:]
    [0.0, 0.6931471824645996]
    """
    count, num_captions = torch.zeros(vocabulary_size), 0
    for ids in token_ids:
        num_captions += 1
        count[torch.tensor(sorted(set(ids)), dtype=torch.long)] += 1
    count[: UNK + 1] = 0
    return torch.where(count > 0, torch.log(max(1, num_captions) / count.clamp(min=1)), torch.zeros(()))


class AttributeHead(nn.Linear):
    """Which value each attribute has: one linear layer, a softmax over the values of each."""

    def __init__(self, width: int, vocabulary: AttributeVocabulary) -> None:
        self.sizes = [len(values) for values in vocabulary.values.values()]
        super().__init__(width, sum(self.sizes))

    def loss(self, pooled: Tensor, attributes: Tensor) -> Tensor:
        """Return mean cross-entropy, in nats, over all attributes known of the images; 0 where none is.

        `pooled` (B, C); `attributes` (B, A) are values' numbers, -1 where unknown.
        """
        scores = self(pooled).float().split(self.sizes, dim=-1)
        losses = [
            functional.cross_entropy(score, classes, ignore_index=UNKNOWN, reduction="sum")
            for score, classes in zip(scores, attributes.unbind(dim=1), strict=True)
        ]
        return mean(torch.stack(losses).sum(), (attributes != UNKNOWN).sum())

    def predict(self, pooled: Tensor) -> Tensor:
        """Return the likeliest value's number of each attribute, (B, A)."""
        scores = self(pooled).split(self.sizes, dim=-1)
        return torch.stack([score.argmax(dim=-1) for score in scores], dim=1)


class IdentityHead(nn.Module):
    """Whose image it is: BNNeck and a classifier without bias, as fine-tuning has them."""

    def __init__(self, width: int, num_classes: int) -> None:
        super().__init__()
        self.neck = nn.BatchNorm1d(width)
        self.neck.bias.requires_grad_(False)
        self.classifier = nn.Linear(width, num_classes, bias=False)
        nn.init.normal_(self.classifier.weight, std=_CLASSIFIER_STD)

    def loss(self, pooled: Tensor, identities: Tensor) -> Tensor:
        """Return mean cross-entropy, in nats, smoothed by 0.1, over images (B, C) whose class (B,) is not -1."""
        scores = self.classifier(self.neck(pooled)).float()
        summed = functional.cross_entropy(
            scores,
            identities,
            ignore_index=UNKNOWN,
            label_smoothing=_LABEL_SMOOTHING,
            reduction="sum",
        )
        return mean(summed, (identities != UNKNOWN).sum())
