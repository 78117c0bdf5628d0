"""Extraction by the command, and what its files hold."""

from __future__ import annotations

import itertools
import json

from click.testing import CliRunner
from safetensors import safe_open

from vtbr_models.cli import main


def extract(*arguments, **options):
    result = CliRunner().invoke(main, ["extract", *map(str, arguments)], **options)
    assert result.exit_code == 0, result.output
    return result


def metadata_of(path):
    with safe_open(path, framework="np") as file:
        return json.loads(file.metadata()["vtbr"])


def paths_of(table):
    text, offset = table["path"].tobytes(), table["path_offset"]
    return [text[a:b].decode() for a, b in itertools.pairwise(offset)]
