"""The options of a scoring protocol, and the protocol that they say."""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, Any

import click

from .command import Option
from .options import Decorator, Function, distance, seed, together

if TYPE_CHECKING:
    from ...protocol import Protocol

_COMPARED = together(
    distance,
    click.option("--no-camera", is_flag=True, help="Compare images of the same camera too."),
    click.option(
        "--expand-queries",
        "query_neighbours",
        default=0,
        show_default=True,
        metavar="K",
        help="Add to each query its K nearest gallery images (query expansion).",
    ),
    click.option(
        "--augment-gallery",
        "gallery_neighbours",
        default=0,
        show_default=True,
        metavar="K",
        help="First add to each gallery image its K nearest other ones.",
    ),
    click.option(
        "--alpha",
        type=float,
        help="Neighbours are weighted by their cosine to this power: 0 averages, 3 is usual. [default: 0]",
    ),
)
_RERANK_FLAG = click.option("--rerank", is_flag=True, help="Re-rank by k-reciprocal neighbours.")


def _rerank_settings(needs: str | None) -> Decorator:
    more: dict[str, Any] = {"cls": Option, "needs": needs, "show_default": True}
    return together(
        click.option("--k1", default=20, help="Re-ranking: neighbours that must be mutual.", **more),
        click.option("--k2", default=6, help="Re-ranking: neighbours averaged over.", **more),
        click.option(
            "--lambda",
            "original_weight",
            default=0.3,
            help="Re-ranking: weight of the original distance.",
            **more,
        ),
        click.option(
            "--junk-neighbours",
            is_flag=True,
            help="Re-ranking: junk takes part, as in the authors' Matlab version.",
            **more,
        ),
    )


_NAMED = together(
    click.option(
        "--protocol",
        "protocol_name",
        default="market1501",
        show_default=True,
        metavar="NAME",
        help="A protocol that `vtbr-eval protocols` prints.",
    ),
    click.option(
        "--average-precision",
        type=click.Choice(["rectangles", "trapezoids"]),
        help="Area under precision and recall. [default: the protocol's]",
    ),
    click.option(
        "--cmc-over",
        type=click.Choice(["valid", "all"]),
        help="Means over the queries with a match, or over all. [default: the protocol's]",
    ),
    click.option(
        "--repeats", type=int, help="Random test sets, under a protocol that draws them. [default: 10]"
    ),
)


def protocol_options(*, always_reranks: bool = False) -> Decorator:
    """Adds the options of a protocol, `--seed` among them; the command gets `protocol` and `seed`."""
    settings = (
        _rerank_settings(None) if always_reranks else together(_RERANK_FLAG, _rerank_settings("rerank"))
    )
    options = together(_NAMED, _COMPARED, settings, seed)

    def add(command: Function) -> Function:
        @wraps(command)
        def wrapped(*args: Any, seed: int, **values: Any) -> Any:
            switches = {name: values.pop(name) for name in _SWITCHES if name in values}
            return command(*args, protocol=make_protocol(**switches, seed=seed), seed=seed, **values)

        return options(wrapped)

    return add


_SWITCHES = (
    "distance", "no_camera", "query_neighbours", "gallery_neighbours", "alpha", "rerank", "k1", "k2",
    "original_weight", "junk_neighbours", "protocol_name", "average_precision", "cmc_over", "repeats",
)  # fmt: skip


def make_protocol(
    *,
    distance: Any,
    no_camera: bool,
    k1: int,
    k2: int,
    original_weight: float,
    junk_neighbours: bool,
    rerank: bool = True,
    query_neighbours: int,
    gallery_neighbours: int,
    alpha: float | None,
    protocol_name: str,
    average_precision: str | None,
    cmc_over: str | None,
    repeats: int | None,
    seed: int,
) -> Protocol:
    """Returns the protocol of these options; raises `InputError` for those that exclude each other."""
    from dataclasses import replace

    from ...errors import InputError
    from ...protocol import Expansion, Rerank, protocol_named

    protocol = protocol_named(protocol_name)
    changes: dict[str, Any] = {"distance": distance}
    changes |= {"cross_camera": False} if no_camera else {}
    changes |= {"average_precision": average_precision} if average_precision else {}
    changes |= {"cmc_over": cmc_over} if cmc_over else {}
    if protocol.draws:
        changes["draws"] = replace(
            protocol.draws, repeats=protocol.draws.repeats if repeats is None else repeats, seed=seed
        )
    elif repeats is not None:
        raise InputError(
            f"protocol {protocol_name} draws no test sets, so --repeats has no effect: "
            "add --protocol cuhk03-classic or --protocol viper-like"
        )
    if query_neighbours or gallery_neighbours:
        changes["expansion"] = Expansion(
            query_neighbours=query_neighbours, gallery_neighbours=gallery_neighbours, alpha=alpha or 0.0
        )
    elif alpha is not None:
        raise InputError("--alpha weights neighbours: add --expand-queries K or --augment-gallery K")
    if rerank:
        changes["rerank"] = Rerank(
            k1=k1, k2=k2, original_weight=original_weight, junk_takes_part=junk_neighbours
        )
    return replace(protocol, **changes)
