"""Losses and gradients of the textual head, scored only where a word is predicted, against everywhere.

Batch 32, 32 cells, L1_H1024_A16_F4096, vocabulary 10,000, captions of 12 to 30 tokens, as long as that
equally often; the backbone is left out of both. "everywhere" scores all positions and ignores padding in
the cross-entropy, as VirTex does.
"""

from __future__ import annotations

from typing import Any

import torch
from einops import rearrange
from torch import Tensor
from torch.nn import functional

from vtbr_models.captioner import EOS, PAD, SOS, Captioner, reverse
from vtbr_models.captioner.masking import mask_words
from vtbr_models.checkpoint import build_model

from ..measuring import apart, measured

BATCH, CELLS, VOCABULARY, LONGEST = 32, 32, 10_000, 30
TEXTUAL = {"name": "L1_H1024", "vocabulary_size": VOCABULARY, "max_tokens": LONGEST, "dropout": 0.0}


def main() -> None:
    """Print the table."""
    print("| objective | scored | s | everywhere / this | MiB above the model | loss |")
    print("| --- | --- | --- | --- | --- | --- |")
    for objective in ("bicaptioning", "masked_lm"):
        found = {way: apart(measure, objective, way) for way in ("everywhere", "where predicted")}
        for way, row in found.items():
            ratio = found["everywhere"]["seconds"] / row["seconds"]
            print(
                f"| {objective} | {way} | {row['seconds']:.2f} | {ratio:.2f} | {row['mib']:,.0f} "
                f"| {row['loss']:.5f} |",
                flush=True,
            )


def measure(objective: str, way: str) -> dict[str, Any]:
    """Measure seconds and memory of one loss with its gradient."""
    torch.manual_seed(0)
    architecture = {
        "model": "captioner",
        "visual": {"name": "resnet10"},
        "textual": TEXTUAL,
        "objectives": {objective: {}},
    }
    model = build_model(architecture).eval()  # gaps of masked_lm are then the same every time
    assert isinstance(model, Captioner)
    grid = torch.randn(BATCH, model.visual.width, CELLS // 4, 4)
    tokens = _captions()
    for parameter in model.textual.parameters():
        parameter.grad = torch.zeros_like(parameter)  # there before, so that neither way pays for it

    def step() -> float:
        losses = (
            model._text_losses(grid, tokens) if way == "where predicted" else _everywhere(model, grid, tokens)
        )
        loss = torch.stack(list(losses.values())).sum()
        loss.backward()
        return loss.item()

    seconds, mib, loss = measured(step, repeats=5)
    return {"seconds": seconds, "mib": mib, "loss": loss}


def _everywhere(model: Captioner, grid: Tensor, tokens: Tensor) -> dict[str, Tensor]:
    textual = model.textual
    memory = textual.memory(grid)
    if "masked" in textual.readers:
        gaps, is_chosen = mask_words(tokens, VOCABULARY, is_training=False)
        return {"masked": _ignoring(textual.scores(textual.fill(memory, gaps)), tokens.where(is_chosen, PAD))}
    return {
        direction: _ignoring(textual(memory, order[:, :-1], backward=direction == "backward"), order[:, 1:])
        for direction, order in (("forward", tokens), ("backward", reverse(tokens)))
    }


def _ignoring(scores: Tensor, targets: Tensor) -> Tensor:
    return functional.cross_entropy(
        rearrange(scores, "b l v -> (b l) v"), rearrange(targets, "b l -> (b l)"), ignore_index=PAD
    )


def _captions() -> Tensor:
    tokens = torch.randint(5, VOCABULARY, (BATCH, LONGEST))
    tokens[:, 0] = SOS
    for row, length in enumerate(torch.linspace(12, LONGEST, BATCH).long().tolist()):
        tokens[row, length - 1], tokens[row, length:] = EOS, PAD
    return tokens
