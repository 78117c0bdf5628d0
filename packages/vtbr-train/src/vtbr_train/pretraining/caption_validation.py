"""How well a captioner does on held-out images: its losses, and captions to look at."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from vtbr_models.decoding import BeamSearch, generate

from ..captions import held_out_batches
from ..run import visible

if TYPE_CHECKING:
    from tokenizers import Tokenizer

    from vtbr_data.training import CaptionImages

    from ..task import Task

_SHOWN = 8
"""Pictures shown at each validation."""


def validation_losses(task: Task, images: CaptionImages) -> dict[str, float]:
    """Return the mean of each loss over held-out images, as `validation_NAME`; the batches weigh by their
    images.
    """
    config = task.config
    totals: dict[str, float] = {}
    device = task.hardware.device
    batches = held_out_batches(images, config.batch_size, workers=config.data.workers, device=device)
    for batch in batches:
        with task.hardware.autocast():
            losses = task.losses(task.module, batch)
        for name, value in losses.items():
            totals[name] = totals.get(name, 0.0) + float(value) * len(batch.images)
    return {f"validation_{name}": total / len(images) for name, total in totals.items()}


def show_captions(task: Task, images: CaptionImages, tokenizer: Tokenizer, writer: Any, step: int) -> None:
    """Show the first held-out pictures and their captions, true and predicted, for TensorBoard."""
    size = min(_SHOWN, len(images))
    batch = next(held_out_batches(images, size, workers=0, device=task.hardware.device))
    with task.hardware.autocast():
        captions = generate(task.model, task.hardware.images(batch.images), BeamSearch(beams=1))
    texts = tokenizer.decode_batch([list(caption.tokens) for caption, *_ in captions])
    rows = [f"| {row.captions[0]} | {text} |" for row, text in zip(images.samples.rows, texts, strict=False)]
    writer.add_images("held-out/pictures", visible(batch.images), step)
    writer.add_text("held-out/captions", "\n".join(["| true | predicted |", "| --- | --- |", *rows]), step)
