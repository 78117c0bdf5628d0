"""`vtbr-data render`."""

from __future__ import annotations

import atexit
import signal
import time
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self

import click

from ..errors import InputError
from ..people import INGREDIENTS
from ..progress import Report, progress

_ON_SHEET = 24  # pictures

_LONGEST_CAPTION = 40  # words: with punctuation they fit the 48 positions of the laptop recipe


@click.command()
@click.argument("out", type=click.Path(file_okay=False, path_type=Path))
@click.option("--style", type=click.Choice(["source", "target"]), default="source", show_default=True)
@click.option("--size", type=click.Choice(["tiny", "small", "large"]), help="People x pictures, see above.")
@click.option(
    "--identities", "--people", type=click.IntRange(1), help="People.  [default: as --size, else 100]"
)
@click.option("--views", type=click.IntRange(1), help="Pictures of each.  [default: as --size, else 8]")
@click.option("--pixels", metavar="WxH", help="Of each picture.  [default: 128x256, of a target 64x128]")
@click.option("--cameras", type=click.IntRange(2, 999), help="Of a target.  [default: 6]")
@click.option(
    "--cameras-each", type=click.IntRange(2), help="Of a target: that see a person.  [default: 2 to 6]"
)
@click.option("--difficulty", metavar="LEVEL", help="Of a target: easy, default, hard, or 0 to 2.")
@click.option(
    "--without", multiple=True, type=click.Choice(tuple(INGREDIENTS)), help="Leave out; repeatable."
)
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True, help="Same seed, same bytes.")
@click.option("--captions", type=click.IntRange(0), help="Of each picture.  [default: 2, of a target 0]")
@click.option("--workers", type=click.IntRange(1), show_default="CPUs", help="Processes.")
@click.option("--sheet", help="Write a contact sheet (PNG) as well.")
def render(
    out: Path,
    style: Literal["source", "target"],
    size: str | None,
    identities: int | None,
    views: int | None,
    pixels: str | None,
    cameras: int | None,
    cameras_each: int | None,
    difficulty: str | None,
    without: tuple[str, ...],
    seed: int,
    captions: int | None,
    workers: int | None,
    sheet: str | None,
) -> None:
    """Render people into the folder OUT, with the manifest OUT/manifest.jsonl.

    `source` is clean, captioned and named as FineGPR; `target` is surveillance: several cameras, other people,
    named as Market-1501, with junk and distractors. Attributes and captions say what each picture shows.
    docs/people.md describes both as a dataset.

    `--without` leaves an ingredient out, to measure what it is worth: docs/people.md says what each is.

    Sizes: `tiny` 24 x 4, `small` 300 x 12, `large` 8000 x 20. A rendering that was cut off continues when the
    same command is given again.

    \b
    Example:
      vtbr-data render people --identities 20 && vtbr-data stats people/manifest.jsonl | jq .captions
    """
    from ..people import SIZES, read_difficulty
    from ..people import render as render_people

    people, pictures = SIZES[size] if size else (100, 8)
    each = captions if captions is not None else 2 if style == "source" else 0
    rendering = _Rendering(out, seed, each)
    start = time.monotonic()
    with progress(f"rendering {style} people") as report, rendering:
        render_people(
            out,
            style=style,
            identities=identities or people,
            views=views or pictures,
            seed=seed,
            workers=workers,
            size=None if pixels is None else _read_pixels(pixels),
            difficulty=None if difficulty is None else read_difficulty(difficulty),
            cameras=cameras,
            cameras_each=cameras_each,
            without=without,
            progress=lambda done, total: rendering.count(done, total, report),
            finish=rendering.finish,
        )
    # From here on nothing is left to be stopped, but Python takes a moment to end.
    atexit.register(signal.signal, signal.SIGINT, signal.SIG_IGN)
    seconds = time.monotonic() - start
    if sheet:
        rendering.draw_sheet(sheet)
    lacking = f" without {', '.join(sorted(set(without)))}" if without else ""
    speed = f"in {seconds:.1f} s, {rendering.made / seconds:.0f} a second"
    click.echo(f"rendered {rendering.made} pictures{lacking} into {out} {speed}", err=True)


class _Rendering:
    """What is said of a rendering, and the manifest that it ends with; a context that says how to continue."""

    def __init__(self, out: Path, seed: int, captions: int) -> None:
        self._out, self._seed, self._captions = out, seed, captions
        self._before: int | None = None
        self._done = self._total = 0
        self._manifest = out / "manifest.jsonl"

    @property
    def made(self) -> int:
        """Pictures that this run has made."""
        return self._done - (self._before or 0)

    def count(self, done: int, total: int, report: Report) -> None:
        """Pass on how many pictures there are; the first time, say what an earlier run has left."""
        if self._before is None:
            self._before = done
            if done:
                click.echo(
                    f"{self._out} was left unfinished: continuing, {done} of {total} pictures are there",
                    err=True,
                )
        self._done, self._total = done, total
        report(done, total)

    def finish(self, rendered: Iterator[dict[str, Any]]) -> None:
        """Write the manifest of all pictures, captioned; rows are read and written one by one."""
        from ..captions import CaptionStyle, caption_rows
        from ..manifest import Manifest, Row, write_manifest

        style = CaptionStyle(style="orders", max_words=_LONGEST_CAPTION)

        def captioned(row: Row) -> Iterator[Row]:
            alone = Manifest([row], self._out, fingerprint="", name=str(self._manifest))
            return caption_rows(
                alone, seed=self._seed, per_image=self._captions, style=style, skip_missing=True
            )

        rows = map(Row.from_object, rendered)
        captioned_rows = chain.from_iterable(map(captioned, rows)) if self._captions else rows
        write_manifest(captioned_rows, self._manifest)

    def draw_sheet(self, sheet: str) -> None:
        """Write a contact sheet, a PNG file."""
        from ..inspecting import draw_sheet
        from ..manifest import read_manifest
        from ..output import open_output

        picture = draw_sheet(read_manifest(self._manifest), _ON_SHEET, seed=self._seed)
        with open_output(sheet) as file:
            picture.save(file, format="PNG")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is not None and self._total:
            click.echo(
                f"stopped: {self._done} of {self._total} pictures are in {self._out}; the same command continues",
                err=True,
            )


def _read_pixels(text: str) -> tuple[int, int]:
    width, _, height = text.lower().partition("x")
    if not (width.isdecimal() and height.isdecimal()):
        raise InputError(f"--pixels is {text!r}: give width and height, as in 64x128")
    return int(width), int(height)
