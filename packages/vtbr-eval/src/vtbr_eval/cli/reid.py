"""`vtbr-eval reid`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from .options import OUTPUT, make_protocol, protocol_options
from .output import write_json, write_json_lines
from .progress import Waiting

if TYPE_CHECKING:
    from vtbr_eval.evaluation import Scores
    from vtbr_eval.protocol import Distance


class RankList(click.ParamType[tuple[int, ...]]):
    """Ranks as `1,5,10`."""

    name = "ranks"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[int, ...]:
        """Whole numbers from 1, ascending and each once."""
        parts = str(value).split(",")
        if not all(part.strip().isdecimal() and int(part) > 0 for part in parts):
            self.fail(f"{value!r} is no list of ranks such as 1,5,10", param, ctx)
        return tuple(sorted({int(part) for part in parts}))


@click.command()
@click.argument("features", metavar="FEATURES")
@OUTPUT
@click.option("--table", "as_table", is_flag=True, help="Print a table for people, in %, instead of JSON.")
@click.option("--ranks", type=RankList(), default="1,5,10", show_default=True, help="Of the CMC curve.")
@protocol_options
@click.option("--per-query", metavar="FILE", help="Write each query's scores and ranks (JSON Lines).")
@click.option(
    "--dropped", metavar="FILE", help="Write the queries that cannot be scored, and why (JSON Lines)."
)
def reid(
    features: str,
    output: str,
    as_table: bool,
    ranks: tuple[int, ...],
    distance: Distance,
    no_camera: bool,
    rerank: bool,
    k1: int,
    k2: int,
    original_weight: float,
    bootstrap: int,
    seed: int,
    per_query: str | None,
    dropped: str | None,
) -> None:
    """Rank the gallery for each query in FEATURES; print mAP, mINP and CMC.

    FEATURES is a features file or an .npz; - is standard input. Junk is left out, and so are
    gallery images of the query's identity by the query's camera (unless --no-camera).

    \b
    Example:
      vtbr-models extract model.safetensors manifest.jsonl | vtbr-eval reid - | jq .mAP
    """
    from vtbr_eval.evaluation import evaluate
    from vtbr_eval.features import read_features

    protocol = make_protocol(distance, no_camera, rerank, k1, k2, original_weight)
    table = read_features(features)
    for note in table.notes:
        click.echo(note, err=True)
    with Waiting() as progress:
        scores = evaluate(table, protocol, bootstrap=bootstrap, seed=seed, progress=progress)
    _say_what_was_dropped(scores, dropped)
    if per_query:
        write_json_lines(scores.per_query(), per_query)
    if dropped:
        write_json_lines(scores.dropped(), dropped)
    if as_table:
        from .tables import print_scores

        print_scores(scores.to_json(ranks))
    if not as_table or output != "-":
        write_json(scores.to_json(ranks), output)


def _say_what_was_dropped(scores: Scores, listed: str | None) -> None:
    count = len(scores.pairing.dropped)
    if count:
        where = f"listed in {listed}" if listed else "list them with --dropped FILE"
        click.echo(
            f"{count:,} queries have no correct match in the gallery and are not scored: {where}", err=True
        )
