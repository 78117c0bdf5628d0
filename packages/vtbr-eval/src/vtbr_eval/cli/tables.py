"""Tables for people: the only place where scores are percentages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.table import Table

DROPPED = {
    "query_is_junk": "junk (identity -1)",
    "query_is_distractor": "a distractor (identity 0)",
    "identity_absent": "of somebody who is not in the gallery",
    "same_camera_only": "of somebody whom only the query's own camera saw",
}


def print_scores(scores: dict[str, Any]) -> None:
    """The measures of one system, their intervals and what was scored."""
    table = _table("measure", "%", "95 % interval")
    for measure, value in scores.items():
        if isinstance(value, float):
            table.add_row(measure, _percent(value), _interval(scores["interval"].get(measure)))
    counts, protocol = scores["counts"], scores["protocol"]
    lines = [
        f"{counts['scored_queries']:,} queries of {counts['identities']:,} people, "
        f"{counts['gallery'] - counts['junk']:,} gallery images "
        f"({counts['distractors']:,} distractors; {counts['junk']:,} junk left out)",
        f"protocol {protocol['name']}, {protocol['distance']} distance"
        + (", re-ranked ({k1}, {k2}, {lambda})".format(**protocol["rerank"]) if protocol["rerank"] else ""),
    ]
    for reason, count in scores["dropped"].items():
        if count:
            lines.append(f"{count:,} queries not scored: {DROPPED[reason]}")
    _print(table, lines)


def print_comparison(comparison: dict[str, Any]) -> None:
    """Two systems and their difference."""
    table = _table("measure", "A %", "B %", "B - A", "95 % interval")
    for measure in ("mAP", "rank-1"):
        row = comparison[measure]
        table.add_row(
            measure,
            _percent(row["a"]),
            _percent(row["b"]),
            _percent(row["difference"], sign="+"),
            _interval(row.get("interval"), sign="+"),
        )
    _print(table, [f"{side.upper()} {file['name']}" for side, file in comparison["input"].items()])


def _table(first: str, *others: str) -> Table:
    from rich.table import Table

    table = Table()
    table.add_column(first)
    for other in others:
        table.add_column(other, justify="right")
    return table


def _print(table: Table, lines: list[str]) -> None:
    import shutil

    import click
    from rich.console import Console

    console = Console(width=max(80, shutil.get_terminal_size().columns))
    with console.capture() as capture:
        console.print(table)
    click.echo(capture.get() + "\n".join(lines))


def _percent(value: float, sign: str = "") -> str:
    return f"{100 * value:{sign}.1f}"


def _interval(ends: list[float] | None, sign: str = "") -> str:
    return f"{_percent(ends[0], sign)} to {_percent(ends[1], sign)}" if ends else ""
