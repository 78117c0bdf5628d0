"""Histograms as SVG, drawn by hand; colours come from the page's style sheet."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from .markup import escape

_WIDTH, _HEIGHT = 360, 150
_LEFT, _BOTTOM, _TOP = 8, 22, 16
_BINS = 24


def histogram(
    title: str, values: Sequence[float], unit: str, *, low: float | None = None, high: float | None = None
) -> str:
    """Draw how many values lie in each of at most 24 equal ranges; nothing without values, a sentence if all
    are the same.

    Whole numbers in a short range get a column each. `low` and `high` default to the
    smallest and largest value.
    """
    if not len(values):
        return ""
    data = np.asarray(values, np.float64)
    if data.min() == data.max():
        return f"<p><b>{escape(title)}</b>: {data[0]:.4g} {escape(unit)}, all {len(data):,}</p>"
    edges = _edges(data, low, high)
    counts, _ = np.histogram(data, edges)
    largest = max(1, int(counts.max()))
    step = (_WIDTH - 2 * _LEFT) / len(counts)
    columns = "".join(
        f'<rect x="{_LEFT + place * step:.1f}" width="{max(step - 1, 0.5):.1f}" '
        f'y="{_down(number / largest):.1f}" height="{_HEIGHT - _BOTTOM - _down(number / largest):.1f}">'
        f"<title>{_range(edges, place)} {escape(unit)}: {number:,}</title></rect>"
        for place, number in enumerate(counts.tolist())
    )
    base = _HEIGHT - _BOTTOM
    marks = "".join(
        f'<text x="{_LEFT + share * (_WIDTH - 2 * _LEFT):.0f}" y="{_HEIGHT - 6}" text-anchor="{anchor}">'
        f"{edges[0] + share * (edges[-1] - edges[0]):.4g}</text>"
        for share, anchor in ((0, "start"), (0.5, "middle"), (1, "end"))
    )
    summary = f"median {np.median(data):.4g}, from {data.min():.4g} to {data.max():.4g}"
    said = f"{title}: {len(data):,} values in {unit}, {summary}"
    return (
        f"<figure class=chart><figcaption>{escape(title)}, {escape(unit)}</figcaption>"
        f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="{escape(said)}">'
        f'<line x1="{_LEFT}" x2="{_WIDTH - _LEFT}" y1="{base}" y2="{base}"/>{columns}{marks}'
        f'<text x="{_LEFT}" y="12">{largest:,} at most</text></svg>'
        f"<p class=note>{summary}</p></figure>"
    )


def _edges(data: NDArray[np.float64], low: float | None, high: float | None) -> NDArray[np.float64]:
    first = data.min() if low is None else low
    last = data.max() if high is None else high
    is_whole = low is None and high is None and bool((data == np.round(data)).all())
    if is_whole and last - first < _BINS:
        return np.arange(first - 0.5, last + 1)
    return np.linspace(first, last, _BINS + 1)


def _range(edges: NDArray[np.float64], place: int) -> str:
    if edges[place + 1] - edges[place] == 1 and edges[place] % 1 == 0.5:
        return f"{edges[place] + 0.5:.0f}"
    return f"{edges[place]:.4g} to {edges[place + 1]:.4g}"


def _down(share: float) -> float:
    return _HEIGHT - _BOTTOM - share * (_HEIGHT - _BOTTOM - _TOP)
