"""The `vtbr-train` command."""

from __future__ import annotations

import click

from .. import __version__
from .benchmark import benchmark
from .find_rate import find_rate
from .finetune import finetune
from .group import TrainingCommands
from .plot import plot
from .pretrain import pretrain
from .recipes import recipes
from .resume import resume
from .show_config import show_config


@click.group(cls=TrainingCommands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="vtbr-train")
def main() -> None:
    """Pretrain a person Re-ID backbone from captions, and fine-tune it for Re-ID.

    \b
    Example:
      vtbr-train pretrain people/manifest.jsonl --tokenizer tokenizer.json --recipe laptop -o pretrained |
        jq -r .model | xargs vtbr-models describe
    """


for _command in (pretrain, finetune, resume, recipes, show_config, find_rate, benchmark, plot):
    main.add_command(_command)
