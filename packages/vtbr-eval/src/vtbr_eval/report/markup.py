"""Safe pieces of HTML: whatever comes from a file is escaped here."""

from __future__ import annotations

import html
import json
from collections.abc import Iterable, Sequence


def escape(text: object) -> str:
    """Escapes text for HTML, attributes included; lone surrogates of odd file names become question marks.

    >>> escape('<script>"&')
    '&lt;script&gt;&quot;&amp;'
    """
    return html.escape(str(text).encode("utf-8", "replace").decode())


def script_json(value: object) -> str:
    """Returns JSON for the inside of a `<script>` element: nothing in it can end that element.

    >>> script_json("</script>")
    '"\\\\u003c/script>"'
    """
    return json.dumps(value, separators=(",", ":"), allow_nan=False).replace("<", "\\u003c")


def percent(value: float, sign: str = "") -> str:
    """Returns a fraction as per cent.

    >>> percent(0.3259), percent(0.01, "+")
    ('32.6', '+1.0')
    """
    return f"{100 * value:{sign}.1f}"


def table(
    caption: str,
    head: Sequence[object],
    rows: Iterable[Sequence[object]],
    filters: Sequence[str] = (),
) -> str:
    """Returns a table whose first column names the rows.

    `filters`, one a row, make these names buttons that show the searches the row counts.
    """
    rows = list(rows)
    names = [
        f'<button type="button" class="link" data-filter="{escape(one)}">{escape(first)}</button>'
        for (first, *_), one in zip(rows, filters, strict=False)
    ] or [escape(first) for first, *_ in rows]
    columns = "".join(f'<th scope="col">{escape(cell)}</th>' for cell in head)
    body = "".join(
        f'<tr><th scope="row">{name}</th>' + "".join(f"<td>{escape(cell)}</td>" for cell in others) + "</tr>"
        for name, (_, *others) in zip(names, rows, strict=True)
    )
    return (
        f"<table><caption>{escape(caption)}</caption>"
        f"<thead><tr>{columns}</tr></thead><tbody>{body}</tbody></table>"
    )


def figure(title: str, text: str, drawing: str, numbers: str = "") -> str:
    """Returns a drawing under its title, with its numbers as a table to unfold."""
    unfold = f"<details><summary>Numbers</summary>{scrolling(title, numbers)}</details>" if numbers else ""
    return (
        f"<figure><figcaption><h3>{escape(title)}</h3><p>{escape(text)}</p></figcaption>"
        f"{drawing}{unfold}</figure>"
    )


def scrolling(name: str, content: str) -> str:
    """Returns content that may be wider than a phone: it scrolls by itself, by keyboard too."""
    return f'<div class="scroll" role="region" tabindex="0" aria-label="{escape(name)}">{content}</div>'
