"""Options that several commands share."""

from __future__ import annotations

import functools
import inspect
import os
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import click

from ..errors import InputError
from ..files import KEYS, SPLITS, Manifest, TableOptions, read_manifest
from ..zoo import resolve


def _or_model_of_the_zoo(ctx: click.Context, param: click.Parameter, value: Path | None) -> Path | None:
    return None if value is None else resolve(value)


checkpoint = click.argument("checkpoint", type=click.Path(path_type=Path), callback=_or_model_of_the_zoo)
towards = click.option(
    "--towards",
    metavar="CHECKPOINT",
    type=click.Path(path_type=Path),
    callback=_or_model_of_the_zoo,
    help="Of --whole: mix weights of the backbone that training began from into it, for unlike pictures.",
)


manifest = click.argument("manifest", type=click.Path(allow_dash=True), metavar="MANIFEST|-")


class Reading(NamedTuple):
    """How the command line says that manifests are read."""

    root: Path | None
    options: TableOptions

    def read(self, path: str) -> Manifest:
        """Read a manifest and say, once, how a table was read."""
        manifest = read_manifest(path, self.root, self.options)
        if os.environ.get("RANK", "0") == "0":
            for note in manifest.notes:
                click.echo(note, err=True)
        return manifest

    def read_at(self, text: str) -> Manifest:
        """Read MANIFEST or MANIFEST@ROOT; without a root of its own it has the command's."""
        path, found, root = text.rpartition("@")
        if not found or not path or Path(text).exists():
            return self.read(text)
        if not Path(root).is_dir():
            raise click.UsageError(f"{text}: {root} is not a folder; write MANIFEST@ROOT")
        return self._replace(root=Path(root)).read(path)


def grouped(
    name: str, make: Callable[..., Any], *options: Callable[..., Any]
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Return a decorator that adds `options`; the command receives what `make` makes of them as argument `name`.

    The parameters of `make` are named as the options.
    """
    keys = inspect.signature(make).parameters

    def decorate(command: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(command)
        def with_group(*args: Any, **values: Any) -> Any:
            group = make(**{key: values.pop(key) for key in keys})
            return command(*args, **{name: group}, **values)

        for option in reversed(options):
            with_group = option(with_group)
        return with_group

    return decorate


def keep_apart(
    outputs: Mapping[str, object], inputs: Iterable[object], manifest: Manifest | None = None
) -> None:
    """Refuse an output that is an input, two outputs with one name, and one without a folder to be written in.

    All that before anything is opened or computed. `outputs` are by option; None is no output, `-` a standard
    stream. Of `manifest` all pictures are inputs.
    """
    seen: dict[str, str] = {}
    places = {_place(str(path)) for path in inputs if path is not None and str(path) != "-"}
    for option, path in outputs.items():
        if path is None:
            continue
        name = str(path)
        place = name if name == "-" else _place(name)
        if place in seen:
            what = "standard output" if name == "-" else name
            raise click.UsageError(f"{seen[place]} and {option} both write to {what}: give one another name")
        seen[place] = option
        if place in places or (manifest is not None and _is_picture_of(os.path.realpath(name), manifest)):
            raise click.UsageError(f"{name} is read and would be overwritten: give {option} another name")
        if name != "-":
            _check_folder(Path(name))


def _check_folder(path: Path) -> None:
    """Raise InputError where a file cannot be written for want of a folder; a device is written as it is."""
    folder = path.resolve().parent
    if not folder.is_dir():
        raise InputError(f"{path}: there is no folder {folder}: make it, or correct the path")
    if not os.access(folder, os.W_OK) and (path.is_file() or not path.exists()):
        raise InputError(f"{path}: the folder {folder} cannot be written: give another path")


def _place(name: str) -> str:
    """Return what two names of one file have in common, hard links included."""
    path = Path(name)
    if not path.exists():
        return os.path.realpath(name)
    status = path.stat()
    return f"{status.st_dev}/{status.st_ino}"


def _is_picture_of(place: str, manifest: Manifest) -> bool:
    name = os.path.basename(place)  # noqa: PTH119 (of all rows: as fast as possible)
    return any(
        row.path.endswith(name) and os.path.realpath(manifest.root / row.path) == place
        for row in manifest.rows
    )


def _columns(
    ctx: click.Context, param: click.Parameter, values: tuple[str, ...]
) -> tuple[tuple[str, str], ...]:
    pairs: list[tuple[str, str]] = []
    for value in values:
        key, equals, header = value.partition("=")
        key = "captions" if key == "caption" else key
        if not equals or not header or (key not in KEYS and not key.startswith("attribute.")):
            raise click.BadParameter(
                f"{value!r}: write KEY=HEADER, with KEY one of {', '.join(KEYS)} or attribute.NAME"
            )
        if key != "captions" and key in dict(pairs):
            raise click.BadParameter(f"{key} is given twice")
        pairs.append((key, header))
    return tuple(pairs)


def _reading(root: Path | None, columns: tuple[tuple[str, str], ...], first_identity: str | None) -> Reading:
    return Reading(root, TableOptions(columns, None if first_identity is None else int(first_identity)))


reading = grouped(
    "reading",
    _reading,
    click.option(
        "--root",
        type=click.Path(file_okay=False, exists=True, path_type=Path),
        help="The folder that paths start from. [default: the manifest's; from a pipe, the current one]",
    ),
    click.option(
        "--column",
        "columns",
        multiple=True,
        metavar="KEY=HEADER",
        callback=_columns,
        help="Which column of a table holds KEY; may be repeated.",
    ),
    click.option(
        "--first-identity",
        type=click.Choice(["0", "1"]),
        help="Number of a table's first person. [default: as the table suggests]",
    ),
)
"""Of reading manifests."""

split = click.option(
    "--split",
    "splits",
    type=click.Choice(SPLITS),
    multiple=True,
    help="Read only these images; may be repeated.",
)


def _inference(resize: str, batch_size: int, workers: int | None, precision: str, device: str) -> Any:
    from ..inference import InferenceConfig

    return InferenceConfig(
        resize=resize, batch_size=batch_size, workers=workers, precision=precision, device=device
    )


inference = grouped(
    "inference",
    _inference,
    click.option(
        "--resize",
        type=click.Choice(["torch", "pillow"]),
        default="torch",
        show_default=True,
        help="pillow: the same pixels as tools that resize by Pillow.",
    ),
    click.option("--batch-size", type=click.IntRange(min=1), default=64, show_default=True),
    click.option(
        "--workers",
        type=click.IntRange(min=0),
        help="Processes that read pictures. [default: 0 on a CPU or for few images, else one a core]",
    ),
    click.option(
        "--precision",
        type=click.Choice(["auto", "float32", "bfloat16"]),
        default="auto",
        show_default=True,
        help="auto: float32 on a CPU, bfloat16 on a GPU that computes in it.",
    ),
    click.option("--device", default="auto", show_default=True, help="As torch names it: cpu, cuda, cuda:1."),
)
"""Of how a trained model is run: an `InferenceConfig`."""
