"""How much of the network's own speed a training run keeps: `python benchmarks/train/bench.py [NAME...]`.

The floor is forward and backward of one batch that lies in memory, with the same settings and nothing else;
end to end is a run with reading, augmentation, optimizer, Lookahead and clipping. Names: resnet50 (the
published captioner, batch 16, 224 x 224), pretrain and finetune (ResNet-18, 128 x 64). Default: all.
"""

from __future__ import annotations

import json
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


def main() -> None:
    """Draw people, then measure the cases that the command line names."""
    names = sys.argv[1:] or list(CASES)
    unknown = sorted(set(names) - set(CASES))
    if unknown:
        sys.exit(f"unknown {unknown[0]!r}: one of {', '.join(CASES)}")
    with tempfile.TemporaryDirectory() as folder:
        people, tokenizer = Path(folder) / "people", Path(folder) / "tokenizer.json"
        run("vtbr_data", "draw", people, "--style", "source", "--identities", 40, "--views", 12)
        run("vtbr_data", "tokenizer", "train", people / "manifest.jsonl", "-o", tokenizer)
        print(
            "| run | floor | with the optimizer | reading alone | end to end | of the floor | of the peak |"
        )
        print("| --- | --- | --- | --- | --- | --- | --- |")
        for name in names:
            job, words, steps = CASES[name]
            if job == "pretrain":
                words = [*words, "--tokenizer", str(tokenizer)]
            text = run("vtbr_train", "benchmark", job, people / "manifest.jsonl", *words, "--steps", steps)
            found = json.loads(text)
            speeds = " | ".join(f"{value:.1f}" for value in found["images_per_second"].values())
            print(f"| {name} | {speeds} | **{found['of_floor']:.2f}** | {found['of_peak']:.2f} |", flush=True)


def run(module: str, *words: object) -> str:
    """What a command prints."""
    line = [sys.executable, "-m", module, *map(str, words)]
    return subprocess.run(line, check=True, stdout=subprocess.PIPE, text=True).stdout


if __name__ == "__main__":
    main()
