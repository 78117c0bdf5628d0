"""How much of the network's own speed a training run keeps: `python benchmarks/train/bench.py [NAME...]`.

The floor is forward and backward of one batch that lies in memory, with the same settings and nothing else;
end to end is a run with reading, augmentation, optimizer, Lookahead and clipping. Names: resnet50 (the
published captioner, batch 16, 224 x 224), pretrain and finetune (ResNet-18, 128 x 64); and published, which
times the published captioner at 256 x 128 against the same recipe written plainly. Default: all.
"""

from __future__ import annotations

import json
import random
import string
import subprocess
import sys
import tempfile
from pathlib import Path

CASES = {
    "resnet50": (
        "pretrain",
        ["--recipe", "virtex", "--set", "batch_size=16", "--set", "precision=float32"],
        2,
    ),
    "pretrain": (
        "pretrain",
        ["--recipe", "laptop", "--set", "model.backbone=resnet18", "--set", "optimizer.lookahead_steps=5"],
        10,
    ),
    "finetune": ("finetune", ["--recipe", "laptop", "--set", "backbone=resnet18"], 10),
}
COLUMNS = ["run", "floor", "with the optimizer", "reading alone", "end to end", "of the floor", "of the peak"]
PUBLISHED = ["batch_size=16", "precision=float32", "data.workers=0", "model.dropout=0"]
STEPS = 4


def main() -> None:
    """Draw people, then measure the cases that the command line names."""
    names = sys.argv[1:] or [*CASES, "published"]
    unknown = sorted(set(names) - {*CASES, "published"})
    if unknown:
        sys.exit(f"unknown {unknown[0]!r}: one of {', '.join([*CASES, 'published'])}")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        run("vtbr_data", "draw", folder / "people", "--style", "source", "--identities", 40, "--views", 12)
        manifest, tokenizer = folder / "people/manifest.jsonl", folder / "tokenizer.json"
        (folder / "words.jsonl").write_text(made_up_words() + manifest.read_text(encoding="utf-8"))
        run("vtbr_data", "tokenizer", "train", folder / "words.jsonl", "-o", tokenizer)
        cases = [name for name in names if name in CASES]
        if cases:
            print(f"| {' | '.join(COLUMNS)} |\n|{' --- |' * len(COLUMNS)}")
        for name in cases:
            job, words, steps = CASES[name]
            if job == "pretrain":
                words = [*words, "--tokenizer", str(tokenizer)]
            found = json.loads(run("vtbr_train", "benchmark", job, manifest, *words, "--steps", steps))
            speeds = " | ".join(f"{value:.1f}" for value in found["images_per_second"].values())
            print(f"| {name} | {speeds} | **{found['of_floor']:.2f}** | {found['of_peak']:.2f} |", flush=True)
        if "published" in names:
            against_published(folder, manifest, tokenizer)


def against_published(folder: Path, manifest: Path, tokenizer: Path) -> None:
    """The published recipe written plainly, and ours; captions of one kind and of mixed lengths."""
    print("| captions | padding | plain | ours | ratio | losses apart |")
    print("| --- | --- | --- | --- | --- | --- |")
    for style, detail in (("template", 0.0), ("grammar", 0.3), ("grammar", 1.0)):
        captioned = manifest.with_name(f"{style}-{detail}.jsonl")
        run("vtbr_data", "caption", manifest, "--style", style, "--detail", detail, "-o", captioned)
        words = [
            captioned,
            "--tokenizer",
            tokenizer,
            *(word for value in PUBLISHED for word in ("--set", value)),
            "--steps",
            STEPS,
        ]
        ours = json.loads(run("vtbr_train", "benchmark", "pretrain", *words))
        speed = ours["images_per_second"]["end_to_end"]
        line = [sys.executable, str(Path(__file__).with_name("published.py")), captioned, tokenizer, STEPS]
        text = subprocess.run(
            [*map(str, line)], check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        ).stdout
        plain = json.loads(text)
        print(
            f"| {style}, detail {detail} | {100 * plain['padding']:.0f} % | {plain['images_per_second']:.2f} "
            f"| {speed:.2f} | **{speed / plain['images_per_second']:.2f}** | {plain['apart']:.0e} |",
            flush=True,
        )


def made_up_words() -> str:
    """A manifest of captions with enough different words for a full vocabulary."""
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


def run(module: str, *words: object) -> str:
    """What a command prints."""
    line = [sys.executable, "-m", module, *map(str, words)]
    return subprocess.run(line, check=True, stdout=subprocess.PIPE, text=True).stdout


if __name__ == "__main__":
    main()
