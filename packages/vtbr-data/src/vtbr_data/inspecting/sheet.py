"""Contact sheets: many pictures with their captions on one."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

_MARGIN_PX = 6
_FONT_PX = 13
_PAPER = (250, 250, 248)
_INK = (30, 30, 34)


def contact_sheet(
    images: Sequence[Path | Image.Image],
    labels: Sequence[str] | None = None,
    *,
    columns: int,
    cell: tuple[int, int],
) -> Image.Image:
    """Return a grid of pictures, each fitted into `cell` (width, height) pixels, with its label wrapped below
    it.

    Raises `ValueError` when there is nothing to show, no column, or not one label for each image.
    """
    if not images:
        raise ValueError("no images: a contact sheet needs at least one")
    if columns < 1:
        raise ValueError(f"{columns} columns: use 1 or more")
    if labels is not None and len(labels) != len(images):
        raise ValueError(f"{len(labels)} labels for {len(images)} images: give one each")
    font = ImageFont.load_default(size=_FONT_PX)
    texts = [_wrapped(label, cell[0], font) for label in labels] if labels is not None else []
    lines = max((text.count("\n") + 1 for text in texts), default=0)
    row_height = cell[1] + round(lines * _FONT_PX * 1.35) + (_MARGIN_PX if lines else 0)
    columns = min(columns, len(images))
    rows = -(-len(images) // columns)
    sheet = Image.new(
        "RGB",
        (columns * (cell[0] + _MARGIN_PX) + _MARGIN_PX, rows * (row_height + _MARGIN_PX) + _MARGIN_PX),
        _PAPER,
    )
    pen = ImageDraw.Draw(sheet)
    for place, image in enumerate(images):
        left = _MARGIN_PX + place % columns * (cell[0] + _MARGIN_PX)
        top = _MARGIN_PX + place // columns * (row_height + _MARGIN_PX)
        picture = _fitted(image, cell)
        sheet.paste(picture, (left + (cell[0] - picture.width) // 2, top + (cell[1] - picture.height) // 2))
        if texts:
            pen.multiline_text((left, top + cell[1] + _MARGIN_PX // 2), texts[place], _INK, font, spacing=2)
    return sheet


def _fitted(image: Path | Image.Image, cell: tuple[int, int]) -> Image.Image:
    if isinstance(image, Path):
        with Image.open(image) as opened:
            return _fitted(opened.convert("RGB"), cell)
    scale = min(cell[0] / image.width, cell[1] / image.height)
    size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
    return image.convert("RGB").resize(size, Image.Resampling.LANCZOS)


def _wrapped(text: str, width: int, font: ImageFont.FreeTypeFont | ImageFont.ImageFont) -> str:
    lines: list[str] = []
    for word in text.split():
        if lines and font.getlength(f"{lines[-1]} {word}") <= width:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return "\n".join(lines)
