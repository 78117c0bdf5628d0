"""`vtbr-data draw`."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any, Literal

import click

_ON_SHEET = 24  # pictures

_LONGEST_CAPTION = 40  # words: with punctuation they fit the 48 positions of the laptop recipe


@click.command()
@click.argument("out", type=click.Path(file_okay=False, path_type=Path))
@click.option("--style", type=click.Choice(["source", "target"]), default="source", show_default=True)
@click.option("--size", type=click.Choice(["tiny", "small", "large"]), help="People x pictures, see above.")
@click.option("--identities", type=click.IntRange(1), help="People.  [default: as --size, else 100]")
@click.option("--views", type=click.IntRange(1), help="Pictures of each.  [default: as --size, else 8]")
@click.option("--difficulty", metavar="LEVEL", help="Of a target: easy, default, hard, or 0 to 2.")
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True, help="Same seed, same bytes.")
@click.option("--captions", type=click.IntRange(0), default=2, show_default=True, help="Of a source picture.")
@click.option("--workers", type=click.IntRange(1), show_default="CPUs", help="Processes.")
@click.option("--sheet", help="Draw a contact sheet (PNG) as well.")
def draw(
    out: Path,
    style: Literal["source", "target"],
    size: str | None,
    identities: int | None,
    views: int | None,
    difficulty: str | None,
    seed: int,
    captions: int,
    workers: int | None,
    sheet: str | None,
) -> None:
    """Draw people into the folder OUT, with the manifest OUT/manifest.jsonl.

    `source` is clean, captioned and named as FineGPR; `target` is surveillance: six cameras, other people,
    named as Market-1501, with junk and distractors. docs/drawn-people.md describes both as a dataset.

    Sizes: `tiny` 24 x 4, `small` 300 x 12, `large` 1500 x 24. A drawing that was cut off goes on when the
    same command is given again.

    \b
    Example:
      vtbr-data draw people --identities 20 && vtbr-data stats people/manifest.jsonl | jq .captions
    """
    from ..captions import CaptionStyle, caption_rows
    from ..drawing import draw as draw_people
    from ..drawing.difficulty import read_difficulty
    from ..drawing.sizes import SIZES
    from ..manifest import Manifest, Row, write_manifest
    from ..output import open_output
    from ..progress import progress

    people, pictures = SIZES[size] if size else (100, 8)
    target = out / "manifest.jsonl"
    manifest = Manifest([], out, fingerprint="", name=str(target))

    def finish(drawn: list[dict[str, Any]]) -> None:
        manifest.rows[:] = [Row.from_object(row) for row in drawn]
        if style == "source" and captions:
            manifest.rows[:] = caption_rows(manifest, seed=seed, per_image=captions, style=wording)
        write_manifest(manifest.rows, target)

    wording = CaptionStyle(style="orders", max_words=_LONGEST_CAPTION)
    start = time.monotonic()
    there: list[int] = []
    with progress(f"drawing {style} people") as report:

        def count(done: int, total: int) -> None:
            if not there:
                there.append(done)
                if done:
                    click.echo(
                        f"{out} was left unfinished: going on, {done} of {total} pictures are there", err=True
                    )
            report(done, total)

        draw_people(
            out,
            style=style,
            identities=identities or people,
            views=views or pictures,
            seed=seed,
            workers=workers,
            difficulty=None if difficulty is None else read_difficulty(difficulty),
            progress=count,
            finish=finish,
        )
    seconds = time.monotonic() - start
    if sheet:
        from ..inspecting import draw_sheet

        picture = draw_sheet(manifest, _ON_SHEET, seed=seed)
        with open_output(sheet) as file:
            picture.save(file, format="PNG")
    drawn = len(manifest.rows) - there[0]
    click.echo(
        f"drew {drawn} pictures into {out} in {seconds:.1f} s, {drawn / seconds:.0f} a second", err=True
    )
