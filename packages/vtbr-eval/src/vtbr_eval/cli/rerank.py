"""`vtbr-eval rerank`."""

from __future__ import annotations

from typing import Any

import click

from .options import DEVICE, OUTPUT, NumberList, make_protocol, named_protocol_options, rerank_options
from .output import write_json, write_json_lines
from .progress import Waiting


@click.command()
@click.argument("features", metavar="FEATURES")
@OUTPUT
@click.option("--table", "as_table", is_flag=True, help="Print a table for people, in %, instead of JSON.")
@click.option("--ranks", type=NumberList(), default="1,5,10", show_default=True, help="Of the CMC curve.")
@click.option(
    "--ranked",
    metavar="FILE",
    help="Write each query's nearest images (JSON Lines); with - they are printed instead of the scores.",
)
@click.option("--top", default=10, show_default=True, help="How many of them.")
@click.option(
    "--matrix", metavar="FILE", help="Write all final distances (.npy, float32): large, no command needs it."
)
@named_protocol_options
@rerank_options
@DEVICE
def rerank(
    features: str,
    output: str,
    as_table: bool,
    ranks: tuple[int, ...],
    ranked: str | None,
    top: int,
    matrix: str | None,
    bootstrap: int,
    seed: int,
    device: str,
    **switches: Any,
) -> None:
    """Re-rank the gallery of FEATURES by k-reciprocal neighbours; print scores or ranked lists.

    The scores are those of `reid --rerank`. Neighbours are kept as sparse sets: memory grows with
    the number of images, not with its square. Rows of --matrix are the scored queries, its columns
    the gallery without junk, both in the file's order.

    \b
    Example:
      vtbr-eval rerank features.safetensors --ranked - --top 5 | jq -r '.gallery[0].path'
    """
    from ..evaluation import evaluate
    from ..files import read_features
    from ..ranked import ranked_lists
    from .reid import say_what_was_dropped

    protocol = make_protocol(**switches, seed=seed)
    with Waiting() as progress:
        table = read_features(features, progress=progress)
    for note in table.notes:
        click.echo(note, err=True)
    with Waiting() as progress:
        scores = evaluate(
            table,
            protocol,
            bootstrap=bootstrap,
            seed=seed,
            top=top if ranked else 0,
            device=device,
            progress=progress,
        )
        if ranked:
            write_json_lines(ranked_lists(scores, top, progress=progress), ranked)
        if matrix:
            from ..ranked import write_matrix

            rows, columns = write_matrix(scores, matrix, device=device, progress=progress)
            click.echo(f"wrote the distances of {rows:,} queries to {columns:,} images to {matrix}", err=True)
    say_what_was_dropped(scores, None)
    result = scores.to_json(ranks)
    if as_table:
        from .tables import print_scores

        print_scores(result)
    if output != "-" or not (as_table or ranked == "-"):
        write_json(result, output)
