"""`vtbr-models extract`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from . import options

if TYPE_CHECKING:
    from ..applications import Extracted, ExtractionConfig
    from ..files import Manifest

_NUM_NAMED = 10  # skipped images that the last line names


@click.command()
@options.checkpoint
@options.manifest
@click.option("-o", "--output", default="-", help="The features file. [default: stdout]")
@options.reading
@options.split
@click.option("--flip/--no-flip", default=True, show_default=True, help="Average with the mirrored image.")
@click.option(
    "--crops",
    type=click.Choice(["1", "5"]),
    default="1",
    show_default=True,
    help="5: average five crops.",
)
@click.option(
    "--pooling",
    type=click.Choice(["neck", "before"]),
    help="Take an embedder's feature after its neck, or before. [default: as the checkpoint says]",
)
@click.option(
    "--on-error",
    type=click.Choice(["fail", "skip"]),
    default="fail",
    show_default=True,
    help="skip: leave out pictures that cannot be read, and name them.",
)
@click.option(
    "--average-by",
    metavar="KEY",
    help="One feature for all rows with one value of KEY, their mean: of a track, say.",
)
@click.option(
    "--weight-by", metavar="KEY", help="Weight of each row in --average-by's mean: a confidence, say."
)
@options.inference
@click.option(
    "--backend",
    type=click.Choice(["torch", "onnxruntime"]),
    default="torch",
    show_default=True,
    help="onnxruntime: faster on many CPUs; needs vtbr-models[onnx].",
)
@click.option("--compile", is_flag=True, help="Compile the model first: minutes, for many images on a GPU.")
@click.option("--texts", is_flag=True, help="Extract the captions in MANIFEST instead, by a dual encoder.")
@click.option("--joint", is_flag=True, help="Put images into the space of --texts, to search them by text.")
@click.option("--dtype", type=click.Choice(["float32", "float16"]), default="float32", show_default=True)
def extract(
    checkpoint: Path,
    manifest: str,
    reading: options.Reading,
    output: str,
    splits: tuple[str, ...],
    crops: str,
    backend: str,
    compile: bool,
    texts: bool,
    **settings: Any,
) -> None:
    """Write the features of the images in MANIFEST: query and gallery, unless --split says otherwise.

    Pictures are prepared as CHECKPOINT says. A captioner's feature is the mean of its backbone's cells; a
    captioner that learnt the objective `contrastive` also finds images by captions: --joint for the images,
    --texts for the captions, then `vtbr-eval search`.

    An extraction to a file that was stopped resumes when the same command is given again; under torchrun all
    processes share the images and the file.

    \b
    Example:
      vtbr-models extract dual.safetensors manifest.jsonl --joint -o images.safetensors
      vtbr-models extract dual.safetensors manifest.jsonl --texts | vtbr-eval search - images.safetensors
      vtbr-models extract model.safetensors manifest.jsonl | vtbr-eval reid - | jq .mAP
    """
    if compile and backend != "torch":
        raise click.UsageError("--compile does not go with --backend onnxruntime")
    if settings["weight_by"] is not None and settings["average_by"] is None:
        raise click.UsageError("--weight-by needs --average-by")
    if texts:
        _check_texts(backend, compile, crops, settings)

    from ..applications import ExtractionConfig, extract_texts_to
    from ..files import open_output

    config = ExtractionConfig(
        splits=splits or ("query", "gallery"),
        crops=5 if crops == "5" else 1,
        backend="torch" if backend == "torch" else "onnxruntime",
        compile=compile,
        **settings,
    )
    options.keep_apart({"-o": output}, [checkpoint, manifest])
    table = reading.read(manifest)
    options.keep_apart({"-o": output}, [], table)
    if texts:
        with open_output(output) as file:
            num_features = extract_texts_to(file, checkpoint, table, config)
        click.echo(f"extracted {num_features} features", err=True)
        return
    extracted = _extract(output, checkpoint, table, config)
    if os.environ.get("RANK", "0") == "0":
        click.echo(_summary(extracted), err=True)


def _extract(output: str, checkpoint: Path, table: Manifest, config: ExtractionConfig) -> Extracted:
    """Extract to a file, which can be resumed, or to a pipe."""
    from ..applications import extract as extract_file
    from ..applications import extract_to
    from ..files import open_output

    path = Path(output)
    if output == "-" or config.average_by is not None or (path.exists() and not path.is_file()):
        with open_output(output) as file:
            return extract_to(file, checkpoint, table, config, _report)
    try:
        return extract_file(path, checkpoint, table, config, _report)
    except KeyboardInterrupt:
        click.echo("stopped: what is done is kept, and the same command resumes it", err=True)
        raise


def _check_texts(backend: str, compile: bool, crops: str, settings: dict[str, Any]) -> None:
    """Refuse options of images where captions are extracted."""
    given = {
        "--joint": settings["joint"],
        "--crops": crops != "1",
        "--pooling": settings["pooling"] is not None,
        "--backend": backend != "torch",
        "--compile": compile,
        "--average-by": settings["average_by"] is not None,
        "--on-error": settings["on_error"] != "fail",
    }
    for option, is_given in given.items():
        if is_given:
            raise click.UsageError(f"{option} is for images, --texts for captions: leave one out")


def _report(error: str) -> None:
    click.echo(f"skipped: {error}", err=True)


def _summary(extracted: Extracted) -> str:
    text = f"extracted {extracted.num_images} features"
    if not extracted.skipped:
        return text
    named = ", ".join(extracted.skipped[:_NUM_NAMED])
    more = len(extracted.skipped) - _NUM_NAMED
    return f"{text}, skipped {len(extracted.skipped)}: {named}" + (f" and {more} more" if more > 0 else "")
