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
    """Prints the measures of one system, their intervals and what was scored."""
    spread = scores.get("spread", {})
    table = _table("measure", "%", "95 % interval", *(["spread"] if spread else []))
    for measure, value in scores.items():
        if isinstance(value, float):
            cells = [_percent(value), _interval(scores["interval"].get(measure))]
            table.add_row(measure, *cells, *([_percent(spread[measure])] if spread else []))
    _print(table, _what_was_scored(scores))
    if "open_set" in scores:
        table = _table("false positives", "true positives %", "distance below")
        for point in scores["open_set"]["roc"]:
            known = point["tpr"] is not None
            table.add_row(
                f"{point['fpr']:g}",
                _percent(point["tpr"]) if known else "too few pairs",
                f"{point['threshold']:.4g}" if known else "",
            )
        _print(table, [])
    if "camera_pairs" in scores:
        table = _table("query camera", "gallery camera", "queries", "mAP %", "rank-1 %")
        for pair in scores["camera_pairs"]:
            numbers = (f"{pair[key]:,}" for key in ("query_camera", "gallery_camera", "queries"))
            table.add_row(*numbers, _percent(pair["mAP"]), _percent(pair["rank-1"]))
        _print(table, [])


def print_comparison(comparison: dict[str, Any]) -> None:
    """Prints two systems, their difference, and the queries that changed most."""
    table = _table("measure", "A %", "B %", "B - A", "95 % interval", "p", "better")
    for measure, row in comparison.items():
        if isinstance(row, dict) and "difference" in row:
            table.add_row(measure, *_difference(row), _better(row))
    _print(table, [f"{side.upper()} {file['name']}" for side, file in comparison["input"].items()])
    for what, queries in comparison["changed"].items():
        if queries:
            table = _table(f"queries {what} in B", "A: AP %", "B: AP %", "B - A")
            for query in queries:
                a, b, change = query["a"], query["b"], query["difference"]
                table.add_row(query["path"], _percent(a), _percent(b), _percent(change, sign="+"))
            _print(table, [])


def print_tournament(comparison: dict[str, Any]) -> None:
    """Prints three systems or more, each against each."""
    table = _table("pair", "measure", "A %", "B %", "B - A", "95 % interval", "p", "p (Holm)", "better")
    for pair in comparison["pairs"]:
        for measure, row in pair.items():
            if isinstance(row, dict):
                raised = row.get("p_holm")
                cells = [*_difference(row), "" if raised is None else f"{raised:.4f}"]
                table.add_row(f"{pair['a'] + 1} and {pair['b'] + 1}", measure, *cells, _better(row))
    _print(table, [f"{i} {system['input']['name']}" for i, system in enumerate(comparison["systems"], 1)])


def print_runs(runs: dict[str, Any]) -> None:
    """Prints mean, spread and each run's value."""
    table = _table("measure", "mean %", "spread", *(str(i + 1) for i in range(runs["runs"])))
    for measure, row in runs.items():
        if isinstance(row, dict) and "spread" in row:
            table.add_row(measure, *map(_percent, (row["mean"], row["spread"], *row["values"])))
    _print(table, [f"{i} {file['name']}" for i, file in enumerate(runs["input"], 1)])


def print_captions(scores: dict[str, Any]) -> None:
    """Prints the agreement with reference captions, and what the captions say of each attribute."""
    agreement = {measure: value for measure, value in scores.items() if "-" in measure}
    if agreement:
        table = _table("measure", "score")
        for measure, value in agreement.items():
            scale = 1 if measure.startswith("CIDEr") else 100
            table.add_row(measure, "" if value is None else f"{scale * value:.{1 if scale > 1 else 3}f}")
        _print(
            table, [f"{scores['compared']:,} images with reference captions (CIDEr-D from 0 to 10, else %)"]
        )
    slots = {slot: value for slot, value in scores.items() if isinstance(value, dict)}
    if slots:
        table = _table("attribute", "images", "right %", "named %", "precision %", "recall %")
        for slot, value in slots.items():
            shares = (value.get(key) for key in ("accuracy", "named", "precision", "recall"))
            table.add_row(slot, f"{value['images']:,}", *("" if v is None else _percent(v) for v in shares))
        _print(table, [])


def print_attributes(scores: dict[str, Any]) -> None:
    """Prints the five measures, and each label's."""
    table = _table("measure", "%")
    for measure in ("mA", "accuracy", "precision", "recall", "F1"):
        table.add_row(measure, "" if scores[measure] is None else _percent(scores[measure]))
    _print(table, [f"{scores['images']:,} images"])
    table = _table("label", "with", "without", "found %", "refused %", "mA %")
    for label, row in scores["labels"].items():
        shares = ("" if row[key] is None else _percent(row[key]) for key in ("TPR", "TNR", "mA"))
        table.add_row(label, f"{row['positives']:,}", f"{row['negatives']:,}", *shares)
    _print(table, [])


def print_thresholds(thresholds: dict[str, Any]) -> None:
    """Prints the distances of each rate, and of pairs of cameras."""
    table = _table("decision", "rate", "distance", "measured", "95 % interval", "matches found %")
    rows = [("same below", one) for one in thresholds["same"]]
    rows += [("other above", one) for one in thresholds["other"]]
    for pair in thresholds["cameras"]:
        what = f"same below, camera {pair['query_camera']} to {pair['gallery_camera']}"
        rows += [(what, one) for one in pair["same"]]
    for what, one in rows:
        low, high = one["interval"]
        found = "" if one["found"] is None else _percent(one["found"])
        numbers = (f"{one[key]:.4g}" for key in ("rate", "distance", "measured"))
        table.add_row(what, *numbers, f"{low:.2g} to {high:.2g}", found)
    _print(table, [f"{thresholds['distance']} distance"])


def print_protocols(protocols: dict[str, dict[str, Any]], about: dict[str, str]) -> None:
    """Prints the switches in which they differ, and what each is for."""
    table = _table("protocol", "cameras", "queries", "AP by", "means", "test sets")
    for name, protocol in protocols.items():
        draws = protocol["draws"]
        table.add_row(
            name,
            "others" if protocol["cross_camera"] else "any",
            "joined" if protocol["multi_query"] else "single",
            protocol["average_precision"],
            protocol["cmc_over"],
            f"{draws['repeats']} x {draws['people_share']:.0%}" if draws else "",
        )
    _print(table, [f"{name}: {about[name]}" for name in protocols])


def _what_was_scored(scores: dict[str, Any]) -> list[str]:
    counts, protocol = scores["counts"], scores["protocol"]
    draws = protocol["draws"]
    lines = [
        f"{counts['scored_queries']:,} queries of {counts['identities']:,} people, "
        f"{counts['gallery'] - counts['junk']:,} gallery images "
        f"({counts['distractors']:,} distractors; {counts['junk']:,} junk left out)",
        f"protocol {protocol['name']}, {protocol['distance']} distance"
        + (f", mean of {draws['repeats']} test sets (seed {draws['seed']})" if draws else "")
        + (f", {_expansion(protocol['expansion'])}" if protocol.get("expansion") else "")
        + (", re-ranked ({k1}, {k2}, {lambda})".format(**protocol["rerank"]) if protocol["rerank"] else ""),
    ]
    fate = "counted as 0" if protocol["cmc_over"] == "all" else "not scored"
    for reason, count in scores["dropped"].items():
        if count:
            lines.append(f"{count:,} queries {fate}: {DROPPED[reason]}")
    return lines


def _expansion(expansion: dict[str, Any]) -> str:
    moved = {"queries": expansion["query_neighbours"], "gallery": expansion["gallery_neighbours"]}
    said = " and ".join(f"{what} moved to their {count} nearest" for what, count in moved.items() if count)
    return f"{said} (alpha {expansion['alpha']:g})"


def _difference(row: dict[str, Any]) -> list[str]:
    return [
        _percent(row["a"]),
        _percent(row["b"]),
        _percent(row["difference"], sign="+"),
        _interval(row.get("interval"), sign="+"),
        f"{row['p']:.4f}" if "p" in row else "",
    ]


def _better(row: dict[str, Any]) -> str:
    return {"a": "A", "b": "B", "none": "not clear"}.get(row.get("better", ""), "")


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
    click.echo(capture.get() + "\n".join(lines), nl=bool(lines))


def _percent(value: float, sign: str = "") -> str:
    return f"{100 * value:{sign}.1f}"


def _interval(ends: list[float] | None, sign: str = "") -> str:
    return f"{_percent(ends[0], sign)} to {_percent(ends[1], sign)}" if ends else ""
