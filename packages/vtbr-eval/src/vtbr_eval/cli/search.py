"""`vtbr-eval search`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from .shared import options
from .shared.command import Command
from .shared.output import write_result
from .shared.progress import Waiting

if TYPE_CHECKING:
    from ..protocol import Distance
    from ..text_search import Relevance
    from .shared.reading import Reader


@click.command(cls=Command)
@options.features("texts")
@options.features("images")
@options.output
@options.table
@click.option(
    "--ranks", type=options.NumberList(), default="1,5,10", show_default=True, help="Ranks K of R@K."
)
@options.distance
@click.option(
    "--relevance",
    type=click.Choice(["identity", "path"]),
    default="identity",
    show_default=True,
    help="Which images are right: those of the text's person, or only the image of the text's path.",
)
@options.reading
@options.bootstrap
@options.seed
@options.device
@options.lists(
    options.written("--per-query", help="Write each text's scores and ranks (JSON Lines)."),
    options.written("--ranked", help="Write each text's nearest images (JSON Lines)."),
    options.top,
)
def search(
    texts: str,
    images: str,
    output: str,
    as_table: bool,
    ranks: tuple[int, ...],
    distance: Distance,
    relevance: Relevance,
    read: Reader,
    bootstrap: int,
    seed: int,
    device: str,
    lists: options.Lists,
) -> None:
    """Search among IMAGES for each of TEXTS; print R@1, R@5, R@10, mAP and mINP.

    Both are features files of one model: in TEXTS a row is a text, its path that of the image it
    describes, its identity that of the person. One of them may be - (standard input).

    \b
    Example:
      vtbr-eval search texts.safetensors images.safetensors | jq '."R@1"'
    """
    from dataclasses import replace

    from ..errors import InputError
    from ..protocol import PROTOCOLS
    from ..text_search import search as search_tables
    from .shared.tables import print_scores

    if texts == images == "-":
        raise InputError("standard input holds either the texts or the images: name a file for the other")
    protocol = replace(PROTOCOLS["text-to-image"], distance=distance)
    tables = read(texts), read(images)
    settings: dict[str, Any] = {"bootstrap": bootstrap, "seed": seed, "device": device}
    with Waiting() as progress:
        found = search_tables(*tables, protocol, relevance=relevance, **settings, progress=progress)
        lists.write_ranked(found.scores, progress)
    for warning in found.scores.warnings:
        click.echo(f"warning: {warning}", err=True)
    dropped = len(found.scores.pairing.dropped)
    if dropped:
        click.echo(f"{dropped:,} texts have no right image among the images and are not scored", err=True)
    lists.write_per_query(found.scores)
    write_result(found.to_json(ranks), output, print_scores if as_table else None)
