"""`vtbr-models list`."""

from __future__ import annotations

import json
from dataclasses import asdict

import click

_SIZE = (256, 128)  # pixels of the picture that FLOPs are counted for


@click.command("list")
@click.option("--zoo", is_flag=True, help="Trained models: their names can stand for a CHECKPOINT.")
def list_architectures(zoo: bool) -> None:
    """Print what a model can be built from, or which trained ones there are, as JSON.

    A backbone's gflop are thousand millions of multiply-adds for one picture of 256 x 128 pixels.

    \b
    Example:
      vtbr-models list | jq -r '.backbones[] | [.name, .parameters, .gflop] | @tsv'
      vtbr-models list --zoo | jq -r '.[] | [.name, .about, .licence] | @tsv'
    """
    if zoo:
        from ..zoo import read_zoo

        click.echo(json.dumps([asdict(entry) for entry in read_zoo().values()], indent=2, ensure_ascii=False))
        return
    import torch
    from torch.utils.flop_counter import FlopCounterMode

    from ..backbones import BACKBONES, build_backbone
    from ..captioner import OBJECTIVES
    from ..embedder import POOLINGS

    backbones = []
    for name in BACKBONES:
        with torch.device("meta"):
            backbone = build_backbone(name).eval()
            picture = torch.empty(1, 3, *_SIZE)
        counter = FlopCounterMode(display=False)
        with counter, torch.no_grad():
            backbone(picture)
        backbones.append(
            {
                "name": name,
                "width": backbone.width,
                "parameters": sum(parameter.numel() for parameter in backbone.parameters()),
                "gflop": round(counter.get_total_flops() / 2e9, 3),  # multiply-adds, as papers count
            }
        )
    listing = {
        "models": ["captioner", "embedder"],
        "backbones": backbones,
        "textual": "L<layers>_H<width>_A<heads>_F<feed-forward width>, such as L1_H1024_A16_F4096; "
        "L1_H1024 means that too (heads of 64, four times the width)",
        "norms": ["post", "pre"],
        "objectives": [
            {
                "name": name,
                "learns to": objective.about,
                "from": objective.needs,
                "setting": objective.setting,
            }
            for name, objective in OBJECTIVES.items()
        ],
        "poolings": list(POOLINGS),
    }
    click.echo(json.dumps(listing, indent=2))
