"""Runs vtbr-eval's commands: in this process, or by `PROGRAM` in another."""

from __future__ import annotations

import sys

from click.testing import CliRunner

from vtbr_eval.cli import main

PROGRAM = [sys.executable, "-m", "vtbr_eval"]


def run(*arguments: object, **settings):
    return CliRunner().invoke(main, [str(argument) for argument in arguments], **settings)
