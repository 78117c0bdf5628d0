"""Charts as SVG, drawn by hand: axes, curves with bands, bars, areas.

Colours come from the page's style sheet by class, so that a chart follows light and dark.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from .markup import escape

WIDTH, HEIGHT = 400, 230
LEFT, RIGHT, TOP, BOTTOM = 42, 14, 10, 40
"""Room for labels around the plot, in the units of the view box: pixels on a phone."""


@dataclass(frozen=True, kw_only=True)
class Axis:
    """A range, its marks with their labels, and what it measures."""

    low: float
    high: float
    ticks: Sequence[tuple[float, str]]
    label: str
    is_log: bool = False

    def share(self, value: float) -> float:
        """Returns where a value lies between low (0) and high (1)."""
        if self.is_log:
            low, high, value = math.log(self.low), math.log(self.high), math.log(value)
        else:
            low, high = self.low, self.high
        return (value - low) / (high - low)


@dataclass(frozen=True, kw_only=True)
class Plot:
    """Two axes; turns values into places."""

    x: Axis
    y: Axis

    def svg(self, description: str, marks: str, attributes: str = "") -> str:
        """Returns the chart; `description` is what a screen reader says in its place, `attributes` are more
        of the svg.
        """
        bottom = HEIGHT - BOTTOM
        grid = "".join(
            f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{self.down(v)}" y2="{self.down(v)}"/>'
            f'<text class="tick" x="{LEFT - 6}" y="{self.down(v)}" dy=".35em" text-anchor="end">'
            f"{escape(label)}</text>"
            for v, label in self.y.ticks
        )
        ticks = "".join(
            f'<path class="grid" d="M{self.across(v)} {bottom}v4"/>'
            f'<text class="tick" x="{self.across(v)}" y="{bottom + 16}" text-anchor="middle">'
            f"{escape(label)}</text>"
            for v, label in self.x.ticks
        )
        middle_x, middle_y = (LEFT + WIDTH - RIGHT) / 2, (TOP + bottom) / 2
        labels = (
            f'<text class="axis" x="{middle_x:g}" y="{HEIGHT - 6}" text-anchor="middle">'
            f"{escape(self.x.label)}</text>"
            f'<text class="axis" transform="translate(11 {middle_y:g}) rotate(-90)" text-anchor="middle">'
            f"{escape(self.y.label)}</text>"
        )
        return (
            f'<svg class="chart" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
            f'aria-label="{escape(description)}"{attributes}>'
            f"{grid}{ticks}{labels}{marks}</svg>"
        )

    def curve(self, points: Sequence[tuple[float, float]], style: str) -> str:
        """Returns a line through these points."""
        return f'<path class="line {style}" d="{self._path(points)}"/>'

    def dots(self, points: Sequence[tuple[float, float]], style: str, filters: Sequence[str]) -> str:
        """Returns a dot on each point; a click on it shows the searches of its filter."""
        return "".join(
            f'<circle class="dot {style}" r="4" cx="{self.across(x)}" cy="{self.down(y)}" data-filter="{one}"/>'
            for (x, y), one in zip(points, filters, strict=True)
        )

    def band(
        self, low: Sequence[tuple[float, float]], high: Sequence[tuple[float, float]], style: str
    ) -> str:
        """Returns the area between two curves."""
        return f'<path class="band {style}" d="{self._path([*high, *reversed(low)])}Z"/>'

    def bar(self, left: float, right: float, value: float, style: str, only: str) -> str:
        """Returns a bar from 0 to a value; a click on it shows the searches of the filter `only`."""
        x, top = self.across(left), self.down(value)
        width = round(self.across(right) - x, 1)
        height = round(self.down(0) - top, 1)
        place = f'x="{x}" y="{top}" width="{width}" height="{height}"'
        return f'<rect class="bar {style}" {place} data-filter="{only}"/>'

    def area(self, edges: Sequence[float], values: Sequence[float], style: str) -> str:
        """Returns steps of a histogram, filled down to 0: one more edge than values."""
        points = [(edges[0], 0.0)]
        for left, right, value in zip(edges, edges[1:], values, strict=False):
            points += [(left, value), (right, value)]
        points.append((edges[-1], 0.0))
        return f'<path class="area {style}" d="{self._path(points)}"/>'

    def cut(self) -> str:
        """Returns a line across the chart that the page's script moves, hidden without it."""
        return f'<line class="cut" y1="{TOP}" y2="{HEIGHT - BOTTOM}" style="display:none"/>'

    def span(self) -> str:
        """Returns where the x axis begins and ends, and the values there: what a script needs to place a
        value.
        """
        return f"{LEFT} {WIDTH - RIGHT} {self.x.low:.6g} {self.x.high:.6g}"

    def across(self, value: float) -> float:
        """Returns x of a value, in the units of the view box."""
        return round(LEFT + self.x.share(value) * (WIDTH - LEFT - RIGHT), 1)

    def down(self, value: float) -> float:
        """Returns y of a value, in the units of the view box."""
        return round(HEIGHT - BOTTOM - self.y.share(value) * (HEIGHT - TOP - BOTTOM), 1)

    def _path(self, points: Sequence[tuple[float, float]]) -> str:
        return "M" + "L".join(f"{self.across(x)} {self.down(y)}" for x, y in points)


def round_ticks(low: float, high: float, about: int = 5) -> list[tuple[float, str]]:
    """Returns round numbers between low and high, some `about` of them.

    >>> round_ticks(0, 18)
    [(0.0, '0'), (5.0, '5'), (10.0, '10'), (15.0, '15')]
    """
    rough = (high - low) / about
    power = 10.0 ** math.floor(math.log10(rough))
    step = min((power * factor for factor in (1, 2, 5, 10)), key=lambda size: abs(size - rough))
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [(i * step, f"{i * step:.6g}") for i in range(first, last + 1)]


def percent_axis(high: float, label: str) -> Axis:
    """Returns an axis of fractions from 0, marked in %."""
    ticks = [(value / 100, f"{value:.6g}") for value, _ in round_ticks(0, 100 * high)]
    return Axis(low=0, high=high, ticks=ticks, label=label)


def interval_bar(value: float, low: float | None, high: float | None, style: str) -> str:
    """Returns a score on a track from 0 to 1 with its interval; decoration beside the same numbers in words."""
    band = ""
    if low is not None and high is not None:
        band = f'<path class="span {style}" d="M{100 * low:.1f} 5H{100 * high:.1f}"/>'
    return (
        '<svg class="track" viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">'
        f'<path class="rail" d="M0 5H100"/>{band}'
        f'<path class="point {style}" d="M{100 * value:.1f} 0V10"/></svg>'
    )
