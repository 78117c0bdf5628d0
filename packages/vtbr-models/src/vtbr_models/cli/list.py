"""`vtbr-models list`."""

from __future__ import annotations

import json
from dataclasses import asdict

import click


@click.command("list")
@click.option("--zoo", is_flag=True, help="Trained models: their names can stand for a CHECKPOINT.")
def list_architectures(zoo: bool) -> None:
    """Print what a model can be built from, or which trained ones there are, as JSON.

    \b
    Example:
      vtbr-models list | jq -r '.backbones[] | [.name, .parameters] | @tsv'
      vtbr-models list --zoo | jq -r '.[] | [.name, .about, .licence] | @tsv'
    """
    if zoo:
        from ..zoo import read_zoo

        click.echo(json.dumps([asdict(entry) for entry in read_zoo().values()], indent=2, ensure_ascii=False))
        return
    import torch

    from ..backbones import BACKBONES, build_backbone
    from ..captioner.objectives import OBJECTIVES
    from ..embedder.pooling import POOLINGS

    backbones = []
    for name in BACKBONES:
        with torch.device("meta"):
            backbone = build_backbone(name)
        parameters = sum(parameter.numel() for parameter in backbone.parameters())
        backbones.append({"name": name, "width": backbone.width, "parameters": parameters})
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
