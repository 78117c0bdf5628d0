"""Options that several commands share, and the protocol that they make."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from ..protocol import Distance, Protocol

Function = TypeVar("Function", bound=Callable[..., Any])

DEVICE = click.option(
    "--device",
    default="cpu",
    show_default=True,
    help="Where matrix products are computed: cpu, or cuda (needs the extra gpu). Changes no score.",
)
OUTPUT = click.option(
    "-o", "--output", default="-", metavar="FILE", help="Where the result goes (standard output)."
)


class NumberList(click.ParamType[tuple[int, ...]]):
    """Whole numbers as `1,5,10`."""

    name = "numbers"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[int, ...]:
        """Whole numbers from 1, ascending and each once."""
        parts = str(value).split(",") if value else []
        if not all(part.strip().isdecimal() and int(part) > 0 for part in parts):
            self.fail(f"{value!r} is no list of ranks such as 1,5,10", param, ctx)
        return tuple(sorted({int(part) for part in parts}))


class RateList(click.ParamType[tuple[float, ...]]):
    """Rates as `1e-4,1e-3`."""

    name = "rates"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[float, ...]:
        """Numbers between 0 and 1, ascending and each once."""
        try:
            rates = {float(part) for part in str(value).split(",")} if value else set()
        except ValueError:
            rates = {-1.0}
        if not all(0 < rate < 1 for rate in rates):
            self.fail(f"{value!r} is no list of rates such as 1e-4,1e-3,1e-2", param, ctx)
        return tuple(sorted(rates))


_PROTOCOL: list[tuple[tuple[str, ...], dict[str, Any]]] = [
    (("--distance",), {"type": click.Choice(["cosine", "euclidean"]), "default": "cosine"}),
    (("--no-camera",), {"is_flag": True, "help": "Compare images of the same camera too."}),
    (
        ("--expand-queries", "query_neighbours"),
        {
            "default": 0,
            "metavar": "K",
            "help": "Add to each query its K nearest gallery images (query expansion).",
        },
    ),
    (
        ("--augment-gallery", "gallery_neighbours"),
        {
            "default": 0,
            "metavar": "K",
            "help": "Add to each gallery image its K nearest others, first of all.",
        },
    ),
    (
        ("--alpha",),
        {
            "type": float,
            "help": "They weigh their cosine to this power: 0 averages, 3 is usual. [default: 0]",
        },
    ),
]

_RERANK_FLAG: list[tuple[tuple[str, ...], dict[str, Any]]] = [
    (("--rerank",), {"is_flag": True, "help": "Re-rank by k-reciprocal neighbours."}),
]

_RERANK: list[tuple[tuple[str, ...], dict[str, Any]]] = [
    (("--k1",), {"default": 20, "help": "Re-ranking: neighbours that must be mutual."}),
    (("--k2",), {"default": 6, "help": "Re-ranking: neighbours averaged over."}),
    (
        ("--lambda", "original_weight"),
        {"default": 0.3, "help": "Re-ranking: share of the original distance."},
    ),
    (
        ("--junk-neighbours",),
        {"is_flag": True, "help": "Re-ranking: junk takes part, as in the authors' Matlab version."},
    ),
]

_INTERVALS: list[tuple[tuple[str, ...], dict[str, Any]]] = [
    (
        ("--bootstrap",),
        {"default": 1000, "help": "Draws for the 95 % intervals over identities; 0: none."},
    ),
    (("--seed",), {"default": 0, "help": "Of all that is drawn."}),
]

_NAMED: list[tuple[tuple[str, ...], dict[str, Any]]] = [
    (
        ("--protocol", "protocol_name"),
        {
            "default": "market1501",
            "metavar": "NAME",
            "help": "As `vtbr-eval protocols` prints it.",
        },
    ),
    (
        ("--average-precision",),
        {
            "type": click.Choice(["rectangles", "trapezoids"]),
            "help": "Area under precision and recall, if not the protocol's.",
        },
    ),
    (
        ("--cmc-over",),
        {
            "type": click.Choice(["valid", "all"]),
            "help": "Means over the queries with a match or over all, if not the protocol's.",
        },
    ),
    (("--repeats",), {"type": int, "help": "Test sets drawn, under a protocol that draws. [protocol: 10]"}),
]


def protocol_options(command: Function) -> Function:
    """The switches of distance, cameras and re-ranking, and of the intervals."""
    return _with_options(command, [*_PROTOCOL, *_RERANK_FLAG, *_RERANK, *_INTERVALS])


def switch_options(command: Function) -> Function:
    """The switches of distance, cameras and re-ranking alone."""
    return _with_options(command, [*_PROTOCOL, *_RERANK_FLAG, *_RERANK])


def rerank_options(command: Function) -> Function:
    """The switches of a command that always re-ranks, and of the intervals."""
    return _with_options(command, [*_PROTOCOL, *_RERANK, *_INTERVALS])


def named_protocol_options(command: Function) -> Function:
    """The name of a protocol and the switches that change it."""
    return _with_options(command, _NAMED)


def make_protocol(
    distance: Distance,
    no_camera: bool,
    k1: int,
    k2: int,
    original_weight: float,
    *,
    junk_neighbours: bool = False,
    rerank: bool = True,
    query_neighbours: int = 0,
    gallery_neighbours: int = 0,
    alpha: float | None = None,
    protocol_name: str = "market1501",
    average_precision: str | None = None,
    cmc_over: str | None = None,
    repeats: int | None = None,
    seed: int = 0,
) -> Protocol:
    """The protocol of these options; raises `InputError` for those that do not go together."""
    from dataclasses import replace

    from ..errors import InputError
    from ..protocol import PROTOCOLS, Expansion, Rerank

    if protocol_name not in PROTOCOLS:
        raise InputError(f"no protocol is called {protocol_name!r}: it is one of {', '.join(PROTOCOLS)}")
    protocol = PROTOCOLS[protocol_name]
    changes: dict[str, Any] = {"distance": distance}
    if no_camera:
        changes["cross_camera"] = False
    if average_precision:
        changes["average_precision"] = average_precision
    if cmc_over:
        changes["cmc_over"] = cmc_over
    if protocol.draws:
        changes["draws"] = replace(
            protocol.draws, repeats=protocol.draws.repeats if repeats is None else repeats, seed=seed
        )
    elif repeats is not None:
        raise InputError(
            f"protocol {protocol_name} draws nothing, so --repeats means nothing: "
            "add --protocol cuhk03-classic or --protocol viper-like"
        )
    if query_neighbours or gallery_neighbours:
        changes["expansion"] = Expansion(
            query_neighbours=query_neighbours, gallery_neighbours=gallery_neighbours, alpha=alpha or 0.0
        )
    elif alpha is not None:
        raise InputError("--alpha weighs neighbours: add --expand-queries K or --augment-gallery K")
    if rerank:
        changes["rerank"] = Rerank(
            k1=k1, k2=k2, original_weight=original_weight, junk_takes_part=junk_neighbours
        )
    return replace(protocol, **changes)


def _with_options(command: Function, options: list[tuple[tuple[str, ...], dict[str, Any]]]) -> Function:
    for names, settings in reversed(options):
        command = click.option(*names, show_default=True, **settings)(command)
    return command
