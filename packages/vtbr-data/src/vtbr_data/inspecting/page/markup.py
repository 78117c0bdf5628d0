"""Pieces of HTML; everything that comes from a manifest is escaped here."""

from __future__ import annotations

import html
from collections.abc import Iterable, Mapping, Sequence


def escape(text: object) -> str:
    """Escape text for HTML, attributes included; lone surrogates of odd file names become question marks.

    >>> escape('<b>"&')
    '&lt;b&gt;&quot;&amp;'
    """
    return html.escape(str(text).encode("utf-8", "replace").decode())


def section(title: str, *parts: str) -> str:
    """Return a part of the page under its heading; nothing without content."""
    content = "".join(parts)
    return f"<section><h2>{escape(title)}</h2>{content}</section>" if content else ""


def note(text: str) -> str:
    """Return a paragraph of text."""
    return f"<p class=note>{escape(text)}</p>"


def bars(title: str, counts: Mapping[str, int], *, most: int = 16) -> str:
    """Return a table of values with a bar for each count; beyond `most` the rest is summed up."""
    if not counts:
        return ""
    rows = list(counts.items())
    shown, rest = (rows, []) if len(rows) <= most else (rows[: most - 1], rows[most - 1 :])
    largest = max(1, *(number for _, number in shown))
    body = "".join(
        f"<tr><th scope=row>{escape(value)}<td class=bar><i style=width:{100 * number / largest:.1f}%></i>"
        f"<td class=number>{number:,}"
        for value, number in shown
    )
    if rest:
        body += f"<tr><th scope=row>{len(rest)} others<td><td class=number>{sum(n for _, n in rest):,}"
    return f"<table class=bars><caption>{escape(title)}</caption><tbody>{body}</table>"


def facts(numbers: Iterable[tuple[str, object]]) -> str:
    """Return large numbers with what they count."""
    tiles = "".join(
        f"<div><dd>{escape(number)}</dd><dt>{escape(what)}</dt></div>" for what, number in numbers
    )
    return f"<dl class=facts>{tiles}</dl>"


def strip(title: str, pictures: Sequence[tuple[str, str]]) -> str:
    """Return small pictures in a row with the text below each: (base64 of a JPEG or nothing, text)."""
    cells = "".join(
        (
            f'<figure><img src="data:image/jpeg;base64,{data}" alt="{escape(text)}" loading=lazy>'
            if data
            else "<figure><span class=gone>not readable</span>"
        )
        + f"<figcaption>{escape(text)}</figcaption></figure>"
        for data, text in pictures
    )
    row = f'<div class=strip role=group tabindex=0 aria-label="{escape(title)}">{cells}</div>'
    return f"<h3>{escape(title)}</h3>{row}"
