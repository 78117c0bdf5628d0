"""Scores of captions for a manifest's images by a trained model."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import torch
from tokenizers import Tokenizer
from torch import Tensor

from ..captioner.captioner import Captioner
from ..decoding.scoring import num_predicted, score_each, score_memory
from ..errors import InputError
from ..files.manifest import SPLITS, Manifest, Row
from ..files.progress import track
from ..inference.device import choose_device, choose_precision, default_workers, inference
from ..inference.pictures import batches
from .captioning import load_captioner

Direction = Literal["forward", "backward"]


@dataclass(frozen=True, kw_only=True, slots=True)
class ScoringConfig:
    """What is scored, and how."""

    splits: tuple[str, ...] = SPLITS
    directions: tuple[Direction, ...] = ("forward", "backward")
    relative: bool = False
    """Less the score of a picture of one colour, the mean: what the words are worth by themselves."""
    best: int | None = None
    """Only so many captions of an image, best first; None: all, in their order."""
    batch_size: int = 64
    workers: int | None = None
    precision: str = "auto"
    device: str = "auto"


def scored(
    checkpoint: str | os.PathLike[str],
    manifest: Manifest,
    config: ScoringConfig,
    candidates: Sequence[str] | None = None,
) -> Iterator[dict[str, Any]]:
    """A line an image (docs/formats.md, Caption likelihoods): of its own captions, or of `candidates`.

    Raises InputError for a checkpoint, manifest or picture that cannot be used, and for an image
    without captions where there are no candidates.
    """
    rows = manifest.only(config.splits)
    texts = [list(candidates) if candidates is not None else _captions(row, manifest.name) for row in rows]
    device = choose_device(config.device)
    model, tokenizer, preprocessing = load_captioner(checkpoint, device, config.directions, "read captions")
    precision = choose_precision(config.precision, device)
    with inference(device, precision):
        blank = torch.zeros((1, 3, preprocessing.height, preprocessing.width), device=device)
        reader = _Reader(model, tokenizer, config, model.memory(blank) if config.relative else None)
    pictures = batches(
        [manifest.root / row.path for row in rows],
        preprocessing,
        batch_size=config.batch_size,
        workers=default_workers(len(rows), device) if config.workers is None else config.workers,
        device=device,
    )
    first = 0
    for images in track(pictures, total=len(rows), batch_size=config.batch_size, description="scoring"):
        these = slice(first, first + len(images))
        with inference(device, precision):
            found = reader.scores(model.memory(images), texts[these])
        for row, scores in zip(rows[these], found, strict=True):
            kept = {key: value for key, value in row.keys.items() if key not in ("captions", "attributes")}
            yield {**kept, "scores": scores}
        first += len(images)


def read_candidates(path: Path) -> list[str]:
    """Sentences, one a line; blank lines are left out. Raises InputError where there is none."""
    try:
        lines = path.read_text("utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise InputError(f"{path} is not UTF-8: save it as UTF-8 text, one sentence a line") from error
    sentences = [line.strip() for line in lines if line.strip()]
    if not sentences:
        raise InputError(f"{path} holds no sentence: write one a line")
    return sentences


class _Reader:
    """Scores texts as they stand in the output."""

    def __init__(
        self, model: Captioner, tokenizer: Tokenizer, config: ScoringConfig, blank: Tensor | None
    ) -> None:
        self.textual, self.tokenizer, self.config, self.blank = model.textual, tokenizer, config, blank

    def scores(self, memory: Tensor, texts: Sequence[list[str]]) -> list[list[dict[str, Any]]]:
        """Of each image its texts' scores; memory (B, S, H)."""
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
