"""Curves of runs as one picture, from their logs alone."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from ..errors import InputError

_HIDDEN = {"step", "seconds", "images_per_second", "memory_gb", "learning_rate_factor", "gradient_norm"}
"""Logged, but drawn only when asked for."""


class Curve(NamedTuple):
    """One value of one run."""

    steps: list[float]
    values: list[float]


def read_curves(run: Path) -> dict[str, Curve]:
    """Every value that a run logged, by name. Raises `InputError` for a folder without a log."""
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
            raise InputError(f"{path}, line {number}: is no log line of a run") from error
        for name, value in values.items():
            curve = curves.setdefault(name, Curve([], []))
            curve.steps.append(step)
            curve.values.append(value)
    if not curves:
        raise InputError(f"{path}: nothing is logged yet")
    return curves


def plot(runs: Sequence[Path], output: Path, *, names: Sequence[str] = ()) -> list[str]:
    """Draw the curves of `runs` to `output` (SVG, PNG or PDF, by its ending); what was drawn comes back.

    One panel a value, one line a run. Raises `InputError` for a value that no run has.
    """
    curves = {run: read_curves(run) for run in runs}
    found = {name: None for each in curves.values() for name in each}  # in the order of the logs
    unknown = [name for name in names if name not in found]
    if unknown:
        raise InputError(f"no run logs {unknown[0]}: there are {', '.join(found)}")
    shown = list(names) or [name for name in found if name not in _HIDDEN]

    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    matplotlib.rcParams["svg.hashsalt"] = "vtbr"  # the same curves give the same bytes
    columns = min(3, len(shown))
    rows = -(-len(shown) // columns)
    figure, panels = pyplot.subplots(
        rows, columns, figsize=(4.5 * columns, 3 * rows), squeeze=False, layout="constrained"
    )
    lines = {}
    for name, panel in zip(shown, panels.flat, strict=False):
        for number, (run, values) in enumerate(curves.items()):
            if name in values:
                (lines[run],) = panel.plot(*values[name], linewidth=1.2, color=f"C{number}")
        panel.set_title(name, fontsize=10)
        panel.set_xlabel("step", fontsize=8)
        panel.grid(alpha=0.3)
    for panel in panels.flat[len(shown) :]:
        panel.set_visible(False)
    if len(runs) > 1:
        titles = [run.name or str(run) for run in lines]
        figure.legend(lines.values(), titles, loc="outside lower center", ncols=4, fontsize=8)
    figure.savefig(output, metadata={"Date": None} if output.suffix == ".svg" else None)
    pyplot.close(figure)
    return shown
