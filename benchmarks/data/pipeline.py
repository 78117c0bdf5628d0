"""From JPEG files to augmented float batches, against PIL and torchvision's transforms image by image.

Both in this process, without workers: images a second and core.
"""

from __future__ import annotations

import random
import tempfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import torch
from PIL import Image
from torch.nn.utils.rnn import pad_sequence
from torchvision import transforms

from vtbr_data.tokenizer.tokenizer import train_tokenizer
from vtbr_data.training import (
    BatchIndices,
    CaptionAugmentation,
    CaptionImages,
    IdentityAugmentation,
    IdentityImages,
    Samples,
    ShuffledBatches,
    encode_caption,
    identity_classes,
    load_batches,
    swap_left_right,
)

from ..measuring import best_seconds
from .photos import CAPTIONS, write_photos

MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


def main() -> None:
    """Print the table."""
    torch.set_num_threads(1)
    print("| pictures | to | plain images/s | ours images/s | ratio |")
    print("| --- | --- | --- | --- | --- |")
    show("128 x 64, identities", "256 x 128", identities, count=256, width=64, height=128, batch_size=64)
    show("640 x 480, captions", "224 x 224", captions, count=64, width=640, height=480, batch_size=64)
    show("2,048 x 1,536, captions", "224 x 224", captions, count=16, width=2048, height=1536, batch_size=16)


def show(
    pictures: str,
    to: str,
    make: Callable[[Samples, list[BatchIndices]], dict[str, Callable[[], object]]],
    *,
    count: int,
    width: int,
    height: int,
    batch_size: int,
) -> None:
    """Measure one kind of pictures."""
    with tempfile.TemporaryDirectory() as folder:
        samples = write_photos(Path(folder), count, width, height)
        steps = count // batch_size
        order = list(ShuffledBatches(count, batch_size, seed=0, first_step=1, last_step=steps))
        best = best_seconds(make(samples, order), repeats=5)
    plain, ours = count / best["plain"], count / best["ours"]
    print(f"| {pictures} | {to} | {plain:,.0f} | {ours:,.0f} | {ours / plain:.2f} |", flush=True)


def identities(samples: Samples, order: list[BatchIndices]) -> dict[str, Callable[[], object]]:
    """Pad and crop, flip, erase."""
    classes = identity_classes([row.identity for row in samples.rows])
    images = IdentityImages(samples, classes, IdentityAugmentation(height=256, width=128))
    transform = transforms.Compose(
        [
            transforms.Resize((256, 128)),
            transforms.RandomHorizontalFlip(),
            transforms.Pad(10),
            transforms.RandomCrop((256, 128)),
            transforms.ToTensor(),
            transforms.Normalize(MEAN, STD),
            transforms.RandomErasing(0.5, value=0),
        ]
    )

    def plain() -> Iterator[object]:
        for draws in order:
            pixels = torch.stack([transform(opened(samples, row)) for row in draws.rows])
            yield pixels, torch.tensor([classes[samples.rows[row].identity] for row in draws.rows])

    return {
        "plain": lambda: consume(plain()),
        "ours": lambda: consume(load_batches(images, order, workers=0)),
    }


def captions(samples: Samples, order: list[BatchIndices]) -> dict[str, Callable[[], object]]:
    """Return both ways of a random resized crop, a flip with the caption, and jitter."""
    tokenizer = train_tokenizer(list(CAPTIONS) * 3, 200)
    images = CaptionImages(samples, tokenizer, 30, CaptionAugmentation(height=224, width=224))
    crop = transforms.RandomResizedCrop(224, scale=(0.2, 1.0))
    jitter = transforms.RandomApply([transforms.ColorJitter(0.4, 0.4, 0.4, 0.1)], 0.8)
    finish = transforms.Compose([jitter, transforms.ToTensor(), transforms.Normalize(MEAN, STD)])

    def item(row: int) -> tuple[torch.Tensor, torch.Tensor]:
        image, caption = crop(opened(samples, row)), random.choice(samples.rows[row].captions)
        if random.random() < 0.5:
            image, caption = transforms.functional.hflip(image), swap_left_right(caption)
        return finish(image), encode_caption(tokenizer, caption, 30)

    def plain() -> Iterator[object]:
        for draws in order:
            pixels, tokens = zip(*(item(row) for row in draws.rows), strict=True)
            yield torch.stack(pixels), pad_sequence(list(tokens), batch_first=True)

    return {
        "plain": lambda: consume(plain()),
        "ours": lambda: consume(load_batches(images, order, workers=0)),
    }


def opened(samples: Samples, row: int) -> Image.Image:
    """Open a picture as a plain dataset does."""
    return Image.open(samples.pictures.name(row)).convert("RGB")


def consume(batches: Iterable[object]) -> None:
    """Make all batches; as in training, one is still held while the next is made."""
    for _ in batches:
        pass
