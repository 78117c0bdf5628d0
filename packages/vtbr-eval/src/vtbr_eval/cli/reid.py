"""`vtbr-eval reid`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from .options import (
    DEVICE,
    OUTPUT,
    NumberList,
    RateList,
    make_protocol,
    named_protocol_options,
    protocol_options,
)
from .output import write_json, write_json_lines
from .progress import Waiting

if TYPE_CHECKING:
    from ..evaluation import Scores


@click.command()
@click.argument("features", metavar="FEATURES")
@OUTPUT
@click.option("--table", "as_table", is_flag=True, help="Print a table for people, in %, instead of JSON.")
@click.option("--ranks", type=NumberList(), default="1,5,10", show_default=True, help="Of the CMC curve.")
@click.option(
    "--precision", type=NumberList(), default="", help="Add the precision at these depths, e.g. 5,10."
)
@click.option("--fpr", type=RateList(), default="", help="Add true positive rates at these false, e.g. 1e-3.")
@click.option("--camera-pairs", is_flag=True, help="Add the scores of each pair of cameras.")
@named_protocol_options
@protocol_options
@DEVICE
@click.option("--per-query", metavar="FILE", help="Write each query's scores and ranks (JSON Lines).")
@click.option("--ranked", metavar="FILE", help="Write each query's nearest images (JSON Lines).")
@click.option("--top", default=10, show_default=True, help="How many of them.")
@click.option(
    "--dropped", metavar="FILE", help="Write the queries that cannot be scored, and why (JSON Lines)."
)
def reid(
    features: str,
    output: str,
    as_table: bool,
    ranks: tuple[int, ...],
    precision: tuple[int, ...],
    fpr: tuple[float, ...],
    camera_pairs: bool,
    bootstrap: int,
    seed: int,
    device: str,
    per_query: str | None,
    ranked: str | None,
    top: int,
    dropped: str | None,
    **switches: Any,
) -> None:
    """Rank the gallery for each query in FEATURES; print mAP, mINP and CMC.

    FEATURES is a features file, an .npz or what `vtbr-eval convert` reads; - is standard input.
    Junk is left out, and so are gallery images of the query's identity by the query's camera
    (unless --no-camera).

    \b
    Example:
      vtbr-models extract model.safetensors manifest.jsonl | vtbr-eval reid - | jq .mAP
    """
    from ..evaluation import evaluate
    from ..files import read_features

    protocol = make_protocol(**switches, seed=seed)
    with Waiting() as progress:
        table = read_features(features, progress=progress)
    for note in table.notes:
        click.echo(note, err=True)
    more: dict[str, Any] = {}
    with Waiting() as progress:
        if fpr:  # before the ranking, so that a protocol without rates is refused at once
            from ..ranking import open_set

            more["open_set"] = open_set(table, protocol, rates=fpr, progress=progress).to_json()
        if camera_pairs:
            from ..cameras import camera_pairs as pairs_of_cameras

            pairs = pairs_of_cameras(table, protocol, progress)
            more["camera_pairs"] = [pair.to_json() for pair in pairs]
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
            from ..ranked import ranked_lists

            write_json_lines(ranked_lists(scores, top, progress=progress), ranked)
    result = scores.to_json(ranks, precision) | more
    say_what_was_dropped(scores, dropped)
    if per_query:
        write_json_lines(scores.per_query(), per_query)
    if dropped:
        write_json_lines(scores.dropped(), dropped)
    if as_table:
        from .tables import print_scores

        print_scores(result)
    if not as_table or output != "-":
        write_json(result, output)


def say_what_was_dropped(scores: Scores, listed: str | None) -> None:
    """On stderr, how many queries could not be scored and where they are listed."""
    count = len(scores.pairing.dropped)
    if count:
        where = f"listed in {listed}" if listed else "list them with --dropped FILE"
        zero = scores.protocol.cmc_over == "all"
        click.echo(
            f"{count:,} queries have no correct match in the gallery and "
            f"{'count as 0' if zero else 'are not scored'}: {where}",
            err=True,
        )
