"""Scores files side by side, as CSV, Markdown or LaTeX."""

from __future__ import annotations

import csv
import io
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from ..errors import InputError

Style = Literal["csv", "markdown", "latex"]
_LATEX = {"\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}"} | {
    letter: f"\\{letter}" for letter in "&%$#_{}"
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """One system: its name and its measures."""

    name: str
    measures: dict[str, float]
    """Fractions."""
    spread: dict[str, float]
    """Over test sets or runs; empty where there is none."""
    protocol: dict[str, Any]
    test_set: dict[str, int] = field(default_factory=dict)
    """How many queries, people and images took part."""


def read_row(source: str | Path, name: str | None = None) -> Row:
    """Returns a row from a scores file or a runs file (docs/formats.md); `-` is standard input.

    Without a `name` it is called as the file is, without ending. Raises `InputError` for another file.
    """
    called = "standard input" if str(source) == "-" else str(source)
    try:
        text = sys.stdin.read() if str(source) == "-" else Path(source).read_text("utf-8")
        content = json.loads(text)
    except (ValueError, RecursionError):
        content = None
    kind = content.get("format") if isinstance(content, dict) else None
    if kind not in ("vtbr.scores", "vtbr.runs"):
        raise InputError(f"{called}: holds no scores: write them with `vtbr-eval reid FEATURES -o FILE`")
    if kind == "vtbr.runs":
        values = {key: v for key, v in content.items() if isinstance(v, dict) and "spread" in v}
        measures = {key: value["mean"] for key, value in values.items()}
        spread = {key: value["spread"] for key, value in values.items()}
    else:
        measures = {key: value for key, value in content.items() if isinstance(value, float)}
        spread = content.get("spread", {})
    return Row(
        name=name or Path(called).name.split(".")[0],
        measures=measures,
        spread=spread,
        protocol=content.get("protocol", {}),
        test_set=content.get("counts", {}),
    )


def table_of(rows: Sequence[Row], style: Style, measures: Sequence[str] = ()) -> str:
    """Returns the table as text: in CSV fractions, else percent with the best of each column in bold.

    Without `measures` those that all rows have. Raises `InputError` for one that a row lacks.

    >>> row = Row(name="osnet", measures={"mAP": 0.415}, spread={}, protocol={})
    >>> print(table_of([row], "markdown"), end="")
    | system | mAP |
    | --- | ---: |
    | osnet | 41.5 |
    """
    chosen = measures or [m for m in rows[0].measures if all(m in row.measures for row in rows)]
    for row in rows:
        for measure in chosen:
            if measure not in row.measures:
                raise InputError(f"{row.name} has no {measure}: it has {', '.join(row.measures)}")
    if style == "csv":
        return _csv(rows, chosen)
    best = {m: max(row.measures[m] for row in rows) for m in chosen} if len(rows) > 1 else {}
    cells = [[row.name, *(_cell(row, m, best.get(m), style) for m in chosen)] for row in rows]
    if style == "markdown":
        return _markdown(["system", *chosen], cells)
    return _latex(["system", *chosen], cells)


def _cell(row: Row, measure: str, best: float | None, style: Style) -> str:
    text = f"{100 * row.measures[measure]:.1f}"
    if row.measures[measure] == best:
        text = f"**{text}**" if style == "markdown" else rf"\textbf{{{text}}}"
    if measure in row.spread:
        sign = "±" if style == "markdown" else r"$\pm$"
        text += f" {sign} {100 * row.spread[measure]:.1f}"
    return text


def _csv(rows: Sequence[Row], measures: Sequence[str]) -> str:
    spread = [measure for measure in measures if any(measure in row.spread for row in rows)]
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["system", *measures, *(f"{measure} spread" for measure in spread)])
    for row in rows:
        values = [row.measures[measure] for measure in measures]
        writer.writerow([row.name, *values, *(row.spread.get(measure, "") for measure in spread)])
    return text.getvalue()


def _markdown(header: list[str], cells: list[list[str]]) -> str:
    lines = [header, ["---", *["---:"] * (len(header) - 1)]]
    lines += [[line[0].replace("|", "\\|"), *line[1:]] for line in cells]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _latex(header: list[str], cells: list[list[str]]) -> str:
    """Writes the table with the rules of the package booktabs."""
    rows = [[_escaped(line[0]), *line[1:]] for line in cells]
    body = [" & ".join(line) + r" \\" for line in rows]
    top = [rf"\begin{{tabular}}{{l{'r' * (len(header) - 1)}}}", r"\toprule", " & ".join(header) + r" \\"]
    return "\n".join([*top, r"\midrule", *body, r"\bottomrule", r"\end{tabular}"]) + "\n"


def _escaped(text: str) -> str:
    return "".join(_LATEX.get(letter, letter) for letter in text)
