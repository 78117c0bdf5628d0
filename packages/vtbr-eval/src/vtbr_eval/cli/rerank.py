"""`vtbr-eval rerank`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from .shared import options
from .shared.command import Command
from .shared.output import write_result
from .shared.progress import Waiting
from .shared.protocol_options import protocol_options

if TYPE_CHECKING:
    from ..protocol import Protocol
    from .shared.reading import Reader


class ListsOrScores(Command):
    """Prints lists instead of scores where lists go to standard output."""

    replaces_output = "ranked"


@click.command(cls=ListsOrScores)
@options.features()
@options.output
@options.table
@options.ranks
@options.lists(
    options.written(
        "--ranked",
        help="Write each query's nearest images (JSON Lines); with - they are printed instead of the scores.",
    ),
    options.top,
)
@options.written("--matrix", help="Write all final distances (.npy, float32): large, no command needs it.")
@options.reading
@protocol_options(always_reranks=True)
@options.bootstrap
@options.device
def rerank(
    features: str,
    output: str,
    as_table: bool,
    ranks: tuple[int, ...],
    lists: options.Lists,
    matrix: str | None,
    read: Reader,
    protocol: Protocol,
    bootstrap: int,
    seed: int,
    device: str,
) -> None:
    """Re-rank the gallery of FEATURES by k-reciprocal neighbours; print scores or ranked lists.

    The scores are those of `reid --rerank`. Memory grows with the number of images, not with its
    square. Rows of --matrix are the scored queries, its columns the gallery without junk, both in
    the order of the file.

    \b
    Example:
      vtbr-eval rerank features.safetensors --ranked - --top 5 | jq -r '.gallery[0].path'
    """
    from ..evaluation import evaluate
    from ..ranked import write_matrix
    from .reid import say_what_matters

    table = read(features)
    settings: dict[str, Any] = {"bootstrap": bootstrap, "seed": seed, "device": device}
    with Waiting() as progress:
        scores = evaluate(table, protocol, **settings, top=lists.kept, progress=progress)
        lists.write_ranked(scores, progress)
        if matrix:
            rows, columns = write_matrix(scores, matrix, device=device, progress=progress)
            click.echo(f"wrote the distances of {rows:,} queries to {columns:,} images to {matrix}", err=True)
    say_what_matters(scores, None)
    from .shared.tables import print_scores

    if output != "-" or as_table or lists.ranked != "-":
        write_result(scores.to_json(ranks), output, print_scores if as_table else None)
