"""Options that several commands share, each a decorator."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import TYPE_CHECKING, Any

import click

from .command import InputName, Option, OutputName
from .output import write_json_lines

if TYPE_CHECKING:
    from ...progress import Progress
    from ...scores import Scores

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


class ColumnOfKey(click.ParamType[tuple[str, str]]):
    """A key of manifests and the header that it is read from, as `KEY=HEADER`."""

    name = "KEY=HEADER"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, str]:
        """Returns the key and the header."""
        from ...tables import SYNONYMS

        key, _, header = str(value).partition("=")
        key = "captions" if key == "caption" else key
        if not header or not (key in SYNONYMS or key.startswith("attribute.")):
            keys = ", ".join(SYNONYMS)
            self.fail(f"{value!r}: write KEY=HEADER, with KEY one of {keys} or attribute.NAME", param, ctx)
        return key, header


def _each_once(
    ctx: click.Context, param: click.Parameter, pairs: tuple[tuple[str, str], ...]
) -> tuple[tuple[str, str], ...]:
    """Returns the pairs; captions alone may be read from several columns."""
    keys = [key for key, _ in pairs if key != "captions"]
    if twice := [key for key in keys if keys.count(key) > 1]:
        raise click.BadParameter(f"{twice[0]} is given twice", ctx, param)
    return pairs


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


@dataclass(frozen=True, slots=True)
class Lists:
    """What a command writes of each query, beside the scores."""

    ranked: str | None
    top: int
    per_query: str | None = None

    @property
    def kept(self) -> int:
        """Images of each query that scoring keeps for the ranked lists."""
        return self.top if self.ranked else 0

    def write_ranked(self, scores: Scores, progress: Progress) -> None:
        """Writes each query's nearest images, if they are asked for."""
        if self.ranked:
            from ...ranked import ranked_lists

            write_json_lines(ranked_lists(scores, self.top, progress=progress), self.ranked)

    def write_per_query(self, scores: Scores) -> None:
        """Writes each query's scores, if they are asked for."""
        if self.per_query:
            write_json_lines(scores.per_query(), self.per_query)


def lists(*decorators: Decorator) -> Decorator:
    """Adds these of `per_query`, `ranked` and `top`; the command gets them as one argument, `lists`."""

    def add(command: Function) -> Function:
        @wraps(command)
        def wrapped(
            *args: Any, ranked: str | None, top: int, per_query: str | None = None, **others: Any
        ) -> Any:
            return command(*args, lists=Lists(ranked, top, per_query), **others)

        return together(*decorators)(wrapped)

    return add


_READING = together(
    click.option(
        "--columns", type=InputName(), metavar="FILE", help="Labels of an .npy, if not in the file beside it."
    ),
    click.option(
        "--column",
        "named_columns",
        type=ColumnOfKey(),
        callback=_each_once,
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
