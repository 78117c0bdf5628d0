"""Options that several commands share, each a decorator."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Any

import click

from .command import InputName, Option, OutputName

if TYPE_CHECKING:
    from ...protocol import Protocol

Function = Callable[..., Any]
Decorator = Callable[[Function], Function]


class NumberList(click.ParamType[tuple[int, ...]]):
    """Whole numbers as `1,5,10`."""

    name = "numbers"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[int, ...]:
        """Returns whole numbers from 1, ascending and each once."""
        parts = str(value).split(",") if value else []
        if not all(part.strip().isdecimal() and int(part) > 0 for part in parts):
            self.fail(f"{value!r} is not a list of ranks such as 1,5,10", param, ctx)
        return tuple(sorted({int(part) for part in parts}))


class RateList(click.ParamType[tuple[float, ...]]):
    """Rates as `1e-4,1e-3`."""

    name = "rates"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[float, ...]:
        """Returns numbers between 0 and 1, ascending and each once."""
        try:
            rates = {float(part) for part in str(value).split(",")} if value else set()
        except ValueError:
            rates = {-1.0}
        if not all(0 < rate < 1 for rate in rates):
            self.fail(f"{value!r} is not a list of rates such as 1e-4,1e-3,1e-2", param, ctx)
        return tuple(sorted(rates))


class Assignment(click.ParamType[tuple[str, str]]):
    """`KEY=HEADER`."""

    name = "assignment"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, str]:
        """Returns both sides of the sign."""
        key, sign, header = str(value).partition("=")
        if not (key and sign and header):
            self.fail(f"{value!r} is not KEY=HEADER, such as identity=PERSON", param, ctx)
        return key, header


def features(name: str = "features", **settings: Any) -> Decorator:
    """Adds an argument that names a file of features."""
    return click.argument(name, type=InputName(), **{"metavar": name.upper(), **settings})


def written(*names: str, **settings: Any) -> Decorator:
    """Adds an option that names a file to write."""
    return click.option(*names, cls=Option, type=OutputName(), metavar="FILE", **settings)


output = written("-o", "--output", default="-", help="Where the result goes. [default: standard output]")
table = click.option(
    "--table", "as_table", is_flag=True, help="Print a table for people, in %, instead of JSON."
)
ranks = click.option(
    "--ranks", type=NumberList(), default="1,5,10", show_default=True, help="Ranks K of the CMC curve."
)
device = click.option(
    "--device",
    default="cpu",
    show_default=True,
    help="Where matrix products are computed: cpu, or cuda (needs the extra gpu). Changes no score.",
)
distance = click.option(
    "--distance", type=click.Choice(["cosine", "euclidean"]), default="cosine", show_default=True
)
bootstrap = click.option(
    "--bootstrap",
    default=1000,
    show_default=True,
    help="Bootstrap samples of people for the 95 % intervals; 0: no intervals.",
)
seed = click.option(
    "--seed", default=0, show_default=True, help="Seed of the bootstrap and of random test sets."
)
per_query = written("--per-query", help="Write each query's scores and ranks (JSON Lines).")
ranked = written("--ranked", help="Write each query's nearest images (JSON Lines).")
top = click.option(
    "--top", cls=Option, needs="ranked", default=10, show_default=True, help="Images in each of these lists."
)


def together(*decorators: Decorator) -> Decorator:
    """Returns one decorator that adds these options in their order."""

    def add(command: Function) -> Function:
        for decorator in reversed(decorators):
            command = decorator(command)
        return command

    return add


_READING = together(
    click.option(
        "--columns", type=InputName(), metavar="FILE", help="Labels of an .npy, if not in the file beside it."
    ),
    click.option(
        "--column",
        "named_columns",
        type=Assignment(),
        multiple=True,
        metavar="KEY=HEADER",
        help="Read KEY (path, identity, camera, split) from this column of a table; repeatable.",
    ),
    click.option(
        "--first-identity",
        type=click.Choice(["0", "1"]),
        help="0: people are counted from 0; 1: identity 0 is a distractor. [default: found out]",
    ),
)


def reading(command: Function) -> Function:
    """Adds the options of reading features; the command gets `read`, which reads a file and says how."""

    @wraps(command)
    def wrapped(
        *args: Any,
        columns: str | None,
        named_columns: tuple[tuple[str, str], ...],
        first_identity: str | None,
        **others: Any,
    ) -> Any:
        from .reading import Reader

        first = None if first_identity is None else int(first_identity)
        return command(*args, read=Reader(columns, named_columns, first), **others)

    return _READING(wrapped)


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


def protocol(*, always_reranks: bool = False) -> Decorator:
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
