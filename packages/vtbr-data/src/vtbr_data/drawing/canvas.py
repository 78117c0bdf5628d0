"""Ink on a picture: filled outlines, soft shade and thin lines over an aggdraw surface."""

from __future__ import annotations

from collections.abc import Iterable

import aggdraw
from PIL import Image

from .palette import RGB, blend
from .solids import Array, Lathe, Tube

BLACK: RGB = (0, 0, 0)
WHITE: RGB = (255, 255, 255)


_FINE_PX = 192
"""Height of a picture from which details are drawn."""

_SHADES = ((0.35, 0.09), (0.75, 0.12), (1.1, 0.14))
_COARSE_SHADES = ((0.4, 0.14), (0.95, 0.20))
"""Where the dark side of a lathe begins (radians from the camera) and how dark it is."""

_STRIPS = ((0.1, 1.0, True, 0.10), (0.5, 1.0, True, 0.16), (-0.2, -0.65, False, 0.08))
_COARSE_STRIPS = ((0.25, 1.0, True, 0.20),)
"""Of a limb: from and to (radii away from the light), dark or bright, opacity."""


class Canvas:
    """BatchIndices outlines (P, 2) of pixels onto `image`; call `finish` before reading its pixels.

    `light` is the side that the light comes from: -1 left, 1 right.
    """

    def __init__(self, image: Image.Image, light: float = -1.0) -> None:
        self.image = image
        self.light = light
        self._draw = aggdraw.Draw(image)
        self.is_fine = image.height >= _FINE_PX
        """Whether details of a hundredth of the height are worth their time: they are two pixels or more."""
        # A faint contour separates limbs of one colour; on small pictures it is thinner than a pixel.
        self._contour = image.height / 320 if self.is_fine else 0.0

    def fill(self, outline: Array, colour: RGB, opacity: float = 1.0, contour: bool = False) -> None:
        """Fill an outline; `contour` adds a faint darker edge."""
        brush = aggdraw.Brush(colour, round(255 * opacity))
        points = outline.ravel().tolist()
        if contour and self._contour:
            self._draw.polygon(points, aggdraw.Pen(blend(colour, BLACK, 0.55), self._contour, 120), brush)
        else:
            self._draw.polygon(points, brush)

    def fill_all(self, outlines: Iterable[Array], colour: RGB, opacity: float = 1.0) -> None:
        """Fill several outlines alike."""
        for outline in outlines:
            self.fill(outline, colour, opacity)

    def ellipse(
        self, x: float, y: float, half_width: float, half_height: float, colour: RGB, opacity: float = 1.0
    ) -> None:
        """Fill an ellipse around (x, y)."""
        box = (x - half_width, y - half_height, x + half_width, y + half_height)
        self._draw.ellipse(box, aggdraw.Brush(colour, round(255 * opacity)))

    def rectangle(
        self, left: float, top: float, right: float, bottom: float, colour: RGB, opacity: float = 1.0
    ) -> None:
        """Fill an upright rectangle."""
        self._draw.rectangle((left, top, right, bottom), aggdraw.Brush(colour, round(255 * opacity)))

    def line(self, points: Array, colour: RGB, width: float, opacity: float = 1.0) -> None:
        """A line through points (P, 2), `width` in pixels."""
        self._draw.line(points.ravel().tolist(), aggdraw.Pen(colour, width, round(255 * opacity)))

    def lathe(self, body: Lathe, colour: RGB, shaded: bool = True) -> None:
        """A whole lathe in one colour."""
        self.fill(body.outline(), colour, contour=True)
        if shaded:
            self.shade(body)

    def shade(self, body: Lathe) -> None:
        """Round a lathe off: dark on the side away from the light, a little bright on the other."""
        side = -self.light
        for near, opacity in _SHADES if self.is_fine else _COARSE_SHADES:
            low, high = sorted((body.view.facing + side * near, body.view.facing + side * 1.7))
            self.fill_all(body.patch(low, high), BLACK, opacity)
        low, high = sorted((body.view.facing - side * 0.25, body.view.facing - side * 0.9))
        self.fill_all(body.patch(low, high), WHITE, 0.09)

    def tube(
        self,
        limb: Tube,
        colour: RGB,
        start: float = 0.0,
        stop: float = 1.0,
        *,
        round_ends: bool = True,
        shaded: bool = True,
    ) -> None:
        """A limb, or the part of it from `start` to `stop`, rounded off by shade.

        With `shaded` false, shade is left out where it would be finer than a pixel.
        """
        self.fill(
            limb.outline(start, stop) if round_ends else limb.strip(-1, 1, start, stop), colour, contour=True
        )
        if not (shaded or self.is_fine):
            return
        side = -self.light
        for near, far, dark, opacity in _STRIPS if self.is_fine else _COARSE_STRIPS:
            low, high = sorted((side * near, side * far))
            self.fill(limb.strip(low, high, start, stop), BLACK if dark else WHITE, opacity)

    def finish(self) -> None:
        """Write what was drawn into the image."""
        self._draw.flush()
