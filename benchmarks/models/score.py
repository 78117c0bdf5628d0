"""Scores of candidate sentences against captions read one by one; the backbone is left out of both.

8 images, 96 sentences that differ in one or two words ("a man in a red coat and blue jeans"), one direction,
L1_H1024_A16_F4096, vocabulary 10,000. "captions alone" reads an image's sentences as one batch, each with
the image's cells, as training does.
"""

from __future__ import annotations

import itertools
from typing import Any

import torch
from einops import repeat
from torch import Tensor

from vtbr_models.captioner import EOS, SOS, Captioner
from vtbr_models.decoding import score_memory

from ..measuring import apart, measured
from .generation import random_captioner

WAYS = ("captions alone", "one tree")
SENTENCES = [
    [10, person, 11, 10, upper, garment, 12, lower, 13]
    for person, upper, garment, lower in itertools.product((20, 21), range(30, 38), (40, 41), (50, 51, 52))
]


def main() -> None:
    """Print the table."""
    print("| way | s | first / this | MiB above the model | largest difference, nats |")
    print("| --- | --- | --- | --- | --- |")
    found = {way: apart(measure, way) for way in WAYS}
    first = found[WAYS[0]]
    for way, row in found.items():
        off = (torch.tensor(row["scores"]) - torch.tensor(first["scores"])).abs().max().item()
        ratio = first["seconds"] / row["seconds"]
        print(f"| {way} | {row['seconds']:.2f} | {ratio:.1f} | {row['mib']:,.0f} | {off:.1e} |")


def measure(way: str) -> dict[str, Any]:
    """Measure one way, with the scores it finds."""
    model, memory = random_captioner()
    work = {"captions alone": _alone, "one tree": _tree}[way]
    seconds, mib, scores = measured(lambda: work(model, memory), repeats=3)
    return {"seconds": seconds, "mib": mib, "scores": scores.tolist()}


def _tree(model: Captioner, memory: Tensor) -> Tensor:
    return score_memory(model.textual, memory, SENTENCES)


@torch.inference_mode()
def _alone(model: Captioner, memory: Tensor) -> Tensor:
    """Score all sentences of each image as one batch, (B, C)."""
    tokens = torch.tensor([[SOS, *words, EOS] for words in SENTENCES])
    rows = []
    for image in memory:
        scores = model.logits(repeat(image, "s h -> c s h", c=len(tokens)), tokens[:, :-1]).log_softmax(
            dim=-1
        )
        rows.append(scores.gather(2, tokens[:, 1:, None]).sum(dim=(1, 2)))
    return torch.stack(rows)
