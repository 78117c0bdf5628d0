"""`vtbr-data index`."""

from __future__ import annotations

from pathlib import Path

import click

from vtbr_data.datasets import DATASETS

_LIST = "\n".join(f"  {name:<15} {dataset.layout}" for name, dataset in DATASETS.items())


_HELP = f"""List the images of a known dataset: NAME is its name, FOLDER where it lies (of `table` the CSV).

Paths are relative to --root. It defaults to the output's folder, so that the manifest can be used as it is;
when the manifest goes to stdout it defaults to FOLDER, and the reader takes --root FOLDER.

\b
Names:
{_LIST}

\b
Example:
  vtbr-data index viper VIPeR | vtbr-data check - --root VIPeR | jq .counts
"""


@click.command(help=_HELP)
@click.argument("name", type=click.Choice(list(DATASETS)), metavar="NAME")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("-o", "--output", default="-", help="The manifest; `-` is stdout.")
@click.option("--root", type=click.Path(path_type=Path), help="The folder that paths start from.")
@click.option("--seed", default=0, show_default=True, help="Of sets with random halves.")
@click.option(
    "--split-index", type=click.IntRange(0), default=0, show_default=True, help="Which of the halves."
)
def index(name: str, folder: Path, output: str, root: Path | None, seed: int, split_index: int) -> None:
    """List a dataset."""
    from vtbr_data.datasets import HalfOf
    from vtbr_data.index import index_dataset
    from vtbr_data.manifest import write_manifest

    if root is None and output != "-":
        root = Path(output).parent
    rows = index_dataset(name, folder, root=root, half=HalfOf(seed, split_index))
    count = write_manifest(rows, output)
    click.echo(f"listed {count} images of {DATASETS[name].source}", err=True)
