"""`vtbr-train find-rate`."""

from __future__ import annotations

import json
from pathlib import Path

import click

from . import options


@click.command("find-rate")
@click.argument("job", type=click.Choice(options.JOBS))
@click.argument("manifests", metavar="[MANIFEST]...", nargs=-1)
@options.tokenizer
@options.init
@options.teachers
@options.captions
@options.root
@click.option(
    "--steps", type=click.IntRange(20), default=100, show_default=True, help="Steps to take at most."
)
@click.option(
    "--lowest",
    type=click.FloatRange(0, min_open=True),
    help="First value of optimizer.learning_rate. Default: a thousandth of the settings' value.",
)
@click.option(
    "--highest",
    type=click.FloatRange(0, min_open=True),
    help="Last value, unless the loss diverges before. Default: a thousand times the settings' value.",
)
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Draw the losses over the rates: a picture, by its ending SVG, PNG or PDF.",
)
@options.recipe
@options.changes
def find_rate(
    job: str,
    manifests: tuple[str, ...],
    tokenizer_path: Path | None,
    init: Path | None,
    teachers: tuple[Path, ...],
    captions: str | None,
    root: Path | None,
    steps: int,
    lowest: float | None,
    highest: float | None,
    output: Path | None,
    recipe: str | None,
    changes: tuple[str, ...],
) -> None:
    """Suggest a peak learning rate for JOB on the train images of MANIFEST, by a range test.

    Trains a few steps while the rate grows exponentially, until the loss diverges, and keeps nothing. Schedule
    and frozen epochs are left out; a backbone's own rate and layer decay keep their proportion. Prints one JSON
    object: the suggestion (a tenth of the rate at which the loss was least) as options in `set`, and the rate at
    which the loss fell most steeply. Losses are noisy: take more --steps where two seeds disagree.

    \b
    Example:
      vtbr-train find-rate finetune market.jsonl --recipe laptop -o rates.svg | jq -r .set |
        xargs vtbr-train finetune market.jsonl --recipe laptop -o run
    """
    from ..errors import say
    from ..measuring import check_picture, plot_rates, suggest_rate
    from ..measuring import find_rate as found_rate
    from ..settings import resolve
    from .starting import built, command_of

    if output is not None:
        check_picture(output)
    config = resolve(options.config_class(job), job, recipe, changes)
    command = command_of(
        job, manifests, root, tokenizer=tokenizer_path, init=init, teachers=teachers, captions=captions
    )
    with built(job, config, command) as task:
        tell = say if task.world.is_first else lambda text: None
        curve = found_rate(task, steps=steps, lowest=lowest, highest=highest, say=tell)
    if not task.world.is_first:
        return
    suggestion = {}
    try:
        suggestion = suggest_rate(curve, config.optimizer)
    finally:  # a curve without a suggestion is all the more to be looked at
        if output is not None:
            marks = {"suggested": "learning_rate", "steepest": "steepest"} if suggestion else {}
            plot_rates(curve, output, marks={name: suggestion[key] for name, key in marks.items()})
    click.echo(json.dumps(suggestion))
