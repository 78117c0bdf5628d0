"""`vtbr-eval decide`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from .shared import options
from .shared.command import Command, InputName
from .shared.output import write_json, write_json_lines
from .shared.progress import Waiting

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..decisions import Decider, Decision
    from ..features import FeatureTable
    from .shared.reading import Reader


@click.command(cls=Command)
@options.features("query")
@options.features("gallery")
@click.option(
    "--with",
    "thresholds",
    type=InputName(),
    required=True,
    metavar="FILE",
    help="Thresholds that `vtbr-eval calibrate` wrote.",
)
@options.output
@click.option("--fpr", type=float, help="Which false positive rate. [default: the first in FILE]")
@click.option("--fnir", type=float, help="Which false negative rate. [default: the first in FILE]")
@click.option(
    "--prior", default=0.5, show_default=True, help="Probability of one person before the distance is known."
)
@options.written("--summary", help="Write the counts and, where people are known, the recall (JSON).")
@options.reading
def decide(
    query: str,
    gallery: str,
    thresholds: str,
    output: str,
    fpr: float | None,
    fnir: float | None,
    prior: float,
    summary: str | None,
    read: Reader,
) -> None:
    """Say for each image of QUERY whether it shows somebody in GALLERY: same, other or unknown.

    All images of both files take part, whatever their split; junk is left out of the gallery. A
    query is `same` where its nearest image lies nearer than the distance for --fpr (then `identity`
    says who), `other` where it lies farther than that for --fnir, else `unknown`. With G people in
    the gallery a stranger is `same` with a probability of at most G times --fpr.

    \b
    Example:
      vtbr-eval decide seen.safetensors known.safetensors --with thresholds.json | jq -r 'select(.decision == "same")'
    """
    from ..decisions import Decider, decide_all, read_thresholds, summarised

    found = read_thresholds(thresholds)
    tables = read(query), read(gallery)
    decider = Decider(tables[1], found, fpr=fpr, fnir=fnir, prior=prior)
    with Waiting() as progress:
        decisions = list(decide_all(tables[0], decider, progress))
    counted = summarised(*tables, decisions)
    people = len(set(tables[1].identity[tables[1].identity > 0].tolist()))
    chosen = found.same_at(fpr)
    counted |= {"fpr": chosen.rate, "stranger_is_same_at_most": min(1.0, people * chosen.interval[1])}
    said = ", ".join(f"{count:,} {kind}" for kind, count in counted["decisions"].items())
    click.echo(
        f"{said}; {people:,} people in the gallery, false positive rate {chosen.rate:g} a pair", err=True
    )
    if counted["recall"] is not None:
        click.echo(
            f"{100 * counted['recall']:.1f} % of the queries with a person in the gallery found", err=True
        )
    if counted["unknown_people_recall"] is not None:
        click.echo(
            f"{100 * counted['unknown_people_recall']:.1f} % of the strangers not taken for anybody", err=True
        )
    write_json_lines(_lines(tables[0], decider, decisions), output)
    if summary:
        write_json(counted, summary)


def _lines(
    queries: FeatureTable, decider: Decider, decisions: list[tuple[int, Decision]]
) -> Iterator[dict[str, Any]]:
    gallery = decider.table
    names = (gallery.metadata.get("settings") or {}).get("identity_names") or []
    for row, decision in decisions:
        camera = int(queries.camera[row])
        threshold = decider.thresholds.same_at(decider.fpr, (camera, int(gallery.camera[decision.row])))
        identity = decision.identity if decision.kind == "same" else None
        named = {"name": names[identity - 1]} if identity and identity <= len(names) else {}
        yield {
            "path": queries.path[row],
            "decision": decision.kind,
            "identity": identity,
            **named,
            "nearest": gallery.path[decision.row],
            "distance": decision.distance,
            "probability": decision.probability,
            "fpr": threshold.rate,
            "same_below": threshold.distance,
        }
