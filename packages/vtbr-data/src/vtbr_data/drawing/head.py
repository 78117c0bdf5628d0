"""Heads: face, hair from all sides, glasses and hats."""

from __future__ import annotations

import math

import numpy as np

from .canvas import BLACK, WHITE, Canvas
from .palette import blend
from .people import Person
from .pose import HEAD, NECK, Pose
from .solids import Array, Lathe, Tube, View

_HALF_HEIGHT, _HALF_WIDTH, _HALF_DEPTH = 0.067, 0.0445, 0.056
"""Of a skull, as shares of the body height."""

_STEPS = np.array([1.0, 0.93, 0.80, 0.62, 0.42, 0.20, 0.0, -0.25, -0.50, -0.72, -0.88, -1.0])
"""Heights on the head: 1 the crown, -1 the chin."""

_VOLUME = {
    "crop": 1.03, "side": 1.08, "curly": 1.17, "bob": 1.13, "bald": 1.02,
    "loose": 1.10, "ponytail": 1.04, "bun": 1.04, "shoulder": 1.11,
}  # fmt: skip
_HAIRLINE: dict[str, tuple[tuple[float, float], ...]] = {
    # (height on the head, angle from the front where the hair begins), from the crown down
    "short": ((0.62, 0.0), (0.42, 0.75), (0.1, 1.15), (-0.25, 1.45), (-0.55, 2.1), (-0.75, math.pi)),
    "fringe": ((0.42, 0.0), (0.30, 0.85), (0.0, 1.05), (-0.5, 1.15), (-0.9, 1.3), (-0.98, math.pi)),
    "tied": ((0.62, 0.0), (0.42, 0.65), (0.1, 1.1), (-0.25, 1.55), (-0.6, 2.0), (-0.85, math.pi)),
    "bald": ((0.30, math.pi), (0.25, 1.9), (0.0, 1.5), (-0.25, 1.55), (-0.6, 2.3), (-0.75, math.pi)),
}


class Head:
    """One head in one view; `draw_behind` comes before the body, `draw` after it."""

    def __init__(self, person: Person, pose: Pose, view: View, look: float = 0.0) -> None:
        self.person, self.pose = person, pose
        self.body_view = view
        # The head turns about the axis of the neck, which leans forward with the body.
        self.view = view.turned(look, pose.forward(pose.up(HEAD)))
        self.size = person.build.head * person.build.height
        self.up = pose.up(HEAD) + (person.build.head - 1) * _HALF_HEIGHT * person.build.height
        self.forward = pose.forward(self.up) + 0.012 * person.build.height
        self.skull = self._shell(1.0)

    def draw_behind(self, canvas: Canvas) -> None:
        """Long hair that falls behind the shoulders, when the face is towards the camera."""
        if self.person.look.hair == "long" and self._faces_camera():
            self._falling_hair(canvas)

    def draw(self, canvas: Canvas) -> None:
        """Neck, face, hair, glasses and hat."""
        height = self.person.build.height
        neck = Tube(
            self.view,
            [
                (0.0, self.forward - 0.008 * height, self.up - 0.3 * _HALF_HEIGHT * height),
                (0.0, self.pose.forward(self.pose.up(NECK)), self.pose.up(NECK)),
            ],
            [0.027 * height, 0.031 * height],
            samples=3,
        )  # fmt: skip
        canvas.fill(neck.outline(), blend(self.person.skin, BLACK, 0.14))
        canvas.lathe(self.skull, self.person.skin, shaded=canvas.is_fine)
        self._face(canvas)
        self._hair(canvas)
        if self.person.look.glasses:
            self._glasses(canvas)
        if self.person.look.hat:
            self._hat(canvas)
        if self.person.look.hair == "long" and not self._faces_camera():
            self._falling_hair(canvas)

    def _faces_camera(self) -> bool:
        return math.cos(self.view.turn) > -0.05

    def _shell(self, volume: float, lowest: float = -1.0) -> Lathe:
        """The head's surface, blown up by `volume`, from the crown down to `lowest`."""
        steps = [step for step in _STEPS.tolist() if step >= lowest]
        rows = []
        for step in steps:
            round_off = math.sqrt(max(0.0, 1 - abs(step) ** 2.3))
            jaw = 1 - 0.16 * max(0.0, -step) if step < 0 else 1.0
            width = max(0.10, round_off * jaw) if step < 0 else round_off
            slip = 0.004 * max(0.0, -step)
            rows.append(
                (
                    self.up + step * _HALF_HEIGHT * self.size * (volume if step > 0 else 1.0),
                    width * _HALF_WIDTH * self.size * volume,
                    width * _HALF_DEPTH * self.size * volume,
                    self.forward + slip * self.size,
                )
            )
        return Lathe(self.view, rows)

    def _at(self, step: float) -> float:
        return self.up + step * _HALF_HEIGHT * self.size

    def _face(self, canvas: Canvas) -> None:
        skin, pixel = self.person.skin, self.view.pixels_per_metre * self.size
        for side in (-1, 1):
            if spot := self.skull.spot(side * (math.pi / 2 + 0.12), self._at(-0.12)):
                canvas.ellipse(spot[0], spot[1], 0.010 * pixel, 0.015 * pixel, blend(skin, BLACK, 0.18))
            if spot := self.skull.spot(side * 0.42, self._at(-0.02)):
                x, y, squareness = spot
                canvas.ellipse(x, y, 0.0085 * pixel * squareness, 0.0055 * pixel, WHITE, 0.9)
                canvas.ellipse(x, y, 0.0050 * pixel * squareness, 0.0055 * pixel, (40, 28, 24))
        if canvas.is_fine:
            self._features(canvas)
        # In profile the nose stands out of the silhouette.
        side_look = math.sin(self.view.turn)
        if abs(side_look) > 0.35 and self._faces_camera():
            reach = self.forward + _HALF_DEPTH * self.size
            tip = self.view.project(
                np.zeros(3), np.array([reach * 0.99, reach + 0.012 * self.size, reach * 0.98]),
                np.array([self._at(0.0), self._at(-0.27), self._at(-0.38)]),
            )  # fmt: skip
            canvas.fill(tip, skin)

    def _features(self, canvas: Canvas) -> None:
        """Brows, nose and mouth."""
        for side in (-1, 1):
            brow = self.skull.patch(side * 0.42 - 0.2, side * 0.42 + 0.2, self._at(0.19), self._at(0.12))
            canvas.fill_all(brow, blend(self.person.hair, BLACK, 0.3), 0.8)
        canvas.fill_all(self.skull.patch(-0.10, 0.10, self._at(-0.10), self._at(-0.36)), BLACK, 0.10)
        canvas.fill_all(self.skull.patch(-0.16, 0.16, self._at(-0.34), self._at(-0.40)), BLACK, 0.20)
        lips = blend(self.person.skin, (150, 40, 50), 0.55)
        canvas.fill_all(self.skull.patch(-0.30, 0.30, self._at(-0.58), self._at(-0.66)), lips)

    def _hairline(self) -> tuple[tuple[float, float], ...]:
        style = self.person.hair_style
        if style in ("bob", "loose", "shoulder"):
            return _HAIRLINE["fringe"]
        return _HAIRLINE["bald" if style == "bald" else "tied" if style in ("ponytail", "bun") else "short"]

    def _hair(self, canvas: Canvas) -> None:
        colour = self.person.hair
        shell = self._shell(_VOLUME[self.person.hair_style])
        line = self._hairline()
        steps = (shell.up - self.up) / (_HALF_HEIGHT * self.size)
        begin: Array = np.interp(-steps, [-step for step, _ in line], [angle for _, angle in line])
        lowest = self._at(line[-1][0])
        highest = self._at(line[0][0]) if self.person.hair_style == "bald" else np.inf
        parting = 0.35 * self.person.bag_side if self.person.hair_style == "side" else 0.0
        canvas.fill_all(shell.patch(begin + parting, 2 * math.pi - begin + parting, highest, lowest), colour)
        if self.person.hair_style == "bald" or not canvas.is_fine:
            return
        if self.person.hair_style == "curly":
            radius = 0.014 * self.view.pixels_per_metre * self.size
            for step in (0.95, 0.7, 0.4, 0.1):
                for angle in np.arange(0.3, 2 * math.pi, 0.62):
                    allowed = np.interp(-step, [-s for s, _ in line], [a for _, a in line])
                    if min(angle, 2 * math.pi - angle) >= allowed - 0.1 and (
                        spot := shell.spot(float(angle), self._at(step))
                    ):
                        canvas.ellipse(
                            spot[0],
                            spot[1],
                            radius,
                            radius,
                            blend(colour, WHITE, 0.06 * (round(angle * 10) % 2)),
                        )
        side = canvas.light
        low, high = sorted((self.view.facing + side * 0.2, self.view.facing + side * 0.8))
        canvas.fill_all(shell.patch(low, high, np.inf, self._at(0.62)), WHITE, 0.12)

    def _falling_hair(self, canvas: Canvas) -> None:
        height, style = self.person.build.height, self.person.hair_style
        colour = blend(self.person.hair, BLACK, 0.10)
        back = self.forward - _HALF_DEPTH * self.size
        if style in ("loose", "shoulder"):
            end = 0.73 if style == "loose" else 0.83
            low = self.pose.up(end)
            rows = [
                (self._at(0.5), 0.042 * height, 0.040 * height, self.forward - 0.012 * height),
                (self._at(0.0), 0.052 * height, 0.046 * height, self.forward - 0.016 * height),
                (self._at(-0.8), 0.058 * height, 0.044 * height, self.forward - 0.030 * height),
                ((self._at(-0.8) + low) / 2, 0.062 * height, 0.040 * height, back - 0.004 * height),
                (low, 0.048 * height, 0.026 * height, back - 0.018 * height),
            ]
            fall = Lathe(self.view, rows)
            canvas.fill(fall.outline(), colour)
            for angle in (2.3, 2.9, 3.5, 4.1):
                canvas.fill_all(fall.patch(angle, angle + 0.12), BLACK, 0.18)
        elif style == "ponytail":
            root = (0.0, back - 0.006 * height, self._at(0.35))
            middle = (0.0, back - 0.040 * height, self._at(-0.2))
            tip = (0.0, back - 0.030 * height, self.pose.up(0.77))
            tail = Tube(self.view, [root, middle, tip], [0.014 * height, 0.022 * height, 0.008 * height])
            canvas.tube(tail, colour)
        else:
            place = self.view.project(
                np.zeros(1), np.array([back - 0.012 * height]), np.array([self._at(0.45)])
            )[0]
            radius = 0.026 * height * self.view.pixels_per_metre
            canvas.ellipse(float(place[0]), float(place[1]), radius, radius * 0.95, colour)

    def _glasses(self, canvas: Canvas) -> None:
        pixel = self.view.pixels_per_metre * self.size
        frame = (24, 22, 24)
        level = self._at(-0.02)
        for side in (-1, 1):
            low, high = sorted((side * 0.75, side * 1.6))
            canvas.fill_all(
                self.skull.patch(low, high, level + 0.004 * self.size, level - 0.003 * self.size), frame
            )
            if spot := self.skull.spot(side * 0.42, level):
                canvas.ellipse(spot[0], spot[1], 0.0175 * pixel * spot[2], 0.0135 * pixel, frame)
                if self.person.bag_side > 0:
                    canvas.ellipse(
                        spot[0], spot[1], 0.0115 * pixel * spot[2], 0.0085 * pixel, (196, 214, 226)
                    )
        canvas.fill_all(
            self.skull.patch(-0.25, 0.25, level + 0.004 * self.size, level - 0.002 * self.size), frame
        )

    def _hat(self, canvas: Canvas) -> None:
        colour, kind = self.person.hat_colour, self.person.hat
        dome = self._shell(1.16 if kind == "beanie" else 1.12, lowest=0.2 if kind == "beanie" else 0.42)
        edge = float(dome.up[-1])
        width, depth = float(dome.width[-1]), float(dome.depth[-1])
        if kind == "brim":
            turn = np.linspace(0.0, 2 * math.pi, 20)
            overhang = 0.045 * self.size
            disc = self.view.project(
                (width + overhang) * np.sin(turn), self.forward + (depth + overhang) * np.cos(turn),
                np.where(np.cos(turn - self.view.facing) > 0, edge - 0.012 * self.size, edge + 0.002),
            )  # fmt: skip
            canvas.fill(disc, blend(colour, BLACK, 0.2), contour=True)
        elif kind == "cap" and self._faces_camera():
            turn = np.linspace(-1.1, 1.1, 9)
            reach = 0.058 * self.size * np.cos(turn * 1.1)
            outer = self.view.project(
                (width + reach * 0.4) * np.sin(turn),
                self.forward + (depth + reach) * np.cos(turn),
                np.full(9, edge - 0.016 * self.size),
            )
            inner = self.view.project(
                width * np.sin(turn),
                self.forward + depth * np.cos(turn),
                np.full(9, edge + 0.004 * self.size),
            )
            canvas.fill(np.concatenate([inner, outer[::-1]]), blend(colour, BLACK, 0.3), contour=True)
        canvas.lathe(dome, colour)
        if kind == "beanie":
            canvas.fill_all(dome.band(edge + 0.026 * self.size, edge), blend(colour, WHITE, 0.22))
        elif kind == "brim":
            canvas.fill_all(dome.band(edge + 0.014 * self.size, edge), blend(colour, BLACK, 0.5))
