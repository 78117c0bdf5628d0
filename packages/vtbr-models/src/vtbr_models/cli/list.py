"""`vtbr-models list`."""

from __future__ import annotations

import json
from dataclasses import asdict

import click


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
    from ..backbones import SIZES
    from ..captioner import OBJECTIVES
    from ..embedder import POOLING_NAMES

    listing = {
        "models": ["captioner", "embedder"],
        "backbones": [{"name": name, **size._asdict()} for name, size in SIZES.items()],
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
        "poolings": list(POOLING_NAMES),
    }
    click.echo(json.dumps(listing, indent=2))
