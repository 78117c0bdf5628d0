"""Round bodies seen from an angle: what a camera sees of lathes (torso, head, skirt) and tubes (limbs).

Coordinates in metres: `lateral` (the person's left), `forward`, `up`; angles in radians around the vertical axis,
0 in front, growing towards the person's left. R rings or stations, P points of an outline (P, 2) in pixels.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

_QUARTER = math.pi / 2
_TURN = 2 * math.pi


@dataclass(frozen=True, slots=True)
class View:
    """Where the camera stands: `turn` radians around the person (0 sees the front), `tilt` radians above."""

    turn: float
    tilt: float
    pixels_per_metre: float
    ground_x: float
    ground_y: float

    def project(self, lateral: Array, forward: Array, up: Array) -> Array:
        """Pixels (P, 2) of points given as three arrays (P,)."""
        cos, sin = math.cos(self.turn), math.sin(self.turn)
        near = forward * cos - lateral * sin
        across = lateral * cos + forward * sin
        out = np.empty((across.shape[0], 2))
        out[:, 0] = self.ground_x + self.pixels_per_metre * across
        out[:, 1] = self.ground_y + self.pixels_per_metre * (near * math.sin(self.tilt) - up * math.cos(self.tilt))
        return out

    def nearness(self, lateral: float, forward: float) -> float:
        """How far in front of the person's axis a point lies, in metres; the nearer is drawn later."""
        return forward * math.cos(self.turn) - lateral * math.sin(self.turn)

    @property
    def facing(self) -> float:
        """The angle around the body that points at the camera."""
        return -self.turn


class Lathe:
    """A stack of ellipses around a vertical axis.

    `rings` rows are (up, half width, half depth, forward offset of the centre), from the top down; `lateral` moves
    the whole body sideways.
    """

    def __init__(self, view: View, rings: Sequence[tuple[float, float, float, float]], lateral: float = 0.0) -> None:
        table = np.asarray(rings, dtype=np.float64)
        self.view = view
        self.up, self.width, self.depth, self.centre = table.T
        self.lateral = lateral
        # The silhouette is where the surface turns away: the angle of the largest horizontal pixel.
        right = np.arctan2(self.width * math.cos(view.turn), self.depth * math.sin(view.turn))
        self.right = view.facing + np.mod(right - view.facing + math.pi, _TURN) - math.pi
        self.left = self.right - math.pi

    def points(self, angle: Array, ring: slice = slice(None)) -> Array:
        """Pixels of the surface at one angle a ring."""
        return self.view.project(
            self.lateral + self.width[ring] * np.sin(angle),
            self.centre[ring] + self.depth[ring] * np.cos(angle),
            self.up[ring],
        )

    def outline(self) -> Array:
        """The whole silhouette with a round lower and upper end."""
        return np.concatenate(
            [self.points(self.left), self._arc(-1, 0.0)[1:-1], self.points(self.right)[::-1], self._arc(0, math.pi)[1:-1]]
        )

    def patch(
        self, left: float | Array, right: float | Array, top: float = np.inf, bottom: float = -np.inf
    ) -> list[Array]:
        """Outlines of the visible part of the surface between two angles and two heights (possibly none).

        `left` and `right` are angles, at most a turn apart, one for all or one a ring.
        """
        cut = self._between(top, bottom)
        if cut is None:
            return []
        low, high = (self._along(angle, cut) for angle in (left, right))
        span = float(high[0] - low[0])
        pieces = 1 if span < math.pi else 2
        found = []
        for piece in range(pieces):
            # Neighbours overlap a little: two antialiased edges side by side would let the ground shine through.
            start = low + (high - low) * (piece / pieces) - 0.04 * piece
            stop = low + (high - low) * ((piece + 1) / pieces)
            middle = float(start[0] + stop[0]) / 2
            shift = round((self.view.facing - middle) / _TURN) * _TURN
            outline = cut._clipped(start + shift, stop + shift)
            if outline is not None:
                found.append(outline)
        return found

    def band(self, top: float = np.inf, bottom: float = -np.inf) -> list[Array]:
        """The whole visible surface between two heights."""
        cut = self._between(top, bottom)
        return [] if cut is None else [cut.outline()]

    def decal(self, angle: Array, up: Array) -> Array | None:
        """Outline of a figure on the surface, cut at the silhouette; None if it is on the other side."""
        shift = round((self.view.facing - float(angle.mean())) / _TURN) * _TURN
        width, depth, centre, left, right = (
            np.interp(-up, -self.up, values)
            for values in (self.width, self.depth, self.centre, self.left, self.right)
        )
        seen = np.clip(angle + shift, left, right)
        if float(np.ptp(seen)) < 0.02:
            return None
        return self.view.project(self.lateral + width * np.sin(seen), centre + depth * np.cos(seen), up)

    def spot(self, angle: float, up: float) -> tuple[float, float, float] | None:
        """Pixel position of a surface point and how squarely it faces the camera (0 to 1), None if it is hidden."""
        squareness = math.cos(angle - self.view.facing)
        if squareness < 0.05:
            return None
        width, depth, centre = (
            float(np.interp(-up, -self.up, values)) for values in (self.width, self.depth, self.centre)
        )
        point = self.view.project(
            np.array([self.lateral + width * math.sin(angle)]), np.array([centre + depth * math.cos(angle)]), np.array([up])
        )[0]
        return float(point[0]), float(point[1]), squareness

    def _between(self, top: float, bottom: float) -> Lathe | None:
        top, bottom = min(top, float(self.up[0])), max(bottom, float(self.up[-1]))
        if top - bottom < 1e-4:
            return None
        if top == self.up[0] and bottom == self.up[-1]:
            return self
        inside = self.up[(self.up < top - 1e-6) & (self.up > bottom + 1e-6)]
        up = np.concatenate([[top], inside, [bottom]])
        cut = object.__new__(Lathe)
        cut.view, cut.lateral, cut.up = self.view, self.lateral, up
        for name in ("width", "depth", "centre", "left", "right"):
            setattr(cut, name, np.interp(-up, -self.up, getattr(self, name)))
        return cut

    def _along(self, angle: float | Array, cut: Lathe) -> Array:
        """One angle for each ring of `cut`."""
        if isinstance(angle, np.ndarray):
            return np.interp(-cut.up, -self.up, angle)
        return np.full(cut.up.shape, angle)

    def _clipped(self, start: Array, stop: Array) -> Array | None:
        start, stop = np.maximum(start, self.left), np.minimum(stop, self.right)
        if np.all(stop - start < 0.02):
            return None
        stop = np.maximum(start, stop)
        return np.concatenate(
            [
                self.points(start),
                self._edge(-1, float(start[-1]), float(stop[-1])),
                self.points(stop)[::-1],
                self._edge(0, float(stop[0]), float(start[0])),
            ]
        )

    def _arc(self, ring: int, turn: float) -> Array:
        start = float(self.left[ring]) + turn
        return self._edge(ring, start, start + math.pi, steps=9)

    def _edge(self, ring: int, start: float, stop: float, steps: int = 6) -> Array:
        angle = np.linspace(start, stop, steps)
        return self.view.project(
            self.lateral + self.width[ring] * np.sin(angle),
            self.centre[ring] + self.depth[ring] * np.cos(angle),
            np.full(steps, self.up[ring]),
        )


class Tube:
    """A limb: stations (lateral, forward, up) with a radius each, from the top down, smoothed at its joints."""

    def __init__(
        self, view: View, stations: Sequence[tuple[float, float, float]], radii: Sequence[float], samples: int = 9
    ) -> None:
        table = np.asarray(stations, dtype=np.float64)
        along = np.linspace(0.0, 1.0, len(stations))
        fine = np.linspace(0.0, 1.0, samples)
        line = np.stack([np.interp(fine, along, column) for column in table.T])
        line[:, 1:-1] = 0.25 * line[:, :-2] + 0.5 * line[:, 1:-1] + 0.25 * line[:, 2:]
        self.view = view
        self.line = view.project(line[0], line[1], line[2])
        self.radius = np.interp(fine, along, np.asarray(radii, dtype=np.float64)) * view.pixels_per_metre
        tangent = np.empty_like(self.line)
        tangent[1:-1] = self.line[2:] - self.line[:-2]
        tangent[0] = self.line[1] - self.line[0]
        tangent[-1] = self.line[-1] - self.line[-2]
        length = np.maximum(np.hypot(tangent[:, 0], tangent[:, 1]), 1e-6)
        self.across = np.stack([tangent[:, 1], -tangent[:, 0]], axis=1) / length[:, None]

    def strip(self, left: float = -1.0, right: float = 1.0, start: float = 0.0, stop: float = 1.0) -> Array:
        """Outline of a lengthwise strip: `left` and `right` in radii, `start` and `stop` as shares of the length."""
        line, across, radius = self._cut(start, stop)
        reach = across * radius[:, None]
        return np.concatenate([line + reach * left, (line + reach * right)[::-1]])

    def outline(self, start: float = 0.0, stop: float = 1.0) -> Array:
        """The limb with round ends."""
        line, across, radius = self._cut(start, stop)
        reach = across * radius[:, None]
        return np.concatenate(
            [
                line - reach,
                _cap(line[-1], across[-1], float(radius[-1]), 1.0),
                (line + reach)[::-1],
                _cap(line[0], across[0], float(radius[0]), -1.0),
            ]
        )

    def _cut(self, start: float, stop: float) -> tuple[Array, Array, Array]:
        if start == 0.0 and stop == 1.0:
            return self.line, self.across, self.radius
        have = np.linspace(0.0, 1.0, len(self.line))
        inside = have[(have > start + 1e-6) & (have < stop - 1e-6)]
        want = np.concatenate([[start], inside, [stop]])
        columns = [np.interp(want, have, column) for column in (*self.line.T, *self.across.T, self.radius)]
        return np.stack(columns[:2], axis=1), np.stack(columns[2:4], axis=1), columns[4]


_CAP_COS = np.cos(np.linspace(0.0, math.pi, 6)[1:-1])[:, None]
_CAP_SIN = np.sin(np.linspace(0.0, math.pi, 6)[1:-1])[:, None]


def _cap(centre: Array, across: Array, radius: float, end: float) -> Array:
    """Half a circle that closes a limb: `end` 1 at the lower end (left to right), -1 at the upper (right to left)."""
    onward = np.array([-across[1], across[0]]) * end
    return np.asarray(centre + radius * (_CAP_SIN * onward - end * _CAP_COS * across))
