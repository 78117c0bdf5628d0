"""Strips as one picture."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from .strips import AGAINST, FOR, Column, Strip

_PAPER, _INK, _SOFT = (255, 255, 255), (27, 33, 48), (86, 94, 112)
_RIGHT, _WRONG = (0, 105, 79), (176, 56, 12)
_GAP_PX, _MARGIN_PX, _LINE_PX, _FRAME_PX = 8, 16, 17, 4
_TEXT_PX, _ROW_NAME_PX = 13, 70
_WORDS_A_LINE = 12


def sheet(strips: Sequence[Strip]) -> bytes:
    """Return a PNG of the strips below one another."""
    drawn = [_draw(part) for strip in strips for part in _folded_strip(strip)]
    width = max(strip.width for strip in drawn)
    drawn.insert(0, _legend(width))
    picture = Image.new("RGB", (width, sum(strip.height for strip in drawn)), _PAPER)
    top = 0
    for strip in drawn:
        picture.paste(strip, (0, top))
        top += strip.height
    file = io.BytesIO()
    picture.save(file, "PNG")
    return file.getvalue()


def _folded_strip(strip: Strip) -> list[Strip]:
    """Return words in lines of some; what has several rows stays as it is."""
    if len(strip.rows) > 1:
        return [strip]
    starts = range(0, len(strip.columns), _WORDS_A_LINE)
    return [
        replace(
            strip, title="" if start else strip.title, columns=strip.columns[start : start + _WORDS_A_LINE]
        )
        for start in starts
    ]


def _legend(width: int) -> Image.Image:
    picture = Image.new("RGB", (width, _MARGIN_PX + _LINE_PX), _PAPER)
    pen, left = ImageDraw.Draw(picture), _MARGIN_PX
    font = ImageFont.load_default(_TEXT_PX)
    for colour, text in ((FOR, "speaks for it"), (AGAINST, "against it")):
        square = (left, _MARGIN_PX, left + _TEXT_PX, _MARGIN_PX + _TEXT_PX)
        pen.rectangle(square, fill=colour)
        pen.text((left + _LINE_PX + _FRAME_PX, _MARGIN_PX), text, fill=_SOFT, font=font)
        left += 2 * _LINE_PX + round(pen.textlength(text, font=font))
    return picture


def _draw(strip: Strip) -> Image.Image:
    shot_h, shot_w = strip.columns[0].shots[0].pixels.shape[:2]
    step = max(shot_w, _ROW_NAME_PX) + _GAP_PX
    num_rows = max(len(column.shots) for column in strip.columns)
    num_lines = max(len(column.lines) for column in strip.columns)
    row_height = shot_h + _GAP_PX
    width = 2 * _MARGIN_PX + step * len(strip.columns)
    height = 2 * _MARGIN_PX + _LINE_PX * (1 + num_lines) + row_height * num_rows
    picture = Image.new("RGB", (width, height), _PAPER)
    pen = ImageDraw.Draw(picture)
    font = ImageFont.load_default(_TEXT_PX)
    _write(pen, font, (_MARGIN_PX, _MARGIN_PX // 2), strip.title, width - 2 * _MARGIN_PX, _INK)
    top = _MARGIN_PX + _LINE_PX
    for place, column in enumerate(strip.columns):
        _paste(picture, pen, column, _MARGIN_PX + place * step, top, row_height)
        below = top + row_height * (num_rows if place or num_rows == 1 else 1)
        for number, line in enumerate(column.lines):
            colour = {True: _RIGHT, False: _WRONG, None: _INK}[column.is_right]
            at = (_MARGIN_PX + place * step, below + number * _LINE_PX)
            _write(pen, font, at, line, step - _GAP_PX // 2, colour)
    for row in range(1, num_rows):  # the first column has no picture there
        for number, line in enumerate(_folded(strip.rows[row])):
            at = (_MARGIN_PX, top + row * row_height + shot_h // 2 + number * _LINE_PX)
            _write(pen, font, at, line, step, _SOFT)
    return picture


def _paste(
    picture: Image.Image, pen: ImageDraw.ImageDraw, column: Column, left: int, top: int, row_height: int
) -> None:
    for row, shot in enumerate(column.shots):
        at = top + row * row_height
        picture.paste(Image.fromarray(np.ascontiguousarray(shot.pixels)), (left, at))
        if column.is_right is not None and row == 0:
            h, w = shot.pixels.shape[:2]
            colour = _RIGHT if column.is_right else _WRONG
            pen.rectangle((left, at, left + w - 1, at + h - 1), outline=colour, width=_FRAME_PX)


def _write(
    pen: ImageDraw.ImageDraw,
    font: ImageFont.FreeTypeFont | ImageFont.ImageFont,
    at: tuple[int, int],
    text: str,
    width: int,
    colour: tuple[int, int, int],
) -> None:
    """Write one line, cut off where there is no more room."""
    if pen.textlength(text, font=font) > width:
        while text and pen.textlength(f"{text}…", font=font) > width:
            text = text[:-1]
        text += "…"
    pen.text(at, text, fill=colour, font=font)


def _folded(text: str) -> list[str]:
    """Put two words on each line."""
    words = text.split()
    return [" ".join(words[first : first + 2]) for first in range(0, len(words), 2)]
