"""Runs vtbr-data's commands: in this process, or in a shell with real pipes."""

from __future__ import annotations

import shlex
import subprocess
import sys

from click.testing import CliRunner

from vtbr_data.cli import main

TOOL = f"{shlex.quote(sys.executable)} -m vtbr_data"


def run(*arguments: object, stdin: str | bytes | None = None):
    return CliRunner().invoke(main, [str(argument) for argument in arguments], input=stdin)


def shell(command: str, **more):
    return subprocess.run(["bash", "-o", "pipefail", "-c", command], capture_output=True, text=True, **more)
