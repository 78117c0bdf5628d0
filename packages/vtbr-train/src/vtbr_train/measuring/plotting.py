"""Curves of runs as one picture, from their logs alone, and the curve of a range test."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from vtbr_models.files import replacing

from ..errors import InputError

if TYPE_CHECKING:
    from .rate_finding import RateCurve

_ENDINGS = {".svg", ".png", ".pdf"}
_PANEL_INCHES, _SINGLE_INCHES = (4.5, 3.0), (6.0, 4.0)
_HIDDEN = {"step", "seconds", "images_per_second", "memory_gb", "learning_rate_factor", "gradient_norm"}
"""Logged, but drawn only when asked for."""
_FEW = 20
"""Points of a curve up to which each is marked: one alone has no line."""


class Curve(NamedTuple):
    """One value of one run."""

    steps: list[float]
    values: list[float]


def read_curves(run: Path) -> dict[str, Curve]:
    """Return every value that a run logged, by name. Raises `InputError` for a folder without a log."""
    path = run / "log.jsonl" if run.is_dir() else run
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}; give the folder of a run") from error
    curves: dict[str, Curve] = {}
    for number, text in enumerate(lines, 1):
        try:
            line = json.loads(text)
            step = float(line.pop("step"))
            values = {name: float(value) for name, value in line.items()}
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise InputError(f"{path}, line {number}: is not a log line of a run") from error
        for name, value in values.items():
            curve = curves.setdefault(name, Curve([], []))
            curve.steps.append(step)
            curve.values.append(value)
    if not curves:
        raise InputError(f"{path}: nothing is logged yet")
    return curves


def plot(runs: Sequence[Path], output: Path, *, names: Sequence[str] = ()) -> list[str]:
    """Draw the curves of `runs` to `output` (SVG, PNG or PDF, by its ending); returns the names of the curves.

    One panel a value, one line a run. Raises `InputError` for a value that no run has.
    """
    curves = {run: read_curves(run) for run in runs}
    found = {name: None for each in curves.values() for name in each}  # in the order of the logs
    unknown = [name for name in names if name not in found]
    if unknown:
        raise InputError(f"no run logs {unknown[0]}: there are {', '.join(found)}")
    shown = list(names) or [name for name in found if name not in _HIDDEN]
    lines: dict[Path, Any] = {}
    with _figure(output, len(shown)) as (figure, panels):
        for name, panel in zip(shown, panels, strict=True):
            for number, (run, values) in enumerate(curves.items()):
                if name in values:
                    dots = {"marker": "o", "markersize": 3} if len(values[name].steps) <= _FEW else {}
                    (lines[run],) = panel.plot(*values[name], linewidth=1.2, color=f"C{number}", **dots)
            panel.set_title(name, fontsize=10)
            panel.set_xlabel("step", fontsize=8)
            panel.xaxis.get_major_locator().set_params(integer=True)
        if len(runs) > 1:
            titles = [run.name or str(run) for run in lines]
            titles = titles if len(set(titles)) == len(titles) else [str(run) for run in lines]
            figure.legend(lines.values(), titles, loc="outside lower center", ncols=4, fontsize=8)
    return shown


def plot_rates(curve: RateCurve, output: Path, *, marks: Mapping[str, float]) -> None:
    """Draw the losses of a range test over the learning rate; `marks` are rates with what each is called."""
    smoothed = curve.smoothed()
    with _figure(output, 1) as (_, (panel,)):
        panel.semilogx(
            curve.rates, curve.losses, ".", color="C0", alpha=0.35, markersize=4, label="each step"
        )
        panel.semilogx(
            curve.rates, smoothed, color="C0", linewidth=1.5, label=f"mean of {curve.window} steps"
        )
        for number, (name, rate) in enumerate(marks.items(), 1):
            panel.axvline(rate, color=f"C{number}", linewidth=1.2, linestyle="--", label=f"{name} {rate:g}")
        span = max(smoothed[: smoothed.argmin() + 1]) - min(smoothed)
        if span > 0:  # what diverged is cut off
            panel.set_ylim(min(smoothed) - 0.2 * span, max(smoothed[: smoothed.argmin() + 1]) + 0.5 * span)
        panel.set_xlabel("optimizer.learning_rate", fontsize=8)
        panel.set_ylabel("loss", fontsize=8)
        panel.legend(fontsize=8)


def check_picture(output: Path) -> None:
    """Raises `InputError` unless `output` ends as a picture that can be drawn, in a folder that is there."""
    if output.suffix not in _ENDINGS:
        raise InputError(f"{output}: end it in {', '.join(sorted(_ENDINGS))}")
    if not output.absolute().parent.is_dir():
        raise InputError(f"{output}: there is no folder {output.parent}")


@contextmanager
def _figure(output: Path, count: int) -> Iterator[tuple[Any, list[Any]]]:
    """Give a figure with `count` panels, at most three a row, and write it to `output` at the end."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    matplotlib.rcParams["svg.hashsalt"] = "vtbr"  # the same curves give the same bytes
    columns = min(3, count)
    rows = -(-count // columns)
    size = (_PANEL_INCHES[0] * columns, _PANEL_INCHES[1] * rows) if count > 1 else _SINGLE_INCHES
    figure, panels = pyplot.subplots(rows, columns, figsize=size, squeeze=False, layout="constrained")
    for number, panel in enumerate(panels.flat):
        panel.set_visible(number < count)
        panel.grid(alpha=0.3)
    try:
        yield figure, list(panels.flat[:count])
        with replacing(output) as file:
            ending = output.suffix.removeprefix(".")
            figure.savefig(file, format=ending, metadata={"Date": None} if ending == "svg" else None)
    finally:
        pyplot.close(figure)
