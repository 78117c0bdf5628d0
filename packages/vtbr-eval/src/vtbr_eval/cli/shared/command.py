"""A command that checks its files and options against each other before it opens anything."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from ...errors import InputError

STDOUT = ("-", "/dev/stdout")
LABELS = (".csv", ".tsv", ".txt", ".parquet", ".jsonl")
"""Of tables that are read with an `.npy`."""


class InputName(click.ParamType[str]):
    """The name of a file or folder that a command reads; `-` is standard input."""

    name = "file"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Returns the name as it is: the file is opened by its reader."""
        return str(value)


class OutputName(InputName):
    """The name of a file that a command writes; `-` is standard output."""


class Option(click.Option):
    """An option that may need another one."""

    def __init__(self, *args: Any, needs: str | None = None, **settings: Any) -> None:
        super().__init__(*args, **settings)
        self.needs = needs
        """The parameter without which this option has no effect."""


class Command(click.Command):
    """Refuses, before it runs, what would lose a file or have no effect.

    That is an output that is an input, two outputs of one name, two results on standard output, and
    an option without the one that it needs.
    """

    replaces_output: str | None = None
    """The output that, when it goes to standard output, is printed instead of the scores."""

    def invoke(self, ctx: click.Context) -> Any:
        """Checks the command line, then runs the command."""
        self._check_needs(ctx)
        outputs = dict(self._files(ctx, OutputName))
        self._check_stdout(ctx, outputs)
        check_files([name for _, name in self._files(ctx, InputName)], list(outputs.values()))
        return super().invoke(ctx)

    def _files(self, ctx: click.Context, kind: type) -> Iterator[tuple[str, str]]:
        for param in self.params:
            value = ctx.params.get(param.name or "")
            if type(param.type) is kind and value is not None:
                for one in value if isinstance(value, tuple) else (value,):
                    yield param.name or "", one

    def _check_needs(self, ctx: click.Context) -> None:
        for param in self.params:
            given = ctx.get_parameter_source(param.name or "") == ParameterSource.COMMANDLINE
            needs = getattr(param, "needs", None)
            if given and needs and not ctx.params.get(needs):
                other = next(p.opts[0] for p in self.params if p.name == needs)
                raise click.UsageError(f"{param.opts[0]} has no effect without {other}", ctx)

    def _check_stdout(self, ctx: click.Context, outputs: dict[str, str]) -> None:
        to_stdout = [name for name, value in outputs.items() if value in STDOUT]
        if self.replaces_output in to_stdout and not ctx.params.get("as_table"):
            to_stdout = [name for name in to_stdout if name != "output"]
        if ctx.params.get("as_table"):
            to_stdout = [name for name in to_stdout if name != "output"] + ["as_table"]
        if len(to_stdout) > 1:
            options = [p.opts[-1] for name in to_stdout for p in self.params if p.name == name]
            raise InputError(
                f"{' and '.join(options)} would both write to standard output: name a file for one of them"
            )


def check_files(inputs: list[str], outputs: list[str]) -> None:
    """Raises `InputError` for an output that is an input, and for two outputs of one name."""
    seen: dict[str, str] = {}
    for output in (name for name in outputs if name not in STDOUT and not _is_device(name)):
        place = _place(Path(output))
        if place in seen:
            raise InputError(f"{output}: is named for two outputs: give each a name of its own")
        seen[place] = output
        for source in (name for name in inputs if name != "-"):
            if place in map(_place, _read_with(Path(os.path.realpath(source)))):
                raise InputError(
                    f"{output}: is an input of this command and would be lost: name another output"
                )


def _read_with(source: Path) -> set[Path]:
    """Returns the files that are read when this one is named."""
    if source.is_dir():
        return {path for path in source.glob("**/*") if path.is_file()} | {source}
    beside = {source.with_suffix(suffix) for suffix in LABELS} if source.suffix == ".npy" else set()
    return {source} | {path for path in beside if path.is_file()}


def _place(path: Path) -> str:
    """Returns what is the same for two names of one file, hard links included."""
    if not path.exists():
        return os.path.realpath(path)
    status = path.stat()
    return f"{status.st_dev}/{status.st_ino}"


def _is_device(name: str) -> bool:
    return Path(name).exists() and not Path(name).is_file() and not Path(name).is_dir()
