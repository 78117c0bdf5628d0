"""Round bodies seen from an angle: what a camera sees of lathes (torso, head, skirt) and tubes (limbs).

Coordinates in metres: `lateral` (the person's left), `forward`, `up`; angles in radians around the vertical
axis, 0 in front, growing towards the person's left. R rings of a lathe, S samples along a tube, P points of
an outline. Everything here runs hundreds of times a picture: one array call more costs as much as the
pixels.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

_TURN = 2 * math.pi
_ARC = np.linspace(0.0, 1.0, 6)
_HALF_TURN = np.linspace(0.0, math.pi, 9)[1:-1]
_SHORT_EDGE = 0.5
"""Radians below which the rim of a patch is drawn straight."""


@dataclass(frozen=True, slots=True)
class View:
    """Where the camera stands: `turn` radians around the person (0 sees the front), `tilt` radians above."""

    turn: float
    tilt: float
    pixels_per_metre: float
    ground_x: float
    ground_y: float
    _cos: float = field(init=False)
    _sin: float = field(init=False)
    _down: float = field(init=False)
    _rise: float = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_cos", math.cos(self.turn))
        object.__setattr__(self, "_sin", math.sin(self.turn))
        object.__setattr__(self, "_down", self.pixels_per_metre * math.sin(self.tilt))
        object.__setattr__(self, "_rise", self.pixels_per_metre * math.cos(self.tilt))

    def project(self, lateral: Array, forward: Array, up: Array) -> Array:
        """Pixels (P, 2) of points given as three arrays (P,)."""
        out = np.empty((len(up), 2))
        scale = self.pixels_per_metre
        out[:, 0] = lateral * (self._cos * scale) + forward * (self._sin * scale) + self.ground_x
        near = forward * (self._cos * self._down) - lateral * (self._sin * self._down)
        out[:, 1] = near - up * self._rise + self.ground_y
        return out

    def point(self, lateral: float, forward: float, up: float) -> tuple[float, float]:
        """The pixel of one point."""
        x = (lateral * self._cos + forward * self._sin) * self.pixels_per_metre + self.ground_x
        return x, self.nearness(lateral, forward) * self._down - up * self._rise + self.ground_y

    def nearness(self, lateral: float, forward: float) -> float:
        """How far in front of the person's axis a point lies, in metres; the nearer is drawn later."""
        return forward * self._cos - lateral * self._sin

    def turned(self, angle: float, axis: float) -> View:
        """The view of something turned by `angle` to the person's left about a vertical axis, which stands
        `axis` metres in front of the person's own."""
        turn = self.turn + angle
        aside = axis * (self._sin - math.sin(turn)) * self.pixels_per_metre
        nearer = axis * (self._cos - math.cos(turn)) * self._down
        return View(turn, self.tilt, self.pixels_per_metre, self.ground_x + aside, self.ground_y + nearer)

    @property
    def facing(self) -> float:
        """The angle around the body that points at the camera."""
        return -self.turn


class Lathe:
    """A stack of ellipses around a vertical axis.

    `rings` rows are (up, half width, half depth, forward offset of the centre), from the top down;
    `lateral` moves the whole body sideways.
    """

    def __init__(
        self, view: View, rings: Sequence[tuple[float, float, float, float]], lateral: float = 0.0
    ) -> None:
        table = np.empty((6, len(rings)))
        table[:4] = np.asarray(rings, dtype=np.float64).T
        # The silhouette is where the surface turns away: the angle of the largest horizontal pixel.
        right = np.arctan2(table[1] * math.cos(view.turn), table[2] * math.sin(view.turn))
        table[5] = view.facing + np.mod(right - view.facing + math.pi, _TURN) - math.pi
        table[4] = table[5] - math.pi
        self._set(view, table, lateral)

    def _set(self, view: View, table: Array, lateral: float) -> None:
        self.view, self.table, self.lateral = view, table, lateral
        self.up, self.width, self.depth, self.centre, self.left, self.right = table
        self.falling = -self.up

    def outline(self) -> Array:
        """The whole silhouette with a round lower and upper end."""
        low = self.left[-1] + _HALF_TURN
        high = self.right[0] + _HALF_TURN
        return self._points(np.concatenate([self.left, low, self.right[::-1], high]))

    def band(self, top: float = math.inf, bottom: float = -math.inf) -> list[Array]:
        """The whole visible surface between two heights."""
        cut = self._between(top, bottom)
        if cut is None:
            return []
        # Both rims run along the front; `outline` shows the far rim of the upper end, as of an open pot.
        low, high = cut.left[-1] + _HALF_TURN, cut.right[0] - _HALF_TURN
        return [cut._points(np.concatenate([cut.left, low, cut.right[::-1], high]))]

    def patch(
        self, left: float | Array, right: float | Array, top: float = math.inf, bottom: float = -math.inf
    ) -> list[Array]:
        """Outlines of the visible part of the surface between two angles and two heights (possibly none).

        `left` and `right` are angles, at most a turn apart, one for all or one a ring.
        """
        if isinstance(left, float) and isinstance(right, float) and self._is_hidden(left, right):
            return []
        cut = self._between(top, bottom)
        if cut is None:
            return []
        low = left if isinstance(left, float) else np.interp(-cut.up, -self.up, left)
        high = right if isinstance(right, float) else np.interp(-cut.up, -self.up, right)
        width = high - low
        span = width if isinstance(width, float) else float(width[0])
        found = []
        for piece in range(pieces := 1 if span < math.pi else 2):
            # Neighbours overlap a little: between two antialiased edges the ground would shine through.
            start = low + width * (piece / pieces) - 0.04 * piece
            stop = low + width * ((piece + 1) / pieces)
            outline = cut._clipped(start, stop)
            if outline is not None:
                found.append(outline)
        return found

    def decal(self, angle: Array, up: Array) -> Array | None:
        """Outline of a figure on the surface, cut at the silhouette; None if it is on the other side."""
        width, depth, centre, left, right = (np.interp(-up, -self.up, values) for values in self.table[1:])
        seen = np.clip(angle + self._shift(float(angle.mean())), left, right)
        if float(seen.max() - seen.min()) < 0.02:
            return None
        return self.view.project(self.lateral + width * np.sin(seen), centre + depth * np.cos(seen), up)

    def spot(self, angle: float, up: float) -> tuple[float, float, float] | None:
        """Pixel of a surface point and how squarely it faces the camera (0 to 1), None if it is hidden."""
        squareness = math.cos(angle - self.view.facing)
        if squareness < 0.05:
            return None
        _, width, depth, centre, _, _ = self._ring(up).tolist()
        x, y = self.view.point(self.lateral + width * math.sin(angle), centre + depth * math.cos(angle), up)
        return x, y, squareness

    def _is_hidden(self, left: float, right: float) -> bool:
        """Certainly nothing to see of these angles (the silhouette lies near a right angle to the camera)."""
        half = (right - left) / 2
        away = abs(math.remainder((left + right) / 2 - self.view.facing, _TURN))
        return away - half > math.pi / 2 + 0.6

    def _shift(self, angle: float) -> float:
        return round((self.view.facing - angle) / _TURN) * _TURN

    def _ring(self, up: float) -> Array:
        """The column of the table at a height inside the body."""
        after = min(max(int(self.falling.searchsorted(-up)), 1), len(self.up) - 1)
        above, below = self.table[:, after - 1], self.table[:, after]
        return np.asarray(above + (below - above) * ((above[0] - up) / (above[0] - below[0])))

    def _between(self, top: float, bottom: float) -> Lathe | None:
        highest, lowest = float(self.up[0]), float(self.up[-1])
        if top >= highest and bottom <= lowest:
            return self
        top, bottom = min(top, highest), max(bottom, lowest)
        if top - bottom < 1e-4:
            return None
        first = int(self.falling.searchsorted(-top + 1e-6))
        last = int(self.falling.searchsorted(-bottom - 1e-6))
        table = np.empty((6, last - first + 2))
        table[:, 0], table[:, -1] = self._ring(top), self._ring(bottom)
        table[:, 1:-1] = self.table[:, first:last]
        cut = object.__new__(Lathe)
        cut._set(self.view, table, self.lateral)
        return cut

    def _clipped(self, start: float | Array, stop: float | Array) -> Array | None:
        middle = start + stop
        shift = self._shift((middle if isinstance(middle, float) else float(middle[0])) / 2)
        low = np.maximum(start + shift, self.left)
        high = np.minimum(stop + shift, self.right)
        width = high - low
        widest = float(width.max())
        if widest < 0.02:
            return None
        if float(width.min()) < 0:
            high = np.maximum(low, high)
        if widest < _SHORT_EDGE:
            return self._points(np.concatenate([low, high[::-1]]), edge=0)
        bottom = low[-1] + (high[-1] - low[-1]) * _ARC
        top = high[0] + (low[0] - high[0]) * _ARC
        return self._points(np.concatenate([low, bottom, high[::-1], top]), edge=len(_ARC))

    def _points(self, angle: Array, edge: int = len(_HALF_TURN)) -> Array:
        """Pixels at angles given down the left, along the lower edge, up the right, along the upper edge."""
        _, width, depth, centre, _, _ = rings = self.table[:, _round_trip(len(self.up), edge)]
        return self.view.project(
            self.lateral + width * np.sin(angle), centre + depth * np.cos(angle), rings[0]
        )


class Tube:
    """A limb: stations (lateral, forward, up) with a radius each, from the top down, rounded at its
    joints."""

    def __init__(
        self,
        view: View,
        stations: Sequence[tuple[float, float, float]],
        radii: Sequence[float],
        samples: int = 9,
    ) -> None:
        # A limb is a linear map of its few stations: positions, tangents and radii in one product.
        ends = np.array(
            [(*view.point(*station), radius) for station, radius in zip(stations, radii, strict=True)]
        )
        both = _weights(len(stations), samples) @ ends
        line, tangent = both[:samples], both[samples:]
        length = np.maximum(np.hypot(tangent[:, 0], tangent[:, 1]), 1e-6)
        scale = line[:, 2] * view.pixels_per_metre / length
        # Columns: x, y, the radius as an offset in x and y across the limb.
        self.view = view
        self.table = np.empty((samples, 4))
        self.table[:, :2] = line[:, :2]
        self.table[:, 2] = tangent[:, 1] * scale
        self.table[:, 3] = -tangent[:, 0] * scale

    def strip(self, left: float = -1.0, right: float = 1.0, start: float = 0.0, stop: float = 1.0) -> Array:
        """A lengthwise strip: `left`, `right` in radii, `start`, `stop` in shares of the length."""
        table = self._cut(start, stop)
        line, reach = table[:, :2], table[:, 2:]
        return np.concatenate([line + reach * left, (line + reach * right)[::-1]])

    def outline(self, start: float = 0.0, stop: float = 1.0) -> Array:
        """The limb with round ends."""
        table = self._cut(start, stop)
        line, reach = table[:, :2], table[:, 2:]
        lower, upper = _cap(line[-1], reach[-1], 1.0), _cap(line[0], reach[0], -1.0)
        return np.concatenate([line - reach, lower, (line + reach)[::-1], upper])

    def _cut(self, start: float, stop: float) -> Array:
        if start <= 0.0 and stop >= 1.0:
            return self.table
        steps = len(self.table) - 1
        first, last = math.floor(start * steps) + 1, math.ceil(stop * steps)
        return np.concatenate([[self._at(start * steps)], self.table[first:last], [self._at(stop * steps)]])

    def _at(self, step: float) -> Array:
        before = min(int(step), len(self.table) - 2)
        return np.asarray(
            self.table[before] + (self.table[before + 1] - self.table[before]) * (step - before)
        )


_CAP = np.stack([np.sin(np.linspace(0.0, math.pi, 6)), -np.cos(np.linspace(0.0, math.pi, 6))], axis=1)[1:-1]


def _cap(centre: Array, reach: Array, end: float) -> Array:
    """Half a circle that closes a limb: `end` 1 below (left to right), -1 above (right to left)."""
    across, down = reach.tolist()
    turned = np.array([[-end * down, end * across], [end * across, end * down]])
    return np.asarray(_CAP @ turned + centre)


@lru_cache(maxsize=256)
def _round_trip(rings: int, edge: int) -> NDArray[np.intp]:
    """Ring numbers down one side, `edge` times the last, up the other side, `edge` times the first."""
    down = list(range(rings))
    return np.array([*down, *[rings - 1] * edge, *down[::-1], *[0] * edge])


@lru_cache(maxsize=64)
def _weights(stations: int, samples: int) -> Array:
    """(2 S, stations): linear interpolation between stations, rounded at the joints by a 1-2-1 mean; below
    it the differences of neighbours, which are tangents."""
    fine = np.linspace(0.0, 1.0, samples)
    along = np.linspace(0.0, 1.0, stations)
    weights = np.stack([np.interp(fine, along, column) for column in np.eye(stations)], axis=1)
    weights[1:-1] = 0.25 * weights[:-2] + 0.5 * weights[1:-1] + 0.25 * weights[2:]
    tangents = np.gradient(weights, axis=0)
    return np.concatenate([weights, tangents])
