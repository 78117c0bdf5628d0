"""`vtbr-data index`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from . import options as shared

_HELP = """List the images of a known dataset: NAME is its name, FOLDER its folder (for `table`, the file).

`auto` recognises the layout of a folder, and reads a file as a table; `--list` prints all names, layouts and sources.

Paths are relative to --root. It defaults to the output's folder, so that the manifest can be used as it is;
when the manifest goes to stdout it defaults to FOLDER, and the reader takes --root FOLDER.

Your own pictures: `table people.csv` (or TSV, JSON, Parquet; paths start from --root, else from its folder),
`folders DIR` (a folder a person), `video DIR` (frames with gt.txt or det.txt), or
`files DIR --pattern '{identity}_c{camera}_*'`.

\b
Example:
  vtbr-data index auto VIPeR | vtbr-data check - --root VIPeR | jq .counts
"""


def _print_list(context: click.Context, _parameter: click.Parameter, is_asked: bool) -> None:
    if not is_asked or context.resilient_parsing:
        return
    from ..datasets import DATASETS

    for name, dataset in DATASETS.items():
        click.echo(f"{name}\t{dataset.layout}\t{dataset.source}\t{dataset.note}".rstrip())
    context.exit()


@click.command(help=_HELP)
@click.argument("name", metavar="NAME")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("-o", "--output", default="-", help="The manifest; `-` is stdout.")
@click.option("--root", type=click.Path(path_type=Path), help="The folder that paths start from.")
@click.option(
    "--attributes", type=click.Path(path_type=Path), help="market_attribute.mat or duke_attribute.mat."
)
@click.option(
    "--captions", type=click.Path(path_type=Path), help="Captions by file name: JSON, table or lines."
)
@click.option(
    "--split-index",
    type=click.IntRange(0),
    default=0,
    show_default=True,
    help="Which of the random splits.",
)
@shared.seed
@click.option(
    "--validation",
    type=click.Choice(["none", "train", "gallery"]),
    help="Where a validation part goes. [default: none in sets with captions, gallery in folders]",
)
@click.option(
    "--skip-unknown", is_flag=True, help="Leave out pictures whose names are not of the set, and count them."
)
@click.option("--pattern", default="", help="How `files` reads names: '{identity}_c{camera}_*'.")
@click.option(
    "--split",
    type=click.Choice(["train", "query", "gallery"]),
    default="train",
    show_default=True,
    help="Split of images in `files` and `folders` whose names tell none.",
)
@shared.columns
@shared.first_identity
@click.option(
    "--list",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_print_list,
    help="Print all datasets.",
)
def index(
    name: str,
    folder: Path,
    output: str,
    root: Path | None,
    attributes: Path | None,
    captions: Path | None,
    **options: Any,
) -> None:
    """List a dataset."""
    from ..datasets import AUTO, DATASETS, IndexOptions, index_dataset
    from ..manifest import write_manifest

    if name not in (AUTO, *DATASETS):
        raise click.BadParameter(_nearest(name, [AUTO, *DATASETS]), param_hint="NAME")
    _require_sense(name)
    shared.require_distinct(
        {"FOLDER": folder, "--attributes": attributes, "--captions": captions}, {"--output": output}
    )
    paths_from = root if name == "table" else None
    if root is None and output != "-":
        root = Path(output).parent
    rows = index_dataset(
        name,
        folder,
        root=root,
        paths_from=paths_from,
        options=IndexOptions(**options, say=lambda message: click.echo(message, err=True)),
        attributes=attributes,
        captions=captions,
    )
    count = write_manifest(rows, output)
    what = "" if name == AUTO else f" of {DATASETS[name].title}"
    click.echo(f"listed {count} images{what}", err=True)


def _require_sense(name: str) -> None:
    """Refuse options that the dataset does not read."""
    own = {"table", "folders", "files", "video", "auto"}
    shared.needs("columns", name in ("table", "auto"), "a table: `index table FILE`")
    shared.needs("first_identity", name in own, "`index table`, `folders` or `files`")
    shared.needs("pattern", name == "files", "`index files`")
    captioned = {"cuhk-pedes", "icfg-pedes", "rstpreid"}
    shared.needs("split", name in (own | captioned) - {"table"}, "`index folders`, `files` or `video`")


def _nearest(name: str, names: list[str]) -> str:
    from difflib import get_close_matches

    close = get_close_matches(name.lower(), names, n=1)
    return f"there is no dataset {name}: " + (
        f"did you mean {close[0]}?" if close else "`vtbr-data index --list` prints them all"
    )
