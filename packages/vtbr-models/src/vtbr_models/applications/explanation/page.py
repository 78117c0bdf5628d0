"""Strips as one HTML page, with its style and pictures inside."""

from __future__ import annotations

import base64
import html
import io
from collections.abc import Sequence
from importlib.resources import files
from string import Template

from PIL import Image

from .strips import Column, Shot, Strip

_JPEG_QUALITY = 85


def page(strips: Sequence[Strip], *, title: str, about: Sequence[str]) -> str:
    """Return an HTML page of the strips that needs no network and no script; `about` are its first
    paragraphs.
    """
    template = Template(files(__package__).joinpath("page.html").read_text("utf-8"))
    return template.substitute(
        title=html.escape(title),
        about="\n".join(f"<p>{html.escape(text)}</p>" for text in about),
        strips="\n".join(_section(number, strip) for number, strip in enumerate(strips, start=1)),
    )


def _section(number: int, strip: Strip) -> str:
    columns = "\n".join(_column(column, strip.rows) for column in strip.columns)
    name = f"strip{number}"
    return (
        f'<section aria-labelledby="{name}"><h2 id="{name}">{html.escape(strip.title)}</h2>\n'
        f'<div class="strip" tabindex="0" role="group" aria-labelledby="{name}">\n{columns}\n</div></section>'
    )


def _column(column: Column, rows: Sequence[str]) -> str:
    verdict = {True: "right", False: "wrong", None: ""}[column.is_right]
    # The query's column has one picture; a word's has no picture above its map.
    names = rows if len(column.shots) == len(rows) > 1 else [""] * len(column.shots)
    shots = "".join(_figure(shot, name) for shot, name in zip(column.shots, names, strict=True))
    lines = "".join(f"<li>{html.escape(line)}</li>" for line in column.lines)
    return f'<div class="column {verdict}"><ul>{lines}</ul>{shots}</div>'


def _figure(shot: Shot, name: str) -> str:
    file = io.BytesIO()
    Image.fromarray(shot.pixels).save(file, "JPEG", quality=_JPEG_QUALITY)
    data = base64.b64encode(file.getvalue()).decode()
    caption = f"<figcaption>{html.escape(name)}</figcaption>" if name else ""
    h, w = shot.pixels.shape[:2]
    alt = html.escape(shot.meaning, quote=True)
    picture = f'<img src="data:image/jpeg;base64,{data}" alt="{alt}" title="{alt}" width="{w}" height="{h}">'
    return f"<figure>{picture}{caption}</figure>"
