"""Captions and tokenizers: CPU seconds for a million, against the plainest program for the same.

Captions of 20,000 made-up people are written and learnt from, and the time is given for a million: all of it
grows in proportion, but for the vocabulary, which is the same.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator

from tokenizers import Tokenizer, models, trainers

from vtbr_data.attributes import VALUES
from vtbr_data.captions.captions import CaptionStyle, captions_of
from vtbr_data.tokenizer import text
from vtbr_data.tokenizer.coverage import caption_coverage
from vtbr_data.tokenizer.tokenizer import MODELS, SPECIAL_TOKENS, train_tokenizer

from ..measuring import best_seconds

NUM_ROWS, PER_IMAGE, MILLION = 20_000, 2, 1_000_000


def main() -> None:
    """Print the table."""
    rows = list(people())
    captions = [caption for row in described(rows, CaptionStyle()) for caption in row]
    trained = train_tokenizer(captions)
    runs: dict[str, Callable[[], object]] = {
        "captions, template (str.format alone would do)": lambda: list(
            described(rows, CaptionStyle(style="template"))
        ),
        "captions, three orders": lambda: list(described(rows, CaptionStyle(style="orders"))),
        "captions, grammar": lambda: list(described(rows, CaptionStyle())),
        "captions, grammar, at most 20 words": lambda: list(described(rows, CaptionStyle(max_words=20))),
        "train BPE with the library's trainer": lambda: library(captions),
        **{f"train {model}": lambda model=model: train_tokenizer(captions, model=model) for model in MODELS},  # type: ignore[misc]
        "encode (library) and measure coverage": lambda: caption_coverage(trained, captions, 30),
    }
    numbers = {name: len(rows) if "template" in name else len(captions) for name in runs}
    best = best_seconds(runs)
    plain = best["train BPE with the library's trainer"]
    print("| what | s for a million | times the library's trainer |")
    print("| --- | --- | --- |")
    for name, seconds in best.items():
        ratio = f"{plain / seconds:.1f} x faster" if name.startswith("train") else ""
        print(f"| {name} | {seconds / numbers[name] * MILLION:.1f} | {ratio} |")


def people() -> Iterator[dict[str, object]]:
    """Yield attributes of made-up people, all of them known."""
    dice = random.Random(0)
    for _ in range(NUM_ROWS):
        yield {name: dice.choice(values) for name, values in VALUES.items()} | {
            "viewpoint": dice.randrange(360)
        }


def described(rows: list[dict[str, object]], style: CaptionStyle) -> Iterator[tuple[str, ...]]:
    """Yield the captions of each."""
    for number, attributes in enumerate(rows):
        yield captions_of(f"{number}.jpg", attributes, seed=0, number=PER_IMAGE, style=style)


def library(captions: list[str]) -> Tokenizer:
    """Train byte-pair encoding by the library, one caption after the other."""
    tokenizer = Tokenizer(models.BPE(unk_token="[UNK]"))
    tokenizer.normalizer, tokenizer.pre_tokenizer = text.normalizer(), text.pre_tokenizer()
    special = list(SPECIAL_TOKENS)
    trainer = trainers.BpeTrainer(vocab_size=10_000, special_tokens=special, show_progress=False)
    tokenizer.train_from_iterator(captions, trainer)
    return tokenizer
