"""What the training benchmarks read: a few rendered people, and a tokenizer with a full vocabulary."""

from __future__ import annotations

import json
import random
import string
from pathlib import Path

from ..measuring import printed


def render(folder: Path) -> tuple[Path, Path]:
    """Draw the people; returns their manifest and the tokenizer's file."""
    printed("vtbr_data", "render", folder / "people", "--style", "source", "--identities", 40, "--views", 12)
    manifest, tokenizer = folder / "people/manifest.jsonl", folder / "tokenizer.json"
    (folder / "words.jsonl").write_text(made_up_words() + manifest.read_text(encoding="utf-8"))
    printed("vtbr_data", "tokenizer", "train", folder / "words.jsonl", "-o", tokenizer)
    return manifest, tokenizer


def made_up_words() -> str:
    """Return a manifest of captions with enough different words for a full vocabulary."""
    random.seed(0)
    words = ["".join(random.choices(string.ascii_lowercase, k=random.randint(3, 8))) for _ in range(30_000)]
    rows = (
        {
            "path": f"{i}.jpg",
            "identity": 1,
            "camera": 1,
            "split": "train",
            "captions": [" ".join(words[i : i + 20])],
        }
        for i in range(0, len(words), 20)
    )
    return "".join(json.dumps(row) + "\n" for row in rows)
