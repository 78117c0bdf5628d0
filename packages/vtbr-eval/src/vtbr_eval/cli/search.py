"""`vtbr-eval search`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from .options import DEVICE, OUTPUT, NumberList
from .output import write_json, write_json_lines
from .progress import Waiting

if TYPE_CHECKING:
    from ..protocol import Distance
    from ..text_search import Relevance


@click.command()
@click.argument("texts", metavar="TEXTS")
@click.argument("images", metavar="IMAGES")
@OUTPUT
@click.option("--table", "as_table", is_flag=True, help="Print a table for people, in %, instead of JSON.")
@click.option("--ranks", type=NumberList(), default="1,5,10", show_default=True, help="K of R@K.")
@click.option("--distance", type=click.Choice(["cosine", "euclidean"]), default="cosine", show_default=True)
@click.option(
    "--relevance",
    type=click.Choice(["identity", "path"]),
    default="identity",
    show_default=True,
    help="Right is an image of the text's person, or only the image of the text's path.",
)
@click.option("--bootstrap", default=1000, show_default=True, help="Draws for the 95 % intervals; 0: none.")
@click.option("--seed", default=0, show_default=True, help="Of these draws.")
@DEVICE
@click.option("--per-query", metavar="FILE", help="Write each text's scores and ranks (JSON Lines).")
@click.option("--ranked", metavar="FILE", help="Write each text's nearest images (JSON Lines).")
@click.option("--top", default=10, show_default=True, help="How many of them.")
def search(
    texts: str,
    images: str,
    output: str,
    as_table: bool,
    ranks: tuple[int, ...],
    distance: Distance,
    relevance: Relevance,
    bootstrap: int,
    seed: int,
    device: str,
    per_query: str | None,
    ranked: str | None,
    top: int,
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
    from ..files import read_features
    from ..protocol import PROTOCOLS
    from ..text_search import search as search_tables

    if texts == images == "-":
        raise InputError("standard input holds either the texts or the images: name a file for the other")
    protocol = replace(PROTOCOLS["text-to-image"], distance=distance)
    with Waiting() as progress:
        tables = read_features(texts, progress=progress), read_features(images, progress=progress)
        found = search_tables(
            *tables,
            protocol,
            relevance=relevance,
            bootstrap=bootstrap,
            seed=seed,
            device=device,
            progress=progress,
        )
        if ranked:
            from ..ranked import ranked_lists

            write_json_lines(ranked_lists(found.scores, top, progress=progress), ranked)
    dropped = len(found.scores.pairing.dropped)
    if dropped:
        click.echo(f"{dropped:,} texts have no right image among the images and are not scored", err=True)
    if per_query:
        write_json_lines(found.scores.per_query(), per_query)
    if as_table:
        from .tables import print_scores

        print_scores(found.to_json(ranks))
    if not as_table or output != "-":
        write_json(found.to_json(ranks), output)
