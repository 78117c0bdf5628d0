"""The captioner: a backbone that learns from descriptions of images.

VirTex's bicaptioning (section 3.1 there) and whatever else `objectives.py` lists, alone or together.

Legend: B images, C channels, h w pixels, gh gw grid cells, S cells, L tokens, H width, V vocabulary,
A attributes, D width of the space that images and captions share.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import torch
from einops import rearrange
from torch import Tensor, nn
from torch.nn import functional

from ..embedder import pool
from ..errors import InputError
from ..processes import mean
from .attention import in_whole_blocks
from .attributes import AttributeVocabulary
from .dual_encoder import DualHead, is_other
from .heads import AttributeHead, IdentityHead, TokenHead
from .masking import mask_words
from .objectives import DEFAULT, OBJECTIVES, Part, Settings, read_objectives
from .textual import PAD, TextualHead
from .training import PLAIN, CaptionTraining, hide_words, keep_cells

if TYPE_CHECKING:
    from ..backbones import Backbone

_NO_WORD = -100  # in the place of a token that is not predicted


class Captioner(nn.Module):
    """Backbone, textual head and the heads of other objectives; `forward` gives the losses.

    Of `textual`, `token_head`, `attribute_head`, `identity_head` and `dual_head` there are those that
    the `objectives` need (`objectives.py`; by default bicaptioning alone).
    """

    textual: TextualHead
    token_head: TokenHead
    attribute_head: AttributeHead
    identity_head: IdentityHead
    dual_head: DualHead

    def __init__(
        self,
        visual: Backbone,
        textual: TextualHead | None,
        objectives: Mapping[str, Settings] = DEFAULT,
    ) -> None:
        """Raises InputError where the objectives and the textual head do not fit together."""
        super().__init__()
        self.objectives = read_objectives(objectives)
        self.visual = visual
        if textual is not None:
            self.textual = textual
        self.readers = () if textual is None else textual.readers
        _check_readers(self.objectives, textual)
        self.feature_width = visual.width
        self.is_joint = False
        self.weights = {
            loss: settings["weight"]
            for name, settings in self.objectives.items()
            for loss in OBJECTIVES[name].losses
        }
        self._add_heads(visual.width)
        self.training_options: CaptionTraining = PLAIN
        """How captions are trained on; of no consequence in evaluation, and so no part of the architecture."""
        self.architecture: dict[str, Any] = {
            "model": "captioner",
            "visual": visual.architecture,
            **({} if textual is None else {"textual": textual.architecture}),
            **({} if self.objectives == DEFAULT else {"objectives": self.objectives}),
        }

    @property
    def needs(self) -> tuple[Part, ...]:
        """What `forward` needs besides images."""
        parts: tuple[Part, ...] = ("tokens", "attributes", "identities")
        needed = {OBJECTIVES[name].needs for name in self.objectives}
        return tuple(part for part in parts if part in needed)

    @property
    def writes(self) -> bool:
        """Whether it can write captions."""
        return "forward" in self.readers

    def forward(
        self,
        images: Tensor,
        tokens: Tensor | None = None,
        *,
        attributes: Tensor | None = None,
        identities: Tensor | None = None,
        wrong_tokens: Tensor | None = None,
    ) -> dict[str, Tensor]:
        """Return `loss`, the weighted sum, and each loss by its name in `objectives.py`, of images (B, 3, h,
        w).

        Each row of `tokens` (B, L) reads [SOS] w1 ... wn [EOS] and is filled up with [PAD] (0).
        `attributes` (B, A) are the values' numbers in the model's vocabulary, `identities` (B,) classes
        from 0; -1 is unknown in both. `contrastive` uses identities where they are given, and `wrong_tokens`
        (B, L'), captions that are untrue of their images (one that equals the true caption is none). Losses are
        means, in nats: those of captions over all tokens to predict, those of attributes over all that
        are known, the others over images.

        Randomness (dropout, gaps) comes from torch's own generators: seed them and it repeats.
        """
        given = {"tokens": tokens, "attributes": attributes, "identities": identities}
        missing = [part for part in self.needs if given[part] is None]
        if missing:
            raise ValueError(f"this model learns from {', '.join(self.needs)}: {missing[0]} are missing")
        grid = self.visual(images)
        losses: dict[str, Tensor] = {}
        if tokens is not None:
            losses |= self._text_losses(grid, tokens)
        if self.objectives.keys() - {"bicaptioning", "captioning", "masked_lm"}:
            losses |= self._pooled_losses(pool(grid), tokens, attributes, identities, wrong_tokens)
        total = torch.stack([self.weights[name] * loss for name, loss in losses.items()]).sum()
        return {"loss": total, **losses}

    def embed(self, images: Tensor) -> Tensor:
        """Return the feature (B, `feature_width`) of images (B, 3, h, w): the backbone's averaged cells.

        After `use_joint_space` it is what `encode_image` gives.
        """
        return self.encode_image(images) if self.is_joint else pool(self.visual(images))

    def use_joint_space(self) -> None:
        """Let `embed` give features that captions' can be compared with; raises as `encode_image`."""
        self._check_dual()
        self.is_joint, self.feature_width = True, self.dual_head.width

    def encode_image(self, images: Tensor) -> Tensor:
        """Return unit vectors (B, D) of images (B, 3, h, w), to be compared with those of `encode_text`.

        Raises InputError for a model without the objective `contrastive`.
        """
        self._check_dual()
        return self.dual_head.embed_images(pool(self.visual(images)))

    def encode_text(self, tokens: Tensor) -> Tensor:
        """Return unit vectors (B, D) of captions (B, L), to be compared with those of `encode_image`.

        Raises InputError for a model without the objective `contrastive`.
        """
        self._check_dual()
        return self.dual_head.embed_texts(self.textual.encode(tokens))

    def memory(self, images: Tensor) -> Tensor:
        """Return what the decoders attend to, (B, S, H), of images (B, 3, h, w)."""
        return self.textual.memory(self.visual(images))

    def logits(self, memory: Tensor, tokens: Tensor, *, backward: bool = False) -> Tensor:
        """Scores (B, L, V) of the token that follows each of tokens (B, L).

        With `backward` the tokens run from [EOS] to [SOS] and the other decoder reads them.
        """
        scores: Tensor = self.textual(memory, tokens, backward=backward)
        return scores

    def _add_heads(self, width: int) -> None:
        settings = self.objectives
        if "token_classification" in settings:
            self.token_head = TokenHead(width, settings["token_classification"]["vocabulary_size"])
        if "attribute_classification" in settings:
            vocabulary = AttributeVocabulary(settings["attribute_classification"]["vocabulary"])
            self.attribute_head = AttributeHead(width, vocabulary)
        if "identity_classification" in settings:
            self.identity_head = IdentityHead(width, settings["identity_classification"]["num_classes"])
        if "contrastive" in settings:
            self.dual_head = DualHead(width, self.textual.width, settings["contrastive"]["width"])

    def _text_losses(self, grid: Tensor, tokens: Tensor) -> dict[str, Tensor]:
        losses = {}
        options = self.training_options if self.training else PLAIN
        if set(self.readers) - {"encoder"}:
            memory = keep_cells(self.textual.memory(grid), options.visual_share)
        is_hidden = options.draws_parallel()
        if "forward" in self.readers:
            losses["forward_loss"] = self._caption_loss(memory, tokens, backward=False, is_hidden=is_hidden)
        if "backward" in self.readers:
            losses["backward_loss"] = self._caption_loss(
                memory, reverse(tokens), backward=True, is_hidden=is_hidden
            )
        if "masked" in self.readers:
            size = self.textual.architecture["vocabulary_size"]
            gaps, is_chosen = mask_words(tokens, size, is_training=self.training)
            losses["masked_lm_loss"] = self._word_loss(self.textual.fill(memory, gaps), tokens, is_chosen)
        return losses

    def _pooled_losses(
        self,
        pooled: Tensor,
        tokens: Tensor | None,
        attributes: Tensor | None,
        identities: Tensor | None,
        wrong_tokens: Tensor | None,
    ) -> dict[str, Tensor]:
        losses = {}
        if "token_classification" in self.objectives:
            assert tokens is not None
            losses["token_classification_loss"] = self.token_head.loss(pooled, tokens)
        if "attribute_classification" in self.objectives:
            assert attributes is not None
            losses["attribute_classification_loss"] = self.attribute_head.loss(pooled, attributes)
        if "identity_classification" in self.objectives:
            assert identities is not None
            losses["identity_classification_loss"] = self.identity_head.loss(pooled, identities)
        if "contrastive" in self.objectives:
            assert tokens is not None
            losses["contrastive_loss"] = self._contrastive_loss(pooled, tokens, identities, wrong_tokens)
        return losses

    def _contrastive_loss(
        self, pooled: Tensor, tokens: Tensor, identities: Tensor | None, wrong_tokens: Tensor | None
    ) -> Tensor:
        head = self.dual_head
        images, texts = head.embed_images(pooled), head.embed_texts(self.textual.encode(tokens))
        if wrong_tokens is None:
            return head.loss(images, texts, tokens, identities)
        wrong = head.embed_texts(self.textual.encode(wrong_tokens))
        is_wrong = is_other(wrong_tokens, tokens)
        return head.loss(images, texts, tokens, identities, wrong_texts=wrong, is_wrong=is_wrong)

    def _caption_loss(
        self, memory: Tensor, tokens: Tensor, *, backward: bool, is_hidden: bool = False
    ) -> Tensor:
        given, words = tokens[:, :-1], tokens[:, 1:]
        given = hide_words(given) if is_hidden else given
        is_predicted = words != PAD
        if memory.is_cpu:
            is_read = in_whole_blocks(is_predicted)
            read = self.textual.read_packed(memory, given, is_read, backward=backward)
            return self._mean_loss(read, words, is_predicted, is_read)
        return self._word_loss(self.textual.read(memory, given, backward=backward), words, is_predicted)

    def _word_loss(self, read: Tensor, tokens: Tensor, is_predicted: Tensor) -> Tensor:
        """Return mean cross-entropy at the predicted ones of tokens (B, L), from what was read there, (B, L,
        H).

        A CPU leaves the others out before the output layer, which costs as much as a decoder layer; a GPU
        would have to wait until they are counted.
        """
        if read.is_cpu:
            is_read = in_whole_blocks(is_predicted)
            return self._mean_loss(read[is_read], tokens, is_predicted, is_read)
        return self._loss_of_all(read, tokens, is_predicted)

    def _loss_of_all(self, read: Tensor, tokens: Tensor, is_predicted: Tensor) -> Tensor:
        scores = rearrange(self.textual.scores(read), "b l v -> (b l) v")
        words = tokens.where(is_predicted, _NO_WORD).flatten()
        summed = functional.cross_entropy(scores, words, reduction="sum", ignore_index=_NO_WORD)
        return mean(summed, is_predicted.sum())

    def _mean_loss(self, read: Tensor, words: Tensor, is_predicted: Tensor, is_read: Tensor) -> Tensor:
        """Return mean cross-entropy of the predicted ones of words (B, L), from what was read (P, H) at
        `is_read`.
        """
        wanted = words.where(is_predicted, _NO_WORD)[is_read]
        scores = self.textual.scores(read)
        summed = functional.cross_entropy(scores, wanted, reduction="sum", ignore_index=_NO_WORD)
        return mean(summed, is_predicted.sum())

    def _check_dual(self) -> None:
        if "contrastive" not in self.objectives:
            raise InputError(
                "this model has no common space of images and texts: train one with the objective contrastive"
            )


def reverse(tokens: Tensor) -> Tensor:
    """Reverse each caption, the padding still last.

    >>> reverse(torch.tensor([[1, 7, 8, 2, 0], [1, 9, 2, 0, 0]])).tolist()
    [[2, 8, 7, 1, 0], [2, 9, 1, 0, 0]]
    """
    lengths = (tokens != PAD).sum(dim=1, keepdim=True)
    source = lengths - 1 - torch.arange(tokens.shape[1], device=tokens.device)
    return tokens.gather(1, source.clamp(min=0)).where(source >= 0, PAD)


def _check_readers(objectives: Mapping[str, Settings], textual: TextualHead | None) -> None:
    needed = {reader for name in objectives for reader in OBJECTIVES[name].readers}
    found = set() if textual is None else set(textual.readers)
    if needed != found:
        raise InputError(
            f"architecture: these objectives need a textual head with {sorted(needed) or 'nothing'}, "
            f"not with {sorted(found) or 'nothing'}"
        )
