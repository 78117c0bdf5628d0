"""Runs with the tiny recipes: their command lines, and the logs that they leave."""

import json
from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result

from vtbr_train.cli import main


def invoke(*words: object) -> Result:
    """Run `vtbr-train WORDS...` in this process."""
    return CliRunner().invoke(main, [str(word) for word in words])


def pretrain_words(people: Path, recipes: Path, folder: Path) -> list[str]:
    """The command line of the tiny pretraining."""
    manifest, tokenizer = str(people / "manifest.jsonl"), str(people / "tokenizer.json")
    recipe = str(recipes / "pretrain.yaml")
    return ["pretrain", manifest, "--tokenizer", tokenizer, "--recipe", recipe, "-o", str(folder)]


def finetune_words(people: Path, recipes: Path, folder: Path, *words: object) -> list[str]:
    """The command line of the tiny fine-tuning, with more words."""
    line = ["finetune", people / "manifest.jsonl", "--recipe", recipes / "finetune.yaml", "-o", folder]
    return [str(word) for word in (*line, *words)]


def finetune(people: Path, recipes: Path, folder: Path, *words: object) -> Result:
    """Run the tiny fine-tuning."""
    return invoke(*finetune_words(people, recipes, folder, *words))


def read_log(folder: Path) -> list[dict[str, Any]]:
    """The log lines of a run."""
    return [json.loads(line) for line in (folder / "log.jsonl").read_text().splitlines()]
