"""Where maps go: lines, one picture, one page, or a folder of pictures, by the name of the output."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from ...errors import InputError
from ...files.output import open_output
from .explaining import ExplainedCaption, ExplainedSearch
from .lines import caption_line, search_line

Form = Literal["lines", "picture", "page", "folder"]
_FORMS: dict[str, Form] = {".png": "picture", ".html": "page", ".jsonl": "lines", "": "folder"}

_ABOUT = {
    "shares": "Each map takes the cosine of two features apart into places: their shares add up to it.",
    "grad-cam": "Grad-CAM: where more of what is there would bring the two pictures closer.",
    "gradient": "Cells times the gradient of the word’s log-likelihood: places that make the word likelier. "
    "Below each word stands its probability after those before it, of both directions the geometric mean.",
    "attention": "Where the decoders looked when the word was next, which need not be what decided. "
    "Below each word stands its probability after those before it, of both directions the geometric mean.",
}


def form_of(output: str) -> Form:
    """By the end of the name; raises InputError for one that says nothing, or a folder that is in use."""
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


def write(
    output: str, found: Iterable[ExplainedSearch | ExplainedCaption], *, method: str, title: str
) -> int:
    """Write maps to `output`, complete or not at all; how many strips there are comes back."""
    form = form_of(output)
    if form == "lines":
        return _write_lines(output, found, method)
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


_NAME_LENGTH = 80  # of a picture's file, in characters


def _write_lines(output: str, found: Iterable[ExplainedSearch | ExplainedCaption], method: str) -> int:
    count = 0
    with open_output(output) as file:
        for one in found:
            line = search_line(one) if isinstance(one, ExplainedSearch) else caption_line(one)
            file.write((json.dumps({**line, "method": method}, ensure_ascii=False) + "\n").encode())
            count += 1
    return count


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
