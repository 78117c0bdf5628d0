"""Scores of captions for a manifest's images by a trained model."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import torch
from tokenizers import Tokenizer
from torch import Tensor

from ..captioner import Captioner
from ..decoding import num_predicted, score_each, score_memory
from ..errors import InputError
from ..files import SPLITS, Manifest, Row
from ..inference import InferenceConfig, Session

Direction = Literal["forward", "backward"]


@dataclass(frozen=True, kw_only=True, slots=True)
class ScoringConfig:
    """What is scored, and how."""

    splits: tuple[str, ...] = SPLITS
    directions: tuple[Direction, ...] = ("forward", "backward")
    relative: bool = False
    """Subtract the score for a picture of one colour, the mean: how likely the words are by themselves."""
    best: int | None = None
    """How many captions of an image to return, best first; None: all, in their order."""
    inference: InferenceConfig = field(default_factory=InferenceConfig)


def scored(
    checkpoint: str | os.PathLike[str],
    manifest: Manifest,
    config: ScoringConfig,
    candidates: Sequence[str] | None = None,
) -> Iterator[dict[str, Any]]:
    """Yield a line an image (docs/formats.md, Caption likelihoods): of its own captions, or of `candidates`.

    Raises InputError for a checkpoint, manifest or picture that cannot be used, and for an image
    without captions where there are no candidates.
    """
    rows = manifest.only(config.splits)
    texts = [list(candidates) if candidates is not None else _captions(row, manifest.name) for row in rows]
    session = Session(checkpoint, config.inference)
    model, tokenizer = session.captioner(config.directions, "read captions"), session.tokenizer
    size = session.preprocessing
    with session.computing():
        blank = torch.zeros((1, 3, size.height, size.width), device=session.device)
        reader = _Reader(model, tokenizer, config, model.memory(blank) if config.relative else None)
    for indices, images in session.batches(manifest.root, rows, description="scoring"):
        with session.computing():
            found = reader.scores(model.memory(images), [texts[index] for index in indices])
        for index, scores in zip(indices, found, strict=True):
            keys = rows[index].keys
            kept = {key: value for key, value in keys.items() if key not in ("captions", "attributes")}
            yield {**kept, "scores": scores}


def read_candidates(path: Path) -> list[str]:
    """Read sentences, one a line, blank lines left out; raises InputError where there is none."""
    try:
        lines = path.read_text("utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise InputError(f"{path} is not UTF-8: save it as UTF-8 text, one sentence a line") from error
    sentences = [line.strip() for line in lines if line.strip()]
    if not sentences:
        raise InputError(f"{path} holds no sentence: write one sentence a line")
    return sentences


class _Reader:
    """Scores texts in the form of the output."""

    def __init__(
        self, model: Captioner, tokenizer: Tokenizer, config: ScoringConfig, blank: Tensor | None
    ) -> None:
        self.textual, self.tokenizer, self.config, self.blank = model.textual, tokenizer, config, blank

    def scores(self, memory: Tensor, texts: Sequence[list[str]]) -> list[list[dict[str, Any]]]:
        """Return the scores of each image's texts; memory (B, S, H)."""
        words = [self._words(group) for group in texts]
        found = {
            direction: self._likelihoods(memory, words, direction) for direction in self.config.directions
        }
        return [
            self._lines(texts[image], words[image], {name: part[image] for name, part in found.items()})
            for image in range(len(texts))
        ]

    def _words(self, texts: Sequence[str]) -> list[list[int]]:
        return [encoding.ids for encoding in self.tokenizer.encode_batch(texts, add_special_tokens=False)]

    def _likelihoods(
        self, memory: Tensor, words: list[list[list[int]]], direction: Direction
    ) -> list[list[float]]:
        backward = direction == "backward"
        if all(group == words[0] for group in words):
            found = score_memory(self.textual, memory, words[0], backward=backward)
            if self.blank is not None:
                found = found - score_memory(self.textual, self.blank, words[0], backward=backward)
            rows: list[list[float]] = found.tolist()
            return rows
        own = score_each(self.textual, memory, words, backward=backward)
        if self.blank is None:
            return own
        blank = self.blank.expand(len(words), -1, -1)
        pairs = zip(own, score_each(self.textual, blank, words, backward=backward), strict=True)
        return [[a - b for a, b in zip(first, second, strict=True)] for first, second in pairs]

    def _lines(
        self, texts: list[str], words: list[list[int]], parts: dict[Direction, list[float]]
    ) -> list[dict[str, Any]]:
        lines: list[dict[str, Any]] = []
        for number, text in enumerate(texts):
            length = num_predicted(words[number], self.textual.max_tokens)
            sums: dict[str, float] = {direction: part[number] for direction, part in parts.items()}
            mean = sum(sums.values()) / (length * len(sums))
            lines.append({"caption": text, "score": mean, **sums, "tokens": length})
        if self.config.best is not None:
            lines.sort(key=lambda line: -line["score"])
        return lines[: self.config.best]


def _captions(row: Row, name: str) -> list[str]:
    captions = row.keys.get("captions")
    if not captions:
        raise InputError(f"{name}: {row.path} has no captions: give sentences by --captions FILE")
    if not isinstance(captions, list) or not all(isinstance(caption, str) for caption in captions):
        raise InputError(f"{name}: {row.path}: captions must be a list of text, not {captions!r}")
    return captions
