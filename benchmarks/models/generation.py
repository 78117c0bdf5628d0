"""Captions with a cache against prefixes computed anew; the backbone is left out of both.

Batch 8, 32 cells, L1_H1024_A16_F4096, vocabulary 10,000, 30 tokens: captions never end early, so all
lengths are run. "products" are the matrix products of the cached way and nothing else.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from vtbr_models.captioner import EOS, Captioner
from vtbr_models.checkpoint import build_model
from vtbr_models.decoding import pack_decoders
from vtbr_models.decoding.beam_search import BeamSearch, beam_search
from vtbr_models.decoding.hypotheses import Hypotheses
from vtbr_models.decoding.sampling import Sampling, sample

from ..measuring import apart, measured
from .oracle import naive_beam_search

BATCH, CELLS, WIDTH = 8, 32, 1024
ARCHITECTURE = {
    "model": "captioner",
    "visual": {"name": "resnet10"},
    "textual": {"name": f"L1_H{WIDTH}_A16_F4096", "vocabulary_size": 10_000, "max_tokens": 30},
}
WAYS = ("naive", "naive, last token only", "cached", "products", "nucleus 0.9")


def main() -> None:
    """Print the table."""
    print("| beams | way | s | naive / this | MiB above the model | |")
    print("| --- | --- | --- | --- | --- | --- |")
    for beams in (5, 1):
        found = {way: apart(measure, way, beams) for way in WAYS if beams == 1 or "nucleus" not in way}
        naive = found["naive"]
        for way, row in found.items():
            is_equal = "same tokens" if row["tokens"] == naive["tokens"] else ""
            print(
                f"| {beams} | {way} | {row['seconds']:.2f} | {naive['seconds'] / row['seconds']:.1f} "
                f"| {row['mib']:,.0f} | {is_equal} |",
                flush=True,
            )


def measure(way: str, beams: int) -> dict[str, Any]:
    """Measure one way, with the captions it finds."""
    model, memory = random_captioner()
    if way.startswith("naive"):
        last_only = way != "naive"
        seconds, mib, found = measured(
            lambda: naive_beam_search(model, memory, beams, last_only=last_only), repeats=1
        )
        return {"seconds": seconds, "mib": mib, "tokens": found}
    pack_decoders(model.textual)
    if way == "products":
        seconds, mib, _ = measured(lambda: _products(model, memory, beams), repeats=5)
        return {"seconds": seconds, "mib": mib, "tokens": None}
    with torch.inference_mode():
        seconds, mib, captions = measured(lambda: _captions(way, model, memory, beams), repeats=5)
    return {"seconds": seconds, "mib": mib, "tokens": [best[0].tokens for best in captions]}


def _captions(way: str, model: Captioner, memory: Tensor, beams: int) -> Any:
    hypotheses = Hypotheses(model.textual, memory, beams, backward=False)
    if way == "cached":
        return beam_search(hypotheses, BeamSearch(beams=beams))
    return sample(hypotheses, Sampling(top_p=0.9), range(len(memory)))


@torch.inference_mode()
def _products(model: Captioner, memory: Tensor, beams: int) -> None:
    """Compute each matrix of the head once a length, the image's keys and values once."""
    layer = model.textual.forward_decoder.layers[0]
    rows = torch.randn(BATCH * beams, WIDTH)
    for read in (layer.cross_attention.key, layer.cross_attention.value):
        read(memory)
    for _ in range(model.textual.max_tokens - 1):
        own, cross = layer.self_attention, layer.cross_attention
        for linear in (own.query, own.key, own.value, own.output, cross.query, cross.output):
            linear(rows)
        layer.contract(layer.expand(rows))
        model.textual.scores(rows)


def random_captioner() -> tuple[Captioner, Tensor]:
    """Return a captioner of random weights, large enough that captions differ, and the memory of a batch."""
    torch.manual_seed(0)
    model = build_model(ARCHITECTURE).eval()
    assert isinstance(model, Captioner)
    with torch.no_grad():
        for name, parameter in model.textual.named_parameters():
            if parameter.dim() == 2:
                parameter.mul_(4 if "cross" in name else 2)
        model.textual.output_bias[EOS] = -1000.0
    return model, 3 * torch.randn(BATCH, CELLS, WIDTH)
