"""Where maps go: lines, one picture, one page, or a folder of pictures, by the name of the output."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

from ...errors import InputError
from ...files import open_output, write_lines
from .explaining import ExplainedCaption, ExplainedSearch, Heat

Form = Literal["lines", "picture", "page", "folder"]
_FORMS: dict[str, Form] = {".png": "picture", ".html": "page", ".jsonl": "lines", "": "folder"}

_DIGITS = 6  # of each number: more than float32 is good for
_NAME_LENGTH = 80  # of a picture's file, in characters

_ABOUT = {
    "shares": "Each map takes the cosine of two features apart into places: their shares add up to it.",
    "grad-cam": "Grad-CAM: where more of what is there would bring the two pictures closer.",
    "gradient": "Cells times the gradient of the word’s log-likelihood: places that make the word likelier. "
    "Below each word is its probability after those before it, the geometric mean of both directions.",
    "attention": "Where the decoders looked when the word was next, which need not be what decided. "
    "Below each word is its probability after those before it, the geometric mean of both directions.",
}


def form_of(output: str) -> Form:
    """Choose the form by the end of the name; raises InputError for an unknown one, or a folder that is in
    use.
    """
    if output == "-" or output.endswith(".jsonl.gz"):
        return "lines"
    path = Path(output)
    form = _FORMS.get(path.suffix)
    if form is None:
        raise InputError(
            f"{output}: write maps to a name that ends in .png, .html or .jsonl, or to a folder (no ending)"
        )
    if form == "folder" and path.exists() and (not path.is_dir() or any(path.iterdir())):
        raise InputError(f"{output} is there already and not empty: give another name, or remove it")
    return form


def write_maps(
    output: str, found: Iterable[ExplainedSearch | ExplainedCaption], *, method: str, title: str
) -> int:
    """Write maps to `output`, complete or not at all; return how many strips there are."""
    form = form_of(output)
    if form == "lines":
        return write_lines(output, ({**_line(one), "method": method} for one in found))
    from .page import page
    from .sheet import sheet
    from .strips import Strip, caption_strip, search_strip

    def strips() -> Iterator[Strip]:
        for one in found:
            yield search_strip(one) if isinstance(one, ExplainedSearch) else caption_strip(one)

    if form == "folder":
        count = 0
        with _complete_folder(Path(output)) as folder:
            for count, strip in enumerate(strips(), start=1):
                stem = re.sub(r"[^\w.-]+", "_", strip.title)[:_NAME_LENGTH]
                (folder / f"{count:04}-{stem}.png").write_bytes(sheet([strip]))
        return count
    drawn = list(strips())
    is_page = form == "page"
    data = page(drawn, title=title, about=[_ABOUT[method]]).encode() if is_page else sheet(drawn)
    with open_output(output) as file:
        file.write(data)
    return len(drawn)


def _line(found: ExplainedSearch | ExplainedCaption) -> dict[str, Any]:
    """Make a line of JSON (docs/formats.md, Maps)."""
    return _search_line(found) if isinstance(found, ExplainedSearch) else _caption_line(found)


def _search_line(search: ExplainedSearch) -> dict[str, Any]:
    """Return the query's keys, and of each match its keys, `cosine`, `in_query` and `in_gallery`."""
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


def _caption_line(found: ExplainedCaption) -> dict[str, Any]:
    """Return the picture's keys, `caption`, and of each word `word`, `log_likelihood` and `map`."""
    words = [
        {"word": word.text, "log_likelihood": _number(word.log_likelihood), "map": _rows(word.heat)}
        for word in found.words
    ]
    return {**found.picture.keys, "caption": found.caption, "words": words}


def _rows(heat: Heat) -> list[list[float]]:
    return [[_number(value) for value in row] for row in heat.tolist()]


def _number(value: float) -> float:
    return float(f"{value:.{_DIGITS}g}")


@contextmanager
def _complete_folder(target: Path) -> Iterator[Path]:
    partial = target.with_name(f"{target.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir()
    try:
        yield partial
        if target.exists():
            target.rmdir()
        partial.replace(target)
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise
