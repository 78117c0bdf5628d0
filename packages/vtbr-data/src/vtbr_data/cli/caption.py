"""`vtbr-data caption`."""

from __future__ import annotations

import click

from ..captions import OPTIONAL_NAMES, ORDERS, STYLES
from . import options
from .options import ManifestInput


@click.command()
@options.manifest
@click.option("-o", "--output", default="-", help="The manifest with captions; `-` is stdout.")
@click.option("--seed", default=0, show_default=True, help="Other seeds give other wordings.")
@click.option(
    "--per-image",
    type=click.IntRange(1),
    default=2,
    show_default=True,
    help="Different captions of each image.",
)
@click.option(
    "--style",
    type=click.Choice(STYLES),
    default="grammar",
    show_default=True,
    help="One sentence, one wording; three orders, one wording; many orders and wordings.",
)
@click.option(
    "--order",
    type=click.Choice([*ORDERS, "any"]),
    default="any",
    show_default=True,
    help="What comes first; `any` changes from caption to caption (the template is person-first).",
)
@click.option(
    "--detail",
    type=click.FloatRange(0, 1),
    default=1.0,
    show_default=True,
    help="Chance of naming each of hair, glasses, hat, bag, footwear, sleeves, viewpoint, weather, ...",
)
@click.option("--max-words", type=click.IntRange(1), help="Leave out more of them where a caption is longer.")
@click.option(
    "--without",
    type=click.Choice(OPTIONAL_NAMES),
    multiple=True,
    metavar="NAME",
    help="Never name this attribute (weather, say); may be repeated.",
)
@click.option("--skip-missing", is_flag=True, help="Leave rows without attributes as they are.")
@click.option("--keep", is_flag=True, help="Keep the captions that rows have, and add to them.")
def caption(
    manifest: ManifestInput,
    output: str,
    seed: int,
    per_image: int,
    style: str,
    order: str,
    detail: float,
    max_words: int | None,
    without: tuple[str, ...],
    skip_missing: bool,
    keep: bool,
) -> None:
    """Write captions for the images of MANIFEST from their attributes.

    Captions name the known attributes in varying words. The same seed and path give the same captions, in any
    order of rows. Captions that rows have are replaced, unless --keep. Rows with few attributes may get fewer
    captions than asked for; the template has one. The words are listed in docs/formats.md.

    \b
    Example:
      vtbr-data index finegpr FineGPR --root . | vtbr-data caption - | jq -r '.captions[]' | head
    """
    from ..attributes import KNOWN
    from ..captions import CaptionStyle, caption_rows
    from ..manifest import write_manifest

    options.require_distinct({"MANIFEST": manifest.path}, {"--output": output})
    wording = CaptionStyle(style=style, order=order, detail=detail, max_words=max_words, without=without)
    rows = manifest.read()
    made = caption_rows(
        rows, seed=seed, per_image=per_image, style=wording, skip_missing=skip_missing, keep=keep
    )
    count = write_manifest(made, output)
    bare = sum(not any(name in row.attributes for name in KNOWN) for row in rows.rows) if skip_missing else 0
    left = f"; {bare} without known attributes stay as they are" if bare else ""
    click.echo(f"described {count - bare} images{left}", err=True)
