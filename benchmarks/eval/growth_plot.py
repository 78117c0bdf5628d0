"""Draw how time and memory grow with the number of images, as one SVG that follows light and dark."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

from vtbr_eval.report.charts import HEIGHT, WIDTH, Axis, Plot

STYLE = """
svg { --ink: #1c2430; --soft: #5b6673; --line: #d8dde3; --a: #0b65c2; --b: #b3470a; background: #fff; }
@media (prefers-color-scheme: dark) {
  svg { --ink: #e8ecf1; --soft: #a3adb9; --line: #39424e; --a: #6cb2ff; --b: #ff9d5c; background: #14181d; } }
text { font: 12px sans-serif; fill: var(--soft); } .title { font-weight: bold; fill: var(--ink); }
.grid { stroke: var(--line); fill: none; } .line { fill: none; stroke-width: 2; }
.line.a { stroke: var(--a); } .line.b { stroke: var(--b); }
.line.c { stroke: var(--soft); stroke-dasharray: 4 4; }
.dot.a { fill: var(--a); } .dot.b { fill: var(--b); } .name.a { fill: var(--a); } .name.b { fill: var(--b); }
"""

Points = Sequence[tuple[float, float]]


def draw(reid: Points, rerank: Points, reid_mib: Points, rerank_mib: Points, target: Path) -> None:
    """Write the chart of seconds and MiB by number of images (N, value), both axes logarithmic."""
    head = 22
    time = _chart("seconds", reid, rerank, "N^2", 2)
    memory = _chart("MiB beside the mapped file", reid_mib, rerank_mib, "N", 1)
    parts = "".join(
        f'<g transform="translate({i * WIDTH} {head})">{part}</g>' for i, part in enumerate((time, memory))
    )
    target.write_text(
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {2 * WIDTH} {HEIGHT + head}" '
        f'width="{2 * WIDTH}" height="{HEIGHT + head}" role="img" aria-label="Time and memory of reid and '
        f'rerank by number of images"><style>{STYLE}</style><text class="title" x="12" y="16">vtbr-eval: '
        f"what N images take (a sixth of them queries, 2,048 numbers each)</text>{parts}</svg>\n"
    )


def _chart(unit: str, reid: Points, rerank: Points, law: str, power: int) -> str:
    values = [value for _, value in (*reid, *rerank)]
    low, high = 10 ** math.floor(math.log10(min(values))), 10 ** math.ceil(math.log10(max(values)))
    decades = [float(10**e) for e in range(round(math.log10(low)), round(math.log10(high)) + 1)]
    counts = [count for count, _ in reid]
    x = Axis(
        low=counts[0] * 0.9,
        high=counts[-1] * 1.1,
        ticks=[(count, f"{count / 1000:g}k") for count in counts],
        label="images",
        is_log=True,
    )
    labels = [(v, f"{v / 1000:g}k" if v >= 1000 else f"{v:g}") for v in decades]
    y = Axis(low=low, high=high, ticks=labels, label=unit, is_log=True)
    plot = Plot(x=x, y=y)
    first = rerank[0]
    law_end = min(counts[-1], first[0] * (high / first[1]) ** (1 / power))
    straight = [first, (law_end, first[1] * (law_end / first[0]) ** power)]
    marks = plot.curve(straight, "c")
    for name, points, style in (("reid", reid, "a"), ("rerank", rerank, "b")):
        marks += plot.curve(points, style) + plot.dots(points, style)
        across, down = plot.across(points[1][0]) + 6, plot.down(points[1][1]) + 14
        marks += f'<text class="name {style}" x="{across}" y="{down}">{name}</text>'
    end = straight[1]
    marks += f'<text x="{plot.across(end[0]) - 40}" y="{plot.down(end[1]) + 2}">{law}</text>'
    return plot.svg(f"{unit} by number of images", marks).replace(
        '<svg class="chart"', f'<svg width="{WIDTH}" height="{HEIGHT}"', 1
    )
