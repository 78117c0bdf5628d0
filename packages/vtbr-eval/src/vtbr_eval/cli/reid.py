"""`vtbr-eval reid`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from .shared import options
from .shared.command import Command
from .shared.output import write_json_lines, write_result
from .shared.progress import Waiting
from .shared.protocol_options import protocol_options

if TYPE_CHECKING:
    from ..evaluation import Scores
    from ..features import FeatureTable
    from ..progress import Progress
    from ..protocol import Protocol
    from .shared.reading import Reader


@click.command(cls=Command)
@options.features()
@options.output
@options.table
@options.ranks
@click.option(
    "--precision", type=options.NumberList(), default="", help="Add the precision at these depths, e.g. 5,10."
)
@click.option(
    "--fpr",
    type=options.RateList(),
    default="",
    help="Add true positive rates at these false positive rates, e.g. 1e-3.",
)
@click.option("--camera-pairs", is_flag=True, help="Add the scores of each pair of cameras.")
@options.reading
@protocol_options()
@options.bootstrap
@options.device
@options.lists(options.per_query, options.ranked, options.top)
@options.written("--dropped", help="Write the queries that cannot be scored, and why (JSON Lines).")
def reid(
    features: str,
    output: str,
    as_table: bool,
    ranks: tuple[int, ...],
    precision: tuple[int, ...],
    fpr: tuple[float, ...],
    camera_pairs: bool,
    read: Reader,
    protocol: Protocol,
    bootstrap: int,
    seed: int,
    device: str,
    lists: options.Lists,
    dropped: str | None,
) -> None:
    """Rank the gallery for each query in FEATURES; print mAP, mINP and CMC.

    FEATURES is a features file, an .npz or anything else that `vtbr-eval convert` reads; - is
    standard input. Not compared are junk and, unless --no-camera is given, gallery images of the
    query's identity by the query's camera.

    \b
    Example:
      vtbr-models extract model.safetensors manifest.jsonl | vtbr-eval reid - | jq .mAP
    """
    from ..evaluation import evaluate

    table = read(features)
    settings: dict[str, Any] = {"bootstrap": bootstrap, "seed": seed, "device": device}
    with (
        Waiting() as progress
    ):  # rates before the ranking, so that a protocol without them is refused at once
        more = _open_set(table, protocol, fpr, progress) if fpr else {}
        more |= _camera_pairs(table, protocol, progress) if camera_pairs else {}
        scores = evaluate(table, protocol, **settings, top=lists.kept, progress=progress)
        lists.write_ranked(scores, progress)
    say_what_matters(scores, dropped)
    lists.write_per_query(scores)
    if dropped:
        write_json_lines(scores.dropped(), dropped)
    from .shared.tables import print_scores

    write_result(scores.to_json(ranks, precision) | more, output, print_scores if as_table else None)


def _open_set(
    table: FeatureTable, protocol: Protocol, rates: tuple[float, ...], progress: Progress
) -> dict[str, Any]:
    from ..ranking import open_set

    return {"open_set": open_set(table, protocol, rates=rates, progress=progress).to_json()}


def _camera_pairs(table: FeatureTable, protocol: Protocol, progress: Progress) -> dict[str, Any]:
    from ..cameras import camera_pairs

    return {"camera_pairs": [pair.to_json() for pair in camera_pairs(table, protocol, progress)]}


def say_what_matters(scores: Scores, listed: str | None) -> None:
    """Prints warnings on stderr, how many queries could not be scored and where they are listed."""
    for warning in scores.warnings:
        click.echo(f"warning: {warning}", err=True)
    count, total = len(scores.pairing.dropped), scores.pairing.counts["queries"]
    if count:
        where = f"listed in {listed}" if listed else "list them with --dropped FILE"
        zero = scores.protocol.cmc_over == "all"
        click.echo(
            f"{count:,} of {total:,} queries have no correct match in the gallery and "
            f"{'count as 0' if zero else 'are not scored'}: {where}",
            err=True,
        )
