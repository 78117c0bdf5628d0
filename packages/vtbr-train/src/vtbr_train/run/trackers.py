"""Where log lines go besides log.jsonl: one interface, one class a tracker, all of them optional.

TensorBoard is used where it is installed (`pip install 'vtbr-train[tensorboard]'`). `saving.trackers` names
others: `csv` needs nothing more; `wandb` and `mlflow` are extras of their names (remote_trackers.py).
"""

from __future__ import annotations

import csv
import importlib.util
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol

from vtbr_models.files import replacing

from ..errors import InputError, say
from .remote_trackers import Ending, Mlflow, Wandb

if TYPE_CHECKING:
    from torch import Tensor

TrackerName = Literal["csv", "wandb", "mlflow"]

_HIDDEN = ("step", "seconds")


class Tracker(Protocol):
    """What takes the log lines of a run."""

    def log(self, step: int, values: Mapping[str, float]) -> None:
        """Take the values of one log line."""

    def close(self, ending: Ending) -> None:
        """Write what is left."""


class Trackers:
    """All trackers of a run, each told everything."""

    def __init__(self, trackers: Iterable[Tracker] = ()) -> None:
        self._trackers = list(trackers)

    def log(self, line: Mapping[str, Any]) -> None:
        """Hand on the numbers of one log line; a server that fails is left out from then on, with a message."""
        values = {name: value for name, value in line.items() if name not in _HIDDEN}
        for tracker in list(self._trackers):
            try:
                tracker.log(line["step"], values)
            except Exception as error:  # each library has its own
                if not isinstance(tracker, Wandb | Mlflow):
                    raise
                self._trackers.remove(tracker)
                name = type(tracker).__name__
                say(f"{name} fails ({_first_line(error)}): nothing more is logged there")

    def show(self, step: int, write: Callable[[Any, int], None]) -> None:
        """Let `write(writer, step)` add pictures and texts, where TensorBoard is on."""
        for tracker in self._trackers:
            if isinstance(tracker, TensorBoard):
                write(tracker.writer, step)

    def close(self, ending: Ending = "finished") -> None:
        """Write what is left."""
        for tracker in self._trackers:
            tracker.close(ending)


class TensorBoard:
    """Curves and pictures in RUN/tensorboard; what a killed process wrote of later steps is hidden."""

    def __init__(self, folder: Path, *, first_step: int) -> None:
        from torch.utils.tensorboard import SummaryWriter

        self.writer = SummaryWriter(str(folder / "tensorboard"), purge_step=first_step)

    def log(self, step: int, values: Mapping[str, float]) -> None:
        """Add a point to each curve."""
        for name, value in values.items():
            self.writer.add_scalar(name, value, step)

    def close(self, ending: Ending) -> None:
        """Write what is left."""
        self.writer.close()


class Csv:
    """RUN/log.csv, one row a log line; a value that comes up later widens the table."""

    def __init__(self, folder: Path, *, first_step: int) -> None:
        self.path = folder / "log.csv"
        rows: list[dict[str, Any]] = []
        if self.path.exists():
            with self.path.open(encoding="utf-8", newline="") as file:
                rows = [row for row in csv.DictReader(file) if int(row["step"]) < first_step]
        self.columns = list(rows[0]) if rows else ["step"]
        self._write(rows)

    def log(self, step: int, values: Mapping[str, float]) -> None:
        """Add a row."""
        row = {"step": step, **values}
        new = [name for name in row if name not in self.columns]
        if new:
            with self.path.open(encoding="utf-8", newline="") as file:
                rows = list(csv.DictReader(file))
            self.columns += new
            self._write(rows)
        with self.path.open("a", encoding="utf-8", newline="") as file:
            csv.DictWriter(file, self.columns).writerow(row)

    def close(self, ending: Ending) -> None:
        """Do nothing: each row is written at once."""

    def _write(self, rows: Iterable[Mapping[str, Any]]) -> None:
        lines = [self.columns, *([row.get(name, "") for name in self.columns] for row in rows)]
        with replacing(self.path) as file:
            file.write("".join(",".join(map(_cell, line)) + "\r\n" for line in lines).encode())


def check_trackers(names: Iterable[TrackerName]) -> None:
    """Raises `InputError` for a tracker whose package is not installed."""
    for name in names:
        if name != "csv" and importlib.util.find_spec(name) is None:
            raise InputError(
                f"saving.trackers = [{name}] needs another package: pip install 'vtbr-train[{name}]'"
            )


def open_trackers(
    folder: Path,
    *,
    first_step: int,
    tensorboard: bool,
    names: Iterable[TrackerName] = (),
    name: str = "",
    settings: Mapping[str, Any] | None = None,
) -> Trackers:
    """Open the trackers of a run; TensorBoard only where it is wanted and installed.

    Raises `InputError` for one that cannot be opened, as where its server does not answer.
    """
    trackers: list[Tracker] = []
    if tensorboard and importlib.util.find_spec("tensorboard") is not None:
        trackers.append(TensorBoard(folder, first_step=first_step))
    for kind in names:
        if kind == "csv":
            trackers.append(Csv(folder, first_step=first_step))
        else:
            remote = Wandb if kind == "wandb" else Mlflow
            try:
                trackers.append(remote(folder, name or folder.resolve().name, settings or {}))
            except Exception as error:  # each library has its own
                raise InputError(f"saving.trackers = [{kind}] cannot begin: {_first_line(error)}") from error
    return Trackers(trackers)


def visible(images: Tensor) -> Tensor:
    """Return normalised images (B, 3, h, w) as colours in [0, 1]."""
    from vtbr_data.training import IMAGENET_MEAN, IMAGENET_STD

    mean, std = (images.new_tensor(values).view(3, 1, 1) for values in (IMAGENET_MEAN, IMAGENET_STD))
    return (images * std + mean).clamp(0, 1)


def _cell(value: object) -> str:
    text = str(value)
    return f'"{text}"' if "," in text else text


def _first_line(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0]
