"""`vtbr-train show-config`."""

from __future__ import annotations

import click

from . import options


@click.command("show-config")
@click.argument("job", type=click.Choice(options.JOBS))
@options.recipe
@options.changes
def show_config(job: str, recipe: str | None, changes: tuple[str, ...]) -> None:
    """Print every setting of JOB, resolved, as YAML that can be edited and given to --recipe.

    \b
    Example:
      vtbr-train show-config finetune --set epochs=60 | tee mine.yaml | grep rate
    """
    import yaml

    from ..settings import resolve, to_values

    settings = resolve(options.config_class(job), job, recipe, changes)
    click.echo(yaml.safe_dump(to_values(settings), sort_keys=False), nl=False)
