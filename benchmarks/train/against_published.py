"""A run with the published settings against the published recipe written plainly, both at 256 x 128."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

from ..measuring import apart, printed
from .people import render
from .published import measure

PUBLISHED = ["batch_size=16", "precision=float32", "data.workers=0", "model.dropout=0"]
STEPS = 4


def main(_: list[str]) -> None:
    """Draw people, then compare on captions of one kind and of mixed lengths."""
    print("| captions | padding | plain | ours | ratio | losses apart |")
    print("| --- | --- | --- | --- | --- | --- |")
    with tempfile.TemporaryDirectory() as folder:
        manifest, tokenizer = render(Path(folder))
        for style, detail in (("template", 0.0), ("grammar", 0.3), ("grammar", 1.0)):
            captioned = manifest.with_name(f"{style}-{detail}.jsonl")
            words = ["--style", style, "--detail", detail, "-o", captioned]
            printed("vtbr_data", "caption", manifest, *words)
            compare(f"{style}, detail {detail}", captioned, tokenizer)


def compare(captions: str, manifest: Path, tokenizer: Path) -> None:
    """Print the row of one kind of captions."""
    settings = [word for setting in PUBLISHED for word in ("--set", setting)]
    words = [manifest, "--tokenizer", tokenizer, *settings, "--steps", STEPS]
    found = json.loads(printed("vtbr_train", "benchmark", "pretrain", *words))
    ours = found["images_per_second"]["end_to_end"]
    plain = apart(measure, str(manifest), str(tokenizer), STEPS)
    print(
        f"| {captions} | {100 * plain['padding']:.0f} % | {plain['images_per_second']:.2f} | {ours:.2f} "
        f"| **{ours / plain['images_per_second']:.2f}** | {plain['apart']:.0e} |",
        flush=True,
    )
