"""`vtbr-models caption`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from . import options

if TYPE_CHECKING:
    from ..decoding import BeamSearch, Sampling
    from ..inference import InferenceConfig

_OF_BEAMS = {"beams": "--beam", "length_penalty": "--length-penalty", "no_repeat_ngram": "--no-repeat-ngram"}
_OF_SAMPLES = {"temperature": "--temperature", "top_k": "--top-k", "top_p": "--top-p", "seed": "--seed"}


@click.command()
@options.checkpoint
@options.manifest
@click.option("-o", "--output", default="-", help="The manifest to write. [default: stdout]")
@options.reading
@options.split
@click.option(
    "--captions", type=click.IntRange(min=1), default=1, show_default=True, help="Captions of each image."
)
@click.option("--direction", type=click.Choice(["forward", "backward"]), default="forward", show_default=True)
@click.option(
    "--beam", "beams", type=click.IntRange(min=1), help="Beams of each image. [default: 5, or --captions]"
)
@click.option("--greedy", is_flag=True, help="Take the likeliest word each time: --beam 1.")
@click.option(
    "--length-penalty",
    type=click.FloatRange(min=0),
    help="1 (default) compares means of the words' scores, 0 sums.",
)
@click.option("--no-repeat-ngram", type=click.IntRange(min=1), help="Never repeat this many words in a row.")
@click.option("--sample", is_flag=True, help="Draw captions at random; no beam search.")
@click.option(
    "--top-p",
    type=click.FloatRange(0, 1, min_open=True),
    help="Nucleus: draw from the likeliest words up to this sum.",
)
@click.option("--top-k", type=click.IntRange(min=1), help="Draw from this many of the likeliest words.")
@click.option(
    "--temperature",
    type=click.FloatRange(min=0, min_open=True),
    help="Below 1, likely words become likelier.",
)
@click.option("--seed", type=click.IntRange(min=0), help="Seed of the random captions. [default: 0]")
@click.option("--skip-missing", is_flag=True, help="Leave out pictures that cannot be read, and name them.")
@options.inference
def caption(
    checkpoint: Path,
    manifest: str,
    reading: options.Reading,
    output: str,
    splits: tuple[str, ...],
    skip_missing: bool,
    inference: InferenceConfig,
    **decoding: Any,
) -> None:
    """Write MANIFEST with the captions that CHECKPOINT predicts; all other keys are kept.

    \b
    Example:
      vtbr-models caption captions.safetensors manifest.jsonl | jq -r '[.path, .captions[0]] | @tsv'
    """
    method = _method(**decoding)

    from ..applications import captioned
    from ..files import SPLITS, write_manifest

    options.keep_apart({"-o": output}, [checkpoint, manifest])
    table = reading.read(manifest)
    options.keep_apart({"-o": output}, [], table)
    skipped: list[str] = []

    def skip(error: str) -> None:
        click.echo(f"skipped: {error}", err=True)
        skipped.append(error)

    lines = captioned(
        checkpoint,
        table,
        method,
        splits=splits or SPLITS,
        inference=inference,
        skip=skip if skip_missing else None,
    )
    num_images = write_manifest(output, lines)
    left_out = f", left out {len(skipped)} that cannot be read" if skipped else ""
    click.echo(f"captioned {num_images} images{left_out}", err=True)


def _method(
    *, captions: int, direction: str, greedy: bool, sample: bool, **given: Any
) -> BeamSearch | Sampling:
    """Return the method that the options ask for; options of the other method are refused."""
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

    from ..decoding import BeamSearch, Sampling

    if sample:
        return Sampling(captions=captions, backward=backward, **settings)
    return BeamSearch(captions=captions, backward=backward, **{"beams": max(5, captions), **settings})
