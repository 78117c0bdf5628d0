"""`vtbr-data caption`."""

from __future__ import annotations

import click

from vtbr_data.captions import ORDERS


@click.command()
@click.argument("manifest", default="-")
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
    "--order",
    type=click.Choice([*ORDERS, "any"]),
    default="any",
    show_default=True,
    help="What comes first; `any` changes from caption to caption.",
)
@click.option("--skip-missing", is_flag=True, help="Leave rows without attributes as they are.")
@click.option("--keep", is_flag=True, help="Keep the captions that rows have, and add to them.")
def caption(
    manifest: str, output: str, seed: int, per_image: int, order: str, skip_missing: bool, keep: bool
) -> None:
    """Write captions for the images of MANIFEST from their attributes.

    Each attribute that is known is spoken of, in changing words; the same seed and path give the same
    captions. Captions that rows have are replaced, unless --keep. The captions' words are in docs/formats.md.

    \b
    Example:
      vtbr-data index finegpr FineGPR --root . | vtbr-data caption - | jq -r '.captions[]' | head
    """
    from vtbr_data.captions import caption_rows
    from vtbr_data.manifest import read_manifest, write_manifest

    rows = read_manifest(manifest)
    made = caption_rows(
        rows, seed=seed, per_image=per_image, order=order, skip_missing=skip_missing, keep=keep
    )
    count = write_manifest(made, output)
    click.echo(f"described {count} images", err=True)
