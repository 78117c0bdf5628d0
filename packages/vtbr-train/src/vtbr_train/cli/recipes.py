"""`vtbr-train recipes`."""

from __future__ import annotations

import click

from .options import JOBS


@click.command()
def recipes() -> None:
    """List the shipped recipes: job, name, what for.

    \b
    Example:
      vtbr-train recipes | grep laptop
    """
    from ..settings import describe_recipe, list_recipes

    for job in JOBS:
        for name in list_recipes(job):
            click.echo(f"{job}\t{name}\t{describe_recipe(job, name)}")
