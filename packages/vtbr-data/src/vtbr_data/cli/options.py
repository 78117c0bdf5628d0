"""Options that several commands share, and what holds for the files of one command together."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

if TYPE_CHECKING:
    from ..manifest import Manifest

KEYS = (
    "path",
    "identity",
    "camera",
    "split",
    "is_query",
    "is_gallery",
    "is_train",
    "captions",
    "sequence",
    "box",
    "attributes",
)
"""What `--column` may name, beside `attribute.NAME`."""

Command = Callable[..., Any]


@dataclass(frozen=True, slots=True)
class ManifestInput:
    """What a command line says of its manifest."""

    path: str
    columns: Mapping[str, list[str]]
    first_identity: int | None

    def read(self, root: str | None = None) -> Manifest:
        """Read it; raises `InputError` for what cannot be used."""
        from ..manifest import TableOptions, read_manifest

        return read_manifest(self.path, root=root, options=TableOptions(self.columns, self.first_identity))


def _parsed(
    _context: click.Context, _parameter: click.Parameter, pairs: tuple[str, ...]
) -> dict[str, list[str]]:
    columns: dict[str, list[str]] = {}
    for pair in pairs:
        key, equals, header = pair.partition("=")
        key = "captions" if key == "caption" else key
        if not equals or not header or (key not in KEYS and not key.startswith("attribute.")):
            raise click.BadParameter(
                f"{pair!r}: write KEY=HEADER, with KEY one of {', '.join(KEYS)} or attribute.NAME"
            )
        columns.setdefault(key, []).append(header)
        if len(columns[key]) > 1 and key != "captions":
            raise click.BadParameter(f"{key} is given twice")
    return columns


columns = click.option(
    "--column",
    "columns",
    multiple=True,
    metavar="KEY=HEADER",
    callback=_parsed,
    help="Of a table: the column that KEY (path, identity, ...) is read from; may be repeated.",
)
first_identity = click.option(
    "--first-identity",
    type=click.IntRange(0, 1),
    help="Of tables and folders: 0 if person 0 is a person, 1 if a distractor. [default: from the data]",
)
root = click.option("--root", type=click.Path(file_okay=False), help="The folder that paths start from.")
seed = click.option("--seed", default=0, show_default=True, help="Another seed chooses others.")
split = click.option(
    "--split", type=click.Choice(["train", "query", "gallery"]), help="Only images of this split."
)


def manifest(command: Command) -> Command:
    """Add the argument MANIFEST and the options of tables; the command receives a `ManifestInput`."""

    @functools.wraps(command)
    def with_manifest(
        *args: Any, manifest: str, columns: Mapping[str, list[str]], first_identity: int | None, **others: Any
    ) -> Any:
        return command(*args, manifest=ManifestInput(manifest, columns, first_identity), **others)

    for option in (first_identity, columns, click.argument("manifest", default="-")):
        with_manifest = option(with_manifest)
    return with_manifest


def require_distinct(inputs: Mapping[str, object], outputs: Mapping[str, object]) -> None:
    """Raise `UsageError` if an output is an input, or two outputs are one file or both stdout.

    Keys are what messages call a file; None is a file that was not asked for.
    """
    read = {name: _place(file) for name, file in inputs.items() if file is not None and file != "-"}
    written: dict[str, str] = {}
    for name, file in outputs.items():
        if file is None:
            continue
        place = "-" if file == "-" else _place(file)
        for other, taken in (*written.items(), *read.items()):
            if taken == place:
                where = "stdout" if place == "-" else str(file)
                both = (
                    f"{other} and {name} are both {where}"
                    if other in written
                    else f"{name} would overwrite {other}, {where}"
                )
                raise click.UsageError(f"{both}: give another file")
        if not _is_device(file):
            written[name] = place


def needs(option: str, is_there: bool, other: str) -> None:
    """Raise `UsageError` if the user gave `option` without what it belongs to."""
    context = click.get_current_context()
    source = context.get_parameter_source(option)
    if source is ParameterSource.COMMANDLINE and not is_there:
        shown = next(one.opts[-1] for one in context.command.params if one.name == option)
        raise click.UsageError(f"{shown} needs {other}")


def _place(file: object) -> str:
    path = Path(str(file))
    if path.exists():
        status = path.stat()
        return f"{status.st_dev}/{status.st_ino}"
    return str(path.resolve())


def _is_device(file: object) -> bool:
    path = Path(str(file))
    return file != "-" and path.exists() and not path.is_file() and not path.is_dir()
