"""The figures of the page: CMC curve, histograms of AP and of distances, heat maps of cameras."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ..cameras import CameraPair
from .cameras import MAX_CAMERAS
from .charts import Axis, Plot, percent_axis, round_ticks
from .markup import figure, percent, scrolling, table
from .neighbours import BINS, Neighbours
from .sections import LETTERS, system_name, titled
from .systems import System

AP_BINS = 10
HEAT_STEPS = 6
"""Colours of the heat map, named in the style sheet."""
WIDE = 10
"""Columns of a heat map from which on its cells are small."""
_CHOOSE = " Choose a point, a bar or a row of the numbers for its searches."
DISTANCE_BARS = 48
"""At most; narrower ones show noise."""


def cmc(systems: Sequence[System]) -> str:
    """Returns the CMC curve with its interval."""
    last = len(systems[0].curve)
    shown = [rank for rank in (1, 2, 5, 10, 20, 50) if rank <= last]
    plot = Plot(
        x=Axis(
            low=1, high=max(last, 2), ticks=[(rank, str(rank)) for rank in shown], label="rank", is_log=True
        ),
        y=percent_axis(1, "found, %"),
    )
    marks, said = "", []
    for i, system in enumerate(systems):
        style = LETTERS[i].lower()
        points = [(rank, score.value) for rank, score in enumerate(system.curve, 1)]
        low = [(rank, s.low) for rank, s in enumerate(system.curve, 1) if s.low is not None]
        high = [(rank, s.high) for rank, s in enumerate(system.curve, 1) if s.high is not None]
        marks += plot.band(low, high, style) if low else ""
        beyond = [f"beyond={rank}_{i + 1}" for rank in shown]
        marks += plot.curve(points, style) + plot.dots([points[rank - 1] for rank in shown], style, beyond)
        values = ", ".join(f"rank {rank} {percent(system.curve[rank - 1].value)} %" for rank in shown)
        said.append(f"{system_name(systems, i)} {values}".strip())
    head = ["rank", *(f"{system_name(systems, i)} %".strip() for i in range(len(systems)))]
    rows = [(rank, *(percent(system.curve[rank - 1].value) for system in systems)) for rank in shown]
    text = "Share of the searches that have found the person by this rank" + (
        "; the band is the 95 % interval." if systems[0].curve[0].low is not None else "."
    )
    drawing = plot.svg("CMC curve. " + "; ".join(said), marks) + _legend(systems)
    beyond = [f"beyond={rank}_{len(systems)}" for rank in shown]
    return figure("CMC curve", text + _CHOOSE, drawing, table("CMC curve", head, rows, beyond))


def average_precision(systems: Sequence[System]) -> str:
    """Returns the histogram of AP over searches."""
    edges = np.linspace(0, 1, AP_BINS + 1)
    shares = [np.histogram(s.scores.average_precision, edges)[0] / len(s.scores.ranks) for s in systems]
    plot = Plot(
        x=Axis(low=0, high=1, ticks=round_ticks(0, 1), label="average precision of a search"),
        y=percent_axis(_room(max(float(share.max()) for share in shares)), "searches, %"),
    )
    marks = ""
    for b in range(AP_BINS):
        width = 0.84 / AP_BINS / len(systems)
        for i, share in enumerate(shares):
            left = edges[b] + 0.08 / AP_BINS + i * width
            only = f"ap={_ap_filter(edges, b)}_{i + 1}"
            marks += plot.bar(left, left + width, float(share[b]), LETTERS[i].lower(), only)
    names = [f"{edges[b]:.1f} to {edges[b + 1]:.1f}" for b in range(AP_BINS)]
    head = ["AP", *(f"{system_name(systems, i)} %".strip() for i in range(len(systems)))]
    rows = [(name, *(percent(float(share[b])) for share in shares)) for b, name in enumerate(names)]
    failed = "; ".join(
        f"{system_name(systems, i)} {percent(float(share[0]))} % below 0.1, "
        f"{percent(float(share[-1]))} % at 0.9 or more".strip()
        for i, share in enumerate(shares)
    )
    drawing = plot.svg(f"Histogram of average precision: {failed}", marks) + _legend(systems, "bar")
    text = "Is the mean made of many middling searches, or of perfect and hopeless ones?"
    filters = [f"ap={_ap_filter(edges, b)}_{len(systems)}" for b in range(AP_BINS)]
    numbers = table("Average precision", head, rows, filters)
    return figure("Average precision of the searches", text + _CHOOSE, drawing, numbers)


def distances(systems: Sequence[System]) -> str:
    """Returns how far matches and non-matches lie."""
    return "".join(_distances(systems, i) for i in range(len(systems)))


def cameras(systems: Sequence[System]) -> str:
    """Returns a heat map of rank-1 by pair of cameras; empty where there is no pair to tell apart."""
    if len(systems[0].cameras) < 2:
        return ""
    return "".join(_heat_map(systems, i) for i in range(len(systems)))


def _heat_map(systems: Sequence[System], i: int) -> str:
    pairs = {(pair.query_camera, pair.gallery_camera): pair for pair in systems[i].cameras}
    low, high = _heat_range(systems)
    columns = sorted({gallery for _, gallery in pairs})
    head = "".join(f'<th scope="col">{camera}</th>' for camera in columns)
    rows = ""
    for query in sorted({query for query, _ in pairs}):
        cells = "".join(_heat_cell(pairs.get((query, gallery)), low, high, i) for gallery in columns)
        rows += f'<tr><th scope="row">{query}</th>{cells}</tr>'
    title = titled("Rank-1 from camera to camera", systems, i)
    steps = "".join(f'<span class="scale heat{step}"></span>' for step in range(HEAT_STEPS))
    style = "heat wide" if len(columns) > WIDE else "heat"
    drawing = scrolling(
        title,
        f'<table class="{style}"><caption>Rank-1 in %. Rows: camera of the query; columns: camera searched'
        f"</caption><thead><tr><td></td>{head}</tr></thead><tbody>{rows}</tbody></table>",
    )
    drawing += (
        f'<p class="soft" aria-hidden="true">{steps} <span>{100 * low:.0f} to {100 * high:.0f} %</span></p>'
    )
    weakest = min(systems[i].cameras, key=lambda pair: pair.rank_1)
    text = (
        f"Each camera's gallery searched alone. Hardest: from camera {weakest.query_camera} to "
        f"{weakest.gallery_camera}, {percent(weakest.rank_1)} % of {weakest.queries:,} searches. Choose a cell for "
        "the searches from its camera whose nearest image is by the other."
    )
    if max(len(columns), len({query for query, _ in pairs})) == MAX_CAMERAS:
        text += f" No more than the {MAX_CAMERAS} cameras with the most images are shown."
    head_row = ("pair", "searches", "rank-1 %", "mAP %")
    numbers = [
        (
            f"{pair.query_camera} to {pair.gallery_camera}", f"{pair.queries:,}",
            percent(pair.rank_1), percent(pair.mean_average_precision),
        )
        for pair in systems[i].cameras
    ]  # fmt: skip
    return figure(title, text, drawing, table("Pairs of cameras", head_row, numbers))


def _heat_range(systems: Sequence[System]) -> tuple[float, float]:
    """Returns the range of the colours: whole tenths, alike for both systems."""
    rank_1 = [pair.rank_1 for system in systems for pair in system.cameras]
    low, high = min(math.floor(10 * min(rank_1)), 9), math.ceil(10 * max(rank_1))
    return low / 10, max(high, low + 1) / 10


def _ap_filter(edges: NDArray[np.float64], b: int) -> str:
    return f"{edges[b]:.1f}_{edges[b + 1]:.1f}"


def _heat_cell(pair: CameraPair | None, low: float, high: float, i: int) -> str:
    if pair is None:
        return '<td class="none"><span aria-hidden="true">·</span></td>'
    step = min(HEAT_STEPS - 1, int(HEAT_STEPS * (pair.rank_1 - low) / (high - low)))
    return (
        f'<td class="heat{step}" title="camera {pair.query_camera} to {pair.gallery_camera}: '
        f"{pair.queries:,} searches, rank-1 {percent(pair.rank_1)} %, "
        f'mAP {percent(pair.mean_average_precision)} %">'
        f'<button type="button" class="link" data-filter="from={pair.query_camera}_{pair.gallery_camera}_{i + 1}">'
        f"{100 * pair.rank_1:.0f}</button></td>"
    )


def _distances(systems: Sequence[System], i: int) -> str:
    found = systems[i].neighbours
    edges, right, wrong = _joined(found)
    high = _room(float(max(right.max(), wrong.max())))
    rules = systems[i].scores.protocol
    label = "re-ranked distance" if rules.rerank else f"{rules.distance} distance"
    ticks = round_ticks(edges[0], edges[-1])
    plot = Plot(
        x=Axis(low=edges[0], high=edges[-1], ticks=ticks, label=label),
        y=percent_axis(high, "pairs of that kind, %"),
    )
    marks = plot.area(edges, wrong.tolist(), "wrong") + plot.area(edges, right.tolist(), "right") + plot.cut()
    median, nearer = _typical_match(found)
    fact = f"{100 * nearer:.2g} % of the non-matches lie nearer than the typical match ({median:.3g})."
    legend = _keys([("area right", "matches"), ("area wrong", "non-matches")])
    title = titled("Distances of matches and non-matches", systems, i)
    head = ("distance", "matches %", "non-matches %")
    rows = [
        (f"{edges[b]:.3g} to {edges[b + 1]:.3g}", percent(float(right[b])), percent(float(wrong[b])))
        for b in range(len(right))
    ]
    place = f' data-distances="{plot.span()} {i + 1}"'
    drawing = plot.svg(f"Two histograms of {label}. {fact}", marks, place) + legend
    text = f"{fact} {found.matches.sum():,} matches, {found.others.sum():,} non-matches."
    return figure(title, text, drawing, table(title, head, rows))


def _legend(systems: Sequence[System], mark: str = "line") -> str:
    if len(systems) == 1:
        return ""
    return _keys([(f"{mark} {letter.lower()}", f"System {letter}") for letter in LETTERS])


def _keys(items: Sequence[tuple[str, str]]) -> str:
    """Returns the key of the styles of marks."""
    shape = {"line": '<path class="{}" d="M1 5H27"/>'}
    box = '<rect class="{}" x="1" y="1" width="26" height="8"/>'
    return (
        '<ul class="legend">'
        + "".join(
            '<li><svg class="key" viewBox="0 0 28 10" aria-hidden="true">'
            f"{shape.get(style.split()[0], box).format(style)}</svg>{words}</li>"
            for style, words in items
        )
        + "</ul>"
    )


def _joined(found: Neighbours) -> tuple[list[float], NDArray[np.float64], NDArray[np.float64]]:
    """Returns the bins that are filled, joined to a few: their edges and the shares of both kinds."""
    filled = np.flatnonzero(found.matches + found.others)
    first, last = int(filled[0]), int(filled[-1]) + 1
    join = -(-(last - first) // DISTANCE_BARS)
    starts = np.arange(first, last, join)
    edges = [float(start) * found.upper / BINS for start in (*starts, starts[-1] + join)]
    right, wrong = (
        np.add.reduceat(counts[:last], starts) / max(1, counts.sum())
        for counts in (found.matches, found.others)
    )
    return edges, right, wrong


def _typical_match(found: Neighbours) -> tuple[float, float]:
    """Returns the median distance of the matches, and the share of the non-matches below it."""
    half = int(np.searchsorted(found.matches.cumsum(), found.matches.sum() / 2))
    return (half + 0.5) * found.upper / BINS, float(found.others[:half].sum() / max(1, found.others.sum()))


def _room(highest: float) -> float:
    """Returns a little above the highest bar, at most 1."""
    return min(1.0, 1.08 * highest)
