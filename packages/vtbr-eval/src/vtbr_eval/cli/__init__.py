"""The command `vtbr-eval`: one module a command."""

from __future__ import annotations

import click

from .. import __version__
from .group import COMMANDS as COMMANDS
from .group import Commands


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="vtbr-eval")
def main() -> None:
    """Score person re-identification from feature files, and captions from manifests.

    \b
    With features of torchreid, fastreid or any other tool, saved once as an .npz
    (np.savez("mine.npz", qf=..., q_pids=..., q_camids=..., gf=..., g_pids=..., g_camids=...)
    or, queries first, np.savez("mine.npz", features=..., pids=..., camids=..., num_query=...)):
      vtbr-eval reid mine.npz --table                   scores
      vtbr-eval compare theirs.npz mine.npz --table     is mine better?
      vtbr-eval report mine.npz -o report.html          a page to look at

    \b
    Example:
      vtbr-models extract model.safetensors manifest.jsonl | vtbr-eval reid - | jq .mAP
    """
