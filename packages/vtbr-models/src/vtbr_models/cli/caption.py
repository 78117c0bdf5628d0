"""`vtbr-models caption`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from . import options

if TYPE_CHECKING:
    from ..decoding.beam_search import BeamSearch
    from ..decoding.sampling import Sampling

_OF_BEAMS = {"beams": "--beam", "length_penalty": "--length-penalty", "no_repeat_ngram": "--no-repeat-ngram"}
_OF_SAMPLES = {"temperature": "--temperature", "top_k": "--top-k", "top_p": "--top-p", "seed": "--seed"}


@click.command()
@options.checkpoint
@options.manifest
@click.option("-o", "--output", default="-", help="The manifest to write. [default: stdout]")
@options.root
@options.split
@click.option(
    "--captions", type=click.IntRange(min=1), default=1, show_default=True, help="So many an image."
)
@click.option("--direction", type=click.Choice(["forward", "backward"]), default="forward", show_default=True)
@click.option(
    "--beam", "beams", type=click.IntRange(min=1), help="Beams an image. [default: 5, or --captions]"
)
@click.option("--greedy", is_flag=True, help="The likeliest word each time: --beam 1.")
@click.option(
    "--length-penalty", type=click.FloatRange(min=0), help="1 (default) compares means a word, 0 sums."
)
@click.option("--no-repeat-ngram", type=click.IntRange(min=1), help="Never this many words twice in a row.")
@click.option("--sample", is_flag=True, help="Draw captions instead of searching the likeliest.")
@click.option("--top-p", type=click.FloatRange(0, 1, min_open=True), help="Draw from this nucleus.")
@click.option("--top-k", type=click.IntRange(min=1), help="Draw from this many words.")
@click.option("--temperature", type=click.FloatRange(min=0, min_open=True), help="Below 1 more alike.")
@click.option("--seed", type=click.IntRange(min=0), help="Of what is drawn. [default: 0]")
@options.batch_size
@options.workers
@options.precision
@options.device
def caption(
    checkpoint: Path,
    manifest: str,
    output: str,
    root: Path | None,
    splits: tuple[str, ...],
    batch_size: int,
    workers: int | None,
    precision: str,
    device: str,
    **decoding: Any,
) -> None:
    """Write MANIFEST with the captions that CHECKPOINT predicts; all other keys stay.

    \b
    Example:
      vtbr-models caption captions.safetensors manifest.jsonl | jq -r '[.path, .captions[0]] | @tsv'
    """
    method = _method(**decoding)

    from ..applications.captioning import CaptioningConfig, captioned
    from ..files.manifest import SPLITS, encode_row, read_manifest
    from ..files.output import open_output

    config = CaptioningConfig(
        splits=splits or SPLITS,
        method=method,
        batch_size=batch_size,
        workers=workers,
        precision=precision,
        device=device,
    )
    table = read_manifest(manifest, root)
    num_images = 0
    with open_output(output) as file:
        for keys in captioned(checkpoint, table, config):
            file.write(encode_row(keys))
            num_images += 1
    click.echo(f"captioned {num_images} images", err=True)


def _method(
    *, captions: int, direction: str, greedy: bool, sample: bool, **given: Any
) -> BeamSearch | Sampling:
    """What the options ask for; those of the other method are refused rather than left out."""
    if greedy:
        if sample or given["beams"] not in (None, 1):
            raise click.UsageError("--greedy goes neither with --sample nor with --beam")
        given["beams"] = 1
    for name, option in (_OF_BEAMS if sample else _OF_SAMPLES).items():
        if given.pop(name) is not None:
            raise click.UsageError(
                f"{option} does not go with --sample" if sample else f"{option} needs --sample"
            )
    settings = {name: value for name, value in given.items() if value is not None}
    backward = direction == "backward"
    if not sample and captions > settings.get("beams", captions):
        raise click.UsageError(f"--captions {captions} needs at least as many beams: --beam {captions}")

    from ..decoding.beam_search import BeamSearch
    from ..decoding.sampling import Sampling

    if sample:
        return Sampling(captions=captions, backward=backward, **settings)
    return BeamSearch(captions=captions, backward=backward, **{"beams": max(5, captions), **settings})
