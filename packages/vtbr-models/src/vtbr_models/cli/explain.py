"""`vtbr-models explain`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from . import options

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..files import Manifest
    from ..inference import InferenceConfig

_OF_MATCHES = ("shares", "grad-cam")
_OF_WORDS = ("gradient", "attention")
_PICTURES = (".jpg", ".jpeg", ".png", ".bmp", ".webp", ".ppm", ".tif", ".tiff")


@click.command()
@options.checkpoint
@click.argument("inputs", metavar="LISTS|MANIFEST|-|PICTURE...", nargs=-1, required=True)
@options.reading
@click.option(
    "-o",
    "--output",
    default="-",
    help="NAME.png, NAME.html, NAME.jsonl or a folder. [default: lines to stdout]",
)
@click.option(
    "--method",
    type=click.Choice([*_OF_MATCHES, *_OF_WORDS]),
    help="Of matches shares (default) or grad-cam, of words gradient (default) or attention.",
)
@click.option("--queries", type=click.IntRange(min=0), default=20, show_default=True, help="Queries; 0: all.")
@click.option("--top", type=click.IntRange(min=1), default=5, show_default=True, help="Matches of a query.")
@click.option("--flip/--no-flip", default=True, show_default=True, help="As the features were extracted.")
@click.option("--words", is_flag=True, help="Maps of the words of the pictures' captions instead.")
@click.option("--caption", "captions", multiple=True, help="--words of this caption; may be repeated.")
@click.option("--word", "only", multiple=True, help="--words, but only this one; may be repeated.")
@options.inference
def explain(
    checkpoint: Path,
    inputs: tuple[str, ...],
    reading: options.Reading,
    output: str,
    queries: int,
    top: int,
    words: bool,
    captions: tuple[str, ...],
    only: tuple[str, ...],
    method: str | None,
    flip: bool,
    inference: InferenceConfig,
) -> None:
    """Show where CHECKPOINT looks: which places of two pictures make them match, or make a word likely.

    Matches are those of ranked lists (`vtbr-eval reid --ranked`), hits and misses; those of the queries in
    MANIFEST with their own people; or the first PICTURE with the others. By the method `shares` each map adds
    up to the cosine of the two features, for average and for generalised-mean pooling; `grad-cam` shows what
    would bring them closer still. --words shows where a captioner sees the words of captions.

    \b
    Example:
      vtbr-models explain model.safetensors query.jpg other.jpg -o match.png
      vtbr-models extract model.safetensors manifest.jsonl -o features.safetensors
      vtbr-eval reid features.safetensors --ranked - -o scores.json |
        jq -c 'select(.gallery[0].right | not)' |
        vtbr-models explain model.safetensors - -o misses.html
      vtbr-models caption captions.safetensors manifest.jsonl |
        vtbr-models explain captions.safetensors - --words -o words.png
    """
    words = words or bool(captions or only)
    method = method or (_OF_WORDS if words else _OF_MATCHES)[0]
    if method not in (_OF_WORDS if words else _OF_MATCHES):
        raise click.UsageError(
            f"--method {method} explains {'matches: leave --words out' if words else 'words: add --words'}"
        )

    from .. import applications

    applications.form_of(output)
    config = applications.ExplainingConfig(method=method, flip=flip, inference=inference)
    options.keep_apart({"-o": output}, [checkpoint, *inputs])
    table = _table(reading, inputs)
    asked: Sequence[Any] = _asked(table, inputs, top, captions if words else None)
    chosen = asked[: queries or None]
    found: Any
    if words:
        found = applications.explain_captions(checkpoint, chosen, config, only)
    else:
        found = applications.explain_matches(checkpoint, chosen, config)
    applications.write_maps(output, found, method=method, title=checkpoint.name)
    what = ("picture" if words else "query") if len(chosen) == 1 else "pictures" if words else "queries"
    rest = "" if len(chosen) == len(asked) else f" of {len(asked)}; --queries 0 for all"
    click.echo(f"explained {len(chosen)} {what}{rest}", err=True)


def _asked(
    table: Manifest | None, inputs: tuple[str, ...], top: int, captions: tuple[str, ...] | None
) -> Sequence[Any]:
    """Return what is to be explained: pictures with captions, or where `captions` is None queries."""
    from .. import applications

    if captions is None:
        return applications.searches_of_files(inputs) if table is None else applications.searches(table, top)
    if table is None:
        return applications.described_files(inputs, captions)
    return applications.described(table, captions)


def _table(reading: options.Reading, inputs: tuple[str, ...]) -> Manifest | None:
    """Read lists or a manifest; None where `inputs` are pictures."""
    if len(inputs) > 1 or Path(inputs[0]).suffix.lower() in _PICTURES:
        return None
    return reading.read(inputs[0])
