"""Maps as JSON (docs/formats.md, Maps)."""

from __future__ import annotations

from typing import Any

from .explaining import ExplainedCaption, ExplainedSearch, Heat

_DIGITS = 6  # of each number: more than float32 is good for


def search_line(search: ExplainedSearch) -> dict[str, Any]:
    """The query's keys, and of each match its keys, `cosine`, `in_query` and `in_gallery`."""
    gallery = [
        {
            **match.picture.keys,
            "cosine": _number(match.cosine),
            "in_query": _rows(match.in_query),
            "in_gallery": _rows(match.in_gallery),
        }
        for match in search.matches
    ]
    return {**search.query.keys, "gallery": gallery}


def caption_line(found: ExplainedCaption) -> dict[str, Any]:
    """The picture's keys, `caption`, and of each word `word`, `log_likelihood` and `map`."""
    words = [
        {"word": word.text, "log_likelihood": _number(word.log_likelihood), "map": _rows(word.heat)}
        for word in found.words
    ]
    return {**found.picture.keys, "caption": found.caption, "words": words}


def _rows(heat: Heat) -> list[list[float]]:
    return [[_number(value) for value in row] for row in heat.tolist()]


def _number(value: float) -> float:
    return float(f"{value:.{_DIGITS}g}")
