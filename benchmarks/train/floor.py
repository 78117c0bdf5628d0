"""How much of the network's own speed a training run keeps.

The floor is forward and backward of one batch that lies in memory, with the same settings and nothing else;
end to end is a run with reading, augmentation, optimizer, Lookahead and clipping. Names: resnet50 (the
published captioner, batch 16, 224 x 224), pretrain and finetune (ResNet-18, 128 x 64).
"""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

from ..measuring import printed
from .people import render

RESNET18 = [
    *("--set", "backbone=resnet18", "--set", "data.height=128", "--set", "data.width=64"),
    *("--set", "data.identities_per_batch=8"),
]
CASES = {
    "resnet50": (
        "pretrain",
        ["--recipe", "virtex", "--set", "batch_size=16", "--set", "precision=float32"],
        2,
    ),
    "pretrain": (
        "pretrain",
        [
            *("--recipe", "laptop", "--set", "model.backbone=resnet18", "--set", "model.last_stride=2"),
            *("--set", "data.height=128", "--set", "data.width=64", "--set", "batch_size=16"),
            *("--set", "optimizer.lookahead_steps=5"),
        ],
        10,
    ),
    "finetune": ("finetune", ["--recipe", "laptop", *RESNET18], 10),
}
COLUMNS = ["run", "floor", "with the optimizer", "reading alone", "end to end", "of the floor", "of the peak"]


def main(names: list[str]) -> None:
    """Draw people, then measure the cases of these names."""
    print(f"| {' | '.join(COLUMNS)} |\n|{' --- |' * len(COLUMNS)}")
    with tempfile.TemporaryDirectory() as folder:
        manifest, tokenizer = render(Path(folder))
        for name in names:
            job, words, steps = CASES[name]
            if job == "pretrain":
                words = [*words, "--tokenizer", str(tokenizer)]
            found = json.loads(printed("vtbr_train", "benchmark", job, manifest, *words, "--steps", steps))
            speeds = " | ".join(f"{value:.1f}" for value in found["images_per_second"].values())
            print(f"| {name} | {speeds} | **{found['of_floor']:.2f}** | {found['of_peak']:.2f} |", flush=True)
